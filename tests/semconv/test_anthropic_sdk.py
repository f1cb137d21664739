"""The Anthropic SDK's own spans: the tool runner, after its documentation."""

from semconv.operation import ContentGap, OperationKind
from tests.semconv.spans import read, read_tool


def test_a_model_call_carries_no_content() -> None:
    found = read(
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "anthropic.message.stop_reason": "tool_use"},
        name="anthropic.messages.create",
        scope="com.anthropic.sdk.python",
    )
    assert (found.kind, found.gaps, found.finish_reasons) == (
        OperationKind.LLM,
        frozenset({ContentGap.MISSING}),
        ("tool_use",),
    )


def test_a_tool_that_the_runner_executed_has_its_answer() -> None:
    tool = read_tool(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": '{"city": "Paris"}',
            "anthropic.tool_result.content": '[{"type": "text", "text": "rainy"}]',
        },
        name="anthropic.tool_use get_weather",
    )
    assert (tool.name, tool.arguments, tool.result) == ("get_weather", {"city": "Paris"}, "rainy")
