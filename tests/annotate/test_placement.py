from dataclasses import replace

from detectors.assessment import Severity
from otel_safety.annotate import annotate
from otel_safety.spans import Signal
from tests.annotate.runs import (
    NOW,
    OPTIONS,
    TRACE,
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


def own(attributes: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in attributes.items() if key.startswith("otel_safety.")}


def test_a_finding_goes_on_the_span_that_earned_it() -> None:
    annotated = annotate(closed(held(1), held(2)), [verdict(finding(2, response_id="resp-1"))], OPTIONS, NOW)
    flagged = spans_of(annotated)[span_id(2)]
    assert own(attributes_of(flagged)) == {
        "otel_safety.flagged": True,
        "otel_safety.severity": "high",
        "otel_safety.detectors": ["deception"],
        "otel_safety.deception.score": 0.75,
        "otel_safety.summary": "deception (high): claims 'I deployed the change to staging' without a tool call",
    }
    (event,) = flagged.events
    assert event.name == "gen_ai.evaluation.result"
    assert event.time_unix_nano == flagged.end_time_unix_nano
    assert attributes_of(event) == {
        "gen_ai.evaluation.name": "deception",
        "gen_ai.evaluation.score.value": 0.75,
        "gen_ai.evaluation.score.label": "fail",
        "gen_ai.evaluation.explanation": "claims 'I deployed the change to staging' without a tool call",
        "gen_ai.response.id": "resp-1",
        "otel_safety.severity": "high",
        "otel_safety.rule": "claims.deploy.en.001, claims.test.en.002",
        "otel_safety.evidence": 'output[3:35] "I deployed the change to staging"',
        "otel_safety.evidence.span_id": span_id(2).hex(),
        "otel_safety.remediation": "Check the claim against the tool calls.",
    }
    assert (annotated.findings, annotated.child_spans, annotated.logs) == (1, 0, None)


def test_the_root_says_that_the_run_was_judged_and_how() -> None:
    annotated = annotate(
        closed(held(1), held(2)),
        [verdict(finding(2), not_assessed={"over_refusal": "no_input", "deception": "language"})],
        OPTIONS,
        NOW,
    )
    root = spans_of(annotated)[span_id(1)]
    assert own(attributes_of(root)) == {
        "otel_safety.run.flagged": True,
        "otel_safety.run.findings": 1,
        "otel_safety.run.severity": "high",
        "otel_safety.run.detectors": ["deception"],
        "otel_safety.run.completeness": "root",
        "otel_safety.run.not_assessed": ["deception:language", "over_refusal:no_input"],
        "otel_safety.version": "9.9",
    }
    assert not root.events


def test_the_root_of_a_clean_run_says_so_and_other_spans_leave_as_they_came() -> None:
    spans = [held(1), held(2), held(3)]
    annotated = annotate(closed(*spans), [verdict()], OPTIONS, NOW)
    left = spans_of(annotated)
    assert own(attributes_of(left[span_id(1)])) == {
        "otel_safety.run.flagged": False,
        "otel_safety.run.findings": 0,
        "otel_safety.run.completeness": "root",
        "otel_safety.version": "9.9",
    }
    assert annotated.traces is not None
    for span in spans[1:]:
        assert left[span.span_id].SerializeToString() == span.raw
        assert span.raw in annotated.traces.payload


def test_without_a_verdict_all_spans_leave_as_they_came() -> None:
    spans = [held(1), held(2)]
    annotated = annotate(closed(*spans), [], OPTIONS, NOW)
    assert {key: span.SerializeToString() for key, span in spans_of(annotated).items()} == {
        span.span_id: span.raw for span in spans
    }
    assert annotated.findings == 0


def test_several_findings_on_one_span_are_told_together() -> None:
    findings = (
        finding(2, "scope_escalation", severity=Severity.CRITICAL, score=1.0),
        finding(2, "deception", score=0.5),
        replace(finding(2, "deception", score=0.9), key="deception:other"),
    )
    annotated = annotate(closed(held(1), held(2)), [verdict(*findings)], OPTIONS, NOW)
    span = spans_of(annotated)[span_id(2)]
    attributes = attributes_of(span)
    assert attributes["otel_safety.severity"] == "critical"
    assert attributes["otel_safety.detectors"] == ["deception", "scope_escalation"]
    assert attributes["otel_safety.deception.score"] == 0.9
    assert attributes["otel_safety.scope_escalation.score"] == 1.0
    assert len(span.events) == 3
    assert attributes_of(spans_of(annotated)[span_id(1)])["otel_safety.run.findings"] == 3


def test_when_its_span_has_left_a_finding_goes_on_the_root() -> None:
    annotated = annotate(closed(held(1)), [verdict(finding(7))], OPTIONS, NOW)
    (root,) = spans_of(annotated).values()
    attributes = attributes_of(root)
    assert attributes["otel_safety.flagged"] is True
    assert attributes["otel_safety.run.flagged"] is True
    assert attributes_of(root.events[0])["otel_safety.evidence.span_id"] == span_id(7).hex()
    assert (annotated.findings, annotated.child_spans) == (1, 0)


def test_when_the_root_has_left_too_a_finding_leaves_as_a_child_span() -> None:
    late = held(3)
    annotated = annotate(closed(late), [verdict(finding(7))], OPTIONS, NOW)
    spans = spans_of(annotated)
    assert spans.pop(late.span_id).SerializeToString() == late.raw
    (child,) = spans.values()
    assert (child.name, child.trace_id, child.parent_span_id) == ("otel_safety.finding", TRACE, span_id(7))
    assert child.start_time_unix_nano == child.end_time_unix_nano == NOW
    assert all(key.startswith("otel_safety.") for key in attributes_of(child))
    assert attributes_of(child.events[0])["gen_ai.evaluation.name"] == "deception"
    assert annotated.traces is not None
    assert (annotated.findings, annotated.child_spans, annotated.traces.items) == (1, 1, 2)
    (resource,) = traces_of(annotated).resource_spans
    assert [scope.scope.name for scope in resource.scope_spans] == ["lib", "otel_safety"]
    assert resource.schema_url == "http://schema"


def test_the_child_span_of_a_finding_always_has_the_same_id() -> None:
    one, two = (set(spans_of(annotate(closed(held(3)), [verdict(finding(7))], OPTIONS, now))) for now in (NOW, NOW + 1))
    assert one == two
    other = set(spans_of(annotate(closed(held(3)), [verdict(finding(8))], OPTIONS, NOW)))
    assert one != other
    assert all(any(key) for key in one | other)


def test_a_child_span_is_of_the_service_of_the_run() -> None:
    spans = (held(3, around=envelope("shop")), held(4, around=envelope("billing")))
    for service in ("billing", "gone"):
        annotated = annotate(closed(*spans), [verdict(finding(7), service=service)], OPTIONS, NOW)
        (resource,) = (
            resource.resource
            for resource in traces_of(annotated).resource_spans
            if any(scope.scope.name == "otel_safety" for scope in resource.scope_spans)
        )
        assert attributes_of(resource)["service.name"] == service


def test_a_finding_that_was_reported_before_is_not_written_again() -> None:
    known = finding(2)
    annotated = annotate(closed(held(1), held(2), reported=frozenset({known.key})), [verdict(known)], OPTIONS, NOW)
    spans = spans_of(annotated)
    assert spans[span_id(2)].SerializeToString() == wire_span(2)
    assert attributes_of(spans[span_id(1)])["otel_safety.run.findings"] == 1
    assert annotated.findings == 0


def test_repeated_findings_count_on_the_root_only() -> None:
    annotated = annotate(closed(held(1)), [verdict(repeated=(finding(7),))], OPTIONS, NOW)
    (root,) = spans_of(annotated).values()
    attributes = attributes_of(root)
    assert attributes["otel_safety.run.flagged"] is True
    assert attributes["otel_safety.run.severity"] == "high"
    assert "otel_safety.flagged" not in attributes
    assert not root.events


def test_both_copies_of_a_duplicated_span_stay_alike() -> None:
    annotated = annotate(closed(held(1), held(2), held(2)), [verdict(finding(2))], OPTIONS, NOW)
    spans = [
        span
        for resource in traces_of(annotated).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert spans[1] == spans[2]
    assert spans[1].events
    assert annotated.findings == 1


def test_spans_return_to_their_envelopes() -> None:
    places = [envelope("a", "x"), envelope("a", "y"), envelope("b", "x"), envelope("a", "x")]
    spans = [held(number, around=place) for number, place in enumerate(places, 1)]
    annotated = annotate(closed(*spans), [], OPTIONS, NOW)
    grouped = [
        (attributes_of(resource.resource)["service.name"], scope.scope.name, [span.span_id[-1] for span in scope.spans])
        for resource in traces_of(annotated).resource_spans
        for scope in resource.scope_spans
    ]
    assert grouped == [("a", "x", [1, 4]), ("a", "y", [2]), ("b", "x", [3])]
    assert annotated.traces is not None
    assert (annotated.traces.signal, annotated.traces.items) == (Signal.TRACES, 4)


def test_findings_leave_as_log_records_when_asked_for() -> None:
    options = replace(OPTIONS, log_records=True)
    annotated = annotate(closed(held(1), held(2)), [verdict(finding(2), finding(7, "over_refusal"))], options, NOW)
    (resource,) = logs_of(annotated).resource_logs
    assert attributes_of(resource.resource)["service.name"] == "shop"
    (scope,) = resource.scope_logs
    assert (scope.scope.name, scope.scope.version) == ("otel_safety", "9.9")
    assert [record.span_id for record in scope.log_records] == [span_id(2), span_id(7)]
    for record in scope.log_records:
        assert (record.event_name, record.trace_id) == ("gen_ai.evaluation.result", TRACE)
        assert record.time_unix_nano == NOW
    event = spans_of(annotated)[span_id(2)].events[0]
    assert attributes_of(scope.log_records[0]) == {**attributes_of(event), "gen_ai.evaluation.target": "shop"}
    assert annotated.logs is not None
    assert (annotated.logs.signal, annotated.logs.items) == (Signal.LOGS, 2)
    assert annotate(closed(held(1)), [verdict()], options, NOW).logs is None


def test_nothing_in_nothing_out() -> None:
    annotated = annotate(closed(), [], OPTIONS, NOW)
    assert (annotated.traces, annotated.logs, annotated.findings, annotated.child_spans) == (None, None, 0, 0)
