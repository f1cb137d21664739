"""OpenAI Agents SDK through OpenTelemetry's own instrumentation (opentelemetry-instrumentation-openai-agents-v2).

In 0.1.0 a requested tool call is a text part that holds the Python representation of the SDK's object, and spans that
do not know their agent name it "OpenAI Agent".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, is_mapping, text_of
from ..operation import LogContent, Operation, OperationMessage, Part, Text, ToolCall
from ..python_repr import CLASS, decode_repr
from ..span_view import LogView, SpanView
from . import genai, genai_legacy

NAME: Final = "openai-agents"

_SCOPE: Final = "opentelemetry.instrumentation.openai_agents"
_PLACEHOLDER: Final = "OpenAI Agent"
_CALL_TYPES: Final = frozenset({"function_call", "custom_tool_call", "mcp_call"})


def read_span(view: SpanView) -> Operation | None:
    """Read a span of this instrumentation; None for other spans."""
    if view.scope_name != _SCOPE:
        return None
    operation = genai_legacy.read_span(view) or genai.read_span(view)
    if operation is None:
        return None
    return replace(
        operation,
        dialect=NAME,
        agent_name=None if operation.agent_name == _PLACEHOLDER else operation.agent_name,
        input=_with_calls(operation.input),
        output=_with_calls(operation.output),
    )


def read_log(_: LogView) -> LogContent | None:
    """The log records of this instrumentation are those of the GenAI conventions."""
    return None


def _with_calls(messages: Iterable[OperationMessage] | None) -> tuple[OperationMessage, ...] | None:
    if messages is None:
        return None
    return tuple(
        replace(message, parts=tuple(map(_part, message.parts))) if message.role == "assistant" else message
        for message in messages
    )


def _part(part: Part) -> Part:
    """Return the tool call that a text represents, any other part as it is."""
    # A cheap look first: answers are long and rarely representations.
    if not isinstance(part, Text) or "(" not in part.content[:100] or "call_id=" not in part.content:
        return part
    decoded = decode_repr(part.content)
    if decoded is None or not is_mapping(decoded.value) or CLASS not in decoded.value:
        return part
    fields = decoded.value
    name = text_of(fields.get("name"))
    if name is None or fields.get("type") not in _CALL_TYPES:
        return part
    arguments = ContentReader().arguments(fields.get("arguments", fields.get("input")))
    return ToolCall(name=name, id=text_of(fields.get("call_id")), arguments=arguments)


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
