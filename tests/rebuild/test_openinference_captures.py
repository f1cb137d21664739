"""OpenInference captures whose framework puts something of its own around what was said and done."""

import pytest

from detectors.agent_trace import AgentTrace, Role
from otel_safety.rebuild import rebuild
from otel_safety.runs import AgentRun
from tests.rebuild.captured import closed_traces, requests
from tests.rebuild.scenarios import SCENARIOS, SYSTEM_PROMPT
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

scenarios = pytest.mark.parametrize("scenario", SCENARIOS)


def the_run(capture: str, scenario: str) -> AgentRun:
    (closed,) = closed_traces(requests(shared_path(f"captures/{capture}/{scenario}")))
    (run,) = rebuild(closed)
    return run


def the_trace(capture: str, scenario: str) -> AgentTrace:
    (trace,) = the_run(capture, scenario).traces
    assert trace.completeness.gaps == frozenset()
    return trace


def executed(trace: AgentTrace) -> list[tuple[str, object, str | None]]:
    events = trace.trace_events
    assert events is not None
    assert all(event.executed and not event.prior for event in events)
    return [(event.name, event.arguments, event.result) for event in events]


@scenarios
def test_a_crew_task_is_a_request_and_its_raw_output_the_answer(scenario: str) -> None:
    trace = the_trace("openinference-crewai", scenario)
    expected = SCENARIOS[scenario]
    assert trace.agent == "CodeHelper"
    assert trace.system_prompt == f"{SYSTEM_PROMPT}\n\nDo what the user asks"
    assert (trace.input, trace.output) == (expected.request, expected.answer)
    assert executed(trace) == expected.calls
    assert all(event.call_id for event in trace.trace_events or ())
    assert [message.text for message in trace.messages if message.role is Role.USER] == [expected.request]
    assert [message.text for message in trace.messages if message.role is Role.ASSISTANT] == [expected.answer]


@scenarios
def test_a_smolagents_task_is_told_without_its_frames(scenario: str) -> None:
    trace = the_trace("openinference-smolagents", scenario)
    expected = SCENARIOS[scenario]
    assert trace.agent == "code_helper"
    assert trace.system_prompt is not None
    assert SYSTEM_PROMPT in trace.system_prompt
    assert (trace.input, trace.output) == (expected.request, expected.answer)
    assert executed(trace) == expected.calls
    assert [message.text for message in trace.messages if message.role is Role.USER] == [expected.request]
    assert [message.text for message in trace.messages if message.role is Role.ASSISTANT] == [expected.answer]
    assert [message.text for message in trace.messages if message.role is Role.TOOL] == [
        result.rstrip() for _, _, result in expected.calls
    ]
    assert trace.tools == ("read_file", "write_file", "bash", "get_weather", "final_answer")


@scenarios
def test_the_agent_that_takes_over_is_judged_and_the_hand_off_is_seen(scenario: str) -> None:
    run = the_run("multiagent-openai-agents-handoff", scenario)
    (trace,) = run.traces
    expected = SCENARIOS[scenario]
    hand_off: tuple[str, object, str | None] = ("transfer_to_codehelper", {}, '{"assistant": "CodeHelper"}')
    assert (run.agent, trace.agent) == ("CodeHelper", "CodeHelper")
    assert trace.system_prompt == SYSTEM_PROMPT
    assert (trace.input, trace.output) == (expected.request, expected.answer)
    # The hand-off took the place of the first scripted call.
    assert executed(trace) == [hand_off, *expected.calls[1:]]
    assert trace.completeness.gaps == frozenset()


def test_the_calls_of_a_graph_have_the_names_of_their_arguments() -> None:
    trace = the_trace("openinference-langchain", "readme_rm")
    assert trace.tools == ("read_file", "write_file", "bash", "get_weather")
    assert executed(trace) == SCENARIOS["readme_rm"].calls
