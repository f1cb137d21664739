"""What GenAI spans and log records say, in the present and the older form of the conventions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from semconv.operation import (
    ContentGap,
    JsonValue,
    LogContent,
    Operation,
    OperationKind,
    OperationMessage,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from semconv.reader import MARKERS, join_logs, read_log, read_span
from semconv.span_view import AttributeValue, EventView, LogView, SpanView

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
USER: dict[str, AttributeValue] = {"role": "user", "parts": [{"type": "text", "content": "hello"}]}
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "stop"}


def read(
    attributes: Mapping[str, AttributeValue], *, events: Sequence[EventView] = (), error: str | None = None
) -> Operation:
    operation = read_span(SpanView(name="span", attributes=attributes, events=events, error=error))
    assert operation is not None
    return operation


def message(value: JsonValue) -> OperationMessage:
    operation = read({**CHAT, "gen_ai.input.messages": json.dumps([value])})
    assert operation.input is not None
    return operation.input[0]


def log(
    event_name: str,
    body: AttributeValue = None,
    *,
    at: int = 0,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> LogContent:
    content = read_log(LogView(event_name=event_name, body=body, attributes=attributes or {}, time_ns=at))
    assert content is not None
    return content


def test_a_span_without_any_genai_key_is_not_genai() -> None:
    assert read_span(SpanView(name="chat gpt", attributes={"http.method": "GET", "rpc.method": "tools/call"})) is None
    assert read_log(LogView(event_name="login", body="gen_ai.", attributes={})) is None


def test_every_genai_key_holds_a_marker() -> None:
    assert any(marker in b"gen_ai.operation.name" for marker in MARKERS)


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "chat"}, OperationKind.LLM),
        ({"gen_ai.operation.name": "generate_content"}, OperationKind.LLM),
        ({"gen_ai.operation.name": "text_completion"}, OperationKind.LLM),
        ({"gen_ai.operation.name": "execute_tool"}, OperationKind.TOOL),
        ({"gen_ai.operation.name": "invoke_agent"}, OperationKind.AGENT),
        ({"gen_ai.operation.name": "invoke_workflow"}, OperationKind.WORKFLOW),
        ({"gen_ai.operation.name": "retrieval"}, OperationKind.RETRIEVAL),
        ({"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m"}, OperationKind.OTHER),
        ({"gen_ai.operation.name": "create_agent", "gen_ai.system_instructions": "Be kind."}, OperationKind.OTHER),
        ({"gen_ai.operation.name": "execute_event_loop_cycle"}, OperationKind.OTHER),
        ({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "bash"}, OperationKind.LLM),
        ({"gen_ai.tool.name": "bash"}, OperationKind.TOOL),
        ({"gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 3}, OperationKind.LLM),
        ({"gen_ai.request.model": "m"}, OperationKind.OTHER),
        ({"gen_ai.agent.name": "A"}, OperationKind.OTHER),
        (
            {"gen_ai.operation.name": "responses", "gen_ai.request.model": "m", "gen_ai.output.messages": "[]"},
            OperationKind.LLM,
        ),
    ],
)
def test_the_operation_name_decides_what_a_span_is(
    attributes: Mapping[str, AttributeValue], kind: OperationKind
) -> None:
    assert read(attributes).kind is kind


def as_json(value: JsonValue) -> AttributeValue:
    return json.dumps(value)


def as_structure(value: JsonValue) -> AttributeValue:
    return value


def as_bytes(value: JsonValue) -> AttributeValue:
    return json.dumps(value).encode()


def as_json_in_json(value: JsonValue) -> AttributeValue:
    return json.dumps(json.dumps(value))


@pytest.mark.parametrize("form", [as_json, as_structure, as_bytes, as_json_in_json])
@pytest.mark.parametrize("carrier", ["span", "event", "log"])
def test_content_is_read_in_every_form_from_every_carrier(form: object, carrier: str) -> None:
    assert callable(form)
    content = {
        "gen_ai.system_instructions": form([{"type": "text", "content": "Be kind."}]),
        "gen_ai.input.messages": form([USER]),
        "gen_ai.output.messages": form([ANSWER]),
        "gen_ai.tool.definitions": form([{"type": "function", "name": "bash", "description": "Runs."}]),
    }
    if carrier == "span":
        operation = read({**CHAT, **content})
    elif carrier == "event":
        details = EventView(name="gen_ai.client.inference.operation.details", attributes=content)
        operation = read(CHAT, events=[details])
    else:
        record = log("gen_ai.client.inference.operation.details", attributes=content)
        operation = join_logs(read(CHAT), [record])
    assert operation.system == ("Be kind.",)
    assert operation.input == (OperationMessage(role="user", parts=(Text("hello"),)),)
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("hi"),), finish_reason="stop"),)
    assert operation.tools == (ToolDefinition(name="bash", description="Runs."),)
    assert operation.gaps == frozenset()
    assert operation.finish_reasons == (() if carrier == "log" else ("stop",))


def test_bare_text_is_content() -> None:
    operation = read(
        {
            **CHAT,
            "gen_ai.system_instructions": "Be kind.",
            "gen_ai.input.messages": "[INST] hello [/INST]",
            "gen_ai.output.messages": "hi",
        }
    )
    assert operation.system == ("Be kind.",)
    assert operation.input == (OperationMessage(role="user", parts=(Text("[INST] hello [/INST]"),)),)
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("hi"),)),)


@pytest.mark.parametrize("key", ["response", "result", "content"])
def test_the_answer_of_a_tool_is_read_under_each_of_its_names(key: str) -> None:
    part: JsonValue = {"type": "tool_call_response", "id": "1", key: "done"}
    assert message({"role": "tool", "parts": [part]}).parts == (ToolResult(id="1", content="done"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("done", "done"),
        ({"result": "done"}, "done"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ({"content": [{"type": "text", "text": "a"}]}, "a"),
        ({"code": 0, "out": "x"}, '{"code":0,"out":"x"}'),
        ([1, 2], "[1,2]"),
        (None, None),
    ],
)
def test_the_answer_of_a_tool_becomes_text(value: JsonValue, text: str | None) -> None:
    part: JsonValue = {"type": "tool_call_response", "id": "1", "response": value}
    assert message({"role": "tool", "parts": [part]}).parts == (ToolResult(id="1", content=text),)


@pytest.mark.parametrize(
    ("arguments", "read_as"),
    [
        ({"command": "ls"}, {"command": "ls"}),
        ('{"command": "ls"}', {"command": "ls"}),
        ('"{\\"command\\": \\"ls\\"}"', {"command": "ls"}),
        ("ls -l", "ls -l"),
        ("[1, 2]", "[1,2]"),
        ({}, {}),
        (None, None),
    ],
)
def test_arguments_are_an_object_or_the_bare_text(arguments: JsonValue, read_as: object) -> None:
    part: JsonValue = {"type": "tool_call", "id": "1", "name": "bash", "arguments": arguments}
    (call,) = message({"role": "assistant", "parts": [part]}).parts
    assert call == ToolCall(name="bash", id="1", arguments=read_as)  # type: ignore[arg-type]  # the table's values


def test_a_message_in_the_shape_of_chat_completions_is_read() -> None:
    call: JsonValue = {"id": "1", "type": "function", "function": {"name": "bash", "arguments": '{"command":"ls"}'}}
    assert message({"role": "assistant", "content": None, "tool_calls": [call]}).parts == (
        ToolCall(name="bash", id="1", arguments={"command": "ls"}),
    )
    assert message({"role": "tool", "tool_call_id": "1", "content": "done"}).parts == (
        ToolResult(id="1", content="done"),
    )
    assert message({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}).parts == (
        Text("a"),
    )


def test_an_empty_text_before_a_tool_call_is_dropped_but_an_empty_answer_is_kept() -> None:
    empty: JsonValue = {"type": "text", "content": ""}
    call: JsonValue = {"type": "tool_call", "name": "t"}
    assert message({"role": "assistant", "parts": [empty, call]}).parts == (ToolCall(name="t"),)
    assert message({"role": "assistant", "parts": [empty]}).parts == (Text(""),)


def test_reasoning_is_kept_apart_and_images_are_no_text() -> None:
    parts: list[JsonValue] = [
        {"type": "reasoning", "content": "hm"},
        {"type": "blob", "modality": "image", "content": "aGk="},
        {"type": "blob", "modality": "audio", "content": "aGk=", "transcript": "hello"},
        {"type": "uri", "uri": "https://x"},
        {"type": "from_the_future", "content": "new"},
        7,
    ]
    assert message({"role": "assistant", "parts": parts}).parts == (Reasoning("hm"), Text("hello"))


def test_parts_whose_text_was_left_out_are_missing_content() -> None:
    operation = read({**CHAT, "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text"}]}]'})
    assert operation.gaps == {ContentGap.MISSING}
    assert operation.input == (OperationMessage(role="user", parts=()),)


def test_messages_without_parts_keep_their_content() -> None:
    operation = read(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.input.messages": "[]",
            "gen_ai.output.messages": '[{"role":"assistant","content":"Summary","name":"CodeHelper"}]',
        }
    )
    assert operation.input == ()
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("Summary"),)),)
    assert not operation.whole_run_output


def test_an_agent_that_repeats_its_run_says_so() -> None:
    run = [{"role": "assistant", "parts": [{"type": "tool_call", "name": "t"}]}, ANSWER]
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.output.messages": json.dumps(run)}
    assert read(attributes).whole_run_output


@pytest.mark.parametrize("value", [["stop"], '["stop"]', "stop", ("stop",)])
def test_finish_reasons_are_read_in_every_form(value: AttributeValue) -> None:
    assert read({**CHAT, "gen_ai.response.finish_reasons": value}).finish_reasons == ("stop",)


def test_identity_is_read_from_the_span() -> None:
    operation = read(
        {
            **CHAT,
            "gen_ai.agent.name": "A",
            "gen_ai.agent.id": "a1",
            "gen_ai.conversation.id": "c1",
            "gen_ai.response.model": "m-1",
            "gen_ai.response.id": "r1",
            "error.type": "timeout",
        }
    )
    assert (operation.agent_name, operation.agent_id, operation.conversation_id) == ("A", "a1", "c1")
    assert (operation.model, operation.response_id, operation.error) == ("m-1", "r1", "timeout")


def test_an_executed_tool_is_read_from_its_span() -> None:
    operation = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "bash",
            "gen_ai.tool.call.id": "1",
            "gen_ai.tool.call.arguments": '{"command":"ls"}',
            "gen_ai.tool.call.result": '{"result": "README.md"}',
        },
        error="boom",
    )
    tool = operation.tool
    assert tool is not None
    assert (tool.name, tool.call_id, tool.arguments) == ("bash", "1", {"command": "ls"})
    assert (tool.result, tool.error) == ("README.md", "boom")


def test_the_text_that_a_tool_answered_is_not_taken_apart() -> None:
    text = '[{"type": "text", "text": "a"}]  '
    operation = read({"gen_ai.tool.name": "t", "gen_ai.tool.call.result": text})
    assert operation.tool is not None
    assert operation.tool.result == text


def test_a_tool_span_without_a_tool_name_is_named_by_its_span() -> None:
    view = SpanView(name="execute_tool bash", attributes={"gen_ai.operation.name": "execute_tool"}, error="")
    operation = read_span(view)
    assert operation is not None
    assert operation.tool is not None
    assert (operation.tool.name, operation.tool.error) == ("bash", "error")


@pytest.mark.parametrize("name", ["chat", "invoke_agent"])
def test_a_span_without_content_says_so(name: str) -> None:
    assert read({"gen_ai.operation.name": name}).gaps == {ContentGap.MISSING}
    assert read({"gen_ai.operation.name": name}).output is None


def test_other_spans_need_no_content() -> None:
    for name in ("execute_tool", "invoke_workflow", "embeddings"):
        assert read({"gen_ai.operation.name": name}).gaps == frozenset()


def test_references_are_reported_and_not_followed() -> None:
    operation = read(
        {**CHAT, "gen_ai.input.messages_ref": "file:///etc/passwd", "gen_ai.output.messages_ref": "s3://b/o"}
    )
    assert operation.gaps == {ContentGap.BY_REFERENCE}
    assert (operation.input, operation.output) == (None, None)


def test_cut_messages_leave_a_gap() -> None:
    operation = read({**CHAT, "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Please su'})
    assert operation.gaps == {ContentGap.TRUNCATED}
    assert operation.input == (OperationMessage(role="user", parts=(Text("Please su"),)),)


# The older forms.

LEGACY = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}


@pytest.mark.parametrize("carrier", ["span", "event"])
def test_prompt_and_completion_as_one_text_each_are_read(carrier: str) -> None:
    if carrier == "span":
        operation = read({**LEGACY, "gen_ai.prompt": "hello", "gen_ai.completion": "hi"})
    else:
        operation = read(
            LEGACY,
            events=[
                EventView(
                    name="gen_ai.content.prompt", attributes={"gen_ai.prompt": '[{"role":"user","content":"hello"}]'}
                ),
                EventView(name="gen_ai.content.completion", attributes={"gen_ai.completion": "hi"}),
            ],
        )
    assert operation.kind is OperationKind.LLM
    assert operation.input == (OperationMessage(role="user", parts=(Text("hello"),)),)
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("hi"),)),)


def test_indexed_prompts_are_read_in_the_order_of_their_numbers() -> None:
    operation = read(
        {
            "gen_ai.system": "OpenAI",
            "gen_ai.prompt.10.role": "tool",
            "gen_ai.prompt.10.content": "done",
            "gen_ai.prompt.10.tool_call_id": "1",
            "gen_ai.prompt.2.role": "assistant",
            "gen_ai.prompt.2.tool_calls.0.id": "1",
            "gen_ai.prompt.2.tool_calls.0.name": "bash",
            "gen_ai.prompt.2.tool_calls.0.arguments": '{"command":"ls"}',
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be kind.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "hello",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "hi",
            "gen_ai.completion.0.finish_reason": "stop",
            "llm.request.functions.0.name": "bash",
        }
    )
    assert operation.kind is OperationKind.LLM
    assert operation.input == (
        OperationMessage(role="system", parts=(Text("Be kind."),)),
        OperationMessage(role="user", parts=(Text("hello"),)),
        OperationMessage(role="assistant", parts=(ToolCall(name="bash", id="1", arguments={"command": "ls"}),)),
        OperationMessage(role="tool", parts=(ToolResult(id="1", content="done"),)),
    )
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("hi"),), finish_reason="stop"),)
    assert operation.finish_reasons == ("stop",)
    assert operation.tools == (ToolDefinition(name="bash"),)


CALL: AttributeValue = {"id": "1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls"}'}}
EVENTS: list[tuple[str, dict[str, AttributeValue]]] = [
    ("gen_ai.system.message", {"content": "Be kind."}),
    ("gen_ai.user.message", {"content": "hello"}),
    ("gen_ai.assistant.message", {"tool_calls": [CALL]}),
    ("gen_ai.tool.message", {"id": "1", "content": "done"}),
    ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}),
]


def assert_told(operation: Operation) -> None:
    assert operation.system == ("Be kind.",)
    assert operation.input == (
        OperationMessage(role="user", parts=(Text("hello"),)),
        OperationMessage(role="assistant", parts=(ToolCall(name="bash", id="1", arguments={"command": "ls"}),)),
        OperationMessage(role="tool", parts=(ToolResult(id="1", content="done"),)),
    )
    assert operation.output == (OperationMessage(role="assistant", parts=(Text("hi"),)),)
    assert operation.finish_reasons == ("stop",)
    assert operation.gaps == frozenset()


def test_one_span_event_per_message_is_read() -> None:
    assert_told(read(LEGACY, events=[EventView(name=name, attributes=body) for name, body in EVENTS]))


@pytest.mark.parametrize("form", [as_structure, as_json])
def test_one_log_record_per_message_is_joined_in_the_order_of_time(form: object) -> None:
    assert callable(form)
    records = [log(name, form(body), at=at) for at, (name, body) in enumerate(EVENTS)]
    assert_told(join_logs(read(LEGACY), records))
    assert_told(join_logs(read(LEGACY), records[::-1]))


def test_the_name_of_an_event_can_be_an_attribute() -> None:
    content = log("", {"content": "hello"}, attributes={"event.name": "gen_ai.user.message"})
    assert content.input == (OperationMessage(role="user", parts=(Text("hello"),)),)


def test_a_record_that_was_delivered_twice_counts_once() -> None:
    records = [log(name, body, at=at) for at, (name, body) in enumerate(EVENTS)]
    assert_told(join_logs(read(LEGACY), records + records))


def test_records_without_bodies_carry_no_content() -> None:
    records = [
        log("gen_ai.user.message", None, at=1),
        log("gen_ai.choice", {"finish_reason": "stop", "message": {"role": "assistant"}}, at=2),
    ]
    operation = join_logs(read(LEGACY), records)
    assert ContentGap.MISSING in operation.gaps
    assert [message.parts for message in (*(operation.input or ()), *(operation.output or ()))] == [(), ()]


def test_a_pasted_list_is_a_text_and_a_list_of_parts_is_parts() -> None:
    pasted = '[{"type": "invoice", "text": 1}]'
    assert log("gen_ai.user.message", {"content": pasted}).input == (
        OperationMessage(role="user", parts=(Text(pasted),)),
    )
    assert log("gen_ai.user.message", {"content": '[{"text": "hello"}]'}).input == (
        OperationMessage(role="user", parts=(Text("hello"),)),
    )


# Logs and spans together.


def test_content_on_both_span_and_log_is_not_doubled() -> None:
    attributes: dict[str, AttributeValue] = {
        "gen_ai.input.messages": json.dumps([USER]),
        "gen_ai.output.messages": json.dumps([ANSWER]),
    }
    span = read({**CHAT, **attributes})
    details = log("gen_ai.client.inference.operation.details", attributes=attributes)
    legacy = [log(name, body, at=at) for at, (name, body) in enumerate(EVENTS[1:])]
    joined = join_logs(span, [details, *legacy])
    assert (joined.input, joined.output, joined.gaps) == (span.input, span.output, frozenset())


def test_whole_records_come_before_records_of_one_message() -> None:
    details = log("gen_ai.client.inference.operation.details", attributes={"gen_ai.input.messages": json.dumps([USER])})
    joined = join_logs(read(CHAT), [log("gen_ai.user.message", {"content": "other"}), details])
    assert joined.input == (OperationMessage(role="user", parts=(Text("hello"),)),)


def test_a_log_completes_what_an_attribute_limit_cut() -> None:
    span = read({**CHAT, "gen_ai.input.messages": json.dumps([USER])[:40]})
    assert span.gaps == {ContentGap.TRUNCATED}
    details = log("gen_ai.client.inference.operation.details", attributes={"gen_ai.input.messages": [USER]})
    joined = join_logs(span, [details])
    assert joined.input == (OperationMessage(role="user", parts=(Text("hello"),)),)
    assert joined.gaps == frozenset()


def test_a_record_with_tools_only_leaves_the_content_missing() -> None:
    details = log(
        "gen_ai.client.inference.operation.details", attributes={"gen_ai.tool.definitions": [{"name": "bash"}]}
    )
    joined = join_logs(read(CHAT), [details])
    assert joined.gaps == {ContentGap.MISSING}
    assert joined.tools == (ToolDefinition(name="bash"),)


# Any input.

KEYS = st.sampled_from(
    [
        "gen_ai.operation.name",
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.definitions",
        "gen_ai.tool.name",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.response.finish_reasons",
        "gen_ai.prompt",
        "gen_ai.completion",
        "gen_ai.prompt.0.content",
        "gen_ai.prompt.0.tool_calls.0.name",
        "gen_ai.completion.1.tool_calls.99.arguments",
        "gen_ai.input.messages_ref",
        "event.name",
        "content",
        "message",
        "tool_calls",
        "role",
        "id",
    ]
)
WORDS = st.sampled_from(
    [
        "",
        "chat",
        "execute_tool",
        "invoke_agent",
        "user",
        "tool",
        "text",
        "tool_call",
        "tool_call_response",
        "[{",
        '["a',
        "\ud800",
    ]
)
FIELDS = st.sampled_from(
    ["role", "parts", "type", "content", "id", "name", "arguments", "tool_calls", "function", "message", "response"]
)
VALUES: st.SearchStrategy[AttributeValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=5) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=15,
)
AS_WRITTEN = (
    VALUES
    | VALUES.map(lambda value: json.dumps(value, default=str)[:-1])
    | VALUES.map(lambda value: json.dumps(value, default=str))
)
ATTRIBUTES = st.dictionaries(KEYS, AS_WRITTEN, max_size=6)
EVENT_NAMES = st.sampled_from(
    [name for name, _ in EVENTS] + ["gen_ai.client.inference.operation.details", "gen_ai.content.prompt", ""]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(
    ATTRIBUTES,
    st.lists(
        st.builds(lambda name, attributes: EventView(name=name, attributes=attributes), EVENT_NAMES, ATTRIBUTES),
        max_size=3,
    ),
    st.lists(st.tuples(EVENT_NAMES, AS_WRITTEN, ATTRIBUTES, st.integers(0, 2)), max_size=4),
)
def test_reading_is_total_and_joining_needs_no_order(
    attributes: dict[str, AttributeValue],
    events: list[EventView],
    records: list[tuple[str, AttributeValue, dict[str, AttributeValue], int]],
) -> None:
    operation = read_span(SpanView(name="span", attributes=attributes, events=events))
    contents = [
        content
        for name, body, attributes_of_record, at in records
        if (content := read_log(LogView(event_name=name, body=body, attributes=attributes_of_record, time_ns=at)))
    ]
    if operation is not None:
        joined, reversed_ = (join_logs(operation, each) for each in (contents, contents[::-1]))
        assert joined.gaps == reversed_.gaps
        # As text, because no number that is none equals itself; a set has no order to compare as text.
        assert repr(replace(joined, gaps=frozenset())) == repr(replace(reversed_, gaps=frozenset()))
        assert operation.kind is not OperationKind.TOOL or operation.tool is not None


def test_huge_histories_keep_their_head_and_their_tail() -> None:
    history = [{"role": "user", "parts": [{"type": "text", "content": str(number)}]} for number in range(20_000)]
    operation = read({**CHAT, "gen_ai.input.messages": json.dumps(history)})
    assert operation.input is not None
    assert len(operation.input) == 5_000
    assert (operation.input[0].text, operation.input[-1].text) == ("0", "19999")
    assert operation.gaps == {ContentGap.TRUNCATED}


def test_huge_messages_are_read_in_part() -> None:
    parts = [{"type": "text", "content": "x"}] * 50_000
    operation = read({**CHAT, "gen_ai.input.messages": [{"role": "user", "parts": parts}]})
    assert operation.input is not None
    assert len(operation.input[0].parts) == 20_000
    assert operation.gaps == {ContentGap.TRUNCATED}
