"""Strands Agents, also under Bedrock AgentCore: message events of the older form, with rules of their own.

On a tool span ``gen_ai.tool.message`` carries the *arguments* and ``gen_ai.choice`` the result; versions before
1.0 write the system prompt into an attribute ``system_prompt``, and the agent span names its tools in
``gen_ai.agent.tools``. With the opt-in for the present form, results are lists of Bedrock content blocks.
Source: strands-agents 0.2.1 and 1.62, ``strands.telemetry.tracer``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, is_sequence, result_text, text_of
from ..operation import LogContent, Operation, OperationKind, ToolDefinition, ToolExecution
from ..span_view import LogView, SpanView
from . import genai, genai_legacy

NAME: Final = "strands"

_SYSTEM: Final = "strands-agents"
_SCOPE: Final = "strands."


def read_span(view: SpanView) -> Operation | None:
    """Read a span of Strands; None for other spans."""
    system = view.attributes.get("gen_ai.system") or view.attributes.get("gen_ai.provider.name")
    if system != _SYSTEM and not view.scope_name.startswith(_SCOPE):
        return None
    operation = genai_legacy.read_span(view) or genai.read_span(view)
    if operation is None:
        return None
    if operation.tool is not None:
        # What the events of a tool span say is the call, no conversation.
        return replace(operation, dialect=NAME, input=None, output=None, tool=_tool(view, operation.tool))
    if operation.kind is OperationKind.AGENT:
        return _agent(view, operation)
    return replace(operation, dialect=NAME)


def read_log(_: LogView) -> LogContent | None:
    """Strands writes no log records."""
    return None


def _agent(view: SpanView, operation: Operation) -> Operation:
    prompt = text_of(view.attributes.get("system_prompt"))
    names = ContentReader().structure(view.attributes.get("gen_ai.agent.tools"))
    tools = [ToolDefinition(name=name) for name in names if isinstance(name, str)] if is_sequence(names) else []
    return replace(
        operation,
        dialect=NAME,
        system=(prompt,) if operation.system is None and prompt else operation.system,
        tools=tuple(tools) or operation.tools,
    )


def _tool(view: SpanView, tool: ToolExecution) -> ToolExecution:
    reader = ContentReader()
    result = tool.result
    if result is not None:
        result = _block_text(result)
    for event in view.events:
        if event.name == "gen_ai.tool.message" and tool.arguments is None:
            tool = replace(tool, arguments=reader.arguments(event.attributes.get("content")))
        elif event.name == "gen_ai.choice" and result is None:
            result = _block_text(event.attributes.get("message"))
    status = view.attributes.get("gen_ai.tool.status") or view.attributes.get("tool.status")
    error = tool.error or (result or "error" if status == "error" else None)
    return replace(tool, result=result, error=error)


def _block_text(value: object) -> str | None:
    """Return the text of a JSON list of content blocks; what is none is the text itself."""
    blocks = ContentReader().structure(value)
    return result_text(blocks if is_sequence(blocks) else value)


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
