"""What is added, as protobuf: attributes, events, a status, whole finding spans and log records."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from otel_safety.otlp.wire import (
    LENGTH_DELIMITED,
    VARINT,
    WireError,
    fields,
    length_delimited,
    read_varint,
    varint_field,
)
from otel_safety.spans import Envelope
from semconv.emitted import OPENINFERENCE_EVALUATIONS, SCOPE_NAME

Value: TypeAlias = str | bool | int | float | Sequence[str]

_RESOURCES: Final = 1  # ExportTraceServiceRequest.resource_spans and its like for logs
_SCOPES: Final = 2  # ResourceSpans.scope_spans
_RECORDS: Final = 2  # ScopeSpans.spans
_STATUS: Final = 15  # Span.status
_STATUS_CODE: Final = 3  # Status.code
_EVALUATION: Final = re.compile(rb"%s\.(\d{1,6})\." % OPENINFERENCE_EVALUATIONS.encode())


def key_values(attributes: Mapping[str, Value]) -> list[KeyValue]:
    """Attributes in protobuf form."""
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def event(name: str, attributes: Mapping[str, Value], time_ns: int) -> Span.Event:
    """One span event."""
    return Span.Event(name=name, time_unix_nano=time_ns, attributes=key_values(attributes))


def addition(attributes: Mapping[str, Value], events: Iterable[Span.Event]) -> bytes:
    """Fields to append to a serialized span: protobuf joins repeated fields, nothing before them changes."""
    return Span(attributes=key_values(attributes), events=events).SerializeToString()


def error_status(raw: bytes) -> bytes:
    """A status field to append to a serialized span, which makes it ERROR and keeps what its status said.

    Returns b"" when the status is ERROR already, or is not protobuf and must be left alone.
    """
    code = 0
    try:
        before = b"".join(
            raw[start:end]
            for number, wire_type, _, start, end in fields(raw, 0, len(raw))
            if number == _STATUS and wire_type == LENGTH_DELIMITED
        )
        for number, wire_type, _, start, end in fields(before, 0, len(before)):
            if number == _STATUS_CODE and wire_type == VARINT:
                code = read_varint(before, start, end)[0]
    except WireError:
        return b""
    if code == Status.STATUS_CODE_ERROR:
        return b""
    # The old content is repeated for readers that keep the last status instead of joining both.
    return length_delimited(_STATUS, before + varint_field(_STATUS_CODE, Status.STATUS_CODE_ERROR))


def next_evaluation(raw: bytes) -> int:
    """First free index of OpenInference evaluations on a serialized span."""
    return max((int(found) + 1 for found in _EVALUATION.findall(raw)), default=0)


def finding_span_id(trace_id: bytes, key: str) -> bytes:
    """Span id of the finding span of one finding: always the same, so that nothing is counted twice."""
    digest = hashlib.blake2b(trace_id + key.encode("utf-8", "replace"), digest_size=8).digest()
    return digest if any(digest) else bytes(7) + b"\x01"


def finding_envelope(envelope: Envelope | None, service: str, version: str) -> Envelope:
    """Envelope of what we emit ourselves: the resource of the service that is spoken of, our own scope."""
    if envelope is not None:
        resource = envelope.resource
    else:
        named = Resource(attributes=key_values({"service.name": service} if service else {}))
        resource = ResourceSpans(resource=named).SerializeToString()
    scope = ScopeSpans(scope=InstrumentationScope(name=SCOPE_NAME, version=version))
    return Envelope(resource=resource, scope=scope.SerializeToString(), service=service)


def log_record(
    name: str,
    attributes: Mapping[str, Value],
    *,
    trace_id: bytes,
    span_id: bytes,
    time_ns: int,
    severity: SeverityNumber.ValueType,
) -> bytes:
    """One serialized log record."""
    return LogRecord(
        event_name=name,
        attributes=key_values(attributes),
        trace_id=trace_id,
        span_id=span_id,
        time_unix_nano=time_ns,
        observed_time_unix_nano=time_ns,
        severity_number=severity,
    ).SerializeToString()


def request(records: Iterable[tuple[Envelope, bytes]]) -> bytes:
    """Put serialized spans or log records back into one export request, grouped by their envelopes.

    Both signals share the field numbers used here.
    """
    resources: dict[bytes, dict[bytes, list[bytes]]] = {}
    for envelope, record in records:
        scopes = resources.setdefault(envelope.resource, {})
        scopes.setdefault(envelope.scope, []).append(length_delimited(_RECORDS, record))
    return b"".join(
        length_delimited(
            _RESOURCES,
            resource
            + b"".join(length_delimited(_SCOPES, scope + b"".join(grouped)) for scope, grouped in scopes.items()),
        )
        for resource, scopes in resources.items()
    )


def _any_value(value: Value) -> AnyValue:
    # bool before int: a bool is an int in Python.
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=_encodable(value))
    return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))


def _encodable(text: str) -> str:
    """JSON can smuggle lone surrogates into a text; they exist in no encoding."""
    return text.encode("utf-8", "replace").decode("utf-8")
