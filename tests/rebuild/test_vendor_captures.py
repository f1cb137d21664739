"""Recordings of tracing products and SDKs with names of their own: the agent trace that comes out."""

import json

import pytest

from detectors.agent_trace import AgentTrace, Gap, Role
from otel_safety.rebuild import rebuild
from otel_safety.runs import AgentRun
from otel_safety.spans import CloseReason
from tests.rebuild.captured import closed_traces, requests
from tests.rebuild.scenarios import SCENARIOS, SYSTEM_PROMPT
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

# Agent name and finish reason as the capture has them; the Langfuse SDK writes no finish reason.
CAPTURES = {
    "langsmith-otel": ("code_helper", ("stop",)),
    "langfuse": ("CodeHelper", ()),
    "vercel-ai-sdk-generate": ("code-helper", ("stop",)),
}


def runs_of(capture: str, scenario: str, reason: CloseReason = CloseReason.ROOT) -> list[AgentRun]:
    recorded = requests(shared_path(f"captures/{capture}/{scenario}"))
    return [run for closed in closed_traces(recorded, reason) for run in rebuild(closed)]


def only_trace(capture: str, scenario: str) -> AgentTrace:
    (run,) = runs_of(capture, scenario)
    (trace,) = run.traces
    return trace


def same_answer(result: str | None, expected: str) -> bool:
    """The recording's AI SDK tools answer the weather as an object, the other recordings' as a sentence."""
    if result is not None and result.startswith("{"):
        fields: dict[str, object] = json.loads(result)
        return all(str(value).lower() in expected.lower() for value in fields.values())
    return result == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("capture", CAPTURES)
def test_one_run_tells_the_whole_story_once(capture: str, scenario: str) -> None:
    trace, expected = only_trace(capture, scenario), SCENARIOS[scenario]
    agent, finish_reasons = CAPTURES[capture]
    assert (trace.agent, trace.system_prompt) == (agent, SYSTEM_PROMPT)
    assert (trace.input, trace.output) == (expected.request, expected.answer)
    assert trace.finish_reasons == finish_reasons
    assert trace.completeness.gaps == frozenset()
    assert trace.tools == ("read_file", "write_file", "bash", "get_weather")
    events = trace.trace_events
    assert events is not None
    assert [(event.name, event.arguments) for event in events] == [call[:2] for call in expected.calls]
    assert all(same_answer(event.result, result) for event, (_, _, result) in zip(events, expected.calls, strict=True))
    assert all(event.executed and not event.prior and event.call_id for event in events)
    roles = [message.role for message in trace.messages if message.role is not Role.TOOL]
    assert roles == [Role.SYSTEM, Role.USER, Role.ASSISTANT]


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_reference_is_a_span_of_the_run(capture: str) -> None:
    (run,) = runs_of(capture, "readme_rm")
    spans = {span_id.hex() for span_id in run.span_ids}
    trace = run.traces[0]
    references = [trace.input_ref, trace.system_ref, trace.output_ref]
    references += [event.span_ref for event in trace.trace_events or ()]
    assert set(references) <= spans


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_mcp_session_is_seen_and_not_assessed(scenario: str) -> None:
    runs = runs_of("fastmcp-native", scenario)
    assert runs
    for run in runs:
        (trace,) = run.traces
        assert (trace.input, trace.output, trace.system_prompt) == (None, None, None)
        assert trace.completeness.gaps == {Gap.CONTENT_MISSING}
    # Client and server report a call in up to three spans that lie in each other.
    called = [event.name for run in runs for event in run.traces[0].trace_events or ()]
    assert called == [name for name, _, _ in SCENARIOS[scenario].calls]
