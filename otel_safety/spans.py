"""Spans and log records on their way through the service: what is held, as bytes, with what was read once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from semconv.operation import LogContent, Operation

# Resource and scope of an ordinary request; no more than a span costs in memory anyway.
_USUAL_ENVELOPE: Final = 4 << 10


class Signal(StrEnum):
    """One of the OTLP signals."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Batch:
    """A serialized Export*ServiceRequest on its way out. ``items``: spans, log records or data points."""

    signal: Signal
    payload: bytes
    items: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a span on the wire, byte for byte.

    Attributes:
        resource: Every field of the ResourceSpans message except ``scope_spans``, in wire form.
        scope: Every field of the ScopeSpans message except ``spans``, in wire form.
        service: ``service.name`` of the resource, "" when absent.
    """

    resource: bytes
    scope: bytes
    service: str

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return len(self.resource) + len(self.scope)


@dataclass(slots=True, kw_only=True)
class Link:
    """The place of a span that is not held in the tree of its trace: a span that is not GenAI, or has left.

    Attributes:
        trace_id: 16 bytes.
        span_id: 8 bytes.
        parent_id: 8 bytes, b"" for none.
        local_root: True when the span has no parent in its own process: no parent id, a parent that
            the span flags call remote, or kind SERVER or CONSUMER.
        start_ns: Start in Unix nanoseconds.
        end_ns: End in Unix nanoseconds.
    """

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    local_root: bool
    start_ns: int
    end_ns: int


@dataclass(slots=True, kw_only=True)
class HeldSpan(Link):
    """A GenAI span that waits for the verdict on its run.

    Attributes:
        raw: The serialized Span, exactly as it came (forged ``otel_safety.*`` attributes removed).
        envelope: Resource and scope around it.
        name: Span name.
        operation: What the span says, log records not yet joined.
    """

    raw: bytes
    envelope: Envelope
    name: str
    operation: Operation

    @property
    def size(self) -> int:
        """Bytes that this span counts for in every limit.

        Spans of one request share their envelope, but each may have to carry it on its own: what is unusual counts.
        """
        return len(self.raw) + max(0, self.envelope.size - _USUAL_ENVELOPE)


@dataclass(slots=True, kw_only=True)
class HeldLog:
    """Content of a log record that belongs to a span; the record itself was forwarded at once.

    Attributes:
        trace_id: 16 bytes.
        span_id: 8 bytes.
        content: What the record says.
        size: Wire size of the record in bytes, what it counts for in every limit.
    """

    trace_id: bytes
    span_id: bytes
    content: LogContent
    size: int


class CloseReason(StrEnum):
    """Why a run was closed; public, emitted as ``otel_safety.run.completeness``."""

    ROOT = "root"
    IDLE = "idle"
    HOLD = "hold"
    SIZE = "size"
    MEMORY = "memory"
    SHUTDOWN = "shutdown"
    LATE = "late"


@dataclass(slots=True, kw_only=True)
class RememberedSpan(Link):
    """A GenAI span that has left, and what it said: later spans of its trace are judged with it."""

    service: str
    operation: Operation


@dataclass(slots=True, kw_only=True)
class Closed:
    """Spans that the assembler lets go together, with all that is known about their trace.

    Attributes:
        trace_id: 16 bytes.
        reason: Why they were closed.
        spans: The spans to judge, annotate and forward; each leaves the assembler in exactly one Closed.
        logs: Log contents of the trace, those of ``spans`` and of ``remembered``.
        links: Spans of the trace that are not held: their place in the tree.
        remembered: GenAI spans of the trace that left before, with their operations.
        forgotten: True when facts of the trace were dropped for lack of memory.
        reported: Keys of the findings that this trace has already earned.
        held_since: When the first of ``spans`` came, on the assembler's clock.
    """

    trace_id: bytes
    reason: CloseReason
    spans: list[HeldSpan]
    logs: list[HeldLog]
    links: list[Link]
    remembered: list[RememberedSpan]
    forgotten: bool
    reported: frozenset[str]
    held_since: float = math.inf
