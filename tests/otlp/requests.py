"""OTLP requests for tests: realistic ones, and any that Hypothesis can think of."""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.spans import Signal

REQUEST_TYPES: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}
TRACE_ID = bytes(range(1, 17))


def plain_span(number: int, *, trace_id: bytes = TRACE_ID, parent: int = 0) -> Span:
    span = Span(
        trace_id=trace_id,
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name=f"GET /item/{number}",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=1_700_000_000_000_000_000 + number,
        end_time_unix_nano=1_700_000_000_500_000_000 + number,
    )
    span.attributes.add(key="http.request.method").value.string_value = "GET"
    span.attributes.add(key="http.response.status_code").value.int_value = 200
    return span


def genai_span(number: int, *, trace_id: bytes = TRACE_ID, parent: int = 0) -> Span:
    span = Span(
        trace_id=trace_id,
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name="chat gpt-4o",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=1_700_000_000_000_000_000 + number,
        end_time_unix_nano=1_700_000_000_500_000_000 + number,
    )
    span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    span.attributes.add(key="gen_ai.provider.name").value.string_value = "openai"
    span.attributes.add(key="gen_ai.request.model").value.string_value = "gpt-4o"
    span.attributes.add(
        key="gen_ai.input.messages"
    ).value.string_value = '[{"role":"user","parts":[{"type":"text","content":"What is the weather?"}]}]'
    return span


def traces_request(*spans: Span, service: str = "shop") -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.30.0")
    resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add(schema_url="https://opentelemetry.io/schemas/1.30.0")
    scope.scope.name = "instrumentation"
    scope.scope.version = "1.2.3"
    scope.spans.extend(spans or (plain_span(1), genai_span(2, parent=1)))
    return request


def logs_request(trace_id: bytes = TRACE_ID) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = resource.scope_logs.add()
    scope.scope.name = "opentelemetry.instrumentation.openai_v2"
    record = scope.log_records.add(
        trace_id=trace_id,
        span_id=(2).to_bytes(8),
        time_unix_nano=5,
        severity_number=9,
        event_name="gen_ai.user.message",
    )
    record.attributes.add(key="gen_ai.system").value.string_value = "openai"
    content = record.body.kvlist_value.values.add(key="content")
    content.value.string_value = "What is the weather?"
    scope.log_records.add(severity_text="INFO").body.string_value = "started"
    return request


def metrics_request() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    point = metrics.add(name="latency", unit="s").histogram.data_points.add(
        count=3, sum=1.5, bucket_counts=[1, 2, 0], explicit_bounds=[0.5, 1.0], time_unix_nano=7
    )
    point.exemplars.add(as_double=0.1, trace_id=TRACE_ID, span_id=(2).to_bytes(8))
    wide = metrics.add(name="wide").exponential_histogram.data_points.add(scale=-2, zero_count=1, time_unix_nano=7)
    wide.positive.offset = -3
    wide.positive.bucket_counts.extend([1, 0, 300])
    metrics.add(name="requests").sum.data_points.add(as_int=-5, time_unix_nano=7)
    metrics.add(name="quantiles").summary.data_points.add(count=1).quantile_values.add(quantile=0.5, value=2.5)
    return request


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: _TEXT,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=16),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_ENUM: st.integers(0, 5),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SFIXED64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_FIXED64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_DOUBLE: st.floats(allow_nan=False),
}


@st.composite
def messages(draw: st.DrawFn, kind: type[Message], depth: int = 9) -> Message:
    """Any message of a type, with a few of its fields set."""
    message = kind()
    known: list[FieldDescriptor] = [*kind.DESCRIPTOR.fields]
    # The first two fields of an envelope lead down to the records; without them nothing much is tested.
    chosen = draw(st.lists(st.sampled_from(known), max_size=3, unique_by=lambda field: field.number))
    if depth > 5:
        chosen += [field for field in known[:2] if field not in chosen]
    for field in chosen:
        if field.message_type is not None:
            if depth == 0:
                continue
            inner = messages(field.message_type._concrete_class, depth - 1)  # type: ignore[attr-defined]  # not in the stubs
            if field.is_repeated:
                getattr(message, field.name).extend(draw(st.lists(inner, max_size=2)))
            else:
                getattr(message, field.name).MergeFrom(draw(inner))
                getattr(message, field.name).SetInParent()
        elif field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(_SCALARS[field.type], max_size=3)))
        else:
            setattr(message, field.name, draw(_SCALARS[field.type]))
    return message
