"""Spans and log records as comparable values, independent of how a backend groups and orders them."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from semconv import emitted

_HEX_IDS = ("traceId", "spanId", "parentSpanId")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComparableSpan:
    """One span with its resource and scope, without what otel-safety may add."""

    resource: Pairs
    scope: tuple[str, str, Pairs]
    schemas: tuple[str, str]
    fields: tuple[object, ...]
    flags: int
    attributes: Pairs
    events: tuple[tuple[object, ...], ...]
    links: tuple[tuple[object, ...], ...]


def from_otlp_json(text: str | bytes) -> ExportTraceServiceRequest:
    """Parse OTLP/JSON, whose ids are hex, with the JSON mapping of protobuf, whose bytes are base64."""
    return json_format.ParseDict(_base64_ids(json.loads(text)), ExportTraceServiceRequest())


def logs_from_otlp_json(text: str | bytes) -> ExportLogsServiceRequest:
    """Parse OTLP/JSON of log records."""
    return json_format.ParseDict(_base64_ids(json.loads(text)), ExportLogsServiceRequest())


def _base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(one)).decode() if key in _HEX_IDS else _base64_ids(one)
        for key, one in value.items()
    }


def comparable_spans(request: ExportTraceServiceRequest) -> list[tuple[Span, ComparableSpan]]:
    """Return each span with what must not change on it."""
    return [
        (
            span,
            ComparableSpan(
                resource=_pairs(resource_spans.resource.attributes),
                scope=(
                    scope_spans.scope.name,
                    scope_spans.scope.version,
                    _pairs(scope_spans.scope.attributes),
                ),
                schemas=(resource_spans.schema_url, scope_spans.schema_url),
                fields=_fields(span),
                flags=span.flags,
                attributes=_pairs(one for one in span.attributes if not one.key.startswith(emitted.PREFIX)),
                events=tuple(sorted(_event(one) for one in span.events if not is_finding(one))),
                links=tuple(sorted(_link(one) for one in span.links)),
            ),
        )
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def is_finding(event: Span.Event) -> bool:
    """Whether the event is one that otel-safety adds."""
    return event.name == emitted.EVALUATION_EVENT and any(
        one.key.startswith(emitted.PREFIX) for one in event.attributes
    )


def comparable_records(requests: Iterable[ExportLogsServiceRequest]) -> Counter[tuple[object, ...]]:
    """Count the log records, each with its resource and scope."""
    return Counter(
        (
            _pairs(resource_logs.resource.attributes),
            scope_logs.scope.name,
            record.trace_id,
            record.span_id,
            record.time_unix_nano,
            record.observed_time_unix_nano,
            record.severity_number,
            record.severity_text,
            record.event_name,
            record.flags,
            _value(record.body),
            _pairs(record.attributes),
        )
        for request in requests
        for resource_logs in request.resource_logs
        for scope_logs in resource_logs.scope_logs
        for record in scope_logs.log_records
    )


def _fields(span: Span) -> tuple[object, ...]:
    return (
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.trace_state,
        span.status.code,
        span.status.message,
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
    )


def _event(event: Span.Event) -> tuple[object, ...]:
    return event.time_unix_nano, event.name, _pairs(event.attributes), event.dropped_attributes_count


def _link(link: Span.Link) -> tuple[object, ...]:
    return link.trace_id, link.span_id, link.trace_state, link.flags, _pairs(link.attributes)


def _pairs(attributes: Iterable[KeyValue]) -> Pairs:
    return tuple(sorted((one.key, _value(one.value)) for one in attributes))


def _value(value: AnyValue) -> str:
    """Write a value as text, maps in order of their keys (backends sort them)."""
    kind = value.WhichOneof("value")
    if kind == "kvlist_value":
        return repr(_pairs(value.kvlist_value.values))
    if kind == "array_value":
        return repr([_value(one) for one in value.array_value.values])
    return f"{kind}={getattr(value, kind)!r}" if kind else "empty"


def plain(span: Span | Span.Event) -> dict[str, Any]:
    """Return attributes as Python values; arrays as lists."""
    return {one.key: _plain(one.value) for one in span.attributes}


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


def differences(
    stored: Iterable[tuple[Span, ComparableSpan]],
    sent: Iterable[tuple[Span, ComparableSpan]],
    ignoring: frozenset[str] = frozenset(),
) -> list[str]:
    """Say what differs between the spans of a trace as stored and as sent; empty when nothing does."""
    stored_by_id, sent_by_id = _by_id(stored), _by_id(sent)
    said: list[str] = []
    for span_id in sorted(stored_by_id.keys() | sent_by_id.keys()):
        here, there = stored_by_id.get(span_id, []), sent_by_id.get(span_id, [])
        if len(here) != len(there):
            said.append(f"span {span_id.hex()}: sent {len(there)} times, stored {len(here)} times")
        else:
            said += [
                f"span {span_id.hex()}: {name}: sent {getattr(b, name)!r}, stored {getattr(a, name)!r}"
                for a, b in zip(here, there, strict=True)
                for name in ComparableSpan.__dataclass_fields__
                if name not in ignoring and getattr(a, name) != getattr(b, name)
            ]
    return said


def _by_id(spans: Iterable[tuple[Span, ComparableSpan]]) -> dict[bytes, list[ComparableSpan]]:
    by_id: dict[bytes, list[ComparableSpan]] = {}
    for span, comparable in spans:
        by_id.setdefault(span.span_id, []).append(comparable)
    return by_id
