"""OTLP/JSON is read as the specification asks, and what is written can be read again."""

import base64
import json
import math
from typing import Any

import orjson
import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.otlp.json_codec import json_to_protobuf, protobuf_to_json
from otel_safety.otlp.wire import WireError, length_delimited
from otel_safety.spans import Signal
from tests.otlp.requests import REQUEST_TYPES, logs_request, messages, metrics_request, traces_request

TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"


def request_of(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def read(*spans: dict[str, Any]) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(json_to_protobuf(request_of(*spans), Signal.TRACES))
    return list(request.resource_spans[0].scope_spans[0].spans)


def test_a_span_as_the_specification_prints_it() -> None:
    [span] = read(
        {
            "traceId": TRACE_ID.upper(),
            "spanId": SPAN_ID,
            "parentSpanId": "",
            "name": "I'm a server span",
            "startTimeUnixNano": "1544712660000000000",
            "endTimeUnixNano": 1544712661000000000,
            "kind": 2,
            "attributes": [
                {"key": "my.span.attr", "value": {"stringValue": "some value"}},
                {"key": "n", "value": {"intValue": "-7"}},
                {"key": "m", "value": {"intValue": 7}},
                {"key": "d", "value": {"doubleValue": "NaN"}},
                {"key": "b", "value": {"boolValue": False}},
                {"key": "raw", "value": {"bytesValue": "-_8"}},
                {"key": "none", "value": {}},
                {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "0"}, None, {"stringValue": ""}]}}},
                {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
            ],
            "status": {"code": 2, "message": "x"},
        }
    )
    assert span.trace_id.hex() == TRACE_ID
    assert span.span_id.hex() == SPAN_ID
    assert (span.kind, span.start_time_unix_nano, span.end_time_unix_nano) == (
        2,
        1544712660 * 10**9,
        1544712661 * 10**9,
    )
    values = {pair.key: pair.value for pair in span.attributes}
    assert (values["n"].int_value, values["m"].int_value) == (-7, 7)
    assert math.isnan(values["d"].double_value)
    assert values["b"].WhichOneof("value") == "bool_value"
    assert values["raw"].bytes_value == b"\xfb\xff"
    assert values["none"].WhichOneof("value") is None
    kinds = [item.WhichOneof("value") for item in values["list"].array_value.values]
    assert kinds == ["int_value", None, "string_value"]
    assert values["map"].kvlist_value.values[0].value.string_value == "v"
    assert span.status.code == 2


def test_unknown_fields_and_original_names_are_ignored() -> None:
    [span] = read({"name": "n", "trace_id": TRACE_ID, "future": {"deep": [1]}, "Name": "x", "events": None})
    assert span == Span(name="n")


@pytest.mark.parametrize(
    "span",
    [
        {"kind": "SPAN_KIND_SERVER"},
        {"kind": "2"},
        {"kind": True},
        {"traceId": "xyz"},
        {"traceId": "abc"},
        {"traceId": 7},
        {"name": 7},
        {"startTimeUnixNano": "1.5"},
        {"startTimeUnixNano": -1},
        {"startTimeUnixNano": str(1 << 64)},
        {"startTimeUnixNano": True},
        {"droppedEventsCount": 1 << 32},
        {"attributes": {}},
        {"attributes": [7]},
        {"attributes": [None]},
        {"status": []},
        {"attributes": [{"value": {"boolValue": 1}}]},
        {"attributes": [{"value": {"doubleValue": "1_0"}}]},
        {"attributes": [{"value": {"doubleValue": []}}]},
        {"attributes": [{"value": {"bytesValue": "*"}}]},
        {"attributes": [{"value": {"intValue": str(1 << 63)}}]},
    ],
    ids=str,
)
def test_a_wrong_type_is_refused_by_the_name_of_its_field(span: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="must be"):
        read(span)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"resourceSpans": NaN}', b"{} {}"])
def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    for signal in Signal:
        with pytest.raises(BadRequestError):
            json_to_protobuf(body, signal)


def test_an_empty_object_is_an_empty_request() -> None:
    assert [json_to_protobuf(b"{}", signal) for signal in Signal] == [b"", b"", b""]


def nested(levels: int) -> bytes:
    value = '{"arrayValue":{"values":[' * levels + '{"intValue":"1"}' + "]}}" * levels
    attribute = '{"key":"deep","value":' + value + "}"
    return ('{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[' + attribute + "]}]}]}]}").encode()


def test_deep_values_are_read_as_deep_as_the_parser_goes_and_refused_beyond() -> None:
    assert len(json_to_protobuf(nested(300), Signal.TRACES)) > 900
    with pytest.raises(BadRequestError):
        json_to_protobuf(nested(400), Signal.TRACES)
    with pytest.raises(BadRequestError):
        json_to_protobuf(b"[" * 1_000_000, Signal.TRACES)


