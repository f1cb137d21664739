"""LangSmith's OpenTelemetry exporter: LangChain and LangGraph runs as spans.

Every span carries ``langsmith.span.kind`` (chain, llm, tool, retriever, ...). Its inputs stand in ``gen_ai.prompt``
and its outputs in ``gen_ai.completion``, each as one JSON text: serialised LangChain messages for models, the state
of the graph for chains, arguments and the tool's message for tools. Other libraries write the kind beside content
in the forms of the conventions; those are read where they stand. Sources: recordings of langsmith 0.14,
docs.langchain.com/langsmith/trace-with-opentelemetry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ..call_shapes import answered, called_tool, spoken
from ..dialect import Dialect, no_log
from ..messages import ContentReader, is_mapping, text_of
from ..operation import (
    Operation,
    OperationKind,
    OperationMessage,
    ToolDefinition,
    ToolExecution,
)
from ..span_view import Attributes, SpanView
from . import genai, genai_legacy
from .genai import Content

NAME: Final = "langsmith"

_KIND: Final = "langsmith.span.kind"
_METADATA: Final = "langsmith.metadata."
_PROMPT: Final = "gen_ai.prompt"
_COMPLETION: Final = "gen_ai.completion"
_KINDS: Final[Mapping[str, OperationKind]] = {
    "llm": OperationKind.LLM,
    "tool": OperationKind.TOOL,
    "retriever": OperationKind.RETRIEVAL,
    "agent": OperationKind.AGENT,
}
_THREAD_KEYS: Final = ("thread_id", "session_id", "conversation_id")


def read_span(view: SpanView) -> Operation | None:
    """Read a span with ``langsmith.span.kind``; None for other spans."""
    written = text_of(view.attributes.get(_KIND))
    if written is None:
        return None
    attributes = view.attributes
    kind = _kind(view, written.lower())
    if attributes.get(_PROMPT) is None and attributes.get(_COMPLETION) is None:
        return _named(genai_legacy.read_as(view, kind, dialect=NAME), attributes)
    reader = ContentReader()
    content = _content(attributes, reader, kind)
    found = genai.operation(view, content, reader, dialect=NAME, kind=kind)
    return replace(
        _named(found, attributes),
        tool=_tool(view, reader) if kind is OperationKind.TOOL else None,
        gaps=frozenset(reader.gaps),
    )


def _named(operation: Operation, attributes: Attributes) -> Operation:
    return replace(
        operation,
        dialect=NAME,
        agent_name=operation.agent_name or _metadata(attributes, "lc_agent_name"),
        conversation_id=operation.conversation_id or _conversation(attributes),
        model=operation.model or _metadata(attributes, "ls_model_name"),
    )


def _kind(view: SpanView, written: str) -> OperationKind:
    """Classify a span. A chain is an agent when it is named as the agent that it belongs to.

    The steps of a graph carry the name of their agent too, under span names of their own.
    """
    kind = _KINDS.get(written)
    if kind is not None:
        return kind
    if written != "chain":
        return OperationKind.OTHER
    agent = _metadata(view.attributes, "lc_agent_name")
    if agent is not None and agent in (view.name, text_of(view.attributes.get("langsmith.trace.name"))):
        return OperationKind.AGENT
    step = view.attributes.get(f"{_METADATA}langgraph_node") is not None
    return OperationKind.OTHER if step else OperationKind.WORKFLOW


def _metadata(attributes: Attributes, key: str) -> str | None:
    return text_of(attributes.get(_METADATA + key))


def _conversation(attributes: Attributes) -> str | None:
    found = (_metadata(attributes, key) for key in _THREAD_KEYS)
    # langsmith.trace.session_id is no conversation: it names the project.
    return next((value for value in found if value), None)


def _content(attributes: Attributes, reader: ContentReader, kind: OperationKind) -> Content:
    if kind not in (OperationKind.LLM, OperationKind.AGENT):
        return Content()
    content = Content()
    if attributes.get(_PROMPT) is not None:
        content.input = spoken(attributes[_PROMPT], "user", reader)
    if attributes.get(_COMPLETION) is not None:
        content.output = spoken(attributes[_COMPLETION], "assistant", reader)
    if kind is OperationKind.AGENT and content.input and content.output:
        content.input, content.output = without_history(content.input, content.output)
    content.tools = _tools(attributes)
    return content


def without_history(
    given: Sequence[OperationMessage], returned: Sequence[OperationMessage]
) -> tuple[tuple[OperationMessage, ...], tuple[OperationMessage, ...]]:
    """Divide the state that a graph returns into what it was given, history included, and what the run added."""
    last = given[-1]
    for place in range(len(returned) - 1, -1, -1):
        if returned[place].text == last.text and returned[place].role == last.role and last.text:
            return tuple(returned[: place + 1]), tuple(returned[place + 1 :])
    return tuple(given), tuple(returned)


def _tools(attributes: Attributes) -> tuple[ToolDefinition, ...] | None:
    tools = attributes.get("gen_ai.tool.definitions")
    return None if tools is None else ContentReader().tool_definitions(tools)


def _tool(view: SpanView, reader: ContentReader) -> ToolExecution:
    """Read a tool span: its prompt holds the arguments, its completion the message that the tool gave back."""
    base = genai.tool_execution(view, reader)
    given = reader.structure(view.attributes.get(_PROMPT))
    if is_mapping(given) and set(given) == {"input"}:
        # A whole call, or arguments as JSON text; a bare text is the argument of that name.
        inner = reader.structure(given["input"])
        given = inner if is_mapping(inner) else given
    called = called_tool(view.name, given, reader)
    name = text_of(view.attributes.get("gen_ai.tool.name")) or called.name or base.name
    arguments = called.arguments if called.arguments is not None else base.arguments
    tool = replace(base, name=name, arguments=arguments)
    return answered(tool, view.attributes.get(_COMPLETION), reader)


DIALECT: Final = Dialect(name=NAME, markers=(b"langsmith.span.kind",), read_span=read_span, read_log=no_log)
