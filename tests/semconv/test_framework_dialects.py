"""What frameworks and vendors' instrumentations say in words of their own: shapes that no recording holds."""

import json
from collections.abc import Mapping, Sequence

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from semconv.operation import (
    ContentGap,
    JsonValue,
    Operation,
    OperationKind,
    OperationMessage,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from semconv.reader import MARKERS, read_span
from semconv.span_view import AttributeValue, EventView, SpanView


def read(
    attributes: Mapping[str, AttributeValue],
    *,
    name: str = "span",
    events: Sequence[tuple[str, Mapping[str, AttributeValue]]] = (),
    scope: str = "",
    error: str | None = None,
) -> Operation:
    views = [EventView(name=event, attributes=fields) for event, fields in events]
    operation = read_span(SpanView(name=name, attributes=attributes, events=views, scope_name=scope, error=error))
    assert operation is not None
    return operation


def user(text: str) -> OperationMessage:
    return OperationMessage(role="user", parts=(Text(text),))


def says(text: str) -> OperationMessage:
    return OperationMessage(role="assistant", parts=(Text(text),))


# Content blocks that are named by their key.


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"toolUse": {"toolUseId": "t1", "name": "ls", "input": {"path": "."}}},
            ToolCall(name="ls", id="t1", arguments={"path": "."}),
        ),
        ({"toolResult": {"content": [{"text": "a"}, {"text": "b"}]}}, ToolResult(content="a\nb")),
        ({"toolResult": {"toolUseId": "t", "content": [{"json": {}}]}}, ToolResult(id="t", content='[{"json":{}}]')),
        ({"functionCall": {"name": "ls", "args": {"path": "."}}}, ToolCall(name="ls", arguments={"path": "."})),
        (
            {"function_response": {"id": "f", "name": "ls", "response": {"result": "a"}}},
            ToolResult(id="f", name="ls", content="a"),
        ),
        ({"reasoningContent": {"reasoningText": {"text": "hm"}}}, Reasoning("hm")),
        ({"text": "hm", "thought": True}, Reasoning("hm")),
        ({"text": "hi", "functionCall": None}, Text("hi")),
    ],
)  # fmt: skip
def test_blocks_of_bedrock_and_gemini_are_parts(block: JsonValue, part: object) -> None:
    operation = read(
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([{"role": "user", "content": [block]}])}
    )
    assert operation.input is not None
    assert operation.input[0].parts == (part,)
    assert operation.gaps == frozenset()


@pytest.mark.parametrize("block", [{"image": {"source": {}}}, {"inline_data": {"data": "AA=="}}])
def test_pictures_are_neither_text_nor_a_gap(block: JsonValue) -> None:
    message: JsonValue = {"role": "user", "parts": [block, {"text": "what is it?"}]}
    operation = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([message])})
    assert operation.input == (user("what is it?"),)
    assert operation.gaps == frozenset()


# Strands.

STRANDS = {"gen_ai.system": "strands-agents"}


def test_the_events_of_a_strands_tool_span_are_its_arguments_and_its_answer() -> None:
    operation = read(
        {**STRANDS, "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ls", "gen_ai.tool.status": "error"},
        events=[
            ("gen_ai.tool.message", {"role": "tool", "content": '{"path": "/"}', "id": "t"}),
            ("gen_ai.choice", {"message": '[{"text": "no such"}, {"text": "place"}]', "id": "t"}),
        ],
    )
    assert operation.tool is not None
    assert (operation.tool.arguments, operation.tool.result) == ({"path": "/"}, "no such\nplace")
    assert operation.tool.error == "no such\nplace"
    assert (operation.input, operation.output) == (None, None)


def test_a_strands_agent_keeps_its_old_system_prompt_and_names_its_tools() -> None:
    operation = read(
        {"gen_ai.operation.name": "invoke_agent", "system_prompt": "Be kind.", "gen_ai.agent.tools": '["ls", "cat"]'},
        events=[("gen_ai.user.message", {"content": "hello"}), ("gen_ai.choice", {"message": "hi\n"})],
        scope="strands.telemetry.tracer",
    )
    assert (operation.kind, operation.system) == (OperationKind.AGENT, ("Be kind.",))
    assert operation.tools == (ToolDefinition(name="ls"), ToolDefinition(name="cat"))
    assert (operation.input, operation.output) == ((user("hello"),), (says("hi\n"),))


