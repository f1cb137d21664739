"""The door to the dialects: which spans are GenAI, what they say, and how log records complete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .dialect import Dialect
from .dialects import (
    anthropic_sdk,
    claude_code,
    genai,
    genai_legacy,
    google_adk,
    langfuse,
    langsmith,
    logfire,
    mcp,
    openai_agents,
    openinference,
    openlit,
    pydantic_ai,
    strands,
    traceloop,
    traceloop_crewai,
    vercel_ai,
)
from .dialects.genai import Content
from .dialects.genai_legacy import append_message
from .operation import ContentGap, LogContent, Operation
from .span_view import LogView, SpanView

# The first dialect that reads a span has it: what is more specific stands first.
DIALECTS: Final[tuple[Dialect, ...]] = (
    openinference.DIALECT,
    vercel_ai.DIALECT,
    langsmith.DIALECT,
    langfuse.DIALECT,
    logfire.DIALECT,
    claude_code.DIALECT,
    mcp.DIALECT,
    anthropic_sdk.DIALECT,
    openlit.DIALECT,
    strands.DIALECT,
    pydantic_ai.DIALECT,
    google_adk.DIALECT,
    openai_agents.DIALECT,
    traceloop_crewai.DIALECT,
    traceloop.DIALECT,
    genai_legacy.DIALECT,
    genai.DIALECT,
)

# A span or log record in whose wire bytes none of these occurs is not GenAI.
MARKERS: Final[tuple[bytes, ...]] = tuple(dict.fromkeys(marker for dialect in DIALECTS for marker in dialect.markers))


def read_span(view: SpanView) -> Operation | None:
    """Return what a span says; None when it is not GenAI. Never raises."""
    for dialect in DIALECTS:
        operation = dialect.read_span(view)
        if operation is not None:
            return operation
    return None


def read_log(view: LogView) -> LogContent | None:
    """Return what a log record says about its span; None when it carries no GenAI content. Never raises."""
    for dialect in DIALECTS:
        content = dialect.read_log(view)
        if content is not None:
            return content
    return None


def join_logs(operation: Operation, contents: Sequence[LogContent]) -> Operation:
    """Complete what a span says with the log records that belong to it.

    What the span itself carries whole is kept, so that content captured on both is not doubled. Of the
    records, whole ones come before those of one message each. The order of ``contents`` does not matter.
    """
    if not contents:
        return operation
    ordered = sorted(contents, key=_order) if len(contents) > 1 else list(contents)
    joined = Content()
    for record in reversed([record for record in ordered if not record.per_message]):
        joined.fill_from(_content(record))
    joined.fill_from(_put_together([record for record in ordered if record.per_message]))
    log_gaps = frozenset(gap for record in contents for gap in record.gaps)
    cut = ContentGap.TRUNCATED in operation.gaps and ContentGap.TRUNCATED not in log_gaps
    own = Content() if cut else _content(operation)
    own.fill_from(joined)
    own.fill_from(_content(operation))
    return replace(
        operation,
        system=own.system,
        input=own.input,
        output=own.output,
        tools=own.tools,
        finish_reasons=operation.finish_reasons or own.finish_reasons,
        gaps=_joined_gaps(operation, joined, own, log_gaps),
    )


def _joined_gaps(
    operation: Operation, joined: Content, own: Content, log_gaps: frozenset[ContentGap]
) -> frozenset[ContentGap]:
    gaps = set(operation.gaps)
    if not joined.is_empty:
        gaps -= {ContentGap.MISSING, ContentGap.BY_REFERENCE}
    if not joined.is_empty and own.input is joined.input and own.output is joined.output:
        gaps.discard(ContentGap.TRUNCATED)
    takes_from_logs = any(
        mine is not None and mine is theirs for mine, theirs in ((own.input, joined.input), (own.output, joined.output))
    )
    if takes_from_logs or own.is_empty:
        gaps |= log_gaps
    return frozenset(gaps)


def _content(source: Operation | LogContent) -> Content:
    return Content(
        system=source.system,
        input=source.input,
        output=source.output,
        tools=source.tools,
        finish_reasons=source.finish_reasons,
    )


def _order(content: LogContent) -> tuple[int, str]:
    # Records of one nanosecond have no order of their own: any fixed one keeps the result reproducible.
    return content.sequence, repr(content)


def _put_together(records: Sequence[LogContent]) -> Content:
    content = Content()
    previous: LogContent | None = None
    for record in records:
        # An exporter that tries again delivers the same record twice.
        if record != previous:
            append_message(content, _content(record))
        previous = record
    return content
