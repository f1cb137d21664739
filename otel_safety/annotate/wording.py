"""The texts of a finding: bounded, one line each, and without a word of the run when that is asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from detectors.assessment import Assessment, Evidence, Source
from otel_safety.annotate.options import EmitOptions
from otel_safety.runs import Finding
from semconv.emitted import SUMMARY_MAX_LENGTH

# Tempo cuts attributes at 2048 bytes by default: 4 bytes a character at worst.
MAX_LENGTH: Final = 512
_MAX_QUOTE_LENGTH: Final = 160


def explanation(assessment: Assessment, options: EmitOptions) -> str:
    """One line on why; names only the rules unless quotes are allowed."""
    if options.evidence == "quote":
        return _one_line(assessment.explanation, MAX_LENGTH)
    return _one_line(f"matched {rules(assessment)}", MAX_LENGTH)


def rules(assessment: Assessment) -> str:
    """Ids of the rules that matched, joined by commas."""
    return _one_line(", ".join(assessment.rules), MAX_LENGTH)


def evidence(items: Sequence[Evidence], options: EmitOptions) -> str:
    """All evidence on one line, ``output[12:31] "I ran the test suite"; ...``; "" when switched off."""
    if options.evidence == "off":
        return ""
    parts: list[str] = []
    length = 0
    for place, item in enumerate(items):
        part = _quoted(item) if options.evidence == "quote" else f"{item.source}[{item.start}:{item.end}]"
        length += len(part) + 2
        if length > MAX_LENGTH - len("; +1000 more"):
            parts.append(f"+{len(items) - place} more")
            break
        parts.append(part)
    return "; ".join(parts)


def summary(findings: Sequence[Finding], options: EmitOptions) -> str:
    """What is wrong with a span, for people, in at most ``SUMMARY_MAX_LENGTH`` characters."""
    lines = [
        f"{item.assessment.detector} ({item.assessment.severity}): {explanation(item.assessment, options)}"
        for item in findings
    ]
    return _one_line("; ".join(lines), SUMMARY_MAX_LENGTH)


def _quoted(item: Evidence) -> str:
    source = item.source.value
    if item.source is Source.TOOL_ARGUMENTS and item.field:
        source = _one_line(f"{source}.{item.field}", 64)
    # JSON shows where a quote begins and ends, and keeps line breaks of the run out of ours.
    quote = json.dumps(_clip(item.quote, _MAX_QUOTE_LENGTH), ensure_ascii=False)
    return f"{source}[{item.start}:{item.end}] {_clip(quote, 2 * _MAX_QUOTE_LENGTH)}"


def _one_line(text: str, length: int) -> str:
    return _clip(" ".join(text[: 4 * length].split()), length)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
