"""Langfuse: observation types and shapes that no recording shows."""

import json

import pytest

from semconv.operation import ContentGap, JsonValue, OperationKind
from semconv.span_view import AttributeValue
from tests.semconv.spans import calls, read, read_tool, texts


def observed(kind: str, given: JsonValue = None, returned: JsonValue = None) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {"langfuse.observation.type": kind}
    for key, value in (("input", given), ("output", returned)):
        if value is not None:
            attributes[f"langfuse.observation.{key}"] = value if isinstance(value, str) else json.dumps(value)
    return attributes


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("generation", OperationKind.LLM),
        ("agent", OperationKind.AGENT),
        ("tool", OperationKind.TOOL),
        ("chain", OperationKind.WORKFLOW),
        ("retriever", OperationKind.RETRIEVAL),
        ("span", OperationKind.OTHER),
        ("event", OperationKind.OTHER),
        ("embedding", OperationKind.OTHER),
        ("evaluator", OperationKind.OTHER),
        ("guardrail", OperationKind.OTHER),
    ],
)
def test_the_observation_type_says_what_a_span_is(written: str, kind: OperationKind) -> None:
    assert read(observed(written, "a", "b")).kind is kind


@pytest.mark.parametrize(
    ("given", "request_text"),
    [
        ("Hello", "Hello"),
        ({"args": ["Hello"], "kwargs": {}}, "Hello"),
        ({"args": ["user-7"], "kwargs": {"question": "Hello"}}, "Hello"),
        ({"args": [7, "Hello", None], "kwargs": {"stream": True}}, "Hello"),
        ({"args": [[{"role": "user", "content": "Hello"}]], "kwargs": {}}, "Hello"),
        ({"args": [], "kwargs": {"messages": [{"role": "user", "content": "Hello"}]}}, "Hello"),
        ({"input": "Hello", "user_id": "7"}, "Hello"),
        ({"args": [{"input": "Hello"}], "kwargs": {}}, None),
        ({"args": ["user-7", "Hello"], "kwargs": {}}, None),
        ({"user_id": "7"}, None),
    ],
)
def test_an_agents_request_is_what_can_only_be_the_request(given: JsonValue, request_text: str | None) -> None:
    found = read(observed("agent", given, "done"), name="Helper")
    assert found.agent_name == "Helper"
    assert (texts(found.input)[-1][1] if found.input else None) == request_text


@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        ("done", "done"),
        ({"role": "assistant", "content": "done"}, "done"),
        ({"choices": [{"message": {"role": "assistant", "content": "done"}, "finish_reason": "stop"}]}, "done"),
        ({"output": "done", "steps": 3}, "done"),
        ({"messages": [{"role": "assistant", "content": "done"}]}, "done"),
        ({"city": "Paris", "degrees": 14}, '{"city":"Paris","degrees":14}'),
        ([{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}], "done"),
    ],
)
def test_an_answer_of_any_shape_is_an_answer(returned: JsonValue, answer: str) -> None:
    for kind in ("agent", "generation"):
        assert texts(read(observed(kind, "a", returned)).output)[-1] == ("assistant", answer)


def test_a_generation_is_read_with_its_tools_and_instructions() -> None:
    tools: JsonValue = [{"type": "function", "function": {"name": "bash", "description": "Shell"}}]
    request: JsonValue = {"instructions": "Be kind.", "input": [{"role": "user", "content": "a"}], "tools": tools}
    found = read(
        observed("generation", request, [{"type": "function_call", "call_id": "c", "name": "bash", "arguments": "{}"}])
    )
    assert found.system == ("Be kind.",)
    assert texts(found.input) == [("user", "a")]
    assert [tool.name for tool in found.tools or ()] == ["bash"]
    (call,) = calls(found.output)
    assert (call.id, call.name, call.arguments) == ("c", "bash", {})


def test_tools_that_the_langchain_callback_lists_as_messages_are_offers() -> None:
    offer: JsonValue = {"type": "function", "function": {"name": "bash", "parameters": {}}}
    given: JsonValue = [{"role": "user", "content": "a"}, {"role": "tool", "content": offer}]
    found = read(observed("generation", given, "b"))
    assert texts(found.input) == [("user", "a")]
    assert [tool.name for tool in found.tools or ()] == ["bash"]


@pytest.mark.parametrize(
    ("function", "given", "name", "arguments"),
    [
        ("run_tool", {"args": ["bash", {"command": "ls"}], "kwargs": {}}, "bash", {"command": "ls"}),
        ("call_function", {"args": ["bash", '{"command": "ls"}'], "kwargs": {}}, "bash", {"command": "ls"}),
        ("executeTool", {"args": [], "kwargs": {"tool_name": "bash", "args": {"a": 1}}}, "bash", {"a": 1}),
        ("execute_tool", {"args": ["bash"], "kwargs": {"command": "ls"}}, "bash", {"command": "ls"}),
        ("execute_tool", {"args": ["rm -rf /"], "kwargs": {}}, "execute_tool", "rm -rf /"),
        ("search", {"args": ["paris", {"limit": 3}], "kwargs": {}}, "search", '["paris",{"limit":3}]'),
        ("search", {"args": ["paris"], "kwargs": {}}, "search", "paris"),
        ("search", {"args": [], "kwargs": {"query": "paris"}}, "search", {"query": "paris"}),
        ("search", {"args": ["paris"], "kwargs": {"limit": 3}}, "search", {"limit": 3, "args": ["paris"]}),
        ("search", {"query": "paris"}, "search", {"query": "paris"}),
    ],
)
def test_a_wrapper_that_runs_any_tool_is_not_the_tool(
    function: str, given: JsonValue, name: str, arguments: object
) -> None:
    tool = read_tool(observed("tool", given, "done"), name=function)
    assert (tool.name, tool.arguments, tool.result) == (name, arguments, "done")


def test_a_failed_observation_tells_why() -> None:
    attributes = observed("tool", "a") | {
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "no such file",
    }
    assert read_tool(attributes, name="read").error == "no such file"


def test_an_observation_without_input_and_output_lacks_its_content() -> None:
    assert read(observed("generation")).gaps == {ContentGap.MISSING}
    found = read(observed("agent") | {"session.id": "s1"})
    assert (found.gaps, found.conversation_id) == (frozenset({ContentGap.MISSING}), "s1")
