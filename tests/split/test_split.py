"""Splitting: what is not GenAI leaves byte for byte, GenAI spans are held whole, nothing is lost."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.otlp.wire import (
    RECORDS,
    RESOURCES,
    SCOPES,
    iterate_fields,
    length_delimited,
    varint_field,
)
from otel_safety.split import Split, split_logs, split_traces
from semconv.operation import OperationKind
from tests.otlp.requests import TRACE_ID, genai_span, logs_request, messages, plain_span, traces_request

OTHER_TRACE = bytes(range(101, 117))


def never(_: bytes) -> bool:
    return False


def always(_: bytes) -> bool:
    return True


def split(payload: bytes, is_open: Callable[[bytes], bool] = never) -> Split:
    return split_traces(payload, is_open, any_open=is_open is not never)


def raw_spans(payload: bytes) -> list[bytes]:
    return [
        scope[start:end]
        for _, _, resource_start, resource_end in _only(payload, RESOURCES)
        for scope in _inner(payload, resource_start, resource_end)
        for _, _, start, end in _only(scope, RECORDS)
    ]


def _only(payload: bytes, number: int) -> list[tuple[int, int, int, int]]:
    return [found for found in iterate_fields(payload) if found[0] == number and found[1] == 2]


def _inner(payload: bytes, start: int, end: int) -> list[bytes]:
    resource = payload[start:end]
    return [resource[s:e] for _, _, s, e in _only(resource, SCOPES)]


def spans_out(found: Split) -> Counter[bytes]:
    forwarded = raw_spans(found.forward.payload) if found.forward else []
    return Counter([*forwarded, *(span.raw for span in found.held)])


def in_request(*spans: bytes) -> bytes:
    scope = b"".join(length_delimited(RECORDS, span) for span in spans)
    return length_delimited(RESOURCES, length_delimited(SCOPES, scope))


def test_a_request_without_genai_is_forwarded_as_the_same_object() -> None:
    payload = traces_request(plain_span(1), plain_span(2)).SerializeToString()
    found = split(payload)
    assert found.forward is not None
    assert found.forward.payload is payload
    assert (found.forward.items, found.held, found.links) == (2, [], [])


@pytest.mark.parametrize("payload", [b"", length_delimited(1, b""), in_request(), varint_field(9, 1)])
def test_a_request_without_spans_forwards_nothing(payload: bytes) -> None:
    assert split(payload) == Split()


def test_genai_spans_are_held_and_the_others_leave() -> None:
    payload = traces_request(
        plain_span(1), genai_span(2, parent=1), plain_span(3, trace_id=OTHER_TRACE)
    ).SerializeToString()
    found = split(payload)
    [held] = found.held
    assert held.raw == genai_span(2, parent=1).SerializeToString()
    assert (held.trace_id, held.span_id, held.parent_id) == (TRACE_ID, (2).to_bytes(8), (1).to_bytes(8))
    assert (held.name, held.operation.kind, held.local_root) == ("chat gpt-4o", OperationKind.LLM, False)
    assert (held.start_ns, held.end_ns) == (1_700_000_000_000_000_002, 1_700_000_000_500_000_002)
    assert held.envelope.service == "shop"
    assert found.forward is not None
    assert (
        found.forward.payload == traces_request(plain_span(1), plain_span(3, trace_id=OTHER_TRACE)).SerializeToString()
    )
    # Only the trace with a GenAI span is of interest.
    assert [link.span_id for link in found.links] == [(1).to_bytes(8)]


def test_the_envelope_is_what_surrounds_the_span_and_shared_by_its_scope() -> None:
    request = traces_request(genai_span(1), genai_span(2))
    payload = request.SerializeToString()
    first, second = split(payload).held
    assert first.envelope is second.envelope
    rebuilt = length_delimited(
        RESOURCES,
        first.envelope.resource
        + length_delimited(
            SCOPES,
            first.envelope.scope + length_delimited(RECORDS, first.raw) + length_delimited(RECORDS, second.raw),
        ),
    )
    assert ExportTraceServiceRequest.FromString(rebuilt) == request


def test_no_empty_envelope_is_made() -> None:
    request = traces_request(genai_span(1))
    request.MergeFrom(traces_request(plain_span(2)))
    found = split(request.SerializeToString())
    assert found.forward is not None
    assert found.forward.payload == traces_request(plain_span(2)).SerializeToString()
    assert split(traces_request(genai_span(1)).SerializeToString()).forward is None


@pytest.mark.parametrize(
    ("changes", "local_root"),
    [
        ({"parent_span_id": b""}, True),
        ({"parent_span_id": bytes(8)}, True),
        ({}, False),
        ({"flags": 0x300}, True),
        ({"flags": 0x100}, False),
        ({"flags": 0x200}, False),
        ({"kind": Span.SPAN_KIND_SERVER}, True),
        ({"kind": Span.SPAN_KIND_CONSUMER}, True),
        ({"kind": Span.SPAN_KIND_PRODUCER}, False),
    ],
    ids=str,
)
def test_a_local_root_is_known_by_parent_flags_or_kind(changes: dict[str, Any], local_root: bool) -> None:
    span = genai_span(2, parent=1)
    other = plain_span(3, parent=1)
    other.kind = Span.SPAN_KIND_INTERNAL
    for name, value in changes.items():
        setattr(span, name, value)
        setattr(other, name, value)
    found = split(traces_request(span, other).SerializeToString())
    assert found.held[0].local_root == local_root
    assert found.links[0].local_root == local_root


def test_links_of_open_traces_are_given_without_touching_the_request() -> None:
    payload = traces_request(plain_span(1), plain_span(2, trace_id=OTHER_TRACE, parent=7)).SerializeToString()
    found = split(payload, lambda trace_id: trace_id == OTHER_TRACE)
    assert found.forward is not None
    assert found.forward.payload is payload
    [link] = found.links
    assert (link.trace_id, link.span_id, link.parent_id) == (OTHER_TRACE, (2).to_bytes(8), (7).to_bytes(8))


def test_a_span_whose_ids_do_not_come_first_is_linked_too() -> None:
    span = plain_span(1)
    ids = length_delimited(1, span.trace_id) + length_delimited(2, span.span_id)
    span.ClearField("trace_id")
    span.ClearField("span_id")
    found = split(in_request(span.SerializeToString() + ids), always)
    assert [link.span_id for link in found.links] == [(1).to_bytes(8)]


def test_a_marker_in_text_alone_does_not_hold_a_span() -> None:
    span = plain_span(1)
    span.attributes.add(key="note").value.string_value = "we read gen_ai.request.model here"
    payload = traces_request(span).SerializeToString()
    found = split(payload)
    assert found.forward is not None
    assert found.forward.payload is payload


def test_a_marker_in_the_resource_does_not_hold_a_span() -> None:
    request = traces_request(plain_span(1))
    request.resource_spans[0].resource.attributes.add(key="gen_ai.agent.name").value.string_value = "x"
    payload = request.SerializeToString()
    found = split(payload)
    assert found.forward is not None
    assert found.forward.payload is payload


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [
        (b"", b"12345678"),
        (bytes(16), b"12345678"),
        (b"short", b"12345678"),
        (TRACE_ID, b""),
        (TRACE_ID, bytes(8)),
        (TRACE_ID, b"123456789"),
    ],
)
def test_a_span_with_bad_ids_is_forwarded_and_never_held(trace_id: bytes, span_id: bytes) -> None:
    span = genai_span(1)
    span.trace_id = trace_id
    span.span_id = span_id
    payload = traces_request(span).SerializeToString()
    found = split(payload, always)
    assert found.forward is not None
    assert found.forward.payload is payload
    assert (found.held, found.links, found.unreadable, found.rejected) == ([], [], 0, 0)


def broken_text(span: Span) -> bytes:
    return span.SerializeToString() + length_delimited(9, length_delimited(1, b"caf\xe9"))


def test_invalid_utf8_is_read_and_stays_as_it_came() -> None:
    raw = broken_text(genai_span(1))
    found = split(in_request(raw, broken_text(plain_span(2))))
    assert [span.raw for span in found.held] == [raw]
    assert found.forward is not None
    assert raw_spans(found.forward.payload) == [broken_text(plain_span(2))]
    assert (found.unreadable, found.rejected) == (0, 0)


def deep_value(levels: int) -> bytes:
    value = length_delimited(1, b"x")
    for _ in range(levels):
        value = length_delimited(5, length_delimited(1, value))
    return value


@pytest.mark.parametrize("levels", [60, 2000])
def test_a_span_of_absurd_depth_is_forwarded_unread_and_counted(levels: int) -> None:
    attribute = length_delimited(1, b"deep") + length_delimited(2, deep_value(levels))
    raw = genai_span(1, parent=9).SerializeToString() + length_delimited(9, attribute)
    good = genai_span(2).SerializeToString()
    found = split(in_request(raw, good))
    assert found.unreadable == 1
    assert found.forward is not None
    assert raw_spans(found.forward.payload) == [raw]
    assert [span.raw for span in found.held] == [good]
    # Its place in the tree is known all the same.
    assert [link.parent_id for link in found.links] == [(9).to_bytes(8)]


def test_a_span_made_of_a_million_empty_attributes_is_forwarded_unread() -> None:
    raw = genai_span(1).SerializeToString() + b"\x4a\x00" * 1_000_000
    found = split(in_request(raw))
    assert (found.unreadable, found.held) == (1, [])
    assert found.forward is not None
    assert raw_spans(found.forward.payload) == [raw]


def test_an_attribute_of_10_mb_is_held_whole() -> None:
    span = genai_span(1)
    span.attributes.add(key="big").value.string_value = "x" * 10_000_000
    [held] = split(traces_request(span).SerializeToString()).held
    assert held.raw == span.SerializeToString()


@pytest.mark.parametrize(
    "broken", [b"\x0a\xff", b"\x4a\x05ab", b"\x0b", b"\x4a\x02\x0a\x05"], ids=["length", "short", "group", "inner"]
)
def test_one_span_that_is_no_protobuf_is_rejected_alone(broken: bytes) -> None:
    good, plain = genai_span(2).SerializeToString(), plain_span(3).SerializeToString()
    found = split(in_request(good, genai_span(1).SerializeToString() + broken, plain))
    assert (found.rejected, found.unreadable) == (1, 0)
    assert "1 spans" in found.message
    assert [span.raw for span in found.held] == [good]
    assert found.forward is not None
    assert raw_spans(found.forward.payload) == [plain]
    assert found.forward.items == 1


@pytest.mark.parametrize(
    "payload", [b"\x0a", b"garbage", b"\x0a\x05\x12\x09abc", traces_request().SerializeToString()[:-1]]
)
def test_a_request_that_is_no_protobuf_is_refused(payload: bytes) -> None:
    with pytest.raises(BadRequestError):
        split(payload)
    with pytest.raises(BadRequestError):
        split_logs(payload)


def test_an_empty_span_bomb_is_refused() -> None:
    with pytest.raises(TooLargeError):
        split(in_request() + length_delimited(1, length_delimited(2, b"\x12\x00" * 2_000_000)))


def test_unknown_fields_are_kept_at_every_level() -> None:
    scope = length_delimited(71, b"in scope") + b"".join(
        length_delimited(RECORDS, span.SerializeToString() + length_delimited(72, b"in span"))
        for span in (plain_span(1), genai_span(2))
    )
    resource = length_delimited(SCOPES, scope) + length_delimited(73, b"in resource")
    payload = length_delimited(RESOURCES, resource) + length_delimited(74, b"in request")
    found = split(payload)
    assert found.forward is not None
    for text in (b"in scope", b"in span", b"in resource", b"in request"):
        assert text in found.forward.payload
    [held] = found.held
    assert b"in span" in held.raw
    assert (b"in scope" in held.envelope.scope, b"in resource" in held.envelope.resource) == (True, True)


def test_forged_attributes_are_removed_at_every_level_and_counted() -> None:
    def request(*, forged: bool) -> ExportTraceServiceRequest:
        built = traces_request(plain_span(1), genai_span(2))
        resource = built.resource_spans[0]
        places = [resource.resource.attributes, resource.scope_spans[0].scope.attributes]
        for span in resource.scope_spans[0].spans:
            places += [
                span.attributes,
                span.events.add(name="e").attributes,
                span.links.add(span_id=b"12345678").attributes,
            ]
        for place in places:
            place.add(key="otel_safety_free").value.string_value = "otel_safety. in text"
            if forged:
                place.add(key="otel_safety.flagged").value.bool_value = True
                place.add(key="otel_safety.deception.score").value.double_value = 1
        return built

    found = split(request(forged=True).SerializeToString())
    clean = split(request(forged=False).SerializeToString())
    assert (found.stripped, clean.stripped) == (16, 0)
    assert found.forward == clean.forward
    assert [(span.raw, span.envelope) for span in found.held] == [(span.raw, span.envelope) for span in clean.held]


def test_our_prefix_in_text_alone_changes_nothing() -> None:
    span = plain_span(1)
    span.attributes.add(key="note").value.string_value = "see otel_safety.flagged"
    payload = traces_request(span).SerializeToString()
    found = split(payload)
    assert found.forward is not None
    assert found.forward.payload is payload
    assert found.stripped == 0


def test_a_key_written_twice_counts_as_its_last_writing() -> None:
    pair = length_delimited(1, b"innocent") + length_delimited(1, b"otel_safety.flagged")
    assert split(in_request(plain_span(1).SerializeToString() + length_delimited(9, pair))).stripped == 1
    pair = length_delimited(1, b"otel_safety.flagged") + length_delimited(1, b"innocent")
    assert split(in_request(plain_span(1).SerializeToString() + length_delimited(9, pair))).stripped == 0


def any_span(draw: st.DrawFn, number: int) -> bytes:
    trace_id = draw(st.sampled_from([TRACE_ID, OTHER_TRACE, bytes(16), b"bad"]))
    make = draw(st.sampled_from([plain_span, genai_span]))
    span = make(number, trace_id=trace_id, parent=draw(st.integers(0, 3)))
    raw: bytes = span.SerializeToString()
    return raw + draw(
        st.sampled_from(
            [
                b"",
                length_delimited(9, length_delimited(1, b"caf\xe9")),
                length_delimited(400, b"unknown gen_ai."),
                length_delimited(9, length_delimited(1, b"d") + length_delimited(2, deep_value(60))),
                varint_field(500, 3),
            ]
        )
    )


@st.composite
def any_request(draw: st.DrawFn) -> bytes:
    number = 0
    resources: list[bytes] = []
    for _ in range(draw(st.integers(0, 3))):
        scopes = b""
        for _ in range(draw(st.integers(0, 3))):
            records = b""
            for _ in range(draw(st.integers(0, 4))):
                number += 1
                records += length_delimited(RECORDS, any_span(draw, number))
            scopes += length_delimited(SCOPES, records + length_delimited(3, b"https://schema"))
        resources.append(length_delimited(RESOURCES, scopes + draw(st.sampled_from([b"", varint_field(90, 1)]))))
    return b"".join(resources)


@given(any_request(), st.sampled_from([never, always]))
def test_spans_in_are_spans_out(payload: bytes, is_open: Callable[[bytes], bool]) -> None:
    found = split(payload, is_open)
    assert spans_out(found) == Counter(raw_spans(payload))
    assert (found.rejected, found.stripped) == (0, 0)
    if found.forward is not None:
        assert found.forward.items == len(raw_spans(found.forward.payload)) > 0
    forwarded = raw_spans(found.forward.payload) if found.forward else []
    assert forwarded == [raw for raw in raw_spans(payload) if raw in set(forwarded)]


@given(any_request())
def test_where_a_request_is_cut_does_not_change_what_is_held(payload: bytes) -> None:
    whole = split(payload)
    apart = [split(in_request(raw)) for raw in raw_spans(payload)]
    assert [span.raw for span in whole.held] == [span.raw for found in apart for span in found.held]


@given(st.data())
def test_any_valid_request_keeps_its_spans(data: st.DataObject) -> None:
    payload = data.draw(messages(ExportTraceServiceRequest)).SerializeToString()
    found = split(payload, always)
    assert found.rejected == 0
    assert spans_out(found) == Counter(raw_spans(payload))


@given(any_request(), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4))
def test_mutated_bytes_are_split_or_refused_and_no_span_is_lost(payload: bytes, changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(payload)
    for position, value in changes if mutated else []:
        mutated[position % len(mutated)] = value
    try:
        found = split(bytes(mutated), always)
    except (BadRequestError, TooLargeError):
        return
    out = spans_out(found)
    if not found.stripped:
        assert out.total() + found.rejected == len(raw_spans(bytes(mutated)))
        assert not out - Counter(raw_spans(bytes(mutated)))


def test_log_records_of_a_span_are_read() -> None:
    payload = logs_request().SerializeToString()
    found = split_logs(payload)
    assert found.items == 2
    [held] = found.held
    assert (held.trace_id, held.span_id) == (TRACE_ID, (2).to_bytes(8))
    assert held.content.input is not None
    assert held.content.input[0].text == "What is the weather?"
    assert 50 < held.size < len(payload)


def test_log_records_without_a_span_are_not_read() -> None:
    for trace_id in (b"", bytes(16), b"bad"):
        assert split_logs(logs_request(trace_id).SerializeToString()).held == []


def test_log_records_without_content_are_counted_only() -> None:
    request = logs_request()
    del request.resource_logs[0].scope_logs[0].log_records[0]
    found = split_logs(request.SerializeToString())
    assert (found.items, found.held, found.unreadable) == (1, [], 0)


def test_a_log_record_that_cannot_be_read_costs_only_itself() -> None:
    request = logs_request()
    record = request.resource_logs[0].scope_logs[0].log_records[0].SerializeToString()
    deep = record + length_delimited(5, deep_value(60))
    found = split_logs(in_request(record, deep, record + b"\x4a\x05ab", record))
    assert (found.items, len(found.held), found.unreadable) == (4, 2, 2)


@given(st.binary(max_size=100))
def test_any_log_bytes_are_read_or_refused(noise: bytes) -> None:
    payload = logs_request().SerializeToString()
    try:
        split_logs(payload[:60] + noise + payload[60:])
    except (BadRequestError, TooLargeError):
        return


def hostile_span(filler: bytes) -> bytes:
    return genai_span(1).SerializeToString() + filler * 3_000_000


@pytest.mark.parametrize("filler", [b"\x4a\x00", b"\xc0\x3e\x00", b"\x0a\x00"], ids=["attributes", "unknown", "ids"])
def test_a_span_of_millions_of_fields_costs_bounded_time_and_memory(filler: bytes) -> None:
    tracemalloc.start()
    try:
        found = split(in_request(hostile_span(filler)), always)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.unreadable, found.held, found.links) == (1, [], [])
    assert peak < 100 << 20


def test_a_forged_verdict_does_not_pass_in_a_span_of_millions_of_fields() -> None:
    forged = length_delimited(9, length_delimited(1, b"otel_safety.flagged"))
    found = split(in_request(hostile_span(b"\x4a\x00") + forged))
    assert (found.rejected, found.forward) == (1, None)


def test_of_very_many_genai_spans_the_remainder_is_forwarded_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otel_safety.split.traces.MAX_READ", 3)
    payload = traces_request(*(genai_span(number) for number in range(1, 6))).SerializeToString()
    found = split(payload)
    assert (len(found.held), found.unreadable) == (3, 2)
    assert spans_out(found) == Counter(raw_spans(payload))
