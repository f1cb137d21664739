"""LangSmith: runs and shapes that no recording shows."""

import json

import pytest

from semconv.operation import ContentGap, JsonValue, OperationKind
from semconv.span_view import AttributeValue
from tests.semconv.spans import calls, read, read_tool, results, texts


def run(kind: str, prompt: JsonValue = None, completion: JsonValue = None, **more: str) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {"langsmith.span.kind": kind}
    attributes |= {f"langsmith.metadata.{key}": value for key, value in more.items()}
    if prompt is not None:
        attributes["gen_ai.prompt"] = json.dumps(prompt)
    if completion is not None:
        attributes["gen_ai.completion"] = json.dumps(completion)
    return attributes


def human(text: str) -> JsonValue:
    return {"type": "human", "content": text}


def ai(text: str, **fields: JsonValue) -> JsonValue:
    return {"type": "ai", "content": text, **fields}


@pytest.mark.parametrize(
    ("kind", "name", "metadata", "expected"),
    [
        ("chain", "helper", {"lc_agent_name": "helper"}, OperationKind.AGENT),
        ("chain", "helper", {"lc_agent_name": "helper", "langgraph_node": "delegate"}, OperationKind.AGENT),
        ("chain", "model", {"lc_agent_name": "helper", "langgraph_node": "model"}, OperationKind.OTHER),
        ("chain", "LangGraph", {}, OperationKind.WORKFLOW),
        ("chain", "RunnableSequence", {"langgraph_node": "x"}, OperationKind.OTHER),
        ("llm", "ChatOpenAI", {"lc_agent_name": "helper"}, OperationKind.LLM),
        ("tool", "bash", {}, OperationKind.TOOL),
        ("retriever", "docs", {}, OperationKind.RETRIEVAL),
        ("parser", "StrOutputParser", {}, OperationKind.OTHER),
    ],
)
def test_an_agent_is_the_chain_of_its_name(
    kind: str, name: str, metadata: dict[str, str], expected: OperationKind
) -> None:
    assert read(run(kind, {"input": "a"}, {"output": "b"}, **metadata), name=name).kind is expected


def test_a_state_with_the_history_of_the_thread_is_what_the_run_was_given() -> None:
    earlier: list[JsonValue] = [
        human("Delete it."),
        ai("", tool_calls=[{"name": "rm", "args": {"path": "x"}, "id": "c1", "type": "tool_call"}]),
        {"type": "tool", "content": "gone", "tool_call_id": "c1"},
        ai("Deleted."),
    ]
    state: list[JsonValue] = [*earlier, human("And now?"), ai("Nothing.")]
    found = read(
        run("chain", {"messages": [human("And now?")]}, {"messages": state}, lc_agent_name="A", thread_id="t1"),
        name="A",
    )
    assert texts(found.output) == [("assistant", "Nothing.")]
    assert [call.id for call in calls(found.input)] == ["c1"]
    assert texts(found.input)[-1] == ("user", "And now?")
    assert (found.conversation_id, found.whole_run_output) == ("t1", False)


@pytest.mark.parametrize(
    "message",
    [
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"], "kwargs": {"content": "b"}},
        {"lc": 1, "type": "constructor", "id": ["x", "AIMessageChunk"], "kwargs": {"content": "b", "type": "ai"}},
        {"type": "ai", "data": {"content": "b"}},
        ai("b"),
        {"role": "assistant", "content": "b"},
    ],
)
def test_a_message_is_read_in_every_form_of_langchain(message: JsonValue) -> None:
    found = read(
        run("llm", {"messages": [[message]]}, {"generations": [[{"text": "b", "message": message}]]}),
    )
    assert texts(found.input) == [("assistant", "b")]
    assert texts(found.output) == [("assistant", "b")]


def test_a_completion_model_gives_its_text() -> None:
    generation: JsonValue = {"text": "Paris", "generation_info": {"finish_reason": "stop"}, "type": "Generation"}
    found = read(run("llm", {"prompts": ["Capital?"]}, {"generations": [[generation]]}))
    assert texts(found.output) == [("assistant", "Paris")]
    assert found.finish_reasons == ("stop",)


def test_a_call_that_stands_in_content_and_list_is_one_call() -> None:
    content: JsonValue = [
        {"type": "text", "text": "So:"},
        {"type": "tool_use", "id": "c1", "name": "t", "input": {"a": 1}},
    ]
    message = ai("", tool_calls=[{"name": "t", "args": {"a": 1}, "id": "c1", "type": "tool_call"}])
    assert isinstance(message, dict)
    found = read(run("llm", {"messages": [human("a")]}, {"messages": [{**message, "content": content}]}))
    (call,) = calls(found.output)
    assert (call.name, call.arguments) == ("t", {"a": 1})
    assert found.output is not None
    assert found.output[0].text == "So:"


@pytest.mark.parametrize(
    ("prompt", "arguments"),
    [
        ({"path": "README.md"}, {"path": "README.md"}),
        ({"input": '{"path": "README.md"}'}, {"path": "README.md"}),
        ({"input": {"type": "tool_call", "name": "t", "args": {"path": "README.md"}}}, {"path": "README.md"}),
        ({"input": "README.md"}, {"input": "README.md"}),
        ("README.md", '"README.md"'),
    ],
)
def test_tool_arguments_are_unwrapped(prompt: JsonValue, arguments: object) -> None:
    assert read_tool(run("tool", prompt, {"output": "x"}), name="t").arguments == arguments


@pytest.mark.parametrize(
    ("completion", "result", "call_id", "error"),
    [
        ({"output": "done"}, "done", None, None),
        (
            {"output": {"content": "done", "type": "tool", "tool_call_id": "c1", "status": "success"}},
            "done",
            "c1",
            None,
        ),
        ({"output": {"content": "no", "type": "tool", "tool_call_id": "c1", "status": "error"}}, "no", "c1", "no"),
        ({"rows": [1, 2], "total": 2}, '{"rows": [1, 2], "total": 2}', None, None),
    ],
)
def test_a_tool_gives_back_a_value_or_its_message(
    completion: JsonValue, result: str, call_id: str | None, error: str | None
) -> None:
    tool = read_tool(run("tool", {"a": 1}, completion), name="t")
    assert (tool.name, tool.result, tool.call_id, tool.error) == ("t", result, call_id, error)


def test_content_in_the_form_of_the_conventions_is_read_too() -> None:
    found = read(
        {
            "langsmith.span.kind": "llm",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "a",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "b",
        }
    )
    assert (texts(found.input), texts(found.output)) == ([("user", "a")], [("assistant", "b")])


def test_hidden_inputs_and_outputs_are_missing_content() -> None:
    assert read(run("llm")).gaps == {ContentGap.MISSING}
    hidden = read(run("llm", {}, {}))
    assert (hidden.input, hidden.output, hidden.gaps) == (None, None, frozenset({ContentGap.MISSING}))


def test_results_in_a_history_answer_their_call() -> None:
    message: JsonValue = {
        "lc": 1,
        "type": "constructor",
        "id": ["ToolMessage"],
        "kwargs": {"content": "x", "tool_call_id": "c"},
    }
    (result,) = results(read(run("llm", {"messages": [[message]]})).input)
    assert (result.id, result.content) == ("c", "x")


def test_a_project_is_no_conversation() -> None:
    assert read(run("llm") | {"langsmith.trace.session_id": "project"}).conversation_id is None
