"""The sending queue of a destination: bounded in bytes, first in first out, joining small batches; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_safety.otlp.cut import split_payload
from otel_safety.otlp.wire import WireError
from otel_safety.spans import Batch, Signal

_REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}


@dataclass(slots=True)
class _Waiting:
    """Batches of one signal that wait to be joined, each with the time it came."""

    batches: deque[tuple[float, Batch]] = field(default_factory=deque[tuple[float, Batch]])
    size: int = 0


class SendingQueue:
    """Batches that wait for a destination, and the bytes of those that are being sent.

    Payloads are shared with other destinations and never altered. Serialized requests are joined by
    concatenation, which protobuf defines as merging. Nothing is ever dropped here.
    """

    def __init__(self, *, max_batch_bytes: int, flush_interval_s: float) -> None:
        self._max_batch_bytes = max_batch_bytes
        self._flush_interval_s = flush_interval_s
        self._waiting = {signal: _Waiting() for signal in Signal}
        self._cut: deque[Batch] = deque()
        self._taken_bytes = 0
        self._taken_items = 0

    @property
    def queued_bytes(self) -> int:
        """Bytes waiting, and bytes taken but not settled."""
        waiting = sum(item.size for item in self._waiting.values())
        return waiting + sum(len(batch.payload) for batch in self._cut) + self._taken_bytes

    @property
    def queued_items(self) -> int:
        """Spans, log records and data points waiting, and those taken but not settled."""
        waiting = sum(batch.items for item in self._waiting.values() for _, batch in item.batches)
        return waiting + sum(batch.items for batch in self._cut) + self._taken_items

    def put(self, batch: Batch, now: float) -> bool:
        """Append a batch; True when that may have changed when the next one is due."""
        waiting = self._waiting[batch.signal]
        waiting.batches.append((now, batch))
        before, waiting.size = waiting.size, waiting.size + len(batch.payload)
        return len(waiting.batches) == 1 or before < self._max_batch_bytes <= waiting.size

    def take(self, now: float, *, flush: bool = False) -> Batch | None:
        """The next batch to send, joined from what waits, at most ``max_batch_bytes`` unless one span is larger.

        A batch is due when enough bytes wait to fill it, when its oldest part has waited ``flush_interval_s``,
        or with ``flush``. The caller settles what it takes.
        """
        if not self._cut:
            self._join(now, flush)
        if not self._cut:
            return None
        batch = self._cut.popleft()
        self._taken_bytes += len(batch.payload)
        self._taken_items += batch.items
        return batch

    def settle(self, batch: Batch) -> None:
        """Forget a batch that was taken: delivered, or given up."""
        self._taken_bytes -= len(batch.payload)
        self._taken_items -= batch.items

    def replace(self, batch: Batch, parts: list[Batch]) -> None:
        """Account for a taken batch that goes on in parts; each part is settled on its own."""
        self.settle(batch)
        self._taken_bytes += sum(len(part.payload) for part in parts)
        self._taken_items += sum(part.items for part in parts)

    def next_due(self) -> float | None:
        """When the oldest waiting batch has to leave, None when nothing waits."""
        oldest = self._oldest()
        return None if oldest is None else self._waiting[oldest].batches[0][0] + self._flush_interval_s

    def _oldest(self) -> Signal | None:
        filled = [signal for signal, waiting in self._waiting.items() if waiting.batches]
        return min(filled, key=lambda signal: self._waiting[signal].batches[0][0], default=None)

    def _join(self, now: float, flush: bool) -> None:
        due = self.next_due()
        signal = self._oldest() if flush or (due is not None and now >= due) else None
        if signal is None:
            full = (key for key, item in self._waiting.items() if item.size >= self._max_batch_bytes)
            signal = next(full, None)
        if signal is None:
            return
        waiting = self._waiting[signal]
        _, first = waiting.batches.popleft()
        parts, size, items = [first.payload], len(first.payload), first.items
        while waiting.batches and size + len(waiting.batches[0][1].payload) <= self._max_batch_bytes:
            _, batch = waiting.batches.popleft()
            parts.append(batch.payload)
            size += len(batch.payload)
            items += batch.items
        waiting.size -= size
        joined = first if len(parts) == 1 else Batch(signal, b"".join(parts), items)
        self._cut.extend(split_to(joined, self._max_batch_bytes))


def split_to(batch: Batch, max_bytes: int) -> list[Batch]:
    """Cut a batch into parts of at most ``max_bytes`` where its spans allow it, else leave it whole."""
    if len(batch.payload) <= max_bytes:
        return [batch]
    try:
        # Nothing but empty envelopes gives no part.
        return split_payload(batch, max_bytes) or [batch]
    except WireError:
        # Not a request on the wire: whole or not at all is for the destination to say.
        return [batch]


def is_readable(batch: Batch) -> bool:
    """Say whether protobuf can parse a batch; when not, it holds an item that was forwarded unread."""
    try:
        _REQUESTS[batch.signal].FromString(batch.payload)
    except DecodeError:
        return False
    return True
