"""What a detector sees: one agent trace, with no trace of OpenTelemetry left in it.

Span references are opaque strings here. They are copied from the input into the evidence, so that the
service can put a finding on the span it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .permissions import Permissions

Arguments = Mapping[str, object] | str


class Role(StrEnum):
    """Who wrote a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text of the conversation, in the words of its writer."""

    role: Role
    text: str
    span_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEvent:
    """One tool call of a run.

    Attributes:
        name: Tool name as the run wrote it.
        arguments: Decoded JSON object, or the bare text; ``None`` when not captured.
        result: What the tool answered, as text; ``None`` when not captured or never answered.
        error: Error text or type when the tool failed, else ``None``.
        executed: False when the call was only *requested* and nothing shows that it ran.
        prior: True when an earlier run or turn made the call: it backs claims, it is not judged again.
        call_id: Tool call id when known.
        span_ref: Span that carries the call.
        start_ns: Start time in Unix nanoseconds, 0 when unknown.
    """

    name: str
    arguments: Arguments | None = None
    result: str | None = None
    error: str | None = None
    executed: bool = True
    prior: bool = False
    call_id: str | None = None
    span_ref: str | None = None
    start_ns: int = 0


class Gap(StrEnum):
    """Something that an agent trace lacks; the value is the public reason text."""

    CONTENT_MISSING = "content_missing"
    CONTENT_BY_REFERENCE = "content_by_reference"
    CONTENT_TRUNCATED = "content_truncated"
    ARGUMENTS_MISSING = "arguments_missing"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Why a run was closed and what is missing.

    ``closed_by`` is one of root, idle, hold, size, memory, shutdown, late; ``row`` for a dataset row.
    """

    closed_by: str = "row"
    gaps: frozenset[Gap] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTrace:
    """A run, or one agent's part of it, as the detectors judge it.

    Attributes:
        run_ref: Opaque id of the run.
        agent: Agent name when known.
        system_prompt: Instructions of the operator; ``None`` when there are none or none were seen.
        declared_scope: What the task authorises, declared apart from the request (dataset rows).
        permissions: What the operator permits, whatever the task.
        input: The user's current request; ``None`` when not captured.
        output: The final assistant text of the run; ``None`` when there is none or it was not captured,
            ``""`` when the assistant is known to have answered with nothing (see ``finish_reasons``).
        messages: All texts of the run and of the history before it, in order, with ``input`` and ``output``.
        trace_events: Tool calls in order. ``None``: tools were not observable, nothing may be argued from
            absence. ``()``: observed, and the run made no tool call.
        tools: Names of the tools that were offered to the agent, ``None`` when unknown.
        finish_reasons: Finish reasons of the last model answer, as written.
        completeness: Why the run was closed and what is missing.
        input_ref: Span that carries ``input``. ``output_ref`` and ``system_ref`` likewise.
    """

    run_ref: str = ""
    agent: str | None = None
    system_prompt: str | None = None
    declared_scope: str | None = None
    permissions: Permissions = field(default_factory=Permissions)
    input: str | None = None
    output: str | None = None
    messages: tuple[Message, ...] = ()
    trace_events: tuple[TraceEvent, ...] | None = None
    tools: tuple[str, ...] | None = None
    finish_reasons: tuple[str, ...] = ()
    completeness: Completeness = field(default_factory=Completeness)
    input_ref: str | None = None
    output_ref: str | None = None
    system_ref: str | None = None
