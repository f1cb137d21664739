"""rebuild: from the spans of a trace to agent runs, and from agent runs to agent traces. Pure."""

from __future__ import annotations

from typing import Final

from otel_safety.rebuild.agent_trace import agent_trace, calls_of
from otel_safety.rebuild.parts import Part, divide
from otel_safety.rebuild.runs import RunSpans, find_runs
from otel_safety.rebuild.tool_calls import Call
from otel_safety.rebuild.tree import build_tree
from otel_safety.runs import AgentRun
from otel_safety.spans import Closed
from semconv.operation import OperationKind

__all__ = ["rebuild"]

# Calls that inner agents lend to the agents around them, per run: deep nesting must not cost the square.
MAX_LENT_CALLS: Final = 20_000


def rebuild(closed: Closed) -> list[AgentRun]:
    """Find the agent runs among closed spans and what each agent in them was asked, did and said.

    Pure and deterministic: the order of the lists in ``closed`` does not matter. Spans that left before
    give facts; only runs with a span to judge now are returned, earliest first.
    """
    return [_agent_run(run, closed) for run in find_runs(build_tree(closed))]


def _agent_run(run: RunSpans, closed: Closed) -> AgentRun:
    run_ref = f"{closed.trace_id.hex()}:{run.root.ref}"
    parts = divide(run)
    calls = {id(part): calls_of(part) for part in parts}
    lent = _lend(parts, calls)
    to_judge = [part for part in parts if any(node.here for node in part.nodes)] or parts[:1]
    traces = tuple(agent_trace(part, calls[id(part)], lent.get(id(part), ()), closed, run_ref) for part in to_judge)
    named = next((part.name for part in parts if part.name), None)
    return AgentRun(
        trace_id=closed.trace_id,
        root_id=run.root.span_id,
        service=run.root.service,
        agent=(run.root.operation.agent_name if run.root.operation else None) or named,
        span_ids=frozenset(node.span_id for node in run.nodes),
        traces=traces,
        reason=closed.reason,
        callers=_callers(to_judge),
        addressed=_addressed(to_judge, with_agents=any(part.agents for part in parts)),
        conversation_id=_conversation_id(run),
        start_ns=min(node.start_ns for node in run.nodes),
    )


def _conversation_id(run: RunSpans) -> str | None:
    """Return the id that the run's root gives, else the one that its spans agree on.

    What runs without an agent or workflow around it can be several conversations at once.
    """
    root = run.root.operation
    if root is not None and root.conversation_id and root.kind in (OperationKind.AGENT, OperationKind.WORKFLOW):
        return root.conversation_id
    known = {node.operation.conversation_id for node in run.nodes if node.operation and node.operation.conversation_id}
    return known.pop() if len(known) == 1 else None


def _addressed(parts: list[Part], *, with_agents: bool) -> frozenset[int]:
    """Return the places of the parts that the user speaks with."""
    return frozenset(
        place
        for place, part in enumerate(parts)
        if (part.agents and part.outer is None)
        or (not with_agents and not any(node.tool is not None for node in part.llm_calls))
    )


def _callers(parts: list[Part]) -> tuple[int | None, ...]:
    """Return for each part the place of the nearest one of the agents around it that is judged too."""
    places = {id(part): place for place, part in enumerate(parts)}
    callers: list[int | None] = []
    for part in parts:
        outer = part.outer
        while outer is not None and id(outer) not in places:
            outer = outer.outer
        callers.append(places[id(outer)] if outer is not None else None)
    return tuple(callers)


def _lend(parts: list[Part], calls: dict[int, list[Call]]) -> dict[int, list[Call]]:
    """Give each agent the calls of all agents that work under it."""
    lent: dict[int, list[Call]] = {}
    left = MAX_LENT_CALLS
    for part in parts:
        own = calls[id(part)]
        outer = part.outer
        while outer is not None and own and left > 0:
            lent.setdefault(id(outer), []).extend(own)
            left -= len(own)
            outer = outer.outer
    return lent
