"""Real telemetry in, the agent trace that its recording script describes out."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.agent_trace import AgentTrace, Gap, Role, TraceEvent
from otel_safety.rebuild import rebuild
from otel_safety.runs import AgentRun
from otel_safety.spans import Closed, CloseReason
from tests.rebuild.captured import closed_traces, requests
from tests.rebuild.scenarios import (
    ALL_IN_ONE,
    BY_REFERENCE,
    IN_LOGS_ONLY,
    SCENARIOS,
    SYSTEM_PROMPT,
    TRUNCATED,
    WHOLE,
    WITHOUT_CONTENT,
    Scenario,
)
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

scenarios = pytest.mark.parametrize("scenario", SCENARIOS)


def traces_of(capture: str, scenario: str, *, logs: bool = True) -> list[AgentTrace]:
    return [trace for run in runs_of(capture, scenario, logs=logs) for trace in run.traces]


def runs_of(capture: str, scenario: str, *, logs: bool = True) -> list[AgentRun]:
    folder: Path = shared_path(f"captures/{capture}/{scenario}")
    return [run for closed in closed_traces(requests(folder, logs=logs)) for run in rebuild(closed)]


def said(event: TraceEvent) -> tuple[str, object, str | None]:
    return event.name, event.arguments, event.result


def assert_is(trace: AgentTrace, expected: Scenario) -> None:
    assert trace.system_prompt is not None
    assert trace.system_prompt.startswith(SYSTEM_PROMPT)
    assert trace.input == expected.request
    assert trace.output == expected.answer
    assert trace.completeness.gaps == frozenset()
    assert trace.finish_reasons == ("stop",)
    events = trace.trace_events
    assert events is not None
    assert [said(event) for event in events] == expected.calls
    assert all(event.executed for event in events)
    roles = [message.role for message in trace.messages if message.role is not Role.TOOL]
    assert roles == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert [message.text for message in trace.messages if message.role is Role.TOOL] == [
        result for _, _, result in expected.calls
    ]


@scenarios
@pytest.mark.parametrize("capture", WHOLE)
def test_the_last_trace_of_a_request_tells_the_whole_story(capture: str, scenario: str) -> None:
    traces = traces_of(capture, scenario)
    assert_is(traces[-1], SCENARIOS[scenario])
    assert traces[-1].agent == WHOLE[capture]
    assert all(trace.output is None for trace in traces[:-1])


@scenarios
@pytest.mark.parametrize("capture", WHOLE)
def test_each_executed_call_is_to_be_judged_once_over_all_traces_of_a_request(capture: str, scenario: str) -> None:
    judged = [
        said(event)
        for trace in traces_of(capture, scenario)
        for event in trace.trace_events or ()
        if event.executed and not event.prior
    ]
    assert judged == SCENARIOS[scenario].calls


@scenarios
@pytest.mark.parametrize("capture", WHOLE)
def test_every_reference_is_a_span_of_the_run(capture: str, scenario: str) -> None:
    for run in runs_of(capture, scenario):
        spans = {span_id.hex() for span_id in run.span_ids}
        assert run.root_id.hex() in spans
        for trace in run.traces:
            references = [trace.input_ref, trace.system_ref, *([trace.output_ref] if trace.output else [])]
            references += [event.span_ref for event in trace.trace_events or ()]
            references += [message.span_ref for message in trace.messages]
            assert set(references) <= spans


def test_the_answer_is_referred_to_the_model_call_that_gave_it() -> None:
    run = runs_of("otel-util-genai-agent", "readme_rm")[0]
    trace = run.traces[0]
    assert trace.output_ref == "15e99d80d4c5a848"
    assert run.root_id.hex() == "8f6321c41c7a4f23"
    assert [event.span_ref for event in trace.trace_events or ()] == ["3f89983b371ac7c1", "d9c83ccf05a09f9c"]


def test_eight_requests_in_one_stream_make_eight_runs() -> None:
    runs = runs_of(ALL_IN_ONE, "all")
    assert len(runs) == 8
    for run, scenario in zip(runs, SCENARIOS.values(), strict=True):
        assert_is(run.traces[0], scenario)


@scenarios
@pytest.mark.parametrize("capture", IN_LOGS_ONLY)
def test_without_its_logs_a_capture_lacks_all_content(capture: str, scenario: str) -> None:
    for trace in traces_of(capture, scenario, logs=False):
        assert (trace.system_prompt, trace.input, trace.output) == (None, None, None)
        assert trace.completeness.gaps == {Gap.CONTENT_MISSING}


@scenarios
@pytest.mark.parametrize("capture", WITHOUT_CONTENT)
def test_names_without_texts_are_no_content(capture: str, scenario: str) -> None:
    traces = traces_of(capture, scenario)
    assert traces
    for trace in traces:
        assert (trace.system_prompt, trace.input, trace.output) == (None, None, None)
        assert trace.messages == ()
        assert trace.completeness.gaps == {Gap.CONTENT_MISSING}
        assert {event.arguments for event in trace.trace_events or ()} <= {None}


def test_without_messages_and_tool_spans_tools_are_not_observable() -> None:
    for trace in traces_of("otel-openai-v2-latest-nocontent", "readme_rm"):
        assert trace.trace_events is None


def test_tool_spans_without_arguments_are_still_calls() -> None:
    (trace,) = traces_of("google-adk-default", "readme_rm")
    assert [said(event) for event in trace.trace_events or ()] == [("read_file", None, None), ("bash", None, None)]
    assert trace.tools == ("read_file", "write_file", "bash", "get_weather")


@scenarios
def test_references_to_content_are_a_gap_of_their_own(scenario: str) -> None:
    (trace,) = traces_of(BY_REFERENCE, scenario)
    assert (trace.input, trace.output, trace.trace_events) == (None, None, None)
    assert trace.completeness.gaps == {Gap.CONTENT_BY_REFERENCE}


@scenarios
def test_cut_messages_are_read_up_to_the_cut(scenario: str) -> None:
    (trace,) = traces_of(TRUNCATED, scenario)
    expected = SCENARIOS[scenario]
    assert trace.system_prompt == SYSTEM_PROMPT
    assert trace.input
    assert expected.request.startswith(trace.input)
    assert trace.output == expected.answer
    assert trace.completeness.gaps == {Gap.CONTENT_TRUNCATED}
    # The results stood behind the cut, so nothing shows that the calls were executed.
    assert [(event.name, event.arguments, event.executed) for event in trace.trace_events or ()] == [
        (name, arguments, False) for name, arguments, _ in expected.calls
    ]


@pytest.mark.parametrize(
    "capture", ["agent-framework", "google-adk-logs", "otel-openai-v2-2.1b0-legacy", "pydantic-ai-v5"]
)
def test_the_order_of_arrival_does_not_matter(capture: str) -> None:
    folder = shared_path(f"captures/{capture}/readme_rm")
    for closed in closed_traces(requests(folder)):
        expected = rebuild(closed)
        for seed in range(5):
            assert rebuild(shuffled(closed, seed)) == expected


def shuffled(closed: Closed, seed: int) -> Closed:
    order = random.Random(seed)  # noqa: S311  reproducible shuffles
    return replace(
        closed,
        spans=order.sample(closed.spans, len(closed.spans)),
        logs=order.sample(closed.logs, len(closed.logs)),
        links=order.sample(closed.links, len(closed.links)),
    )


def test_an_outer_agent_is_backed_by_what_its_inner_agent_did() -> None:
    (run,) = runs_of("multiagent-pydantic-ai", "readme_rm")
    manager, helper = run.traces
    assert (manager.agent, helper.agent) == ("manager", "code_helper")
    assert manager.system_prompt == "You are Manager. Delegate every request to code_helper."
    assert helper.system_prompt == SYSTEM_PROMPT
    assert [(event.name, event.prior) for event in manager.trace_events or ()] == [
        ("ask_code_helper", False),
        ("read_file", True),
        ("bash", True),
    ]
    assert [said(event) for event in helper.trace_events or ()] == SCENARIOS["readme_rm"].calls
    assert not any(event.prior for event in helper.trace_events or ())


def test_spans_of_a_caller_that_took_another_way_leave_the_conversation_complete() -> None:
    folder = shared_path("captures/otel-openai-v2-latest-span-parented/tests_lie")
    (closed,) = closed_traces(requests(folder), CloseReason.IDLE)
    closed.links.clear()
    (run,) = rebuild(closed)
    assert_is(run.traces[0], SCENARIOS["tests_lie"])