# Pydantic AI.


def event(event_name: str, /, **fields: JsonValue) -> dict[str, JsonValue]:
    return {"event.name": f"gen_ai.{event_name}", **fields}


ASKED = event("user.message", role="user", content="list it")
CALLED = event(
    "assistant.message",
    role="assistant",
    tool_calls=[{"id": "c", "type": "function", "function": {"name": "ls", "arguments": "{}"}}],
)
ANSWERED = event("tool.message", role="tool", id="c", name="ls", content="a.txt")
CLOSED = event("assistant.message", role="assistant", content="One file.")
RUN = {"agent_name": "lister", "model_name": "m"}


def test_a_list_of_message_events_is_a_model_call() -> None:
    events = [
        event("system.message", role="system", content="Be kind."),
        ASKED,
        event("choice", message={"content": "hi"}),
    ]
    operation = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "events": json.dumps(events),
            "model_request_parameters": json.dumps({"function_tools": [{"name": "ls", "description": "Lists."}]}),
        }
    )
    assert (operation.system, operation.input) == (("Be kind.",), (user("list it"),))
    assert (operation.output, operation.tools) == ((says("hi"),), (ToolDefinition(name="ls", description="Lists."),))


def test_a_list_of_message_events_that_was_cut_is_read_up_to_there() -> None:
    written = json.dumps([{"role": "user", "content": "list it", "event.name": "gen_ai.user.message"}])
    operation = read({"gen_ai.operation.name": "chat", "events": written[:-40]}, scope="pydantic-ai")
    assert operation.input is not None
    assert "list it".startswith(operation.input[0].text)
    assert ContentGap.TRUNCATED in operation.gaps


def test_another_librarys_events_are_not_read() -> None:
    operation = read({"gen_ai.operation.name": "chat", "events": '[{"name": "click"}]'})
    assert (operation.dialect, operation.gaps) == ("genai", frozenset({ContentGap.MISSING}))


def test_an_agents_messages_are_its_whole_run() -> None:
    operation = read(
        {**RUN, "gen_ai.agent.name": "lister", "all_messages_events": json.dumps([ASKED, CALLED, ANSWERED, CLOSED])}
    )
    assert (operation.kind, operation.agent_name) == (OperationKind.AGENT, "lister")
    assert operation.input == (user("list it"),)
    assert operation.output is not None
    assert [message.role for message in operation.output] == ["assistant", "tool", "assistant"]
    assert operation.whole_run_output


def test_where_a_run_begins_in_its_history_is_not_guessed() -> None:
    history = [ASKED, CLOSED, ASKED, CALLED, ANSWERED, CLOSED]
    operation = read({**RUN, "gen_ai.agent.name": "lister", "all_messages_events": json.dumps(history)})
    assert (operation.input, operation.whole_run_output) == (None, False)
    assert operation.output == (says("One file."),)
    messages: list[JsonValue] = [
        {"role": role, "parts": [{"type": "text", "content": text}]}
        for role, text in (("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2"))
    ]
    known = read(
        {
            **RUN,
            "gen_ai.operation.name": "invoke_agent",
            "pydantic_ai.all_messages": json.dumps(messages),
            "pydantic_ai.new_message_index": 2,
        }
    )
    assert known.input is not None
    assert (known.input[-1], known.output) == (user("two"), (says("2"),))


def test_an_agent_without_messages_has_at_least_its_result() -> None:
    operation = read({**RUN, "gen_ai.agent.name": "lister", "final_result": "One file."})
    assert (operation.kind, operation.output, operation.input) == (OperationKind.AGENT, (says("One file."),), None)
    bare = read({**RUN, "gen_ai.agent.name": "lister"})
    assert (bare.kind, bare.gaps) == (OperationKind.AGENT, frozenset({ContentGap.MISSING}))


