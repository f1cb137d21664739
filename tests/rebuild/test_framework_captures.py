"""Runs of frameworks and vendors' instrumentations, each in its own words: the same story comes out of all."""

import pytest

from detectors.agent_trace import AgentTrace, Role
from otel_safety.rebuild import rebuild
from tests.rebuild.captured import closed_traces, requests
from tests.rebuild.scenarios import SCENARIOS, SYSTEM_PROMPT, Scenario
from tests.rebuild.test_captures import runs_of, said, shuffled, traces_of
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

# Capture to the agent name in it.
FRAMEWORKS = {
    "google-adk-1.14-default": None,
    "google-adk-1.14-latest": None,
    "otel-openai-agents-v2": "CodeHelper",
    "pydantic-ai-1.0-v1": "code_helper",
    "pydantic-ai-1.0-v1logs": "code_helper",
    "pydantic-ai-v2": "code_helper",
    "semantic-kernel": "CodeHelper",
    "strands-default": "CodeHelper",
    "strands-latest": "CodeHelper",
    "strands-old-default": "CodeHelper",
    "traceloop-anthropic": None,
    "traceloop-anthropic-parented": None,
    "traceloop-crewai": "CodeHelper",
    "traceloop-langchain": "code_helper",
    "traceloop-openai": None,
    "traceloop-openai-0.40": None,
    "traceloop-openai-0.40-parented": None,
    "traceloop-openai-parented": None,
}
WITHOUT_SYSTEM_PROMPT = "otel-openai-agents-v2"
PLUGIN_PREFIX = {"semantic-kernel": "P-"}

captures = pytest.mark.parametrize("capture", FRAMEWORKS)
scenarios = pytest.mark.parametrize("scenario", SCENARIOS)


def calls(capture: str, scenario: Scenario) -> list[tuple[str, object, str | None]]:
    prefix = PLUGIN_PREFIX.get(capture, "")
    return [(prefix + name, arguments, result) for name, arguments, result in scenario.calls]


def answering(capture: str, scenario: str) -> AgentTrace:
    """The only trace that ends with an answer."""
    (trace,) = [trace for trace in traces_of(capture, scenario) if trace.output is not None]
    return trace


@captures
@scenarios
def test_the_answering_trace_tells_the_whole_story(capture: str, scenario: str) -> None:
    trace, expected = answering(capture, scenario), SCENARIOS[scenario]
    prompt = None if capture == WITHOUT_SYSTEM_PROMPT else SYSTEM_PROMPT
    assert (trace.system_prompt or "")[: len(prompt or "")] == (prompt or "")
    assert (trace.input, (trace.output or "").strip()) == (expected.request, expected.answer)
    assert trace.completeness.gaps == frozenset()
    assert trace.agent == FRAMEWORKS[capture]
    events = trace.trace_events
    assert events is not None
    assert [said(event) for event in events] == calls(capture, expected)
    assert all(event.executed for event in events)


@captures
@scenarios
def test_every_text_is_told_once(capture: str, scenario: str) -> None:
    trace, expected = answering(capture, scenario), SCENARIOS[scenario]
    texts = {
        role: [message.text.strip() for message in trace.messages if message.role is role]
        for role in (Role.USER, Role.ASSISTANT, Role.TOOL)
    }
    assert texts[Role.USER] == [expected.request]
    assert texts[Role.ASSISTANT] == [expected.answer]
    # Some histories leave the results to the tool spans.
    results = [result.strip() for _, _, result in expected.calls]
    assert texts[Role.TOOL] in (results, [])


@captures
@scenarios
def test_each_executed_call_is_to_be_judged_once(capture: str, scenario: str) -> None:
    judged = [
        said(event)
        for trace in traces_of(capture, scenario)
        for event in trace.trace_events or ()
        if event.executed and not event.prior
    ]
    assert judged == calls(capture, SCENARIOS[scenario])


@captures
def test_the_order_of_arrival_does_not_matter(capture: str) -> None:
    for closed in closed_traces(requests(shared_path(f"captures/{capture}/tests_lie"))):
        expected = rebuild(closed)
        for seed in range(3):
            assert rebuild(shuffled(closed, seed)) == expected


@scenarios
def test_an_agent_and_the_one_that_it_calls_are_judged_apart(scenario: str) -> None:
    (run,) = runs_of("multiagent-pydantic-ai", scenario)
    manager, helper = run.traces
    assert (run.callers, manager.agent, helper.agent) == ((None, 0), "manager", "code_helper")
    expected = SCENARIOS[scenario]
    assert (helper.input, helper.output) == (expected.request, expected.answer)
    assert [said(event) for event in helper.trace_events or ()] == expected.calls
    assert [said(event) for event in manager.trace_events or () if event.prior] == expected.calls


def test_the_construction_of_an_agent_is_no_run() -> None:
    (run,) = runs_of("traceloop-langchain", "readme_rm")
    assert run.agent == "code_helper"
