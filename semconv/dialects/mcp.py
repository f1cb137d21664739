"""Model Context Protocol: client and server spans of the MCP SDKs, fastmcp and Sentry.

``mcp.method.name`` says what was asked for; ``tools/call`` is a tool call, and the handshake that opens a session
stands for the work of the agent that asked for it. Anything else is nothing to judge. The tool
stands in ``gen_ai.tool.name`` or behind the method in the span name. Arguments and results are written only on request:
``gen_ai.tool.call.*`` by the conventions, ``mcp.request.argument.*`` and ``mcp.tool.result.content`` by Sentry. One
call can give an ``execute_tool`` span, a client and a server span: they lie in each other and are brought together
there. Sources: recordings of fastmcp 4 and the MCP SDK 2.3, semantic-conventions v1.41.0 (mcp), docs.sentry.io (MCP).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..dialect import Dialect, no_log
from ..json_text import decode_json
from ..messages import ContentReader, result_text, text_of
from ..operation import JsonValue, Operation, OperationKind, ToolExecution
from ..span_view import Attributes, SpanView
from . import genai, genai_legacy

NAME: Final = "mcp"

_METHOD: Final = "mcp.method.name"
_CALL: Final = "tools/call"
_KINDS: Final = {
    _CALL: OperationKind.TOOL,
    "initialize": OperationKind.WORKFLOW,
    "server/discover": OperationKind.WORKFLOW,
}
_ARGUMENT: Final = "mcp.request.argument."


def read_span(view: SpanView) -> Operation | None:
    """Read a span with ``mcp.method.name``; None for other spans."""
    method = text_of(view.attributes.get(_METHOD))
    if method is None:
        return None
    kind = _KINDS.get(method, OperationKind.OTHER)
    found = genai_legacy.read_as(view, kind, dialect=NAME)
    return replace(
        found,
        name=found.name or method,
        tool=_tool(view) if kind is OperationKind.TOOL else None,
        input=None,
        output=None,
    )


def _tool(view: SpanView) -> ToolExecution:
    reader = ContentReader()
    tool = genai.tool_execution(view, reader)
    name = text_of(view.attributes.get("gen_ai.tool.name")) or text_of(view.attributes.get("mcp.tool.name"))
    content = view.attributes.get("mcp.tool.result.content")
    return replace(
        tool,
        name=name or _name_in(view.name),
        arguments=tool.arguments if tool.arguments is not None else _arguments(view.attributes),
        result=tool.result if tool.result is not None else result_text(reader.structure(content)),
        error=tool.error or ("error" if view.attributes.get("mcp.tool.result.is_error") is True else None),
    )


def _name_in(span_name: str) -> str:
    """Return the tool of a span named ``tools/call {tool}``, also with words before."""
    _, method, rest = span_name.partition(_CALL)
    return rest.strip() or genai.UNKNOWN_TOOL if method else genai.UNKNOWN_TOOL


def _arguments(attributes: Attributes) -> dict[str, JsonValue] | None:
    """Read arguments that are one attribute each, as JSON."""
    found: dict[str, JsonValue] = {}
    for key, value in attributes.items():
        if key.startswith(_ARGUMENT) and isinstance(value, str):
            decoded = decode_json(f"[{value}]")
            items = decoded.value if decoded is not None and not decoded.truncated else None
            found[key[len(_ARGUMENT) :]] = items[0] if isinstance(items, list) and len(items) == 1 else value
    return found or None


DIALECT: Final = Dialect(name=NAME, markers=(b"mcp.method.name",), read_span=read_span, read_log=no_log)