def test_a_running_tool_needs_no_operation_name() -> None:
    operation = read(
        {
            "gen_ai.tool.name": "ls",
            "gen_ai.tool.call.id": "c",
            "tool_arguments": '{"path": "."}',
            "tool_response": '["a"]',
        },
        name="running tool",
    )
    assert operation.tool is not None
    assert (operation.tool.arguments, operation.tool.result) == ({"path": "."}, '["a"]')


# Google ADK.


def adk(request: JsonValue, response: JsonValue) -> Operation:
    return read(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini",
            "gcp.vertex.agent.session_id": "s-1",
            "gcp.vertex.agent.llm_request": json.dumps(request),
            "gcp.vertex.agent.llm_response": json.dumps(response),
        },
        name="call_llm",
    )


def test_a_gemini_request_and_its_response_are_a_model_call() -> None:
    operation = adk(
        {
            "contents": [
                {"role": "user", "parts": [{"text": "list it"}]},
                {"role": "model", "parts": [{"function_call": {"id": "f", "name": "ls", "args": {}}}]},
                {
                    "role": "user",
                    "parts": [{"function_response": {"id": "f", "name": "ls", "response": {"result": "a"}}}],
                },
            ],
            "config": {
                "system_instruction": {"parts": [{"text": "Be kind."}]},
                "tools": [{"function_declarations": [{"name": "ls", "description": "Lists."}]}, {"google_search": {}}],
            },
        },
        {"content": {"role": "model", "parts": [{"text": "One file."}]}},
    )
    assert (operation.kind, operation.conversation_id) == (OperationKind.LLM, "s-1")
    assert (operation.system, operation.tools) == (("Be kind.",), (ToolDefinition(name="ls", description="Lists."),))
    assert operation.input == (
        user("list it"),
        OperationMessage(role="assistant", parts=(ToolCall(name="ls", id="f", arguments={}),)),
        OperationMessage(role="user", parts=(ToolResult(id="f", name="ls", content="a"),)),
    )
    assert operation.output == (says("One file."),)


def test_a_gemini_request_in_the_apis_own_spelling_is_read() -> None:
    operation = adk(
        {
            "contents": [{"parts": [{"text": "hi"}]}],
            "config": {"systemInstruction": "Be kind.", "tools": [{"functionDeclarations": [{"name": "ls"}]}]},
        },
        {"content": {"parts": [{"functionCall": {"name": "ls", "args": {"path": "."}}}]}},
    )
    assert (operation.system, operation.tools) == (("Be kind.",), (ToolDefinition(name="ls"),))
    assert operation.output is not None
    assert operation.output[0].parts == (ToolCall(name="ls", arguments={"path": "."}),)


def test_an_answer_that_was_blocked_is_an_empty_one_and_an_empty_object_is_none() -> None:
    assert adk({"contents": [{"parts": [{"text": "hi"}]}]}, {"error_code": "SAFETY"}).output == ()
    muted = adk({}, {})
    assert (muted.kind, muted.input, muted.gaps) == (OperationKind.LLM, None, frozenset({ContentGap.MISSING}))


@pytest.mark.parametrize(
    ("arguments", "response", "expected"),
    [
        ('{"path": "."}', '{"result": "a"}', ({"path": "."}, "a")),
        ("{}", "{}", ({}, None)),
        ("{}", '{"files": ["a"], "n": 1}', ({}, '{"files":["a"],"n":1}')),
    ],
)
def test_a_tool_of_adk_is_read(arguments: str, response: str, expected: object) -> None:
    operation = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "ls",
            "gcp.vertex.agent.tool_call_args": arguments,
            "gcp.vertex.agent.tool_response": response,
            "gcp.vertex.agent.llm_request": "{}",
        }
    )
    assert operation.tool is not None
    assert (operation.tool.arguments, operation.tool.result) == expected


# Traceloop.

LANGCHAIN_ANSWER: JsonValue = {
    "type": "constructor",
    "id": ["langchain", "ToolMessage"],
    "kwargs": {"content": "wet", "tool_call_id": "c"},
}


