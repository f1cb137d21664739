"""Agent runs and their verdicts: what rebuild makes, judge fills in and annotate writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment
from otel_safety.spans import CloseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """One invocation of an agent, found in the closed spans of a trace.

    Attributes:
        trace_id: 16 bytes.
        root_id: Span id of the run's root: its outermost agent span; without one, the GenAI span nearest to
            the local root (the earliest). 8 bytes.
        service: ``service.name`` of the root.
        agent: Agent name, None when unknown.
        span_ids: GenAI spans of the run, remembered ones included.
        traces: What the detectors judge: one per agent with its own instructions, or per conversation thread.
        reason: Why the run was closed.
        callers: Per trace, the place in ``traces`` of the agent that called this one; None, or nothing, without one.
        addressed: Places in ``traces`` of those that the user speaks with: the outermost agent, or the conversations
            of a run without agent. Not among them: agents that agents called, model calls that a tool made.
        conversation_id: Id of the conversation that the run belongs to, None when unknown or not the same
            everywhere in the run.
        start_ns: Start of its earliest span in Unix nanoseconds, 0 when unknown.
    """

    trace_id: bytes
    root_id: bytes
    service: str
    agent: str | None
    span_ids: frozenset[bytes]
    traces: tuple[AgentTrace, ...]
    reason: CloseReason
    callers: tuple[int | None, ...] = ()
    addressed: frozenset[int] = frozenset()
    conversation_id: str | None = None
    start_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An assessment at or above its threshold.

    Attributes:
        assessment: The detector's answer.
        trace: The agent trace it was given on.
        span_id: Span that the finding belongs on: where its first evidence sits. 8 bytes.
        response_id: ``gen_ai.response.id`` of that span when known.
        key: Identity of the behaviour inside its trace, so that it is reported once.
    """

    assessment: Assessment
    trace: AgentTrace
    span_id: bytes
    response_id: str | None
    key: str


@dataclass(frozen=True, slots=True)
class SuppressedFinding:
    """A finding that the operator has accepted: it flags nothing, but is told and counted.

    Attributes:
        finding: What was found.
        reason: Why it is accepted.
        expires: Last day, UTC, on which it is.
    """

    finding: Finding
    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the detectors said on one run.

    Attributes:
        run: The run.
        findings: Worst first.
        not_assessed: Detector key to reason, for detectors that could judge no trace of the run.
        clean: Keys of the detectors that judged the run and found nothing.
        repeated: Findings of the run that its trace has reported before: they count on the run's root and are
            not written again.
        suppressed: Findings that a suppression is about, whether the trace has had them before or not.
    """

    run: AgentRun
    findings: tuple[Finding, ...]
    not_assessed: dict[str, str]
    clean: tuple[str, ...]
    repeated: tuple[Finding, ...] = ()
    suppressed: tuple[SuppressedFinding, ...] = ()
