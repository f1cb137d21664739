from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from detectors.assessment import Evidence, Severity, Source
from otel_safety.annotate import EmitOptions, annotate
from otel_safety.annotate.encode import error_status, request
from otel_safety.otlp.wire import RECORDS, RESOURCES, SCOPES, length_delimited
from otel_safety.otlp.wire import envelope as take_apart
from otel_safety.runs import Finding
from semconv.emitted import SUMMARY_MAX_LENGTH
from tests.annotate.runs import (
    NOW,
    OPTIONS,
    SECRET,
    attributes_of,
    closed,
    envelope,
    finding,
    held,
    logs_of,
    span_id,
    spans_of,
    traces_of,
    verdict,
    wire_span,
)

EVERYTHING = EmitOptions(mark_error=Severity.LOW, log_records=True, openinference=True, version="9.9")


def raw_records(payload: bytes) -> list[bytes]:
    """The serialized spans of a request, without parsing them."""
    records: list[bytes] = []
    _, resources = take_apart(payload, 0, len(payload), RESOURCES)
    for resource in resources:
        _, scopes = take_apart(payload, *resource, SCOPES)
        for scope in scopes:
            _, spans = take_apart(payload, *scope, RECORDS)
            records.extend(payload[start:end] for start, end in spans)
    return records


unknown_fields = st.lists(st.builds(length_delimited, st.integers(100, 5000), st.binary(max_size=40)), max_size=3).map(
    b"".join
)
# Field 5 is the name: a string that Python's protobuf refuses to parse.
invalid_names = st.binary(max_size=20).map(lambda text: length_delimited(5, text + b"\xff\xc3\x28"))
tails = st.one_of(st.just(b""), unknown_fields, invalid_names)


@given(tail=tails, flagged=st.booleans(), options=st.sampled_from((OPTIONS, EVERYTHING)))
def test_every_original_byte_stays(tail: bytes, flagged: bool, options: EmitOptions) -> None:
    raws = [wire_span(number) + tail for number in (1, 2, 3)]
    spans = [held(number, raw=raw) for number, raw in enumerate(raws, 1)]
    verdicts = [verdict(finding(2))] if flagged else [verdict()]
    annotated = annotate(closed(*spans), verdicts, options, NOW)
    assert annotated.traces is not None
    root, other, unflagged = raw_records(annotated.traces.payload)
    assert root.startswith(raws[0])
    assert len(root) > len(raws[0])
    assert other.startswith(raws[1])
    assert (other == raws[1]) is not flagged
    assert unflagged == raws[2]
    # What is appended is a Span message in itself, of the fields that may be added and no other.
    for whole, raw in ((root, raws[0]), (other, raws[1])):
        added = {descriptor.name for descriptor, _ in Span.FromString(whole[len(raw) :]).ListFields()}
        assert added <= {"attributes", "events", "status"}


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_envelopes_keep_unknown_fields(resource: bytes, scope: bytes) -> None:
    place = envelope()
    extended = replace(
        place,
        resource=place.resource + length_delimited(999, resource),
        scope=place.scope + length_delimited(998, scope),
    )
    payload = request([(extended, wire_span(1))])
    around, _ = take_apart(payload, *take_apart(payload, 0, len(payload), RESOURCES)[1][0], SCOPES)
    assert around == extended.resource
    assert len(ExportTraceServiceRequest.FromString(payload).resource_spans) == 1


texts = st.text(st.characters(), max_size=700)


@given(
    quotes=st.lists(texts, min_size=1, max_size=40),
    explanation=texts,
    options=st.sampled_from((OPTIONS, EVERYTHING, replace(EVERYTHING, evidence="offsets"))),
)
def test_any_text_is_written_within_its_bounds(quotes: list[str], explanation: str, options: EmitOptions) -> None:
    found = finding(2, quotes=tuple(quotes), explanation=explanation)
    span = spans_of(annotate(closed(held(1), held(2)), [verdict(found)], options, NOW))[span_id(2)]
    summary = attributes_of(span)["otel_safety.summary"]
    assert isinstance(summary, str)
    assert 0 < len(summary) <= SUMMARY_MAX_LENGTH < 256
    assert "\n" not in summary
    for value in attributes_of(span.events[0]).values():
        if isinstance(value, str):
            assert len(value) <= 512
            assert "\n" not in value


@pytest.mark.parametrize("surrogate", ["\ud800", "a\udfff"])
def test_a_lone_surrogate_in_a_quote_does_not_stop_the_finding(surrogate: str) -> None:
    found = finding(2, quotes=(surrogate,), explanation=surrogate)
    span = spans_of(annotate(closed(held(2)), [verdict(found)], EVERYTHING, NOW))[span_id(2)]
    assert len(span.events) == 1


def test_many_quotes_are_cut_to_a_count() -> None:
    found = finding(2, quotes=tuple(f"quote number {number}" for number in range(100)))
    span = spans_of(annotate(closed(held(2)), [verdict(found)], OPTIONS, NOW))[span_id(2)]
    evidence = attributes_of(span.events[0])["otel_safety.evidence"]
    assert isinstance(evidence, str)
    assert evidence.startswith('output[3:17] "quote number 0"; output[3:17] "quote number 1"; ')
    shown = evidence.count("quote number")
    assert evidence.endswith(f"; +{100 - shown} more")


