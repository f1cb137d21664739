"""OpenTelemetry GenAI conventions, present form (semantic conventions 1.37 and later).

Content stands in ``gen_ai.system_instructions``, ``gen_ai.input.messages``, ``gen_ai.output.messages`` and
``gen_ai.tool.*``: as JSON text, as a structured value or as bare text; on the span, in a span event or in a
log record ``gen_ai.client.inference.operation.details``. Source: semantic-conventions v1.41.0, gen-ai-spans,
gen-ai-events; deviations as seen in real telemetry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, finish_reasons, is_mapping, result_text, text_of
from ..operation import (
    ContentGap,
    LogContent,
    Operation,
    OperationKind,
    OperationMessage,
    ToolCall,
    ToolDefinition,
    ToolExecution,
    ToolResult,
)
from ..span_view import Attributes, AttributeValue, LogView, SpanView

NAME: Final = "genai"
PREFIX: Final = "gen_ai."
DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"
UNKNOWN_TOOL: Final = "unknown"

_SYSTEM: Final = "gen_ai.system_instructions"
_INPUT: Final = "gen_ai.input.messages"
_OUTPUT: Final = "gen_ai.output.messages"
_TOOLS: Final = "gen_ai.tool.definitions"
_CONTENT_KEYS: Final = (_SYSTEM, _INPUT, _OUTPUT)

_KINDS: Final[Mapping[str, OperationKind]] = {
    "chat": OperationKind.LLM,
    "text_completion": OperationKind.LLM,
    "completion": OperationKind.LLM,
    "generate_content": OperationKind.LLM,
    "execute_tool": OperationKind.TOOL,
    "invoke_agent": OperationKind.AGENT,
    "invoke_workflow": OperationKind.WORKFLOW,
    "retrieval": OperationKind.RETRIEVAL,
    "create_agent": OperationKind.OTHER,
    "embeddings": OperationKind.OTHER,
    "plan": OperationKind.OTHER,
}


@dataclass(slots=True, kw_only=True)
class Content:
    """Content of one span or record. ``None``: the field does not occur."""

    system: tuple[str, ...] | None = None
    input: tuple[OperationMessage, ...] | None = None
    output: tuple[OperationMessage, ...] | None = None
    tools: tuple[ToolDefinition, ...] | None = None
    finish_reasons: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when neither instructions nor messages occur."""
        return self.system is None and self.input is None and self.output is None

    def fill_from(self, other: Content) -> None:
        """Take what ``other`` has and this one lacks."""
        self.system = other.system if self.system is None else self.system
        self.input = other.input if self.input is None else self.input
        self.output = other.output if self.output is None else self.output
        self.tools = other.tools if self.tools is None else self.tools
        self.finish_reasons = self.finish_reasons or other.finish_reasons


def read_span(view: SpanView) -> Operation | None:
    """Read a span with any ``gen_ai.`` attribute; None for other spans."""
    details = [event for event in view.events if event.name == DETAILS_EVENT]
    if not details and not any(key.startswith(PREFIX) for key in view.attributes):
        return None
    reader = ContentReader()
    content = read_content(view.attributes, reader)
    for event in details:
        content.fill_from(read_content(event.attributes, reader))
    return operation(view, content, reader, dialect=NAME)


def read_log(view: LogView) -> LogContent | None:
    """Read a record ``gen_ai.client.inference.operation.details``; None for other records."""
    if event_name(view) != DETAILS_EVENT:
        return None
    reader = ContentReader()
    content = read_content(view.attributes, reader)
    body = reader.structure(view.body)
    if is_mapping(body):
        content.fill_from(read_content(body, reader))
    if content.is_empty:
        reader.gaps.add(absence((view.attributes,)))
    return LogContent(
        dialect=NAME,
        system=content.system,
        input=content.input,
        output=content.output,
        tools=content.tools,
        finish_reasons=content.finish_reasons,
        gaps=frozenset(reader.gaps),
        sequence=view.time_ns,
    )


def has_content(attributes: Mapping[str, object]) -> bool:
    """Tell whether messages or instructions occur in the present form."""
    return any(attributes.get(key) is not None for key in _CONTENT_KEYS)


def read_content(attributes: Mapping[str, object], reader: ContentReader) -> Content:
    """Read instructions, messages, tools and finish reasons from attributes of any carrier."""
    content = Content()
    if attributes.get(_SYSTEM) is not None:
        content.system = reader.instructions(attributes[_SYSTEM])
    if attributes.get(_INPUT) is not None:
        content.input = reader.messages(attributes[_INPUT], "user")
    if attributes.get(_OUTPUT) is not None:
        content.output = reader.messages(attributes[_OUTPUT], "assistant")
    if attributes.get(_TOOLS) is not None:
        # Tools that cannot be read in full are no gap in what was said.
        content.tools = ContentReader().tool_definitions(attributes[_TOOLS])
    content.finish_reasons = finish_reasons(attributes.get("gen_ai.response.finish_reasons"))
    return content


