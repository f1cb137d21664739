"""What doctor says of recordings: complete ones, and ones that lack something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.registry import DETECTORS
from otel_safety.analyze.recording import read_recording, recording_files
from otel_safety.analyze.report import analyze_requests, judge_requests
from otel_safety.build import build_judge
from otel_safety.config import Config
from otel_safety.doctor import Diagnosis, Missing, diagnose
from otel_safety.errors import BadRequestError
from otel_safety.judge import Judge
from otel_safety.spans import Signal
from tests.pipeline.material import CAPTURES, FakeClock, captured
from tests.shared_material import shared_path

SCENARIOS = sorted(path.name for path in (CAPTURES / "openai-v2-events").iterdir())
ALL = {detector.spec.key for detector in DETECTORS}


def judge() -> Judge:
    # Time stands still: no run is out of time, however busy the machine is.
    return build_judge(Config(), FakeClock())


def diagnosed(requests: Iterable[tuple[Signal, bytes]]) -> Diagnosis:
    by = judge()
    diagnosis = Diagnosis(by.detectors)
    diagnosis.counts = judge_requests(requests, diagnosis.add, judge=by)
    return diagnosis


def shared(capture: str) -> Diagnosis:
    return diagnose(shared_path(f"captures/{capture}"), judge=judge())


def stopping(diagnosis: Diagnosis) -> dict[Missing, set[str]]:
    """What lacks and the detectors that it stops, over all agents."""
    found: dict[Missing, set[str]] = {}
    for agent in diagnosis.agents:
        for what in agent.stopping:
            found.setdefault(what, set()).update(agent.missing[what].stopped)
    return found


@pytest.mark.parametrize("kind", ["pydantic-ai", "openai-v2-events"])
def test_every_detector_can_work_on_a_complete_recording(kind: str) -> None:
    diagnosis = diagnose(CAPTURES / kind, judge=judge())
    (agent,) = diagnosis.agents
    assert diagnosis.healthy
    assert agent.runs == len(SCENARIOS)
    assert {detector: agent.judged(detector) for detector in agent.answers} == dict.fromkeys(ALL, agent.runs)


def test_log_records_that_do_not_come_are_missing_text_and_stop_every_detector() -> None:
    traces = [
        request
        for scenario in SCENARIOS
        for request in captured("openai-v2-events", scenario)
        if request[0] is Signal.TRACES
    ]
    diagnosis = diagnosed(traces)
    (agent,) = diagnosis.agents
    assert not diagnosis.healthy
    assert stopping(diagnosis) == {Missing.MESSAGE_CONTENT: ALL}
    assert set(agent.idle) == ALL
    (advice,) = agent.missing[Missing.MESSAGE_CONTENT].advice(Missing.MESSAGE_CONTENT)
    assert "EVENT_ONLY" in advice.note
    assert "OTEL_LOGS_EXPORTER=otlp" in advice.note


@pytest.mark.parametrize("kind", ["pydantic-ai", "openai-v2-events"])
@pytest.mark.parametrize("with_logs", [True, False])
def test_the_answers_are_those_of_analyze(kind: str, with_logs: bool) -> None:
    requests = [
        request
        for scenario in SCENARIOS
        for request in captured(kind, scenario)
        if with_logs or request[0] is Signal.TRACES
    ]
    report = analyze_requests(requests, judge=judge())
    answers: Counter[tuple[str, str]] = Counter()
    for agent in diagnosed(requests).agents:
        for detector, counted in agent.answers.items():
            answers.update({(detector, answer): runs for answer, runs in counted.items()})
    said = +report.not_assessed
    for verdict in report.verdicts:
        said.update((key, "clean") for key in verdict.clean)
        said.update((key, "finding") for key in {finding.assessment.detector for finding in verdict.findings})
    assert answers == said


def test_one_agent_that_lacks_text_does_not_hide_behind_another_that_does_not() -> None:
    complete = captured("pydantic-ai", "weather")
    silent = [request for request in captured("openai-v2-events", "weather") if request[0] is Signal.TRACES]
    diagnosis = diagnosed([*complete, *silent])
    assert {agent.service: agent.healthy for agent in diagnosis.agents} == {"office-agent": True, "office-api": False}
    assert not diagnosis.healthy


def test_nothing_to_judge_is_not_healthy() -> None:
    assert not diagnosed([]).healthy


def test_spans_of_any_scope_are_counted_so_that_an_unknown_instrumentation_is_named() -> None:
    diagnosis = diagnose(CAPTURES / "openai-v2-events" / "weather", judge=judge())
    assert diagnosis.scopes["opentelemetry.util.genai.handler"] == 2
    assert diagnosis.scopes.total() == diagnosis.counts.accepted[Signal.TRACES]


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["pydantic-ai", "openai-v2-events"]),
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_broken_bytes_are_refused_or_diagnosed(kind: str, changes: list[tuple[int, int]]) -> None:
    requests: list[tuple[Signal, bytes]] = []
    for signal, payload in captured(kind, "count_then_delete"):
        broken = bytearray(payload)
        for position, value in changes:
            broken[position % len(broken)] = value
        requests.append((signal, bytes(broken)))
    try:
        diagnosis = diagnosed(requests)
    except BadRequestError:
        return
    assert diagnosis.runs == sum(agent.runs for agent in diagnosis.agents)
    for agent in diagnosis.agents:
        for counted in agent.answers.values():
            assert counted.total() == agent.runs


def test_the_number_of_agents_is_bounded() -> None:
    def named(number: int) -> list[tuple[Signal, bytes]]:
        # Same length: the recording stays well-formed.
        return [
            (signal, payload.replace(b"office-agent", b"agent-%06d" % number))
            for signal, payload in captured("pydantic-ai", "weather")
        ]

    diagnosis = Diagnosis(judge().detectors)
    for number in range(1100):
        _add(diagnosis, named(number))
    assert len(diagnosis.agents) == 1001
    assert diagnosis.runs == 1100


def _add(diagnosis: Diagnosis, requests: list[tuple[Signal, bytes]]) -> None:
    judge_requests(requests, diagnosis.add, judge=Judge((), FakeClock()))


@pytest.mark.shared
@pytest.mark.parametrize(
    "capture", ["otel-util-genai-agent", "agent-framework", "google-adk-logs", "pydantic-ai-v5", "strands-default"]
)
def test_complete_captures_of_other_instrumentations_are_healthy(capture: str) -> None:
    assert shared(capture).healthy


@pytest.mark.shared
@pytest.mark.parametrize(
    ("capture", "lacks", "setting"),
    [
        ("otel-openai-v2-latest-nocontent", Missing.MESSAGE_CONTENT, "CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        ("otel-openai-v2-2.1b0-legacy-nocontent", Missing.MESSAGE_CONTENT, "CAPTURE_MESSAGE_CONTENT=true"),
        ("google-adk-default", Missing.MESSAGE_CONTENT, "CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT"),
        ("otel-openai-v2-upload-ref", Missing.CONTENT_BY_REFERENCE, "CAPTURE_MESSAGE_CONTENT=SPAN_ONLY"),
        (
            "otel-openai-v2-latest-span-parented-truncated256",
            Missing.TRUNCATED_ATTRIBUTES,
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ),
    ],
)
def test_captures_that_lack_text_name_the_setting_of_their_instrumentation(
    capture: str, lacks: Missing, setting: str
) -> None:
    diagnosis = shared(capture)
    assert not diagnosis.healthy
    assert stopping(diagnosis)[lacks] == ALL
    (agent,) = diagnosis.agents
    assert any(setting in advice.setting for advice in agent.missing[lacks].advice(lacks))


@pytest.mark.shared
def test_tool_spans_without_arguments_are_told_apart_from_missing_text() -> None:
    (agent,) = shared("google-adk-default").agents
    # Three of the eight scenarios call no tool.
    assert agent.missing[Missing.TOOL_ARGUMENTS].runs == 5
    assert agent.missing[Missing.MESSAGE_CONTENT].runs == 8


@pytest.mark.shared
def test_calls_without_a_run_around_them_stop_what_needs_their_execution() -> None:
    # One trace per model call, no tool spans: the first trace of a run only requests.
    assert stopping(shared("otel-openai-v2-latest-span")) == {Missing.TOOL_EXECUTION: {"scope_escalation"}}


@pytest.mark.shared
def test_the_order_of_arrival_changes_nothing() -> None:
    files = [
        (signal, payload)
        for file in recording_files(shared_path("captures/strands-old-default"))
        for signal, payload in read_recording(file)
    ]

    def said(requests: Iterable[tuple[Signal, bytes]]) -> list[dict[str, Any]]:
        agents: list[dict[str, Any]] = diagnosed(requests).as_json()["agents"]
        for agent in agents:
            for lack in agent["missing"]:
                del lack["example_trace_id"]
        return agents

    assert said(files) == said(reversed(files))