def test_an_argument_is_named_with_its_path() -> None:
    item = Evidence(rule="r", source=Source.TOOL_ARGUMENTS, quote='rm "-rf"', start=0, end=8, field="command")
    plain = finding(2)
    found = replace(plain, assessment=replace(plain.assessment, evidence=(item,)))
    span = spans_of(annotate(closed(held(2)), [verdict(found)], OPTIONS, NOW))[span_id(2)]
    assert attributes_of(span.events[0])["otel_safety.evidence"] == 'tool.arguments.command[0:8] "rm \\"-rf\\""'


@pytest.mark.parametrize("choice", ["offsets", "off"])
def test_no_word_of_the_run_leaves_when_quotes_are_off(choice: Literal["offsets", "off"]) -> None:
    options = replace(EVERYTHING, evidence=choice)
    for spans in ((held(1), held(2)), (held(3),)):
        annotated = annotate(closed(*spans), [verdict(finding(2))], options, NOW)
        assert annotated.traces is not None
        assert annotated.logs is not None
        assert SECRET.encode() not in annotated.traces.payload + annotated.logs.payload
    event = attributes_of(logs_of(annotated).resource_logs[0].scope_logs[0].log_records[0])
    assert event.get("otel_safety.evidence") == ("output[3:35]" if choice == "offsets" else None)
    assert event["gen_ai.evaluation.explanation"] == "matched claims.deploy.en.001, claims.test.en.002"


@pytest.mark.parametrize(
    ("mark", "severity", "marked"),
    [
        (None, Severity.CRITICAL, False),
        (Severity.CRITICAL, Severity.HIGH, False),
        (Severity.HIGH, Severity.HIGH, True),
        (Severity.LOW, Severity.CRITICAL, True),
    ],
)
@pytest.mark.parametrize("number", [2, 7])
def test_the_status_is_an_error_from_the_chosen_severity_on(
    mark: Severity | None,
    severity: Severity,
    marked: bool,
    number: int,
) -> None:
    options = replace(OPTIONS, mark_error=mark)
    annotated = annotate(closed(held(2), held(3)), [verdict(finding(number, severity=severity))], options, NOW)
    for span in spans_of(annotated).values():
        is_flagged = "otel_safety.flagged" in attributes_of(span)
        assert (span.status.code == Status.STATUS_CODE_ERROR) is (is_flagged and marked)


@pytest.mark.parametrize("last_wins", [False, True])
def test_a_status_message_is_kept(last_wins: bool) -> None:
    raw = wire_span(2, status="from the application")
    added = error_status(raw)
    span = Span.FromString(added if last_wins else raw + added)
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "from the application")


def test_a_status_that_is_an_error_already_is_left_alone() -> None:
    raw = wire_span(2, error="timeout")
    annotated = annotate(closed(held(2, raw=raw)), [verdict(finding(2))], EVERYTHING, NOW)
    assert spans_of(annotated)[span_id(2)].status.message == "timeout"
    assert error_status(raw) == b""
    assert error_status(b"\x7a\x05ab") == b""


def test_openinference_evaluations_continue_those_of_the_application() -> None:
    span = Span.FromString(wire_span(2))
    span.attributes.append(KeyValue(key="evaluations.4.evaluation.name", value=AnyValue(string_value="relevance")))
    raw = span.SerializeToString()
    options = replace(OPTIONS, openinference=True)
    findings = (finding(2), finding(2, "over_refusal", score=1.0))
    annotated = annotate(closed(held(2, raw=raw)), [verdict(*findings)], options, NOW)
    attributes = attributes_of(spans_of(annotated)[span_id(2)])
    assert {key: value for key, value in attributes.items() if key.startswith("evaluations.")} == {
        "evaluations.4.evaluation.name": "relevance",
        "evaluations.5.evaluation.name": "deception",
        "evaluations.5.evaluation.score": 0.75,
        "evaluations.5.evaluation.label": "fail",
        "evaluations.5.evaluation.explanation": findings[0].assessment.explanation,
        "evaluations.5.evaluation.annotator_kind": "CODE",
        "evaluations.5.evaluation.identifier": "otel_safety:2",
        "evaluations.6.evaluation.name": "over_refusal",
        "evaluations.6.evaluation.score": 1.0,
        "evaluations.6.evaluation.label": "fail",
        "evaluations.6.evaluation.explanation": findings[1].assessment.explanation,
        "evaluations.6.evaluation.annotator_kind": "CODE",
        "evaluations.6.evaluation.identifier": "otel_safety:2",
    }


@st.composite
def all_findings(draw: st.DrawFn) -> list[Finding]:
    places = draw(st.lists(st.tuples(st.integers(1, 6), st.sampled_from("abc")), max_size=12))
    return [finding(number, detector) for number, detector in places]


@given(
    numbers=st.sets(st.integers(1, 6), min_size=1), found=all_findings(), options=st.sampled_from((OPTIONS, EVERYTHING))
)
def test_every_finding_leaves_exactly_once_and_no_span_twice(
    numbers: set[int], found: list[Finding], options: EmitOptions
) -> None:
    annotated = annotate(closed(*map(held, sorted(numbers))), [verdict(*found)], options, NOW)
    spans = [
        span
        for resource in traces_of(annotated).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    ids = [span.span_id for span in spans]
    assert len(ids) == len(set(ids)) == len(numbers) + annotated.child_spans
    assert {span_id(number) for number in numbers} <= set(ids)
    told = [
        (attributes_of(event)["gen_ai.evaluation.name"], attributes_of(event)["otel_safety.evidence.span_id"])
        for span in spans
        for event in span.events
    ]
    assert sorted(told) == sorted({(item.assessment.detector, item.span_id.hex()) for item in found})
    assert annotated.findings == len(told)
    for span in spans:
        assert bool(span.events) == ("otel_safety.flagged" in attributes_of(span))
