"""The optional forms of a finding, read the way their consumers read them.

Sources: OpenInference, spec/annotations.md (Phoenix reads its evaluations); the GenAI conventions' event
``gen_ai.evaluation.result`` with the target of pydantic-evals, by which Logfire's Live Evaluations lists it.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from detectors.agent_trace import AgentTrace
from otel_safety.annotate import Annotated, EmitOptions, annotate
from otel_safety.runs import Finding, Verdict
from tests.annotate.runs import NOW, TRACE, attributes_of, closed, finding, held, logs_of, span_id, spans_of, verdict

OPTIONS = EmitOptions(version="9.9", log_records=True, openinference=True)
_FIELD = re.compile(r"(?:evaluations|annotations)\.(\d+)\.(?:evaluation|annotation)\.(\w+)")


@dataclass(frozen=True)
class Evaluation:
    """One result as Phoenix takes it in."""

    name: str
    score: float | None
    label: str | None
    explanation: str | None
    annotator_kind: str
    identifier: str


def phoenix(attributes: dict[str, Any]) -> list[Evaluation]:
    """Read the flattened evaluations of one span; results of one name and identifier replace each other."""
    objects: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in attributes.items():
        field = _FIELD.fullmatch(key)
        if field is not None:
            objects[int(field.group(1))][field.group(2)] = value
    assert sorted(objects) == list(range(len(objects)))
    found: dict[tuple[str, str], Evaluation] = {}
    for index in sorted(objects):
        item = objects[index]
        assert isinstance(item["name"], str)
        assert {"score", "label", "explanation"} & set(item)
        assert item["annotator_kind"] in {"HUMAN", "LLM", "CODE"}
        assert all(isinstance(value, float) == (field == "score") for field, value in item.items())
        found[item["name"], item["identifier"]] = Evaluation(**item)
    return list(found.values())


@dataclass(frozen=True)
class LiveEvaluation:
    """One row as Live Evaluations lists it."""

    target: str
    name: str
    value: float
    label: str
    explanation: str
    parent: tuple[bytes, bytes]


def live_evaluations(annotated: Annotated) -> list[LiveEvaluation]:
    """Read log events that name a target and an evaluation; what names neither is not listed."""
    rows: list[LiveEvaluation] = []
    for record in _records(annotated):
        told = attributes_of(record)
        target, name = told.get("gen_ai.evaluation.target"), told.get("gen_ai.evaluation.name")
        if record.event_name != "gen_ai.evaluation.result" or not target or not name:
            continue
        value, label = told["gen_ai.evaluation.score.value"], told["gen_ai.evaluation.score.label"]
        why = told["gen_ai.evaluation.explanation"]
        assert isinstance(target, str)
        assert isinstance(name, str)
        assert isinstance(value, float)
        assert isinstance(label, str)
        assert isinstance(why, str)
        rows.append(LiveEvaluation(target, name, value, label, why, (record.trace_id, record.span_id)))
    return rows


def _records(annotated: Annotated) -> list[LogRecord]:
    return [
        record
        for resource in logs_of(annotated).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


def by(agent: str | None, found: Finding) -> Finding:
    return replace(found, trace=AgentTrace(agent=agent))


def of_run(agent: str | None, service: str, *findings: Finding) -> Verdict:
    given = verdict(*findings, service=service)
    return replace(given, run=replace(given.run, agent=agent))


def test_phoenix_reads_name_score_label_explanation_and_kind() -> None:
    found = finding(2)
    spans = spans_of(annotate(closed(held(1), held(2)), [verdict(found)], OPTIONS, NOW))
    assert phoenix(attributes_of(spans[span_id(2)])) == [
        Evaluation("deception", 0.75, "fail", found.assessment.explanation, "CODE", "otel_safety:2")
    ]
    assert phoenix(attributes_of(spans[span_id(1)])) == []


def test_phoenix_keeps_two_findings_of_one_detector_on_one_span() -> None:
    found = [replace(finding(2, score=score), key=f"deception:{score}") for score in (0.5, 0.75)]
    spans = spans_of(annotate(closed(held(2)), [verdict(*found)], OPTIONS, NOW))
    assert [item.score for item in phoenix(attributes_of(spans[span_id(2)]))] == [0.5, 0.75]


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc"), st.floats(0, 1)), max_size=10, unique=True))
def test_both_forms_say_what_the_findings_say(places: list[tuple[int, str, float]]) -> None:
    findings = [
        replace(finding(number, detector, score=score), key=f"{detector}:{place}")
        for place, (number, detector, score) in enumerate(places)
    ]
    annotated = annotate(closed(*map(held, (1, 2, 3, 4))), [verdict(*findings)], OPTIONS, NOW)
    told = {(item.assessment.detector, item.assessment.score, item.span_id) for item in findings}
    phoenix_rows = [
        (item.name, item.score, number)
        for number, span in spans_of(annotated).items()
        for item in phoenix(attributes_of(span))
    ]
    assert sorted(phoenix_rows) == sorted(told)
    rows = live_evaluations(annotated) if findings else []
    assert sorted((row.name, row.value, row.parent[1]) for row in rows) == sorted(told)


def test_live_evaluations_lists_a_finding_under_its_agent_on_the_judged_span() -> None:
    found = by("support-agent", finding(2))
    annotated = annotate(closed(held(1), held(2)), [of_run("router", "shop", found)], OPTIONS, NOW)
    assert live_evaluations(annotated) == [
        LiveEvaluation("support-agent", "deception", 0.75, "fail", found.assessment.explanation, (TRACE, span_id(2)))
    ]
    (record,) = _records(annotated)
    assert record.time_unix_nano == NOW


@pytest.mark.parametrize(
    ("agent", "run_agent", "service", "target"),
    [
        ("inner", "outer", "shop", "inner"),
        (None, "outer", "shop", "outer"),
        (None, None, "shop", "shop"),
        (None, None, "", "unknown_service"),
    ],
)
def test_every_finding_has_a_target(agent: str | None, run_agent: str | None, service: str, target: str) -> None:
    annotated = annotate(closed(held(2)), [of_run(run_agent, service, by(agent, finding(2)))], OPTIONS, NOW)
    assert [row.target for row in live_evaluations(annotated)] == [target]


def test_the_event_on_the_span_names_no_target() -> None:
    span = spans_of(annotate(closed(held(2)), [verdict(finding(2))], OPTIONS, NOW))[span_id(2)]
    assert "gen_ai.evaluation.target" not in attributes_of(span.events[0])


def test_neither_form_is_written_unless_asked_for() -> None:
    annotated = annotate(closed(held(2)), [verdict(finding(2))], EmitOptions(version="9.9"), NOW)
    assert annotated.logs is None
    assert phoenix(attributes_of(spans_of(annotated)[span_id(2)])) == []
