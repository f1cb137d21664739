"""Spans, links and logs for the tests of the assembler, built from a few numbers."""

from otel_safety.spans import Envelope, HeldLog, HeldSpan, Link
from semconv.operation import ContentGap, LogContent, Operation, OperationKind

ENVELOPE = Envelope(resource=b"", scope=b"", service="shop")
OPERATION = Operation(kind=OperationKind.LLM, dialect="test")
EMPTY_OPERATION = Operation(kind=OperationKind.LLM, dialect="test", gaps=frozenset({ContentGap.MISSING}))
TRACE = b"t" * 16


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big") if number else b""


def held(number: int, parent: int = 0, *, trace: bytes = TRACE, remote: bool = False, size: int = 10) -> HeldSpan:
    """A GenAI span; ``remote``: its parent is in another process."""
    return HeldSpan(
        trace_id=trace,
        span_id=span_id(number),
        parent_id=span_id(parent),
        local_root=remote or not parent,
        start_ns=number,
        end_ns=number + 1,
        raw=f"{number}<{parent}{remote}".encode().ljust(size),
        envelope=ENVELOPE,
        name=str(number),
        operation=OPERATION,
    )


def link(number: int, parent: int = 0, *, trace: bytes = TRACE, remote: bool = False) -> Link:
    """A span that is not GenAI."""
    return Link(
        trace_id=trace,
        span_id=span_id(number),
        parent_id=span_id(parent),
        local_root=remote or not parent,
        start_ns=number,
        end_ns=number + 1,
    )


def log(number: int, *, trace: bytes = TRACE, sequence: int = 0, size: int = 10) -> HeldLog:
    """Content of a log record of span ``number``."""
    return HeldLog(
        trace_id=trace,
        span_id=span_id(number),
        content=LogContent(dialect="test", sequence=sequence),
        size=size,
    )
