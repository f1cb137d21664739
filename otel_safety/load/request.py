"""Requests serialized once and sent many times: only ids and times are written anew, in place."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.load.span_ids import spans
from otel_safety.load.traces import GeneratedTrace, attributes
from otel_safety.otlp.wire import fields

# Odd constants: multiplying by them permutes the 64-bit numbers, so that no id comes twice.
_SPAN_FACTOR = 0x9E3779B97F4A7C15
_TRACE_FACTOR = 0xD1B54A32D192ED03
_MASK = (1 << 64) - 1
_IDS = struct.Struct(">QQ")
_ID = struct.Struct(">Q")
_TIME = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the ids and times of one span stand in a request, and which numbers belong there.

    ``parent`` is -1 for a root.
    """

    trace_at: int
    span_at: int
    parent_at: int
    start_at: int
    end_at: int
    trace: int
    span: int
    parent: int
    start_ns: int
    end_ns: int


class Ids:
    """Span and trace ids as a function of their number: deterministic by seed, never twice the same."""

    def __init__(self, seed: int) -> None:
        self._salt = (seed * 0xA24BAED4963EE407 + 1) & _MASK

    def span(self, number: int) -> int:
        """The span id with this number, as an integer."""
        return (number * _SPAN_FACTOR ^ self._salt) & _MASK

    def trace(self, number: int) -> tuple[int, int]:
        """The trace id with this number, as two integers."""
        return self._salt, (number * _TRACE_FACTOR ^ self._salt) & _MASK


class Template:
    """One request of a cycle of requests."""

    def __init__(self, payload: bytes, places: Sequence[_Place]) -> None:
        self._payload = payload
        self._places = tuple(places)
        self.items = len(places)

    def fill(self, ids: Ids, *, traces_before: int, spans_before: int, now_ns: int) -> tuple[bytes, list[int]]:
        """The request with ids and times of its own.

        Args:
            ids: Makes the ids.
            traces_before: Traces sent in earlier cycles.
            spans_before: Spans sent in earlier cycles.
            now_ns: Unix time at which the traces start.

        Returns:
            The payload, and the span ids in it.
        """
        payload = bytearray(self._payload)
        put_id, put_time = _ID.pack_into, _TIME.pack_into
        sent: list[int] = []
        for place in self._places:
            span_id = ids.span(spans_before + place.span)
            sent.append(span_id)
            _IDS.pack_into(payload, place.trace_at, *ids.trace(traces_before + place.trace))
            put_id(payload, place.span_at, span_id)
            if place.parent >= 0:
                put_id(payload, place.parent_at, ids.span(spans_before + place.parent))
            put_time(payload, place.start_at, now_ns + place.start_ns)
            put_time(payload, place.end_at, now_ns + place.end_ns)
        return bytes(payload), sent


@dataclass(frozen=True, slots=True)
class Cycle:
    """Requests that are sent one after the other, again and again."""

    templates: tuple[Template, ...]
    traces: int
    spans: int


def build_cycle(traces: Sequence[GeneratedTrace], *, batch_spans: int, service: str) -> Cycle:
    """Serialize traces into requests of ``batch_spans`` spans, traces cut where a request is full."""
    numbers = count()
    queue: list[tuple[Span, int, int, int]] = []
    for trace, generated in enumerate(traces):
        number_of = {span.span_id: next(numbers) for span in generated.spans}
        queue += [
            (span, trace, number_of[span.span_id], number_of.get(span.parent_span_id, -1)) for span in generated.spans
        ]
    templates = tuple(_template(chunk, service) for chunk in _chunks(queue, batch_spans))
    return Cycle(templates, len(traces), len(queue))


def _chunks(items: Iterable[tuple[Span, int, int, int]], size: int) -> Iterator[list[tuple[Span, int, int, int]]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _template(chunk: Sequence[tuple[Span, int, int, int]], service: str) -> Template:
    resource = Resource(
        attributes=attributes(
            {
                "service.name": service,
                "service.version": "1.4.2",
                "telemetry.sdk.language": "python",
                "telemetry.sdk.name": "opentelemetry",
                "telemetry.sdk.version": "1.45.2",
                "k8s.pod.name": f"{service}-7d9c6b5f4-x2x9k",
                "k8s.namespace.name": "production",
            }
        )
    )
    scope = InstrumentationScope(name="otel-safety-loadgen", version="1")
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(resource=resource, scope_spans=[ScopeSpans(scope=scope, spans=[item[0] for item in chunk])])
        ]
    )
    payload = request.SerializeToString()
    places = [
        _place(payload, start, end, numbers) for (start, end), (_, *numbers) in zip(spans(payload), chunk, strict=True)
    ]
    return Template(payload, places)


def _place(payload: bytes, start: int, end: int, numbers: Sequence[int]) -> _Place:
    at = {number: value for number, _, _, value, _ in fields(payload, start, end)}
    start_ns: int = _TIME.unpack_from(payload, at[Span.START_TIME_UNIX_NANO_FIELD_NUMBER])[0]
    end_ns: int = _TIME.unpack_from(payload, at[Span.END_TIME_UNIX_NANO_FIELD_NUMBER])[0]
    trace, span, parent = numbers
    return _Place(
        trace_at=at[Span.TRACE_ID_FIELD_NUMBER],
        span_at=at[Span.SPAN_ID_FIELD_NUMBER],
        parent_at=at.get(Span.PARENT_SPAN_ID_FIELD_NUMBER, -1),
        start_at=at[Span.START_TIME_UNIX_NANO_FIELD_NUMBER],
        end_at=at[Span.END_TIME_UNIX_NANO_FIELD_NUMBER],
        trace=trace,
        span=span,
        parent=parent,
        start_ns=start_ns,
        end_ns=end_ns,
    )