@pytest.mark.parametrize(
    ("given", "returned", "expected"),
    [
        ({"args": [], "kwargs": {"city": "Paris"}}, '"rainy"', ({"city": "Paris"}, "rainy", None)),
        ({"args": ["Paris"], "kwargs": {}}, '{"sky": "grey"}', ("Paris", '{"sky":"grey"}', None)),
        ({"args": ["Paris", 2], "kwargs": {"unit": "C"}}, None, ({"args": ["Paris", 2], "unit": "C"}, None, None)),
        ({"input_str": "{'city': 'Paris'}", "metadata": {}}, "{}", ({"city": "Paris"}, "{}", None)),
        ({"input_str": "Paris", "inputs": None}, "wet", ("Paris", "wet", None)),
        (
            {"input_str": "{'a': 1}", "inputs": {"city": "Paris"}, "kwargs": {"tool_call_id": "c"}},
            json.dumps({"output": LANGCHAIN_ANSWER, "kwargs": {}}),
            ({"city": "Paris"}, "wet", "c"),
        ),
        (
            {"tool_name": "weather", "arguments": {"city": "Paris"}},
            json.dumps({"content": [{"type": "text", "text": "wet"}], "isError": False}),
            ({"city": "Paris"}, "wet", None),
        ),
    ],
)  # fmt: skip
def test_a_traceloop_tool_is_unwrapped(given: JsonValue, returned: str | None, expected: object) -> None:
    attributes: dict[str, AttributeValue] = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "weather",
        "traceloop.entity.input": json.dumps(given),
    }
    if returned is not None:
        attributes["traceloop.entity.output"] = returned
    operation = read(attributes)
    assert operation.tool is not None
    assert operation.tool.name == "weather"
    assert (operation.tool.arguments, operation.tool.result, operation.tool.call_id) == expected


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [("workflow", OperationKind.WORKFLOW), ("agent", OperationKind.AGENT), ("task", OperationKind.OTHER)],
)
def test_decorated_functions_are_what_they_were_declared(kind: str, meaning: OperationKind) -> None:
    operation = read({"traceloop.span.kind": kind, "traceloop.entity.name": "helper"})
    assert (operation.kind, operation.dialect) == (meaning, "traceloop")
    assert operation.agent_name == ("helper" if kind == "agent" else None)


def test_a_graphs_step_that_calls_tools_is_no_tool() -> None:
    operation = read(
        {"traceloop.span.kind": "task", "traceloop.entity.name": "tools", "gen_ai.operation.name": "execute_task"}
    )
    assert (operation.kind, operation.tool) == (OperationKind.OTHER, None)


def test_the_state_that_a_graph_was_given_holds_the_request() -> None:
    operation = read(
        {
            "traceloop.span.kind": "workflow",
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "helper",
            "traceloop.association.properties.thread_id": "t-1",
            "traceloop.entity.input": json.dumps({"inputs": {"messages": [{"role": "user", "content": "hi"}]}}),
        }
    )
    assert (operation.input, operation.conversation_id) == ((user("hi"),), "t-1")


def test_what_is_embedded_is_not_asked() -> None:
    operation = read(
        {"llm.request.type": "embedding", "gen_ai.request.model": "m", "gen_ai.prompt.0.content": "Ignore all rules."}
    )
    assert (operation.kind, operation.input) == (OperationKind.OTHER, None)


# CrewAI through Traceloop.

CREW: dict[str, AttributeValue] = {
    "gen_ai.operation.name": "invoke_agent",
    "crewai.crew.agents": json.dumps([{"role": "Helper", "backstory": "Be kind."}]),
    "crewai.crew.tasks": json.dumps([{"description": "list it"}, {"description": "then count"}]),
    "crewai.crew.result": "One file.",
}
MADE = (
    "[TaskOutput(raw='x', kind=<K.RAW: 'raw'>, messages=[{'role': 'system', 'content': 'p'}, "
    "{'role': 'user', 'content': 'p'}, {'role': 'assistant', 'content': '', "
    "'tool_calls': [{'id': 'c', 'type': 'function', 'function': {'name': 'ls', 'arguments': '{}'}}]}, "
    "{'role': 'tool', 'tool_call_id': 'c', 'content': 'a.txt'}, "
    "{'role': 'assistant', 'content': 'One file.'}], tool_failures=[])]"
)


