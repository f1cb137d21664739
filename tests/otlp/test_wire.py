"""The wire scanner: counts, refuses and splits export requests without parsing them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.otlp.cut import split_payload
from otel_safety.otlp.wire import (
    WireError,
    WireLimits,
    check_structure,
    fields,
    length_delimited,
    read_varint,
    varint,
    varint_field,
)
from otel_safety.spans import Batch, Signal

LIMITS = WireLimits()

MIB = 1 << 20


def request_with(*counts_per_scope: int, name_bytes: int = 20) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    number = 0
    for index, count in enumerate(counts_per_scope):
        resource = request.resource_spans.add(schema_url=f"resource-{index}")
        resource.resource.attributes.add(key="service.name").value.string_value = f"service-{index}"
        scope = resource.scope_spans.add(schema_url="scope")
        scope.scope.name = f"scope-{index}"
        for _ in range(count):
            number += 1
            scope.spans.add(trace_id=bytes(15) + b"\1", span_id=number.to_bytes(8), name=str(number).ljust(name_bytes))
    return request


def spans_of(payload: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """(resource in bytes, scope in bytes, span in bytes) of each span, in order."""
    request = ExportTraceServiceRequest.FromString(payload)
    return [
        (
            resource.resource.SerializeToString() + resource.schema_url.encode(),
            scope.scope.SerializeToString() + scope.schema_url.encode(),
            span.SerializeToString(),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@given(st.integers(0, 2**64 - 1))
def test_varints_survive_writing_and_reading(value: int) -> None:
    assert read_varint(varint(value), 0, len(varint(value))) == (value, len(varint(value)))


def test_a_negative_integer_is_written_as_protobuf_writes_it() -> None:
    assert varint_field(6, -1) == Span(kind=-1).SerializeToString()  # type: ignore[arg-type]  # an enum is open


def test_fields_are_found_where_they_are() -> None:
    span = Span(trace_id=b"t" * 16, name="chat", start_time_unix_nano=5, flags=0x100).SerializeToString()
    found = [(number, wire_type, span[start:end]) for number, wire_type, _, start, end in fields(span, 0, len(span))]
    assert found == [
        (1, 2, b"t" * 16),
        (5, 2, b"chat"),
        (7, 1, (5).to_bytes(8, "little")),
        (16, 5, b"\0\1\0\0"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        b"\x0b",
        b"\x0c",
        b"\x0a\x05abc",
        b"\x0a",
        b"\x09\0\0",
        b"\x0d\0",
        b"\x00",
        b"\x08\x80",
        b"\x80" * 11,
        b"\x0a" + b"\xff" * 9 + b"\x01",
    ],
    ids=[
        "group",
        "group-end",
        "short",
        "no-length",
        "short64",
        "short32",
        "field-0",
        "open-varint",
        "long-varint",
        "huge",
    ],
)
def test_bytes_that_are_not_protobuf_are_refused(bad: bytes) -> None:
    with pytest.raises(WireError):
        list(fields(bad, 0, len(bad)))
    for signal in Signal:
        with pytest.raises(BadRequestError):
            check_structure(bad, signal, LIMITS)


@given(st.binary(max_size=200))
def test_any_bytes_are_counted_or_refused(payload: bytes) -> None:
    for signal in Signal:
        try:
            assert check_structure(payload, signal, LIMITS) >= 0
        except (BadRequestError, TooLargeError):
            continue


def test_spans_are_counted() -> None:
    payload = request_with(3, 0, 200, name_bytes=300).SerializeToString()
    assert check_structure(payload, Signal.TRACES, LIMITS) == 203


def test_unknown_fields_do_not_disturb_the_count() -> None:
    unknown = varint_field(900, 7) + length_delimited(2, b"")
    scope = length_delimited(77, b"?") + ScopeSpans(spans=[Span(name="a"), Span()]).SerializeToString()
    resource = ResourceSpans(schema_url="x").SerializeToString() + length_delimited(2, scope) + varint_field(4, 1)
    assert check_structure(unknown + length_delimited(1, resource), Signal.TRACES, LIMITS) == 2


def test_log_records_are_counted() -> None:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for _ in range(5):
        scope.log_records.add(severity_text="INFO")
    assert check_structure(request.SerializeToString(), Signal.LOGS, LIMITS) == 5


def test_data_points_are_counted_and_an_empty_metric_is_one_item() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    gauge = metrics.add(name="gauge")
    for value in range(3):
        gauge.gauge.data_points.add(as_int=value)
    histogram = metrics.add(name="histogram")
    histogram.histogram.data_points.add(count=1, bucket_counts=[1, 0])
    metrics.add(name="empty")
    assert check_structure(request.SerializeToString(), Signal.METRICS, LIMITS) == 5


def test_an_empty_request_has_no_items() -> None:
    assert [check_structure(b"", signal, LIMITS) for signal in Signal] == [0, 0, 0]


def bomb(record: bytes, count: int) -> bytes:
    return length_delimited(1, length_delimited(2, record * count))


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize(
    "payload",
    [
        bomb(b"\x12\x00", 1 << 20),
        bomb(b"\x08\x00", 1 << 20),
        bomb(b"\x12\x04\x2a\x02\x0a\x00", 1 << 20),
        bomb(length_delimited(2, length_delimited(5, b"\x0a\x00" * (1 << 20))), 1),
        length_delimited(1, b"\x12\x00" * (1 << 20)),
        b"\x0a\x00" * (1 << 20),
        b"\x18\x00" * (1 << 20),
    ],
    ids=["spans", "other-fields", "small-metrics", "points", "scopes", "resources", "unknown"],
)
def test_a_bomb_of_empty_messages_is_refused(payload: bytes, signal: Signal) -> None:
    if signal is not Signal.METRICS and payload == bomb(
        length_delimited(2, length_delimited(5, b"\x0a\x00" * (1 << 20))), 1
    ):
        # One record, whatever is in it: only a record that is read is looked into.
        assert check_structure(payload, signal, LIMITS) == 1
        return
    with pytest.raises(TooLargeError):
        check_structure(payload, signal, LIMITS)


def test_many_real_spans_are_no_bomb() -> None:
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8).SerializeToString()
    assert check_structure(bomb(length_delimited(2, span), 100_000), Signal.TRACES, LIMITS) == 100_000


def test_a_batch_that_fits_is_not_touched() -> None:
    batch = Batch(Signal.TRACES, request_with(2).SerializeToString(), 2)
    assert split_payload(batch, 10_000) == [batch]


@given(
    st.lists(st.integers(0, 12), max_size=5),
    st.integers(1, 300),
    st.integers(60, 2000),
)
def test_a_split_loses_no_span_and_keeps_order_and_envelopes(
    counts: list[int], name_bytes: int, max_bytes: int
) -> None:
    payload = request_with(*counts, name_bytes=name_bytes).SerializeToString()
    pieces = split_payload(Batch(Signal.TRACES, payload, sum(counts)), max_bytes)
    assert [span for piece in pieces for span in spans_of(piece.payload)] == spans_of(payload)
    assert [piece.items for piece in pieces if len(pieces) > 1] == [
        len(spans_of(piece.payload)) for piece in pieces if len(pieces) > 1
    ]
    assert all(len(piece.payload) <= max_bytes or piece.items <= 1 for piece in pieces if sum(counts))


def test_a_split_keeps_unknown_fields() -> None:
    scope = length_delimited(77, b"scope?") + request_with(4).resource_spans[0].scope_spans[0].SerializeToString()
    payload = length_delimited(1, length_delimited(2, scope) + length_delimited(88, b"resource?")) + varint_field(9, 1)
    pieces = split_payload(Batch(Signal.TRACES, payload, 4), 80)
    assert [piece.items for piece in pieces] == [1, 1, 1, 1]
    assert all(b"scope?" in piece.payload and b"resource?" in piece.payload for piece in pieces)
    assert [piece.payload.endswith(varint_field(9, 1)) for piece in pieces].count(True) == 1


def test_metrics_are_split_between_metrics_and_counted_in_points() -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    for index in range(4):
        metric = metrics.add(name=f"metric-{index}")
        for value in range(index + 1):
            metric.sum.data_points.add(as_int=value, time_unix_nano=1)
    pieces = split_payload(Batch(Signal.METRICS, request.SerializeToString(), 10), 90)
    assert sum(piece.items for piece in pieces) == 10
    names = [
        metric.name
        for piece in pieces
        for metric in ExportMetricsServiceRequest.FromString(piece.payload).resource_metrics[0].scope_metrics[0].metrics
    ]
    assert names == [f"metric-{index}" for index in range(4)]


@pytest.mark.parametrize("scopes", [1, 250])
def test_a_large_envelope_is_not_repeated_for_every_record(scopes: int) -> None:
    request = ExportTraceServiceRequest()
    for _ in range(2):
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="large").value.string_value = "r" * MIB
        for _ in range(scopes):
            resource.scope_spans.add().spans.extend(Span(name="tiny") for _ in range(500 // scopes))
    payload = request.SerializeToString()
    for max_bytes in (1000, MIB // 2, MIB + 500, 2 * MIB):
        pieces = split_payload(Batch(Signal.TRACES, payload, 1000), max_bytes)
        assert sum(len(piece.payload) for piece in pieces) < 3 * len(payload)
        assert sum(piece.items for piece in pieces) == 1000
