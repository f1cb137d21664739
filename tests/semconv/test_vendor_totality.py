"""Whatever stands in the attributes of the vendor dialects, reading gives an operation and never an exception."""

import json

import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from otel_safety.rebuild import rebuild
from semconv.operation import JsonValue, OperationKind
from semconv.reader import read_log, read_span
from semconv.span_view import AttributeValue, EventView, LogView, SpanView
from tests.rebuild.made import closed, held

# Discriminators with the values that choose a reader, so that most examples reach one.
DISCRIMINATORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ai.operationId", ("ai.generateText", "ai.streamText.doStream", "ai.toolCall", "ai.embed")),
    ("langsmith.span.kind", ("chain", "llm", "tool", "retriever", "x")),
    ("langfuse.observation.type", ("agent", "generation", "tool", "span")),
    ("mcp.method.name", ("tools/call", "initialize", "tools/list")),
    ("request_data", ("{}",)),
    ("anthropic.tool_result.content", ("[]",)),
)
NAMES = ("span", "run_tool", "claude_code.interaction", "claude_code.tool", "claude_code.llm_request")
KEYS = (
    *("ai.prompt", "ai.prompt.messages", "ai.prompt.tools", "ai.response.text", "ai.response.toolCalls"),
    *("ai.response.object", "ai.toolCall.name", "ai.toolCall.args", "ai.toolCall.result", "ai.telemetry.functionId"),
    *("ai.telemetry.metadata.sessionId", "gen_ai.prompt", "gen_ai.completion", "gen_ai.tool.definitions"),
    *("langsmith.metadata.lc_agent_name", "langsmith.metadata.thread_id", "gen_ai.tool.name"),
    *("langfuse.observation.input", "langfuse.observation.output", "langfuse.observation.level"),
    *("request_data", "response_data", "logfire.span_type", "mcp.request.argument.a", "mcp.tool.result.content"),
    *("anthropic.tool_result.content", "user_prompt", "tool_name", "full_command", "tool_use_id", "session.id"),
    *("gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.tool.call.arguments"),
)
FIELDS = (
    *("messages", "generations", "choices", "message", "role", "type", "content", "parts", "text", "tool_calls"),
    *("id", "kwargs", "data", "lc", "args", "input", "output", "result", "value", "name", "function", "system"),
    *("prompt", "toolCallId", "toolName", "generation_info", "additional_kwargs", "response_metadata", "tools"),
    *("tool_call_id", "status", "finish_reason", "combined_chunk_content", "question", "arguments"),
)
WORDS = (
    *("", "null", "user", "assistant", "human", "ai", "tool", "constructor", "AIMessage", "text", "tool-call"),
    *(
        "tool-result",
        "tool_call",
        "function_call",
        "function_call_output",
        "json",
        "chain",
        "agent",
        "bash",
        "[{",
        '{"a',
    ),
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=15,
)
WRITTEN: st.SearchStrategy[AttributeValue] = (
    VALUES.map(json.dumps) | VALUES.map(json.dumps) | VALUES.map(lambda value: json.dumps(value)[:-2]) | VALUES
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), WRITTEN, max_size=6)
CHOSEN = st.sampled_from([(key, value) for key, values in DISCRIMINATORS for value in values])
EVENT_ATTRIBUTES = st.dictionaries(st.sampled_from(["output", "input", "bash_command", "message"]), WRITTEN, max_size=3)
EVENTS = st.lists(st.tuples(st.sampled_from(["tool.output", "gen_ai.choice"]), EVENT_ATTRIBUTES), max_size=2)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(st.sampled_from(NAMES), CHOSEN, ATTRIBUTES, EVENTS)
def test_any_attributes_give_an_operation_that_can_be_rebuilt(
    name: str,
    chosen: tuple[str, str],
    attributes: dict[str, AttributeValue],
    events: list[tuple[str, dict[str, AttributeValue]]],
) -> None:
    given = [EventView(name=event, attributes=carried) for event, carried in events]
    for scope in ("logfire.openai", "com.anthropic.sdk.python"):
        view = SpanView(name=name, attributes={chosen[0]: chosen[1], **attributes}, events=given, scope_name=scope)
        operation = read_span(view)
        if operation is None:
            continue
        assert (operation.tool is not None) == (operation.kind is OperationKind.TOOL)
        for run in rebuild(closed(held("span", operation), held("under", operation, parent="span", at=(1, 9)))):
            assert run.traces


@settings(max_examples=100, deadline=None)
@hypothesis.given(
    st.sampled_from(["user_prompt", "assistant_response", "tool_result", "api_request_body", "api_response_body"]),
    st.dictionaries(
        st.sampled_from(["prompt", "response", "body", "body_ref", "tool_name", "tool_parameters", "tool_use_id"]),
        WRITTEN,
        max_size=4,
    ),
    WRITTEN,
)
def test_any_event_of_claude_code_is_read(
    name: str, attributes: dict[str, AttributeValue], body: AttributeValue
) -> None:
    content = read_log(LogView(event_name=f"claude_code.{name}", body=body, attributes=attributes))
    assert content is None or content.dialect == "claude-code"