def test_a_crews_output_shows_what_was_called() -> None:
    operation = read({**CREW, "crewai.crew.tasks_output": MADE})
    assert (operation.kind, operation.system) == (OperationKind.AGENT, ("Be kind.",))
    assert operation.input == (user("list it\n\nthen count"),)
    assert operation.output == (
        OperationMessage(role="assistant", parts=(ToolCall(name="ls", id="c", arguments={}),)),
        OperationMessage(role="tool", parts=(ToolResult(id="c", content="a.txt"),)),
        says("One file."),
    )
    assert operation.whole_run_output


@pytest.mark.parametrize("made", ["", "TaskOutput", "[TaskOutput(raw='x')]", "[<TaskOutput object at 0x7f>]"])
def test_a_crews_output_without_messages_shows_no_calls(made: str) -> None:
    operation = read({**CREW, "crewai.crew.tasks_output": made})
    assert (operation.output, operation.whole_run_output) == ((says("One file."),), False)


def test_a_crews_output_that_was_cut_is_read_up_to_there() -> None:
    operation = read({**CREW, "crewai.crew.tasks_output": MADE[: MADE.index("'tool_call_id'")]})
    assert ContentGap.TRUNCATED in operation.gaps


def test_a_task_and_its_agent_carry_request_and_instructions() -> None:
    task = read(
        {"gen_ai.operation.name": "invoke_agent", "crewai.task.description": "list it", "crewai.task.agent": "Helper"}
    )
    assert (task.kind, task.agent_name, task.input) == (OperationKind.AGENT, "Helper", (user("list it"),))
    agent = read(
        {"gen_ai.operation.name": "invoke_agent", "crewai.agent.role": "Helper", "crewai.agent.backstory": "Be kind."}
    )
    assert (agent.agent_name, agent.system) == ("Helper", ("Be kind.",))


# OpenAI Agents.

AGENTS_SCOPE = "opentelemetry.instrumentation.openai_agents"
CALL = "ResponseFunctionToolCall(arguments='{\"path\": \".\"}', call_id='c', name='ls', type='function_call', id='f')"


def agents_output(text: str, scope: str = AGENTS_SCOPE) -> tuple[OperationMessage, ...] | None:
    message: JsonValue = {"role": "assistant", "parts": [{"type": "text", "content": text}]}
    return read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.agent.name": "OpenAI Agent",
            "gen_ai.output.messages": json.dumps([message]),
        },
        scope=scope,
    ).output


def test_a_call_written_as_an_objects_representation_is_a_call() -> None:
    output = agents_output(CALL)
    assert output is not None
    assert output[0].parts == (ToolCall(name="ls", id="c", arguments={"path": "."}),)


@pytest.mark.parametrize("text", [f"Write {CALL}", CALL.replace("function_call", "note"), "call_id=( and so on"])
def test_a_text_about_calls_stays_a_text(text: str) -> None:
    assert agents_output(text) == (says(text),)


def test_another_instrumentations_text_is_not_taken_apart() -> None:
    assert agents_output(CALL, scope="mine") == (says(CALL),)


# OpenLIT and Semantic Kernel follow the conventions, with additions that must not mislead.


def openlit(prompt: str, completion: str) -> Operation:
    return read(
        {"telemetry.sdk.name": "openlit", "gen_ai.operation.name": "chat", "gen_ai.request.model": "m"},
        events=[
            ("gen_ai.content.prompt", {"gen_ai.prompt": prompt}),
            ("gen_ai.content.completion", {"gen_ai.completion": completion}),
        ],
    )


def test_messages_in_one_text_are_told_apart_by_their_roles() -> None:
    operation = openlit("system: Be kind.\nuser: list\nit\nassistant: None\ntool: a.txt", "One file.")
    assert operation.input is not None
    assert [(message.role, message.text) for message in operation.input] == [
        ("system", "Be kind."),
        ("user", "list\nit"),
        ("tool", "a.txt"),
    ]
    assert (operation.output, operation.shows_calls) == ((says("One file."),), False)
    assert openlit("user: list it", "None").output is None


