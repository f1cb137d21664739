"""What the refusal detectors need of an agent trace: one request and the answer to it, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .agent_trace import AgentTrace, Gap
from .assessment import Evidence, NotAssessed, Source
from .encodings import is_unreadable
from .language import ENGLISH, language_of
from .remembered import remembered_instructions, remembered_object

_CONTENT_GAPS: Final = (
    (Gap.CONTENT_BY_REFERENCE, NotAssessed.CONTENT_BY_REFERENCE),
    (Gap.CONTENT_MISSING, NotAssessed.CONTENT_MISSING),
    (Gap.CONTENT_TRUNCATED, NotAssessed.CONTENT_TRUNCATED),
)
_REFUSED_BY_PROVIDER: Final = frozenset(
    {
        "content_filter",
        "content-filter",
        "contentfilter",
        "refusal",
        "refused",
        "safety",
        "prohibited_content",
        "blocklist",
        "guardrail_intervened",
        "content_filtered",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One request with its answer. ``blocked`` is the finish reason of an answer that was withheld without text."""

    request: str
    answer: str
    blocked: str | None


@remembered_object
def read_turn(trace: AgentTrace) -> Turn | NotAssessed:
    """Take request and answer of ``trace``, or the reason why they cannot be judged."""
    blocked = _blocked(trace)
    if trace.output is None or not trace.output.strip():
        if blocked is None:
            return _missing(trace, NotAssessed.NO_OUTPUT) if trace.output is None else NotAssessed.NO_OUTPUT
    else:
        blocked = None
    if trace.input is None or not trace.input.strip():
        return _missing(trace, NotAssessed.NO_INPUT)
    answer = trace.output or ""
    # The instructions, too: what they forbid or allow decides about a refusal.
    if any(language_of(text) is None for text in (trace.input, answer)) or _language_of_instructions(trace) is None:
        return NotAssessed.LANGUAGE
    # A cipher is no language that can be read, and not to be called clean.
    if is_unreadable(trace.input) or is_unreadable(answer):
        return NotAssessed.LANGUAGE
    return Turn(request=trace.input, answer=answer, blocked=blocked)


def _language_of_instructions(trace: AgentTrace) -> str | None:
    return _remembered_language(trace.system_prompt) if trace.system_prompt else ENGLISH


_remembered_language: Final = remembered_instructions(language_of)


def finish_evidence(trace: AgentTrace, reason: str, rule: str) -> Evidence:
    """Quote the finish reason of an answer that was withheld."""
    return Evidence(
        rule=rule,
        source=Source.FINISH_REASON,
        quote=reason,
        start=0,
        end=len(reason),
        span_ref=trace.output_ref or trace.input_ref,
    )


def _blocked(trace: AgentTrace) -> str | None:
    return next((item for item in trace.finish_reasons if item.strip().lower() in _REFUSED_BY_PROVIDER), None)


def _missing(trace: AgentTrace, otherwise: NotAssessed) -> NotAssessed:
    gaps = trace.completeness.gaps
    return next((reason for gap, reason in _CONTENT_GAPS if gap in gaps), otherwise)
