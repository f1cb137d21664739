"""The OTLP message types as plain tables, for walking wire bytes and JSON without building messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from otel_safety.otlp.wire import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, varint
from otel_safety.spans import Signal


class Kind(Enum):
    """How the value of a field is written."""

    MESSAGE = "message"
    STRING = "string"
    BYTES = "bytes"
    HEX = "hex"  # trace and span ids: bytes that OTLP/JSON writes in hexadecimal
    BOOL = "bool"
    ENUM = "enum"
    SIGNED = "signed"  # int32 and int64
    UNSIGNED = "unsigned"  # uint32 and uint64
    ZIGZAG = "zigzag"  # sint32 and sint64
    FIXED = "fixed"  # fixed32 and fixed64
    SIGNED_FIXED = "signed_fixed"  # sfixed64
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class FieldType:
    """One field of a message.

    ``bits`` is 32 or 64 for numbers; ``presence`` tells 0 from absent; ``oneof`` names the choice that
    the field is part of, "" for none; ``tag`` is what stands before one value on the wire.
    """

    number: int
    json_name: str
    kind: Kind
    bits: int
    wire_type: int
    repeated: bool
    presence: bool
    oneof: str
    message: MessageType | None
    tag: bytes


@dataclass(slots=True)
class MessageType:
    """One message type, its fields by number and by their JSON name."""

    name: str
    by_number: dict[int, FieldType] = field(default_factory=dict[int, FieldType])
    by_json_name: dict[str, FieldType] = field(default_factory=dict[str, FieldType])


_KINDS: Final = {
    FieldDescriptor.TYPE_MESSAGE: (Kind.MESSAGE, 0, LENGTH_DELIMITED),
    FieldDescriptor.TYPE_STRING: (Kind.STRING, 0, LENGTH_DELIMITED),
    FieldDescriptor.TYPE_BYTES: (Kind.BYTES, 0, LENGTH_DELIMITED),
    FieldDescriptor.TYPE_BOOL: (Kind.BOOL, 0, VARINT),
    FieldDescriptor.TYPE_ENUM: (Kind.ENUM, 32, VARINT),
    FieldDescriptor.TYPE_INT32: (Kind.SIGNED, 32, VARINT),
    FieldDescriptor.TYPE_INT64: (Kind.SIGNED, 64, VARINT),
    FieldDescriptor.TYPE_UINT32: (Kind.UNSIGNED, 32, VARINT),
    FieldDescriptor.TYPE_UINT64: (Kind.UNSIGNED, 64, VARINT),
    FieldDescriptor.TYPE_SINT32: (Kind.ZIGZAG, 32, VARINT),
    FieldDescriptor.TYPE_SINT64: (Kind.ZIGZAG, 64, VARINT),
    FieldDescriptor.TYPE_FIXED32: (Kind.FIXED, 32, FIXED32),
    FieldDescriptor.TYPE_FIXED64: (Kind.FIXED, 64, FIXED64),
    FieldDescriptor.TYPE_SFIXED64: (Kind.SIGNED_FIXED, 64, FIXED64),
    FieldDescriptor.TYPE_DOUBLE: (Kind.DOUBLE, 64, FIXED64),
}
_HEX_FIELDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})


def _compile(descriptor: Descriptor, known: dict[str, MessageType]) -> MessageType:
    if descriptor.full_name in known:
        return known[descriptor.full_name]
    compiled = known[descriptor.full_name] = MessageType(descriptor.full_name)
    for described in descriptor.fields:
        kind, bits, wire_type = _KINDS[described.type]
        if kind is Kind.BYTES and described.name in _HEX_FIELDS:
            kind = Kind.HEX
        inner = described.message_type
        compiled.by_number[described.number] = compiled.by_json_name[described.camelcase_name] = FieldType(
            number=described.number,
            json_name=described.camelcase_name,
            kind=kind,
            bits=bits,
            wire_type=wire_type,
            repeated=described.is_repeated,
            presence=described.has_presence,
            oneof=described.containing_oneof.name if described.containing_oneof is not None else "",
            message=_compile(inner, known) if inner is not None else None,
            tag=varint(described.number << 3 | wire_type),
        )
    return compiled


_TYPES: Final[dict[str, MessageType]] = {}
REQUESTS: Final = {
    Signal.TRACES: _compile(trace_service_pb2.ExportTraceServiceRequest.DESCRIPTOR, _TYPES),
    Signal.LOGS: _compile(logs_service_pb2.ExportLogsServiceRequest.DESCRIPTOR, _TYPES),
    Signal.METRICS: _compile(metrics_service_pb2.ExportMetricsServiceRequest.DESCRIPTOR, _TYPES),
}
SPAN: Final = _TYPES["opentelemetry.proto.trace.v1.Span"]
LOG_RECORD: Final = _TYPES["opentelemetry.proto.logs.v1.LogRecord"]
RESOURCE_SPANS: Final = _TYPES["opentelemetry.proto.trace.v1.ResourceSpans"]
SCOPE_SPANS: Final = _TYPES["opentelemetry.proto.trace.v1.ScopeSpans"]
ANY_VALUE: Final = _TYPES["opentelemetry.proto.common.v1.AnyValue"]
