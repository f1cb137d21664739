"""What OpenInference spans say, in the shapes of its instrumentations that no recording here shows."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semconv.operation import (
    ContentGap,
    Operation,
    OperationKind,
    OperationMessage,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from semconv.reader import MARKERS, read_log, read_span
from semconv.span_view import AttributeValue, EventView, LogView, SpanView

LANGCHAIN = "openinference.instrumentation.langchain"


def read(
    kind: str,
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    name: str = "span",
    scope: str = "openinference.instrumentation",
    error: str | None = None,
    events: Sequence[EventView] = (),
) -> Operation:
    operation = read_span(
        SpanView(
            name=name,
            attributes={"openinference.span.kind": kind, **(attributes or {})},
            scope_name=scope,
            error=error,
            events=events,
        )
    )
    assert operation is not None
    return operation


def given_messages(*messages: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return flat("llm.input_messages", *messages)


def flat(prefix: str, *messages: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return {
        f"{prefix}.{index}.message.{key}": value
        for index, message in enumerate(messages)
        for key, value in message.items()
    }


USER = {"role": "user", "content": "hello"}
ANSWER = flat("llm.output_messages", {"role": "assistant", "content": "hi"})


def user(text: str) -> OperationMessage:
    return OperationMessage(role="user", parts=(Text(text),))


def says(text: str) -> OperationMessage:
    return OperationMessage(role="assistant", parts=(Text(text),))


def test_the_kind_attribute_is_the_marker() -> None:
    assert b"openinference.span.kind" in MARKERS
    assert read_span(SpanView(name="x", attributes={"input.value": "hello", "llm.model_name": "m"})) is None
    assert read_log(LogView(event_name="x", body=None, attributes={"openinference.span.kind": "LLM"})) is None


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("LLM", OperationKind.LLM),
        ("llm", OperationKind.LLM),
        ("TOOL", OperationKind.TOOL),
        ("AGENT", OperationKind.AGENT),
        ("CHAIN", OperationKind.WORKFLOW),
        ("RETRIEVER", OperationKind.RETRIEVAL),
        ("EMBEDDING", OperationKind.OTHER),
        ("RERANKER", OperationKind.OTHER),
        ("GUARDRAIL", OperationKind.OTHER),
        ("EVALUATOR", OperationKind.OTHER),
        ("PROMPT", OperationKind.OTHER),
        ("DECISION", OperationKind.OTHER),
        ("UNKNOWN", OperationKind.OTHER),
        ("something new", OperationKind.OTHER),
    ],
)
def test_every_kind_is_known(written: str, kind: OperationKind) -> None:
    assert read(written).kind is kind


def test_messages_come_in_the_order_of_their_numbers() -> None:
    texts = [f"message {number}" for number in range(12)]
    messages = [{"role": "user", "content": text} for text in texts]
    attributes = dict(sorted(given_messages(*messages).items()))
    operation = read(
        "LLM", {**attributes, **ANSWER, "llm.model_name": "m", "session.id": "s", "llm.finish_reason": "stop"}
    )
    assert [message.text for message in operation.input or ()] == texts
    assert operation.output == (says("hi"),)
    assert (operation.model, operation.conversation_id, operation.finish_reasons) == ("m", "s", ("stop",))
    assert operation.gaps == frozenset()


def test_several_tool_calls_of_one_message_are_read_in_order() -> None:
    call = "tool_calls.{}.tool_call.{}".format
    operation = read(
        "LLM",
        flat(
            "llm.output_messages",
            {
                "role": "assistant",
                "content": "Both.",
                call(1, "id"): "b",
                call(1, "function.name"): "bash",
                call(1, "function.arguments"): '{"command": "ls"}',
                call(0, "id"): "a",
                call(0, "function.name"): "read_file",
                call(0, "function.arguments"): '{"path": "x"}',
            },
        ),
    )
    assert operation.output is not None
    assert operation.output[0].parts == (
        Text("Both."),
        ToolCall(name="read_file", id="a", arguments={"path": "x"}),
        ToolCall(name="bash", id="b", arguments={"command": "ls"}),
    )


def test_an_older_function_call_is_a_tool_call() -> None:
    message = {"role": "assistant", "function_call_name": "bash", "function_call_arguments_json": '{"command": "ls"}'}
    operation = read("LLM", flat("llm.output_messages", message))
    assert operation.output is not None
    assert operation.output[0].parts == (ToolCall(name="bash", arguments={"command": "ls"}),)


@pytest.mark.parametrize(("scope", "arguments"), [("openai_agents", {}), ("openai", None)])
def test_arguments_that_are_not_there_are_empty_only_where_empty_ones_are_left_out(
    scope: str, arguments: object
) -> None:
    message = {"role": "assistant", "tool_calls.0.tool_call.function.name": "transfer_to_helper"}
    operation = read("LLM", flat("llm.output_messages", message), scope=f"openinference.instrumentation.{scope}")
    assert operation.output is not None
    assert operation.output[0].parts == (ToolCall(name="transfer_to_helper", arguments=arguments),)  # type: ignore[arg-type]  # a dict or None, as parametrised


def test_a_text_that_stands_in_content_and_in_contents_is_one_text() -> None:
    message = {
        "role": "assistant",
        "content": "hi",
        "contents.0.message_content.type": "text",
        "contents.0.message_content.text": "hi",
    }
    assert read("LLM", flat("llm.output_messages", message)).output == (says("hi"),)


def test_images_are_no_text_and_no_gap() -> None:
    message = {
        "role": "user",
        "contents.0.message_content.type": "image",
        "contents.0.message_content.image.image.url": "data:image/png;base64,AAAA",
        "contents.1.message_content.type": "text",
        "contents.1.message_content.text": "What is this?",
    }
    operation = read("LLM", {**given_messages(message), **ANSWER})
    assert operation.input == (user("What is this?"),)
    assert operation.gaps == frozenset()


def test_reasoning_is_kept_apart() -> None:
    message = {
        "role": "assistant",
        "contents.0.message_content.type": "reasoning",
        "contents.0.message_content.text": "Hm.",
        "contents.1.message_content.type": "text",
        "contents.1.message_content.text": "42",
    }
    operation = read("LLM", flat("llm.output_messages", message))
    assert operation.output is not None
    assert operation.output[0].parts == (Reasoning("Hm."), Text("42"))


@pytest.mark.parametrize("role", ["tool", "user", "function"])
def test_an_answer_to_a_call_is_a_tool_result_whatever_its_role(role: str) -> None:
    message = {"role": role, "tool_call_id": "a", "content": "(done)", "name": "bash"}
    operation = read("LLM", {**given_messages(USER, message), **ANSWER})
    assert operation.input is not None
    assert operation.input[1].parts == (ToolResult(id="a", name="bash", content="(done)"),)


def test_a_tool_result_in_parts_is_one_result() -> None:
    message = {"role": "tool", "tool_call_id": "a", "contents.0.message_content.text": "(done)"}
    operation = read("LLM", {**given_messages(USER, message), **ANSWER})
    assert operation.input is not None
    assert operation.input[1].parts == (ToolResult(id="a", content="(done)"),)


@pytest.mark.parametrize("form", [list, json.dumps])
@pytest.mark.parametrize(
    "message",
    [
        {"message.role": "user", "message.content": "hello"},
        {"message": {"role": "user", "content": "hello"}},
        {"role": "user", "content": "hello"},
    ],
)
def test_messages_written_as_one_attribute_are_read(
    message: dict[str, AttributeValue], form: Callable[[list[AttributeValue]], AttributeValue]
) -> None:
    assert read("LLM", {"llm.input_messages": form([message]), **ANSWER}).input == (user("hello"),)


def test_an_assistant_that_said_nothing_said_nothing() -> None:
    operation = read("LLM", {**given_messages(USER), **flat("llm.output_messages", {"role": "assistant"})})
    assert operation.output == (says(""),)
    assert operation.gaps == frozenset()


@pytest.mark.parametrize(
    ("attributes", "gaps"),
    [
        ({"input.value": "__REDACTED__", "output.value": "__REDACTED__"}, {ContentGap.MISSING}),
        ({**given_messages({"role": "user", "content": "__REDACTED__"})}, {ContentGap.MISSING}),
        (
            given_messages({"role": "user", "contents.0.message_content.text": "__REDACTED__"}),
            {ContentGap.MISSING},
        ),
    ],
)
def test_hidden_content_is_missing_content(attributes: Mapping[str, AttributeValue], gaps: set[ContentGap]) -> None:
    operation = read("LLM", attributes)
    assert operation.gaps == gaps
    told = [part for message in (*(operation.input or ()), *(operation.output or ())) for part in message.parts]
    assert told == []


def test_hidden_input_leaves_the_output() -> None:
    operation = read("LLM", {"input.value": "__REDACTED__", **ANSWER})
    assert (operation.input, operation.output) == (None, (says("hi"),))
    assert operation.gaps == {ContentGap.MISSING}


def test_a_list_without_its_beginning_was_cut() -> None:
    attributes = {f"llm.input_messages.{index}.message.content": "x" for index in range(2, 5)}
    assert ContentGap.TRUNCATED in read("LLM", {**attributes, **ANSWER}).gaps


def test_a_list_without_its_beginning_is_completed_from_the_request() -> None:
    request = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello"}]}
    attributes = {"llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": "hello"}
    operation = read("LLM", {**attributes, **ANSWER, "input.value": json.dumps(request)})
    assert operation.input == (OperationMessage(role="system", parts=(Text("Be kind."),)), user("hello"))
    assert operation.gaps == frozenset()


REQUESTS = {
    "bare text": "hello",
    "chat completions": {"model": "m", "messages": [{"role": "user", "content": "hello"}]},
    "one message": {"role": "user", "content": "hello"},
    "responses": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}]},
    "responses with a text": {"model": "m", "input": "hello"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    "langchain batch": {"messages": [[{"type": "human", "data": {"content": "hello"}}]]},
    "langchain constructor": {
        "messages": [[{"lc": 1, "type": "constructor", "id": ["x", "HumanMessage"], "kwargs": {"content": "hello"}}]]
    },
    "langchain state": {"messages": [{"type": "human", "content": "hello"}], "remaining_steps": 3},
    "a task": {"task": "hello", "stream": False, "images": None},
    "arguments of a function": {"args": [], "kwargs": {"question": "hello"}},
    "an input inside": {"input": {"question": "hello"}},
    "one field": {"topic": "hello"},
}


@pytest.mark.parametrize("form", REQUESTS)
@pytest.mark.parametrize("kind", ["LLM", "AGENT"])
def test_a_request_is_found_in_every_framework_s_input(form: str, kind: str) -> None:
    value = REQUESTS[form]
    written = value if isinstance(value, str) else json.dumps(value)
    assert read(kind, {"input.value": written, "output.value": "hi"}).input == (user("hello"),)


@pytest.mark.parametrize("beside", [{"system": "Be kind."}, {"instructions": "Be kind."}])
def test_a_system_prompt_beside_the_messages_is_read(beside: dict[str, str]) -> None:
    request = {**beside, "messages": [{"role": "user", "content": "hello"}]}
    operation = read("LLM", {"input.value": json.dumps(request), **ANSWER})
    assert operation.input == (OperationMessage(role="system", parts=(Text("Be kind."),)), user("hello"))


ANSWERS = {
    "bare text": "hi",
    "chat completions": {
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]
    },
    "responses": {
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}]
    },
    "anthropic": {
        "id": "m",
        "role": "assistant",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
    },
    "gemini": {"candidates": [{"content": {"parts": [{"text": "hi"}], "role": "model"}, "finish_reason": "STOP"}]},
    "langchain": {
        "generations": [[{"text": "hi", "generation_info": {}, "message": {"type": "ai", "data": {"content": "hi"}}}]]
    },
    "langchain completion": {"generations": [[{"text": "hi", "generation_info": {"finish_reason": "stop"}}]]},
    "an output inside": {"output": {"answer": "hi"}},
    "a graph's update": [
        {"graph": None, "update": {"messages": [{"type": "ai", "data": {"content": "hi"}}]}, "goto": []}
    ],
}


@pytest.mark.parametrize("form", ANSWERS)
@pytest.mark.parametrize("kind", ["LLM", "AGENT"])
def test_an_answer_is_found_in_every_framework_s_output(form: str, kind: str) -> None:
    value = ANSWERS[form]
    written = value if isinstance(value, str) else json.dumps(value)
    operation = read(kind, {"input.value": "hello", "output.value": written})
    assert operation.output is not None
    assert [message.text for message in operation.output] == ["hi"]


def test_what_is_no_conversation_is_no_answer() -> None:
    operation = read("AGENT", {"input.value": "hello", "output.value": '{"score": 3, "items": [1, 2]}'})
    assert operation.output is None


def test_finish_reasons_come_from_the_answer_of_versions_that_do_not_name_them() -> None:
    answer = {"choices": [{"finish_reason": "content_filter", "message": {"role": "assistant", "content": "hi"}}]}
    operation = read("LLM", {**given_messages(USER), **ANSWER, "output.value": json.dumps(answer)})
    assert operation.finish_reasons == ("content_filter",)


def test_prompts_of_a_completions_api_are_read() -> None:
    operation = read("LLM", {"llm.prompts.0.prompt.text": "hello", "llm.choices.0.completion.text": "hi"})
    assert (operation.input, operation.output) == ((user("hello"),), (says("hi"),))


def test_a_model_call_without_content_says_so() -> None:
    operation = read("LLM", {"llm.model_name": "m", "llm.token_count.total": 3})
    assert (operation.input, operation.output, operation.gaps) == (None, None, frozenset({ContentGap.MISSING}))


def test_offered_tools_are_read_from_their_schemas() -> None:
    schema = {"type": "function", "function": {"name": "bash", "description": "Runs."}}
    operation = read("LLM", {**ANSWER, "llm.tools.0.tool.json_schema": json.dumps(schema)})
    assert operation.tools == (ToolDefinition(name="bash", description="Runs."),)


@pytest.mark.parametrize(
    ("written", "parameters", "arguments"),
    [
        ('{"path": "README.md"}', None, {"path": "README.md"}),
        ("{'path': 'README.md', 'deep': True}", None, {"path": "README.md", "deep": True}),
        ("rm -rf build", None, "rm -rf build"),
        ("rm -rf build", {"command": {"type": "string"}}, {"command": "rm -rf build"}),
        ("rm -rf build", {"properties": {"command": {}}, "type": "object"}, {"command": "rm -rf build"}),
        ('{"args": [], "sanitize_inputs_outputs": true, "kwargs": {"path": "a"}}', None, {"path": "a"}),
        ('{"args": ["a", "b"], "kwargs": {}}', {"path": {}, "content": {}}, {"path": "a", "content": "b"}),
        ('{"args": ["a"], "kwargs": {"deep": true}}', {"path": {}, "deep": {}}, {"path": "a", "deep": True}),
        ('{"args": ["ls"], "kwargs": {}}', None, "ls"),
        ('{"args": [{"command": "ls"}], "kwargs": {}}', None, {"command": "ls"}),
        ('{"args": ["a", "b"], "kwargs": {}}', None, {"args": ["a", "b"]}),
        ('{"name": "bash", "args": {"command": "ls"}, "id": "c", "type": "tool_call"}', None, {"command": "ls"}),
        ('{"args": "-la"}', None, {"args": "-la"}),
        ("{}", None, {}),
        ("__REDACTED__", None, None),
        (None, None, None),
    ],
)
def test_arguments_are_read_from_every_wrapper(written: str | None, parameters: object, arguments: object) -> None:
    attributes: dict[str, AttributeValue] = {"tool.name": "t", "input.value": written}
    if parameters is not None:
        attributes["tool.parameters"] = json.dumps(parameters)
    operation = read("TOOL", attributes)
    assert operation.tool is not None
    assert operation.tool.arguments == arguments


PRINTED = "content='It\\'s\\ndone' name='bash' tool_call_id='call_1'"


@pytest.mark.parametrize(
    ("written", "result", "call_id"),
    [
        ("(done)", "(done)", None),
        ('{"type": "tool", "data": {"content": "(done)", "tool_call_id": "c", "status": "success"}}', "(done)", "c"),
        (
            '{"lc": 1, "type": "constructor", "id": ["x", "ToolMessage"], '
            '"kwargs": {"content": "(done)", "tool_call_id": "c", "type": "tool"}}',
            "(done)",
            "c",
        ),
        (PRINTED, "It's\ndone", "call_1"),
        (
            '{"update": {"messages": [{"type": "tool", "content": "Moved on.", "tool_call_id": "c"}]}, "goto": "x"}',
            "Moved on.",
            "c",
        ),
        ('{"result": "(done)"}', "(done)", None),
        ('{"temperature": 14, "sky": "grey"}', '{"temperature": 14, "sky": "grey"}', None),
        ("", "", None),
        ("__REDACTED__", None, None),
        (None, None, None),
    ],
)
def test_what_a_tool_gave_back_is_read(written: str | None, result: str | None, call_id: str | None) -> None:
    operation = read("TOOL", {"tool.name": "bash", "output.value": written})
    assert operation.tool is not None
    assert (operation.tool.result, operation.tool.call_id, operation.tool.error) == (result, call_id, None)


def test_a_tool_that_failed_says_why() -> None:
    failed = read("TOOL", {"tool.name": "bash", "input.value": "ls"}, error="PermissionError: no")
    assert failed.tool is not None
    assert (failed.tool.result, failed.tool.error) == (None, "PermissionError: no")
    written = {"type": "tool", "data": {"content": "Error: no", "tool_call_id": "c", "status": "error"}}
    told = read("TOOL", {"tool.name": "bash", "output.value": json.dumps(written)})
    assert told.tool is not None
    assert told.tool.error == "Error: no"


def test_a_tool_is_named_by_its_span_when_nothing_else_names_it() -> None:
    operation = read("TOOL", {"input.value": "{}"}, name="bash.run")
    assert operation.tool is not None
    assert operation.tool.name == "bash"


@pytest.mark.parametrize("name", ["handoff to Helper", "Handoff: Helper", "hand-off"])
def test_a_hand_off_executes_nothing(name: str) -> None:
    operation = read("TOOL", {"input.value": "Triage", "output.value": "Helper"}, name=name)
    assert (operation.kind, operation.tool) == (OperationKind.OTHER, None)


def test_a_tool_that_is_called_like_a_hand_off_is_a_tool() -> None:
    assert read("TOOL", {"tool.name": "handoff"}, name="handoff").kind is OperationKind.TOOL


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "read_as"),
    [
        ("AGENT", "AgentExecutor", {}, OperationKind.AGENT),
        ("AGENT", "agent", {"metadata": '{"langgraph_node": "agent"}'}, OperationKind.WORKFLOW),
        ("AGENT", "ToolsAgentOutputParser", {}, OperationKind.WORKFLOW),
        ("AGENT", "ask_agent", {"tool.name": "ask_agent"}, OperationKind.TOOL),
        ("AGENT", "ChatAgentModel", {"llm.model_name": "m", **ANSWER}, OperationKind.LLM),
        ("CHAIN", "helper", {"metadata": '{"lc_agent_name": "helper"}'}, OperationKind.AGENT),
        ("CHAIN", "tools", {"metadata": '{"lc_agent_name": "helper"}'}, OperationKind.WORKFLOW),
        ("AGENT", "agent", {"metadata": '{"lc_agent_name": "agent", "langgraph_node": "agent"}'}, OperationKind.AGENT),
        ("CHAIN", "LangGraph", {}, OperationKind.WORKFLOW),
    ],
)
def test_langchain_s_kinds_are_taken_for_what_they_stand_for(
    kind: str, name: str, attributes: dict[str, AttributeValue], read_as: OperationKind
) -> None:
    assert read(kind, attributes, name=name, scope=LANGCHAIN).kind is read_as


@pytest.mark.parametrize(
    ("attributes", "name", "agent"),
    [
        ({"agent.name": "A", "graph.node.id": "node"}, "x.run", "A"),
        ({"graph.node.id": "node"}, "x.run", "node"),
        ({"metadata": '{"lc_agent_name": "helper"}'}, "x", "helper"),
        ({}, "code_helper.run", "code_helper"),
        ({}, "Agent workflow", None),
    ],
)
def test_an_agent_has_the_name_that_its_framework_gives_it(
    attributes: dict[str, AttributeValue], name: str, agent: str | None
) -> None:
    assert read("AGENT", attributes, name=name).agent_name == agent


def test_earlier_turns_in_a_state_are_history() -> None:
    human, ai = ({"type": kind, "data": {"content": ""}} for kind in ("human", "ai"))
    state = [
        {**human, "data": {"content": "first"}},
        {**ai, "data": {"content": "", "tool_calls": [{"name": "bash", "args": {"command": "ls"}, "id": "a"}]}},
        {"type": "tool", "data": {"content": "(files)", "tool_call_id": "a"}},
        {**ai, "data": {"content": "done"}},
        {**human, "data": {"content": "second"}},
        {**ai, "data": {"content": "again"}},
    ]
    operation = read(
        "AGENT",
        {
            "input.value": json.dumps({"messages": [{"role": "user", "content": "second"}]}),
            "output.value": json.dumps({"messages": state}),
        },
    )
    assert [message.text for message in operation.input or ()] == ["first", "", "", "done", "second"]
    assert operation.output == (says("again"),)
    assert operation.whole_run_output


def test_a_bare_answer_is_not_the_whole_run() -> None:
    assert not read("AGENT", {"input.value": "hello", "output.value": "hi"}).whole_run_output


def test_an_answer_that_is_handed_in_by_a_tool_is_an_answer() -> None:
    call = {
        "role": "assistant",
        "tool_calls.0.tool_call.function.name": "final_answer",
        "tool_calls.0.tool_call.function.arguments": '{"answer": "42"}',
    }
    assert read("LLM", flat("llm.output_messages", call)).output == (says("42"),)
    handed = read(
        "TOOL",
        {
            "tool.name": "final_answer",
            "input.value": '{"args": ["42"], "kwargs": {}}',
            "tool.parameters": '{"answer": {}}',
        },
    )
    assert (handed.kind, handed.tool) == (OperationKind.OTHER, None)
    other = read("TOOL", {"tool.name": "final_answer", "input.value": '{"command": "ls"}'})
    assert other.kind is OperationKind.TOOL


def calling(identity: str, name: str, arguments: dict[str, str]) -> dict[str, AttributeValue]:
    calls = [{"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}]
    return {"role": "tool-call", "content": f"Calling tools:\n{calls}"}


def test_steps_that_smolagents_tells_as_texts_are_calls_and_results() -> None:
    told = given_messages(
        {"role": "user", "content": "New task:\nlist it"},
        calling("a", "bash", {"command": "ls"}),
        {"role": "tool-response", "content": "Observation:\nx y"},
        calling("b", "final_answer", {"answer": "x and y"}),
        {"role": "tool-response", "content": "Observation:\nx and y"},
        {"role": "user", "content": "New task:\nagain"},
    )
    operation = read("LLM", {**told, **ANSWER})
    assert operation.input == (
        user("list it"),
        OperationMessage(role="assistant", parts=(ToolCall(name="bash", id="a", arguments={"command": "ls"}),)),
        OperationMessage(role="tool", parts=(ToolResult(content="x y"),)),
        says("x and y"),
        user("again"),
    )


def test_a_user_who_writes_of_observations_is_a_user() -> None:
    operation = read("LLM", {**given_messages({"role": "user", "content": "Observation:\nit rains"}), **ANSWER})
    assert operation.input == (user("Observation:\nit rains"),)


def test_a_crew_task_without_messages_has_its_raw_output() -> None:
    operation = read(
        "AGENT",
        {
            "input.value": json.dumps({"agent": {"role": "Helper", "goal": "Help", "backstory": "Be kind."}}),
            "output.value": json.dumps({"description": "hello", "raw": "hi", "agent": "Helper"}),
        },
    )
    assert operation.system == ("Be kind.", "Help")
    assert (operation.input, operation.output, operation.agent_name) == ((user("hello"),), (says("hi"),), "Helper")
    assert not operation.whole_run_output


def test_a_crew_task_whose_calls_are_texts_is_not_the_whole_run() -> None:
    told = [{"role": "assistant", "content": "Action: bash\nAction Input: {}\nObservation: x"}]
    output = {"description": "hello", "raw": "hi", "agent": "Helper", "messages": told}
    operation = read("AGENT", {"input.value": "{}", "output.value": json.dumps(output)})
    assert operation.output == (says("Action: bash\nAction Input: {}\nObservation: x"), says("hi"))


def test_what_the_conventions_say_on_the_same_span_completes_it() -> None:
    said = {"role": "assistant", "parts": [{"type": "text", "content": "hi"}]}
    operation = read(
        "LLM",
        {
            **given_messages(USER),
            "gen_ai.operation.name": "chat",
            "gen_ai.response.id": "r",
            "gen_ai.agent.name": "A",
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "other"}]}]),
            "gen_ai.output.messages": json.dumps([said]),
        },
    )
    assert (operation.input, operation.output) == ((user("hello"),), (says("hi"),))
    assert (operation.response_id, operation.agent_name) == ("r", "A")


@pytest.mark.parametrize(
    ("written", "name", "kind"),
    [
        ("CHAIN", "invoke_agent", OperationKind.AGENT),
        ("CHAIN", "execute_tool", OperationKind.TOOL),
        ("UNKNOWN", "chat", OperationKind.LLM),
        ("TOOL", "invoke_agent", OperationKind.TOOL),
        ("CHAIN", "something", OperationKind.WORKFLOW),
    ],
)
def test_the_more_specific_kind_counts(written: str, name: str, kind: OperationKind) -> None:
    assert read(written, {"gen_ai.operation.name": name, "gen_ai.tool.name": "t"}).kind is kind


def test_a_tool_takes_what_it_lacks_from_the_conventions() -> None:
    operation = read(
        "TOOL",
        {
            "input.value": '{"command": "ls"}',
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "bash",
            "gen_ai.tool.call.id": "c",
            "gen_ai.tool.call.result": "x",
        },
        name="span",
    )
    assert operation.tool is not None
    assert (operation.tool.name, operation.tool.call_id) == ("bash", "c")
    assert (operation.tool.arguments, operation.tool.result) == ({"command": "ls"}, "x")


def test_missing_content_that_the_conventions_have_is_not_missing() -> None:
    operation = read("LLM", {"gen_ai.operation.name": "chat", "gen_ai.output.messages": "hi"})
    assert (operation.output, operation.gaps) == ((says("hi"),), frozenset())


_KEYS = [
    "input.value",
    "output.value",
    "metadata",
    "tool.name",
    "tool.parameters",
    "session.id",
    "agent.name",
    "llm.finish_reason",
    "llm.input_messages",
    "llm.output_messages",
    "gen_ai.operation.name",
    "gen_ai.input.messages",
    "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content",
    "llm.input_messages.7.message.contents",
    "llm.input_messages.0.message.contents.0.message_content.text",
    "llm.input_messages.0.message.tool_call_id",
    "llm.output_messages.0.message.role",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.name",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
    "llm.output_messages.3.message.tool_calls",
    "llm.prompts.0.prompt.text",
    "llm.tools.0.tool.json_schema",
    "smolagents.tools_names",
    "formatted_description",
]
_TEXTS = st.sampled_from(
    [
        "",
        "hello",
        "__REDACTED__",
        "user",
        "tool",
        "tool-response",
        "assistant",
        "final_answer",
        "Calling tools:\n[{'a': 1}]",
        "Observation:\nx",
        "content='x' tool_call_id='y'",
        "content=x tool_call_id=",
        "{'a': (1,)}",
        '{"args": 1, "kwargs": 2}',
        '{"raw": "x", "agent": null}',
        '{"agent": {"role": 3}}',
        '{"messages": [[[1]]]}',
        '{"update": {"messages": [3]}}',
    ]
)
_WORDS = st.sampled_from(
    [
        "messages",
        "role",
        "content",
        "type",
        "data",
        "message",
        "update",
        "raw",
        "agent",
        "args",
        "kwargs",
        "name",
        "output",
    ]
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | _TEXTS
    | st.sampled_from(["human", "ai", "function_call", "constructor"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)
_VALUES = _TEXTS | _JSON | _JSON.map(json.dumps) | st.binary(max_size=8) | st.floats()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["LLM", "TOOL", "AGENT", "CHAIN", "EVALUATOR", ""])
    | _VALUES.filter(lambda value: value is not None),
    attributes=st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=8),
    scope=st.sampled_from(
        ["openinference.instrumentation.langchain", "openinference.instrumentation.openai_agents", ""]
    ),
)
def test_reading_is_total(kind: AttributeValue, attributes: dict[str, AttributeValue], scope: str) -> None:
    view = SpanView(name="agent", attributes={"openinference.span.kind": kind, **attributes}, scope_name=scope)
    operation = read_span(view)
    assert operation is not None
    assert operation == read_span(view)
    for message in (*(operation.input or ()), *(operation.output or ())):
        assert isinstance(message.text, str)
    assert (operation.tool is not None) == (operation.kind is OperationKind.TOOL)


@pytest.mark.parametrize(
    "attributes",
    [
        {"llm.invocation_parameters": '{"max_tokens": 9, "system": "Be kind."}'},
        {"llm.invocation_parameters": '{"system": [{"type": "text", "text": "Be kind."}]}'},
        {"llm.invocation_parameters": '{"system_instruction": {"parts": [{"text": "Be kind."}]}}'},
        {"input.value": '{"config": {"system_instruction": "Be kind."}, "contents": "hello"}'},
        {"input.value": '{"instructions": "Be kind.", "input": "hello"}'},
    ],
)
def test_a_system_prompt_apart_from_the_messages_is_read(attributes: dict[str, AttributeValue]) -> None:
    assert read("LLM", {**given_messages(USER), **ANSWER, **attributes}).system == ("Be kind.",)


def test_a_system_message_is_the_system_prompt() -> None:
    told = given_messages({"role": "system", "content": "Be kind."}, USER)
    operation = read("LLM", {**told, **ANSWER, "llm.invocation_parameters": '{"system": "Be rude."}'})
    assert operation.system is None


@pytest.mark.parametrize(("kind", "cut"), [("LLM", True), ("AGENT", True), ("TOOL", True), ("CHAIN", False)])
def test_attributes_that_a_limit_took_away_are_cut_content(kind: str, cut: bool) -> None:
    attributes: dict[str, AttributeValue] = {"openinference.span.kind": kind, **given_messages(USER), **ANSWER}
    operation = read_span(SpanView(name="span", attributes=attributes, dropped_attributes=1))
    assert operation is not None
    assert (ContentGap.TRUNCATED in operation.gaps) is cut


def test_json_that_is_declared_to_be_text_is_text() -> None:
    pasted = '{"a": 1, "b": [2]}'
    operation = read("AGENT", {"input.value": pasted, "input.mime_type": "text/plain", "output.value": "hi"})
    assert operation.input == (user(pasted),)
    assert read("AGENT", {"input.value": pasted, "output.value": "hi"}).input is None


def test_the_system_prompt_of_an_agent_can_stand_beside_its_prompt() -> None:
    operation = read("AGENT", {"input.value": '{"system": "Be kind.", "prompt": "hello"}', "output.value": "hi"})
    assert (operation.system, operation.input) == (("Be kind.",), (user("hello"),))


def test_messages_in_blocks_are_read() -> None:
    answer = {"response": {"role": "assistant", "blocks": [{"block_type": "text", "text": "hi"}]}, "tool_calls": []}
    operation = read("AGENT", {"input.value": '{"user_msg": "hello"}', "output.value": json.dumps(answer)})
    assert (operation.input, operation.output) == ((user("hello"),), (says("hi"),))


def test_huge_conversations_keep_their_head_and_their_tail() -> None:
    history = [{"role": "user", "content": str(number)} for number in range(20_000)]
    operation = read("LLM", {"input.value": json.dumps({"messages": history}), **ANSWER})
    assert operation.input is not None
    assert (operation.input[0].text, operation.input[-1].text) == ("0", "19999")
    assert operation.gaps == {ContentGap.TRUNCATED}