def test_a_value_too_deep_for_parsers_is_written_as_bytes() -> None:
    written = protobuf_to_json(json_to_protobuf(nested(300), Signal.TRACES), Signal.TRACES)
    assert b'"bytesValue"' in written
    assert json_to_protobuf(written, Signal.TRACES)


@pytest.mark.parametrize("body", [b"[" + b"{}," * 3_100_000 + b"{}]", b'{"x":[' + b"1," * 8_100_000 + b"1]}"])
def test_a_json_bomb_is_refused_before_it_is_parsed(body: bytes) -> None:
    with pytest.raises(TooLargeError):
        json_to_protobuf(body, Signal.TRACES)


def test_braces_inside_of_text_are_no_bomb() -> None:
    [span] = read({"name": "{}," * 3_100_000})
    assert len(span.name) == 9_300_000


def test_invalid_utf8_is_written_as_replacement_characters() -> None:
    span = length_delimited(5, b"caf\xe9")
    payload = length_delimited(1, length_delimited(2, length_delimited(2, span)))
    assert json.loads(protobuf_to_json(payload, Signal.TRACES))["resourceSpans"][0]["scopeSpans"][0]["spans"] == [
        {"name": "caf\ufffd"}
    ]


def test_the_written_form_is_that_of_the_specification() -> None:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=bytes.fromhex(TRACE_ID),
            span_id=bytes.fromhex(SPAN_ID),
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=1,
        )
    )
    span.attributes.add(key="d").value.double_value = math.inf
    span.attributes.add(key="i").value.int_value = 0
    written = json.loads(protobuf_to_json(request.SerializeToString(), Signal.TRACES))
    assert written["resourceSpans"][0]["scopeSpans"][0]["spans"][0] == {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "kind": 2,
        "startTimeUnixNano": "1",
        "attributes": [
            {"key": "d", "value": {"doubleValue": "Infinity"}},
            {"key": "i", "value": {"intValue": "0"}},
        ],
    }


@pytest.mark.parametrize(
    ("signal", "request_message"),
    [(Signal.TRACES, traces_request()), (Signal.LOGS, logs_request()), (Signal.METRICS, metrics_request())],
)
def test_realistic_requests_survive_both_ways(signal: Signal, request_message: Message) -> None:
    payload = request_message.SerializeToString()
    assert (
        REQUEST_TYPES[signal].FromString(json_to_protobuf(protobuf_to_json(payload, signal), signal)) == request_message
    )


@given(data=st.data(), signal=st.sampled_from(list(Signal)))
def test_any_request_survives_both_ways(data: st.DataObject, signal: Signal) -> None:
    request = data.draw(messages(REQUEST_TYPES[signal]))
    written = protobuf_to_json(request.SerializeToString(), signal)
    assert b"\n" not in written
    again = json_to_protobuf(written, signal)
    assert REQUEST_TYPES[signal].FromString(again).SerializeToString(deterministic=True) == request.SerializeToString(
        deterministic=True
    )


@given(data=st.data(), signal=st.sampled_from(list(Signal)))
def test_it_writes_what_protobuf_writes_but_for_ids_and_enums(data: st.DataObject, signal: Signal) -> None:
    request = data.draw(messages(REQUEST_TYPES[signal]))
    ours = orjson.loads(protobuf_to_json(request.SerializeToString(), signal))
    theirs = json_format.MessageToDict(request, use_integers_for_enums=True)
    assert ours == hex_ids(theirs)


def hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [hex_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex() if key in {"traceId", "spanId", "parentSpanId"} else hex_ids(item)
        for key, item in value.items()
    }


@given(data=st.data(), signal=st.sampled_from(list(Signal)))
def test_mutated_protobuf_is_written_as_a_parser_reads_it(data: st.DataObject, signal: Signal) -> None:
    payload = bytearray(data.draw(messages(REQUEST_TYPES[signal])).SerializeToString())
    for _ in range(data.draw(st.integers(0, 3)) if payload else 0):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        written = protobuf_to_json(bytes(payload), signal)
    except WireError:
        return
    try:
        parsed = REQUEST_TYPES[signal].FromString(bytes(payload))
    except DecodeError:
        return
    # Unknown fields are not written; a parser keeps them.
    parsed.DiscardUnknownFields()
    assert REQUEST_TYPES[signal].FromString(json_to_protobuf(written, signal)).SerializeToString(
        deterministic=True
    ) == parsed.SerializeToString(deterministic=True)


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for signal in Signal:
        try:
            json_to_protobuf(body, signal)
        except BadRequestError:
            continue
