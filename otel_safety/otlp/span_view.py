"""From the bytes of one span or log record to what the dialects read.

Nothing here changes what is forwarded: a span that protobuf refuses is repaired for reading only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.otlp.salvage import count_messages, repaired
from otel_safety.otlp.schema import LOG_RECORD, RESOURCE_SPANS, SCOPE_SPANS, SPAN, MessageType
from otel_safety.otlp.wire import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, WireError, fields
from otel_safety.spans import Link
from semconv.span_view import Attributes, AttributeValue, EventView, LogView, SpanView

_M = TypeVar("_M", bound=Message)

# Below this size a message may be parsed without counting first: even one made of empty attributes only
# takes some 2 MiB then (26 times its wire size), and is freed at once.
_COUNT_FROM_BYTES: Final = 64 << 10
_MAX_FIELDS: Final = 200_000

_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_STATUS_ERROR: Final = 2
_HAS_IS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200
# Kinds of spans that start work asked for by another process: SERVER and CONSUMER.
_ENTRY_KINDS: Final = frozenset({2, 5})
# Span fields that make a Link, with their wire types: ids, kind, times, flags.
_PLACE: Final = {
    1: LENGTH_DELIMITED,
    2: LENGTH_DELIMITED,
    4: LENGTH_DELIMITED,
    6: VARINT,
    7: FIXED64,
    8: FIXED64,
    16: FIXED32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Resource and scope of a span, decoded. ``service`` is ``service.name``, "" when absent."""

    resource: Attributes = field(default_factory=dict[str, AttributeValue])
    service: str = ""
    scope_name: str = ""
    scope_version: str = ""


def parse_surroundings(resource: bytes, scope: bytes) -> Surroundings:
    """Decode an envelope; what protobuf refuses even after repair is taken as absent.

    Args:
        resource: Fields of a ResourceSpans or ResourceLogs message other than its scopes.
        scope: Fields of a ScopeSpans or ScopeLogs message other than its records.
    """
    around = _if_readable(resource, ResourceSpans, RESOURCE_SPANS)
    within = _if_readable(scope, ScopeSpans, SCOPE_SPANS)
    attributes = _attributes(around.resource.attributes) if around is not None else {}
    service = attributes.get("service.name")
    return Surroundings(
        resource=attributes,
        service=service if isinstance(service, str) else "",
        scope_name=within.scope.name if within is not None else "",
        scope_version=within.scope.version if within is not None else "",
    )


def parse_span(raw: bytes, around: Surroundings) -> tuple[Link, SpanView] | None:
    """Decode a span: its place in the trace and what a dialect reads.

    Returns:
        None when it cannot be read: nested too deeply, or made of too many fields.

    Raises:
        WireError: The bytes are not a protobuf message; no OTLP receiver would take them.
    """
    span = _message(raw, Span, SPAN)
    if span is None:
        return None
    view = SpanView(
        name=span.name,
        attributes=_attributes(span.attributes),
        kind=span.kind,
        events=[
            EventView(name=event.name, attributes=_attributes(event.attributes), time_ns=event.time_unix_nano)
            for event in span.events
        ],
        scope_name=around.scope_name,
        scope_version=around.scope_version,
        resource=around.resource,
        error=span.status.message if span.status.code == _STATUS_ERROR else None,
        dropped_attributes=span.dropped_attributes_count,
    )
    return _link(span), view


def read_link(raw: bytes) -> Link:
    """Read the place of a span, whatever else is in it.

    Raises:
        WireError: The bytes are not a protobuf message, or have more fields than any span.
    """
    if len(raw) <= _COUNT_FROM_BYTES:
        try:
            return _link(Span.FromString(raw))
        except DecodeError:
            pass
    # Only the fields that make the place are copied, so that nothing which protobuf refuses is among them.
    place: list[bytes] = []
    for count, (number, wire_type, tag_start, _, end) in enumerate(fields(raw, 0, len(raw))):
        if count == _MAX_FIELDS:
            raise WireError(f"more than {_MAX_FIELDS} fields in one span")
        if _PLACE.get(number) == wire_type:
            place.append(raw[tag_start:end])
    return _link(Span.FromString(b"".join(place)))


def identified(trace_id: bytes, span_id: bytes) -> bool:
    """Tell whether a span has the ids that OTLP asks for: 16 and 8 bytes, not all zero."""
    return len(trace_id) == 16 and len(span_id) == 8 and trace_id != _NO_TRACE and span_id != _NO_SPAN


def parse_log(raw: bytes, scope_name: str) -> tuple[bytes, bytes, LogView] | None:
    """Decode a log record that belongs to a span: trace id, span id, view.

    Returns:
        None when it cannot be read.

    Raises:
        WireError: The bytes are not a protobuf message.
    """
    record = _message(raw, LogRecord, LOG_RECORD)
    if record is None:
        return None
    attributes = _attributes(record.attributes)
    # Before LogRecord.event_name existed (proto 1.5), the name of an event was an attribute.
    named = record.event_name or attributes.get("event.name")
    view = LogView(
        event_name=named if isinstance(named, str) else "",
        body=_value(record.body),
        attributes=attributes,
        scope_name=scope_name,
        time_ns=record.time_unix_nano or record.observed_time_unix_nano,
    )
    return record.trace_id, record.span_id, view


def _link(span: Span) -> Link:
    parent = span.parent_span_id
    if len(parent) != 8 or parent == _NO_SPAN:
        parent = b""
    remote = bool(span.flags & _HAS_IS_REMOTE and span.flags & _IS_REMOTE)
    return Link(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=parent,
        local_root=not parent or remote or span.kind in _ENTRY_KINDS,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
    )


def _message(raw: bytes, kind: type[_M], schema: MessageType) -> _M | None:
    if len(raw) > _COUNT_FROM_BYTES and count_messages(raw, schema, _MAX_FIELDS) > _MAX_FIELDS:
        return None
    try:
        return kind.FromString(raw)
    except DecodeError:
        pass
    # Tells broken structure, which raises, from bad text and from depth.
    if count_messages(raw, schema, _MAX_FIELDS) > _MAX_FIELDS:
        return None
    try:
        return kind.FromString(repaired(raw, schema))
    except (DecodeError, WireError):
        return None


def _if_readable(raw: bytes, kind: type[_M], schema: MessageType) -> _M | None:
    try:
        return _message(raw, kind, schema)
    except WireError:
        return None


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, AttributeValue]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> AttributeValue:
    """Decode a value; protobuf has already bounded its depth (100 messages) and _message its size."""
    which = value.WhichOneof("value")
    if which == "string_value":
        return value.string_value
    if which is None:
        return None
    if which == "array_value":
        return [_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
    if which == "int_value":
        return value.int_value
    if which == "bool_value":
        return value.bool_value
    if which == "double_value":
        return value.double_value
    return value.bytes_value if which == "bytes_value" else None
