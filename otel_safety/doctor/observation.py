"""Observation: what one judged run shows of the telemetry that it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from detectors.agent_trace import AgentTrace, Gap
from detectors.assessment import Detector, NotAssessed
from otel_safety.doctor.missing import CAUSES, FIELDS, Missing
from otel_safety.otlp.span_view import parse_surroundings
from otel_safety.rebuild.conversation import carries_content
from otel_safety.rebuild.tree import Node, build_tree
from otel_safety.runs import Verdict
from otel_safety.spans import Closed, CloseReason, HeldSpan
from semconv.operation import ContentGap, Operation, OperationKind


@dataclass(frozen=True, slots=True, order=True)
class Instrumentation:
    """What wrote a span: the dialect that read it, and name and version of its scope."""

    dialect: str
    scope: str
    version: str


@dataclass(slots=True, kw_only=True)
class Observation:
    """One run, as telemetry.

    Attributes:
        service: ``service.name``.
        agent: Name of the agent, None when unknown.
        trace_id: 16 bytes.
        begun: False for spans that came late to a run which was observed before.
        spans: GenAI spans by what wrote them.
        missing: What lacks, with the instrumentations that could have written it.
        stopped: For what lacks, the detectors that could not judge the run because of it.
        answers: Per detector ``finding``, ``clean`` or the reason for not assessed.
    """

    service: str
    agent: str | None
    trace_id: bytes
    begun: bool
    spans: dict[Instrumentation, int]
    missing: dict[Missing, set[Instrumentation]] = field(default_factory=dict[Missing, set[Instrumentation]])
    stopped: dict[Missing, set[str]] = field(default_factory=dict[Missing, set[str]])
    answers: dict[str, str] = field(default_factory=dict[str, str])


def observe(closed: Closed, verdicts: Sequence[Verdict], detectors: Sequence[Detector]) -> list[Observation]:
    """Look at each judged run of a closing. Pure."""
    if not verdicts:
        return []
    nodes = {node.span_id: node for node in build_tree(closed)}
    written_by = {span.span_id: _instrumentation(span) for span in closed.spans}
    needs = {detector.spec.key: detector.spec.needs for detector in detectors}
    return [_Run(closed, verdict, nodes, written_by).observation(needs) for verdict in verdicts]


def _instrumentation(span: HeldSpan) -> Instrumentation:
    name, version = _scope(span.envelope.scope)
    return Instrumentation(span.operation.dialect, name, version)


@lru_cache(maxsize=1024)
def _scope(scope: bytes) -> tuple[str, str]:
    around = parse_surroundings(b"", scope)
    return around.scope_name, around.scope_version


class _Run:
    """Collects what lacks in one run."""

    def __init__(
        self,
        closed: Closed,
        verdict: Verdict,
        nodes: Mapping[bytes, Node],
        written_by: Mapping[bytes, Instrumentation],
    ) -> None:
        self._closed = closed
        self._verdict = verdict
        self._written_by = written_by
        known = (nodes.get(span_id) for span_id in verdict.run.span_ids)
        self._told = [(node, node.operation) for node in known if node is not None and node.operation is not None]
        here = Counter(written_by[node.span_id] for node, _ in self._told if node.span_id in written_by)
        run = verdict.run
        self._seen = Observation(
            service=run.service,
            agent=run.agent,
            trace_id=run.trace_id,
            begun=closed.reason is not CloseReason.LATE or run.root_id in written_by,
            spans=dict(sorted(here.items())),
        )

    def observation(self, needs: Mapping[str, tuple[str, ...]]) -> Observation:
        self._content()
        self._tools()
        self._names()
        self._answers(needs)
        return self._seen

    def _lacks(self, what: Missing, nodes: Iterable[Node]) -> None:
        sources = {self._written_by[node.span_id] for node in nodes if node.span_id in self._written_by}
        self._seen.missing.setdefault(what, set()).update(sources or self._seen.spans)

    @property
    def _speakers(self) -> list[tuple[Node, Operation]]:
        """The spans that messages are expected on: model calls, without any the agents."""
        for kind in (OperationKind.LLM, OperationKind.AGENT):
            found = [(node, operation) for node, operation in self._told if operation.kind is kind]
            if found:
                return found
        return self._told

    @property
    def _is_silent(self) -> bool:
        return any(
            trace.completeness.gaps & {Gap.CONTENT_MISSING, Gap.CONTENT_BY_REFERENCE}
            for trace in self._verdict.run.traces
        )

    def _content(self) -> None:
        traces, speakers = self._verdict.run.traces, self._speakers
        gaps = frozenset[Gap]().union(*(trace.completeness.gaps for trace in traces))
        if Gap.CONTENT_BY_REFERENCE in gaps:
            referring = [node for node, operation in self._told if ContentGap.BY_REFERENCE in operation.gaps]
            self._lacks(Missing.CONTENT_BY_REFERENCE, referring)
        if Gap.CONTENT_MISSING in gaps:
            self._lacks(
                Missing.MESSAGE_CONTENT, [node for node, operation in speakers if not carries_content(operation)]
            )
        if Gap.CONTENT_TRUNCATED in gaps:
            cut = [node for node, operation in self._told if ContentGap.TRUNCATED in operation.gaps]
            self._lacks(Missing.TRUNCATED_ATTRIBUTES, cut)
        if self._is_silent:
            return
        every = [node for node, _ in speakers]
        # A message without a request or answer in it was captured all the same.
        if any(trace.input is None for trace in traces) and not any(operation.input for _, operation in self._told):
            self._lacks(Missing.USER_REQUEST, every)
        if any(trace.output is None for trace in traces) and not any(operation.output for _, operation in self._told):
            self._lacks(Missing.ANSWER, every)
        if not any(trace.system_prompt for trace in traces):
            self._lacks(Missing.SYSTEM_PROMPT, every)

    def _tools(self) -> None:
        traces = self._verdict.run.traces
        speakers = [node for node, _ in self._speakers]
        if not self._is_silent and any(trace.trace_events is None for trace in traces):
            self._lacks(Missing.TOOL_TELEMETRY, speakers)
        events = [event for trace in traces for event in trace.trace_events or () if not event.prior]
        tools = [(node, operation.tool) for node, operation in self._told if operation.tool is not None]
        if any(event.arguments is None for event in events):
            self._lacks(Missing.TOOL_ARGUMENTS, [node for node, tool in tools if tool.arguments is None] or speakers)
        if any(event.executed and event.result is None and event.error is None for event in events):
            self._lacks(
                Missing.TOOL_RESULTS,
                [node for node, tool in tools if tool.result is None and tool.error is None] or speakers,
            )
        if any(not event.executed for event in events):
            self._lacks(Missing.TOOL_EXECUTION, speakers)

    def _names(self) -> None:
        run = self._verdict.run
        root = [node for node, _ in self._told if node.span_id == run.root_id]
        if run.agent is None:
            self._lacks(Missing.AGENT_NAME, root)
        if not any(operation.conversation_id for _, operation in self._told):
            self._lacks(Missing.CONVERSATION_ID, root)
        detached = [node for node, _ in self._told if node.detached]
        if detached:
            self._lacks(Missing.PARENT_SPANS, detached)

    def _answers(self, needs: Mapping[str, tuple[str, ...]]) -> None:
        verdict, seen = self._verdict, self._seen
        accepted = [item.finding for item in verdict.suppressed]
        for finding in (*verdict.findings, *verdict.repeated, *accepted):
            seen.answers[finding.assessment.detector] = "finding"
        for key in verdict.clean:
            seen.answers[key] = "clean"
        for key, reason in verdict.not_assessed.items():
            seen.answers[key] = reason
            causes = set(CAUSES.get(NotAssessed(reason), ()))
            for trace in verdict.run.traces:
                for need in needs.get(key, ()):
                    unmet = _unmet(need, trace)
                    causes.update(what for what, fields in FIELDS.items() if unmet & fields)
            for what in causes & seen.missing.keys():
                seen.stopped.setdefault(what, set()).add(key)


def _unmet(need: str, trace: AgentTrace) -> frozenset[str]:
    """The fields that a need names ("input or system_prompt") when the trace has none of them."""
    alternatives = frozenset(need.split(" or "))
    return frozenset() if any(_has(trace, name) for name in alternatives) else alternatives


def _has(trace: AgentTrace, name: str) -> bool:
    value = getattr(trace, name, None)
    # An empty tuple of events was observed and found empty; empty finish reasons were not seen.
    return value is not None and value != "" and (name != "finish_reasons" or bool(value))
