"""Logfire's older form, after the shapes in its integrations' tests; the model and texts are made up."""

import json

import pytest

from semconv.operation import JsonValue, OperationKind
from semconv.reader import read_span
from semconv.span_view import AttributeValue, SpanView
from tests.semconv.spans import calls, read, texts

REQUEST: JsonValue = {
    "model": "m",
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "a"}],
    "tools": [{"type": "function", "function": {"name": "bash"}}],
}


def call(request: JsonValue, response: JsonValue = None) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {"logfire.span_type": "span", "request_data": json.dumps(request)}
    if response is not None:
        attributes["response_data"] = json.dumps(response)
    return attributes


@pytest.mark.parametrize(
    "response",
    [
        {"message": {"role": "assistant", "content": "b", "tool_calls": None}, "usage": {"total_tokens": 3}},
        {"combined_chunk_content": "b", "chunk_count": 2},
        {"text": "b", "finish_reason": "stop"},
    ],
)
def test_request_and_answer_are_read(response: JsonValue) -> None:
    found = read(call(REQUEST, response))
    assert (found.kind, found.dialect) == (OperationKind.LLM, "logfire")
    assert texts(found.input) == [("system", "Be kind."), ("user", "a")]
    assert texts(found.output) == [("assistant", "b")]
    assert [tool.name for tool in found.tools or ()] == ["bash"]


def test_requested_tools_are_read() -> None:
    function: JsonValue = {"name": "bash", "arguments": '{"command":"ls"}'}
    message: JsonValue = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": function}]}
    (requested,) = calls(read(call(REQUEST, {"message": message})).output)
    assert (requested.id, requested.name, requested.arguments) == ("c", "bash", {"command": "ls"})


def test_instructions_apart_from_the_messages_are_read() -> None:
    request: JsonValue = {"model": "m", "system": "Be kind.", "messages": [{"role": "user", "content": "a"}]}
    found = read(call(request))
    assert (found.system, found.output) == (("Be kind.",), None)


def test_a_stream_that_has_only_begun_has_no_answer() -> None:
    assert read(call(REQUEST)).output is None


def test_the_present_form_and_other_requests_are_left_to_others() -> None:
    present: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"a"}]}]',
    }
    assert read(call(REQUEST) | present).dialect == "genai"
    assert read_span(SpanView(name="POST", attributes={"request_data": json.dumps(REQUEST)})) is None
    assert read_span(SpanView(name="embed", attributes=call({"model": "m", "input": "a"}))) is None


def integrated(template: str, **more: AttributeValue) -> dict[str, AttributeValue]:
    return {"logfire.msg_template": template, "logfire.span_type": "span", "gen_ai.system": "openai", **more}


def test_a_run_of_openai_agents_is_read() -> None:
    agent = read(integrated("Agent run: {name!r}", name="triage", tools='["add"]'))
    assert (agent.kind, agent.agent_name, agent.input) == (OperationKind.AGENT, "triage", None)
    tool = read(integrated("Function: {name}", name="add", input='{"a":1}', output="4")).tool
    assert tool is not None
    assert (tool.name, tool.arguments, tool.result) == ("add", {"a": 1}, "4")
    assert read(integrated("Handoff: {from_agent} → {to_agent}", from_agent="a")).kind is OperationKind.OTHER


def test_of_the_messages_of_a_model_call_the_last_ones_came_back() -> None:
    function: JsonValue = {"name": "add", "arguments": "{}"}
    asked: dict[str, JsonValue] = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    events: list[JsonValue] = [
        {"event.name": "gen_ai.system.message", "role": "system", "content": "Be kind."},
        {"event.name": "gen_ai.user.message", "role": "user", "content": "a"},
        {"event.name": "gen_ai.assistant.message", **asked},
    ]
    template = "Responses API with {gen_ai.request.model!r}"
    first = read(integrated(template, events=json.dumps(events)))
    assert texts(first.input) == [("system", "Be kind."), ("user", "a")]
    assert [call.name for call in calls(first.output)] == ["add"]
    events.append({"event.name": "gen_ai.tool.message", "role": "tool", "id": "c", "content": "4"})
    events.append({"event.name": "gen_ai.assistant.message", "role": "assistant", "content": "It is 4."})
    last = read(integrated(template, events=json.dumps(events)))
    assert texts(last.output) == [("assistant", "It is 4.")]
    assert last.input is not None
    assert len(last.input) == 4
