"""Operation: what one GenAI span says, dialect removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = str | bool | int | float | list["JsonValue"] | dict[str, "JsonValue"] | None


class OperationKind(StrEnum):
    """What a GenAI span stands for."""

    LLM = "llm"
    TOOL = "tool"
    AGENT = "agent"
    WORKFLOW = "workflow"
    RETRIEVAL = "retrieval"
    OTHER = "other"  # GenAI, but nothing to judge: embeddings, planning, memory


class ContentGap(StrEnum):
    """What of the content of a span could not be read."""

    MISSING = "missing"
    BY_REFERENCE = "by_reference"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Text:
    """A text part of a message."""

    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's request to call a tool. ``arguments``: a decoded object, bare text, or None: not captured."""

    name: str
    id: str | None = None
    arguments: Mapping[str, JsonValue] | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool answered, as text; None: the answer is known to exist, its content was not captured."""

    id: str | None = None
    name: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A model's reasoning text; never judged as an answer."""

    content: str


Part = Text | ToolCall | ToolResult | Reasoning


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationMessage:
    """One message as a span or log carries it. ``role`` is system, user, assistant, tool or as written."""

    role: str
    parts: tuple[Part, ...]
    finish_reason: str | None = None

    @property
    def text(self) -> str:
        """All text parts, joined by newlines."""
        return "\n".join([part.content for part in self.parts if isinstance(part, Text) and part.content])


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A tool that was offered to the model."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExecution:
    """What a tool span says about one executed call."""

    name: str
    call_id: str | None = None
    arguments: Mapping[str, JsonValue] | str | None = None
    result: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one GenAI span says.

    ``None`` in ``system``, ``input`` and ``output`` means not captured, an empty tuple captured and empty.

    Attributes:
        kind: What the span stands for.
        dialect: Name of the dialect that read it.
        name: Operation name as written (chat, execute_tool, ...).
        system: System instructions given apart from the messages.
        input: Messages given to the model or agent, history and system messages included as written there.
        output: Messages that came back.
        shows_calls: False when the messages come in a form that has no place for tool calls.
        whole_run_output: True when ``output`` (of an agent span) repeats the whole run, tool calls included.
        tool: For tool spans, the executed call.
        tools: Tool definitions offered, None when not captured.
        gaps: What of the content could not be read.
        finish_reasons: As written.
        error: Error text when the span failed.
    """

    kind: OperationKind
    dialect: str
    name: str = ""
    agent_name: str | None = None
    agent_id: str | None = None
    conversation_id: str | None = None
    model: str | None = None
    response_id: str | None = None
    system: tuple[str, ...] | None = None
    input: tuple[OperationMessage, ...] | None = None
    output: tuple[OperationMessage, ...] | None = None
    shows_calls: bool = True
    whole_run_output: bool = False
    tool: ToolExecution | None = None
    tools: tuple[ToolDefinition, ...] | None = None
    gaps: frozenset[ContentGap] = frozenset()
    finish_reasons: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogContent:
    """What one log record says about its span, dialect removed; joined to the span's operation.

    ``sequence`` orders the records of one span (record time, then order of arrival). ``per_message``: the
    record is one message of several, and the records of a span are to be put together.
    """

    dialect: str
    system: tuple[str, ...] | None = None
    input: tuple[OperationMessage, ...] | None = None
    output: tuple[OperationMessage, ...] | None = None
    tools: tuple[ToolDefinition, ...] | None = None
    finish_reasons: tuple[str, ...] = ()
    gaps: frozenset[ContentGap] = frozenset()
    sequence: int = 0
    per_message: bool = False
