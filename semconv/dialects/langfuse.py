"""Langfuse SDK 3 and later: observations as spans.

``langfuse.observation.type`` says what a span is (agent, tool, generation, chain, retriever, span, ...);
``langfuse.observation.input`` and ``.output`` hold whatever the observed function was given and gave back, as text or
JSON. Generations of the model wrappers carry the request's ``messages`` and ``tools``. Sources: recordings of
langfuse 5.0 (agent, tool, generation), langfuse.com/docs/observability/data-model (the other types).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..call_shapes import answered, called_tool, spoken
from ..dialect import Dialect, no_log
from ..messages import ContentReader, is_mapping, is_sequence, text_of
from ..operation import Operation, OperationKind, OperationMessage, ToolExecution
from ..span_view import Attributes, SpanView
from . import genai, genai_legacy
from .genai import Content

NAME: Final = "langfuse"

_TYPE: Final = "langfuse.observation.type"
_INPUT: Final = "langfuse.observation.input"
_OUTPUT: Final = "langfuse.observation.output"
_KINDS: Final[Mapping[str, OperationKind]] = {
    "generation": OperationKind.LLM,
    "agent": OperationKind.AGENT,
    "tool": OperationKind.TOOL,
    "chain": OperationKind.WORKFLOW,
    "retriever": OperationKind.RETRIEVAL,
}


def read_span(view: SpanView) -> Operation | None:
    """Read a span with ``langfuse.observation.type``; None for other spans."""
    attributes = view.attributes
    written = text_of(attributes.get(_TYPE))
    if written is None:
        return None
    kind = _KINDS.get(written.lower(), OperationKind.OTHER)
    if attributes.get(_INPUT) is None and attributes.get(_OUTPUT) is None:
        return _named(genai_legacy.read_as(view, kind, dialect=NAME), view)
    reader = ContentReader()
    content = Content()
    if kind is OperationKind.LLM:
        content = _generation(attributes, reader)
    elif kind is OperationKind.AGENT:
        content.input = _said(attributes, _INPUT, "user", reader)
        content.output = _said(attributes, _OUTPUT, "assistant", reader)
    found = genai.operation(view, content, reader, dialect=NAME, kind=kind)
    tool = _tool(view, reader) if kind is OperationKind.TOOL else None
    return _named(replace(found, tool=tool, gaps=frozenset(reader.gaps)), view)


def _said(attributes: Attributes, key: str, role: str, reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    value = attributes.get(key)
    return None if value is None else spoken(value, role, reader)


def _named(operation: Operation, view: SpanView) -> Operation:
    attributes = view.attributes
    agent = view.name if operation.kind is OperationKind.AGENT else None
    return replace(
        operation,
        agent_name=operation.agent_name or agent,
        model=operation.model or text_of(attributes.get("langfuse.observation.model.name")),
        error=operation.error or _failure(attributes),
    )


def _failure(attributes: Attributes) -> str | None:
    if text_of(attributes.get("langfuse.observation.level")) != "ERROR":
        return None
    return text_of(attributes.get("langfuse.observation.status_message")) or "error"


def _generation(attributes: Attributes, reader: ContentReader) -> Content:
    """Read a model call: a request with ``messages`` and ``tools``, a list of messages, or a text."""
    content = Content(output=_said(attributes, _OUTPUT, "assistant", reader))
    given = reader.structure(attributes.get(_INPUT))
    if is_mapping(given):
        if is_sequence(given.get("tools")):
            content.tools = ContentReader().tool_definitions(given["tools"])
        instructions = given.get("instructions") or given.get("system")
        if instructions is not None:
            content.system = reader.instructions(instructions)
    elif is_sequence(given):
        # The LangChain callback lists the tools that were offered behind the messages.
        offered = [item["content"] for item in given if is_mapping(item) and _is_offer(item)]
        if offered:
            content.tools = ContentReader().tool_definitions(offered)
            given = [item for item in given if not (is_mapping(item) and _is_offer(item))]
    content.input = None if given is None else spoken(given, "user", reader)
    return content


def _is_offer(message: Mapping[str, object]) -> bool:
    """Tell a tool definition that stands where a tool's answer would."""
    offer = message.get("content")
    if message.get("role") != "tool" or not is_mapping(offer):
        return False
    function = offer.get("function")
    described: Mapping[str, object] = function if is_mapping(function) else offer
    return "name" in described and ("parameters" in described or "input_schema" in described)


def _tool(view: SpanView, reader: ContentReader) -> ToolExecution:
    attributes = view.attributes
    called = called_tool(view.name, attributes.get(_INPUT), reader)
    tool = ToolExecution(
        name=text_of(attributes.get("gen_ai.tool.name")) or called.name or view.name or genai.UNKNOWN_TOOL,
        call_id=text_of(attributes.get("gen_ai.tool.call.id")),
        arguments=called.arguments,
        error=genai.error_text(view) or _failure(attributes),
    )
    return answered(tool, attributes.get(_OUTPUT), reader)


DIALECT: Final = Dialect(name=NAME, markers=(b"langfuse.observation.type",), read_span=read_span, read_log=no_log)