def test_only_a_text_without_structure_hides_its_calls() -> None:
    answer = json.dumps([{"role": "assistant", "content": "hi"}])
    for attributes, shows in (({"gen_ai.completion": "hi"}, False), ({"gen_ai.completion": answer}, True)):
        assert read({"gen_ai.request.model": "m", "gen_ai.prompt": "hello", **attributes}).shows_calls is shows


def test_a_requested_tool_on_a_model_call_makes_no_tool_span() -> None:
    operation = read({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "ls", "gen_ai.tool.args": "{}"})
    assert (operation.kind, operation.tool) == (OperationKind.LLM, None)


def test_an_agents_answer_without_parts_is_read() -> None:
    operation = read(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.input.messages": "[]",
            "gen_ai.output.messages": '[{"role": "assistant", "content": "hi", "name": "Helper"}]',
        }
    )
    assert (operation.input, operation.output) == ((), (says("hi"),))


# Any input.

KEYS = st.sampled_from(
    [
        "gen_ai.operation.name",
        "gen_ai.system",
        "gen_ai.tool.name",
        "gen_ai.agent.name",
        "gen_ai.agent.tools",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.output.messages",
        "system_prompt",
        "events",
        "all_messages_events",
        "pydantic_ai.all_messages",
        "pydantic_ai.new_message_index",
        "final_result",
        "agent_name",
        "model_name",
        "model_request_parameters",
        "tool_arguments",
        "tool_response",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response",
        "gcp.vertex.agent.tool_call_args",
        "gcp.vertex.agent.tool_response",
        "traceloop.span.kind",
        "traceloop.entity.input",
        "traceloop.entity.output",
        "traceloop.entity.name",
        "llm.request.type",
        "crewai.crew.agents",
        "crewai.crew.tasks",
        "crewai.crew.tasks_output",
        "crewai.crew.result",
        "crewai.task.description",
        "crewai.agent.role",
        "crewai.agent.tools",
    ]
)
FIELDS = st.sampled_from(
    [
        "role",
        "parts",
        "content",
        "contents",
        "config",
        "system_instruction",
        "tools",
        "function_declarations",
        "inputs",
        "input_str",
        "args",
        "kwargs",
        "output",
        "messages",
        "event.name",
        "toolUse",
        "toolResult",
        "function_call",
        "function_response",
        "text",
        "name",
        "id",
        "type",
        "thought",
        "reasoningContent",
        "reasoningText",
        "arguments",
    ]
)
WORDS = st.sampled_from(
    [
        "", "tool", "agent", "workflow", "user", "model", "strands-agents", "execute_tool", "invoke_agent",
        "constructor", "gen_ai.user.message", "gen_ai.choice", MADE, MADE[:200], CALL, "{'a': 1", "embedding",
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[AttributeValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=4) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)
AS_WRITTEN = (
    VALUES
    | VALUES.map(lambda value: json.dumps(value, default=str))
    | VALUES.map(lambda value: json.dumps(value, default=str)[:-1])
    | VALUES.map(repr)
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(
    st.dictionaries(KEYS, AS_WRITTEN, max_size=7),
    st.lists(st.tuples(st.sampled_from(["gen_ai.tool.message", "gen_ai.choice"]), AS_WRITTEN), max_size=2),
    st.sampled_from(["", AGENTS_SCOPE, "strands.telemetry.tracer"]),
)
def test_reading_is_total(
    attributes: dict[str, AttributeValue], events: list[tuple[str, AttributeValue]], scope: str
) -> None:
    views = [EventView(name=name, attributes={"content": value, "message": value}) for name, value in events]
    operation = read_span(SpanView(name="span", attributes=attributes, events=views, scope_name=scope))
    if operation is None:
        return
    assert (operation.kind is OperationKind.TOOL) == (operation.tool is not None)
    wire = " ".join([*attributes, *(event.name for event in views)]).encode()
    assert any(marker in wire for marker in MARKERS)
