"""MCP spans: what no recording shows."""

import pytest

from semconv.operation import OperationKind
from semconv.span_view import AttributeValue
from tests.semconv.spans import read, read_tool

CALL: dict[str, AttributeValue] = {"mcp.method.name": "tools/call"}


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("tools/call", OperationKind.TOOL),
        ("initialize", OperationKind.WORKFLOW),
        ("server/discover", OperationKind.WORKFLOW),
        ("tools/list", OperationKind.OTHER),
        ("resources/read", OperationKind.OTHER),
        ("sampling/createMessage", OperationKind.OTHER),
        ("ping", OperationKind.OTHER),
    ],
)
def test_only_a_tool_call_is_a_tool(method: str, kind: OperationKind) -> None:
    found = read({"mcp.method.name": method, "mcp.session.id": "s"})
    assert (found.kind, found.name, found.conversation_id) == (kind, method, None)


@pytest.mark.parametrize(
    ("name", "attributes", "tool"),
    [
        ("tools/call bash", {}, "bash"),
        ("MCP send tools/call bash", {}, "bash"),
        ("tools/call bash", {"gen_ai.tool.name": "server_bash"}, "server_bash"),
        ("tools/call bash", {"mcp.tool.name": "bash"}, "bash"),
        ("tools/call", {}, "unknown"),
        ("POST", {}, "unknown"),
    ],
)
def test_the_tool_stands_in_an_attribute_or_behind_the_method(
    name: str, attributes: dict[str, AttributeValue], tool: str
) -> None:
    assert read_tool(CALL | attributes, name=name).name == tool


def test_content_by_the_conventions_is_read() -> None:
    attributes: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "bash",
        "gen_ai.tool.call.arguments": '{"command": "ls"}',
        "gen_ai.tool.call.result": '{"content": [{"type": "text", "text": "a b"}]}',
        "error.type": "tool_error",
    }
    tool = read_tool(CALL | attributes)
    assert (tool.name, tool.arguments, tool.result, tool.error) == ("bash", {"command": "ls"}, "a b", "tool_error")


def test_content_as_sentry_writes_it_is_read() -> None:
    attributes: dict[str, AttributeValue] = {
        "mcp.tool.name": "get_weather",
        "mcp.request.argument.city": '"Paris"',
        "mcp.request.argument.days": "3",
        "mcp.request.argument.note": "not JSON",
        "mcp.tool.result.content": '[{"type": "text", "text": "rainy"}]',
        "mcp.tool.result.is_error": True,
    }
    tool = read_tool(CALL | attributes)
    assert tool.arguments == {"city": "Paris", "days": 3, "note": "not JSON"}
    assert (tool.name, tool.result, tool.error) == ("get_weather", "rainy", "error")


def test_what_was_not_captured_is_none() -> None:
    tool = read_tool(CALL, name="tools/call bash")
    assert (tool.arguments, tool.result, tool.error) == (None, None, None)
