"""AI SDK: operations and shapes that no recording shows."""

import json

import pytest

from semconv.operation import ContentGap, OperationKind, Reasoning
from semconv.span_view import AttributeValue
from tests.semconv.spans import calls, read, read_tool, results, texts


def step(operation: str, **attributes: AttributeValue) -> dict[str, AttributeValue]:
    return {"ai.operationId": operation} | {f"ai.{key}": value for key, value in attributes.items()}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ai.generateText", OperationKind.AGENT),
        ("ai.streamText", OperationKind.AGENT),
        ("ai.generateObject", OperationKind.AGENT),
        ("ai.streamObject", OperationKind.AGENT),
        ("ai.generateText.doGenerate", OperationKind.LLM),
        ("ai.streamText.doStream", OperationKind.LLM),
        ("ai.generateObject.doGenerate", OperationKind.LLM),
        ("ai.streamObject.doStream", OperationKind.LLM),
        ("ai.toolCall", OperationKind.TOOL),
        ("ai.embed", OperationKind.OTHER),
        ("ai.embedMany.doEmbed", OperationKind.OTHER),
        ("ai.somethingNew", OperationKind.OTHER),
    ],
)
def test_the_operation_id_says_what_a_span_is(operation: str, kind: OperationKind) -> None:
    found = read({"ai.operationId": operation, "gen_ai.request.model": "m"})
    assert (found.kind, found.dialect) == (kind, "vercel-ai")


def test_a_stream_is_read_as_one_answer() -> None:
    root = read(
        {
            "ai.operationId": "ai.streamText",
            "ai.telemetry.functionId": "support",
            "ai.telemetry.metadata.chat_id": "chat-7",
            "ai.prompt": json.dumps(
                {
                    "system": "Be kind.",
                    "messages": [
                        {"role": "user", "content": "Hello"},
                        {"role": "assistant", "content": [{"type": "text", "text": "Hi!"}]},
                        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
                    ],
                }
            ),
            "ai.response.text": "Sunny.",
            "ai.response.finishReason": "stop",
        }
    )
    assert (root.agent_name, root.conversation_id) == ("support", "chat-7")
    assert root.system == ("Be kind.",)
    assert texts(root.input) == [("user", "Hello"), ("assistant", "Hi!"), ("user", "Weather?")]
    assert texts(root.output) == [("assistant", "Sunny.")]
    assert root.finish_reasons == ("stop",)
    assert root.gaps == frozenset()


def test_an_object_is_the_answer_as_text() -> None:
    found = read(step("ai.generateObject", **{"prompt": '{"prompt":"A city"}', "response.object": '{"city":"Paris"}'}))
    assert texts(found.input) == [("user", "A city")]
    assert texts(found.output) == [("assistant", '{"city":"Paris"}')]


@pytest.mark.parametrize(
    "entry",
    [
        {"toolCallId": "c1", "toolName": "bash", "input": '{"command": "ls"}'},
        {"toolCallId": "c1", "toolName": "bash", "input": {"command": "ls"}},
        {"toolCallType": "function", "toolCallId": "c1", "toolName": "bash", "args": '{"command": "ls"}'},
        {"type": "tool-call", "toolCallId": "c1", "toolName": "bash", "args": {"command": "ls"}},
    ],
)
def test_tool_calls_of_every_version_are_requests(entry: dict[str, object]) -> None:
    attributes = {"response.text": "Let me look.", "response.toolCalls": json.dumps([entry])}
    (call,) = calls(read(step("ai.streamText.doStream", **attributes)).output)
    assert (call.id, call.name, call.arguments) == ("c1", "bash", {"command": "ls"})


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ({"output": {"type": "text", "value": "done"}}, "done"),
        ({"output": {"type": "json", "value": {"a": 1, "b": 2}}}, '{"a":1,"b":2}'),
        ({"output": {"type": "error-text", "value": "no"}}, "no"),
        ({"output": {"type": "content", "value": [{"type": "text", "text": "seen"}]}}, "seen"),
        ({"result": "old"}, "old"),
        ({"result": {"a": 1, "b": 2}}, '{"a":1,"b":2}'),
    ],
)
def test_tool_results_of_every_version_are_answers(part: dict[str, object], content: str) -> None:
    messages = [{"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "bash", **part}]}]
    (result,) = results(read(step("ai.generateText.doGenerate", **{"prompt.messages": json.dumps(messages)})).input)
    assert (result.id, result.name, result.content) == ("c1", "bash", content)


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ('"a \\"b\\""', 'a "b"'),
        ('{"a":1,"b":2}', '{"a":1,"b":2}'),
        ("[1,2]", "[1,2]"),
        ("plain", "plain"),
        ('"cut \\"of', 'cut "of'),
        ('"No" was said', '"No" was said'),
        (None, None),
    ],
)
def test_a_tool_answer_loses_its_json_quotes_only(written: str | None, result: str | None) -> None:
    tool = read_tool(step("ai.toolCall", **{"toolCall.name": "t", "toolCall.args": "{}", "toolCall.result": written}))
    assert (tool.name, tool.arguments, tool.result) == ("t", {}, result)


def test_older_names_of_the_answer_are_read() -> None:
    attributes = {"prompt.messages": '[{"role":"user","content":"a"}]', "result.text": "b", "finishReason": "length"}
    found = read(step("ai.generateText.doGenerate", **attributes))
    assert texts(found.output) == [("assistant", "b")]
    assert found.finish_reasons == ("length",)


def test_reasoning_is_no_answer() -> None:
    found = read(step("ai.generateText", **{"response.text": "b", "response.reasoning": "hm"}))
    assert found.output is not None
    assert Reasoning("hm") in found.output[0].parts
    assert found.output[0].text == "b"


def test_without_recorded_texts_content_is_missing() -> None:
    for operation in ("ai.generateText", "ai.generateText.doGenerate"):
        found = read(step(operation, **{"model.id": "m"}))
        assert (found.input, found.output, found.model) == (None, None, "m")
        assert ContentGap.MISSING in found.gaps
    unanswered = read(step("ai.generateText", prompt='{"prompt":"a"}'))
    assert unanswered.output is None
    assert ContentGap.MISSING in unanswered.gaps


def test_offered_tools_are_json_texts_in_a_list() -> None:
    found = read(step("ai.generateText.doGenerate", **{"prompt.tools": ['{"type":"function","name":"bash"}']}))
    assert [tool.name for tool in found.tools or ()] == ["bash"]