def operation(
    view: SpanView, content: Content, reader: ContentReader, *, dialect: str, kind: OperationKind | None = None
) -> Operation:
    """Put a span's identity and the content read from it together into an operation.

    ``kind``: what the span stands for when the dialect says so in its own words.
    """
    attributes = view.attributes
    kind = kind or operation_kind(attributes, content)
    if kind in (OperationKind.LLM, OperationKind.AGENT) and content.is_empty:
        reader.gaps.add(absence((attributes, *(event.attributes for event in view.events))))
    output = content.output or ()
    reasons = content.finish_reasons or tuple(message.finish_reason for message in output if message.finish_reason)
    return Operation(
        kind=kind,
        dialect=dialect,
        name=text_of(attributes.get("gen_ai.operation.name")) or "",
        agent_name=text_of(attributes.get("gen_ai.agent.name")),
        agent_id=text_of(attributes.get("gen_ai.agent.id")),
        # Strands, AgentCore and many applications name the conversation by the general convention for sessions.
        conversation_id=text_of(attributes.get("gen_ai.conversation.id")) or text_of(attributes.get("session.id")),
        model=text_of(attributes.get("gen_ai.response.model")) or text_of(attributes.get("gen_ai.request.model")),
        response_id=text_of(attributes.get("gen_ai.response.id")),
        system=content.system,
        input=content.input,
        output=content.output,
        whole_run_output=kind is OperationKind.AGENT and _is_whole_run(output),
        tool=tool_execution(view, reader) if kind is OperationKind.TOOL else None,
        tools=content.tools,
        gaps=frozenset(reader.gaps),
        finish_reasons=reasons,
        error=error_text(view),
    )


def operation_kind(attributes: Mapping[str, object], content: Content) -> OperationKind:
    """Classify a span: by its operation name, and only without one by what it carries.

    A tool name on a span whose operation is not ``execute_tool`` does not make it a tool span: some
    instrumentations put the requested tool on the LLM span.
    """
    name = text_of(attributes.get("gen_ai.operation.name"))
    kind = _KINDS.get(name.lower()) if name else None
    if kind is not None:
        return kind
    model = attributes.get("gen_ai.request.model") or attributes.get("gen_ai.response.model")
    if name:
        answered = content.output is not None and model is not None
        return OperationKind.LLM if answered else OperationKind.OTHER
    if attributes.get("gen_ai.tool.name"):
        return OperationKind.TOOL
    generated = any(
        attributes.get(key) is not None
        for key in (
            "gen_ai.response.finish_reasons",
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
        )
    )
    if content.output is not None or (model is not None and (content.input is not None or generated)):
        return OperationKind.LLM
    return OperationKind.OTHER


def absence(carriers: Iterable[Mapping[str, object]]) -> ContentGap:
    """Say why there is no content: it lies elsewhere, or it was not captured. References are not followed."""
    for attributes in carriers:
        if any(f"{key}_ref" in attributes for key in _CONTENT_KEYS):
            return ContentGap.BY_REFERENCE
    return ContentGap.MISSING


def event_name(view: LogView) -> str:
    """Return the event name of a log record, from its field or from the older attribute."""
    return view.event_name or text_of(view.attributes.get("event.name")) or ""


def error_text(view: SpanView) -> str | None:
    """Return why the span failed: its status message or its error type; None when it did not fail."""
    error_type = text_of(view.attributes.get("error.type"))
    if view.error is None:
        return error_type
    return view.error or error_type or "error"


def tool_execution(view: SpanView, reader: ContentReader) -> ToolExecution:
    """Read the call of a tool span; without a name anywhere it is called ``UNKNOWN_TOOL``."""
    attributes: Attributes = view.attributes
    arguments = attributes.get("gen_ai.tool.call.arguments")
    return ToolExecution(
        name=text_of(attributes.get("gen_ai.tool.name")) or _name_after_prefix(view.name),
        call_id=text_of(attributes.get("gen_ai.tool.call.id")),
        arguments=reader.arguments(arguments),
        result=result_text(_whole(attributes.get("gen_ai.tool.call.result"), reader)),
        error=error_text(view),
    )


def _whole(value: AttributeValue, reader: ContentReader) -> object:
    """Decode a JSON object that wraps a tool's answer; a JSON list or a text is the answer itself."""
    if isinstance(value, str) and value[:1] == "{":
        structure = ContentReader().structure(value)
        return structure if is_mapping(structure) and len(structure) == 1 else value
    if isinstance(value, bytes):
        return reader.structure(value)
    return value


def _name_after_prefix(span_name: str) -> str:
    """Return the tool name of a span named ``execute_tool {name}`` that carries no tool name."""
    return span_name.removeprefix("execute_tool ").strip() or UNKNOWN_TOOL


def _is_whole_run(output: tuple[OperationMessage, ...]) -> bool:
    return len(output) > 1 or any(
        isinstance(part, ToolCall | ToolResult) for message in output for part in message.parts
    )


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
