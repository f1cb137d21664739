"""Traceloop's OpenLLMetry: spans of workflows, agents, tasks and tools beside the GenAI conventions.

``traceloop.span.kind`` says what a span is, ``traceloop.entity.input`` and ``traceloop.entity.output`` hold JSON:
``{"inputs": ...}`` and ``{"outputs": ...}`` from LangChain's callbacks, ``{"args": [...], "kwargs": {...}}`` and the
returned value from decorated functions. LangChain's tool arguments and answers come wrapped in the same way, the
arguments also as a Python representation ``input_str``. Model calls carry the GenAI conventions: indexed
``gen_ai.prompt.N`` until 0.4x, the present form since.
Source: opentelemetry-instrumentation-{openai,anthropic,langchain,mcp} 0.40 to 0.62, traceloop-sdk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..json_text import decode_json, to_json_value
from ..message_shapes import plain_message
from ..messages import ContentReader, is_mapping, is_sequence, result_text, text_of
from ..operation import JsonValue, LogContent, Operation, OperationKind, ToolExecution, ToolResult
from ..python_repr import decode_repr
from ..span_view import Attributes, LogView, SpanView
from . import genai, genai_legacy
from .genai import Content

NAME: Final = "traceloop"

_PREFIX: Final = "traceloop."
_KIND: Final = _PREFIX + "span.kind"
_ENTITY: Final = _PREFIX + "entity.name"
_INPUT: Final = _PREFIX + "entity.input"
_OUTPUT: Final = _PREFIX + "entity.output"
_REQUEST_TYPE: Final = "llm.request.type"
_CONVERSATION_KEYS: Final = tuple(
    f"{_PREFIX}association.properties.{name}" for name in ("thread_id", "session_id", "conversation_id", "chat_id")
)
_KINDS: Final[Mapping[str, OperationKind]] = {
    "workflow": OperationKind.WORKFLOW,
    "agent": OperationKind.AGENT,
    "tool": OperationKind.TOOL,
    "task": OperationKind.OTHER,
}


def read_span(view: SpanView) -> Operation | None:
    """Read a span with any ``traceloop.`` attribute, or of a request that is no conversation; None for others."""
    attributes = view.attributes
    if not any(key.startswith(_PREFIX) for key in attributes) and _REQUEST_TYPE not in attributes:
        return None
    operation = genai_legacy.read_span(view) or genai.read_span(view)
    kind = _KINDS.get((text_of(attributes.get(_KIND)) or "").lower())
    if operation is None:
        if kind is None:
            return None
        operation = Operation(kind=kind, dialect=NAME, error=genai.error_text(view))
    if kind is not None and operation.kind is OperationKind.OTHER and not operation.name:
        operation = replace(operation, kind=kind)
    if attributes.get(_REQUEST_TYPE) in ("embedding", "rerank"):
        # What is embedded is not asked.
        return replace(operation, dialect=NAME, kind=OperationKind.OTHER, input=None, gaps=frozenset())
    entity = text_of(attributes.get(_ENTITY))
    conversation = next((text_of(attributes[key]) for key in _CONVERSATION_KEYS if attributes.get(key)), None)
    operation = replace(operation, dialect=NAME, conversation_id=operation.conversation_id or conversation)
    if operation.kind is OperationKind.TOOL:
        return replace(operation, tool=_tool(view, operation.tool, entity))
    if operation.kind is OperationKind.AGENT:
        return _agent(attributes, operation, entity)
    return operation


def read_log(_: LogView) -> LogContent | None:
    """The log records of these instrumentations are those of the GenAI conventions."""
    return None


def _agent(attributes: Attributes, operation: Operation, entity: str | None) -> Operation:
    operation = replace(operation, agent_name=operation.agent_name or entity)
    if operation.input is not None or operation.output is not None:
        return operation
    reader = ContentReader()
    content = Content()
    given = _messages(attributes.get(_INPUT), "inputs", reader)
    if given is not None:
        content.input = reader.messages(given, "user")
    if content.is_empty:
        return operation
    return replace(operation, input=content.input, gaps=frozenset(reader.gaps))


def _messages(value: object, key: str, reader: ContentReader) -> object:
    """Return the messages in the state that a graph was given, if it has some."""
    structure = reader.structure(value)
    state = structure.get(key) if is_mapping(structure) else None
    messages = state.get("messages") if is_mapping(state) else None
    return messages if is_sequence(messages) else None


def _tool(view: SpanView, known: ToolExecution | None, entity: str | None) -> ToolExecution:
    attributes = view.attributes
    given = attributes.get("gen_ai.tool.call.arguments")
    wrapped = ContentReader().structure(attributes.get(_INPUT) if given is None else given)
    name, arguments, call_id = _unwrapped_call(wrapped)
    returned = attributes.get("gen_ai.tool.call.result")
    result = _answer(attributes.get(_OUTPUT) if returned is None else returned)
    named = text_of(attributes.get("gen_ai.tool.name")) or name or entity or (known.name if known else "unknown")
    return ToolExecution(
        name=named,
        call_id=(known.call_id if known else None) or call_id or (result.id if result else None),
        arguments=arguments,
        result=result.content if result else None,
        error=genai.error_text(view),
    )


def _unwrapped_call(value: object) -> tuple[str | None, dict[str, JsonValue] | str | None, str | None]:
    """Return the tool's name, arguments and call id, as far as its input tells them."""
    reader = ContentReader()
    if not is_mapping(value):
        return None, reader.arguments(value), None
    kwargs = value.get("kwargs")
    if "input_str" in value or "inputs" in value:
        call_id = text_of(kwargs.get("tool_call_id")) if is_mapping(kwargs) else None
        inputs = value.get("inputs")
        if not is_mapping(inputs):
            inputs = _from_repr(value.get("input_str") if inputs is None else inputs)
        return None, reader.arguments(inputs), call_id
    if set(value) == {"args", "kwargs"} and is_sequence(value["args"]) and is_mapping(kwargs):
        args = value["args"]
        named = {str(key): to_json_value(item) for key, item in kwargs.items()}
        if not args:
            return None, named, None
        if len(args) == 1 and not named:
            return None, reader.arguments(args[0]), None
        return None, {"args": to_json_value(args), **named}, None
    if "tool_name" in value and "arguments" in value:
        return text_of(value["tool_name"]), reader.arguments(value["arguments"]), None
    return None, reader.arguments(value), None


def _from_repr(value: object) -> object:
    """Return the dict that a text represents, else the text: tools of one argument are given it bare."""
    decoded = decode_repr(value) if isinstance(value, str) and value[:1] == "{" else None
    return decoded.value if decoded is not None and is_mapping(decoded.value) and not decoded.truncated else value


def _answer(value: object) -> ToolResult | None:
    """Return what a tool answered, taken out of LangChain's or MCP's wrapping."""
    if value is None:
        return None
    structure = ContentReader().structure(value)
    if isinstance(structure, str):
        quoted = decode_json(f"[{structure}]") if structure[:1] == '"' else None
        items = quoted.value if quoted is not None and not quoted.truncated else None
        only = items[0] if isinstance(items, list) and len(items) == 1 else None
        return ToolResult(content=only if isinstance(only, str) else structure)
    if is_mapping(structure) and "output" in structure and set(structure) <= {"output", "kwargs"}:
        structure = structure["output"]
    if not is_mapping(structure):
        return ToolResult(content=result_text(structure))
    message = plain_message(structure)
    if message.get("role") == "tool":
        return ToolResult(id=text_of(message.get("tool_call_id")), content=result_text(message.get("content")))
    parts = structure.get("content")
    return ToolResult(content=result_text({"content": parts} if is_sequence(parts) else structure))


DIALECT: Final = Dialect(
    name=NAME, markers=(b"traceloop.span.kind", b"gen_ai."), read_span=read_span, read_log=read_log
)
