"""Which spans make up one agent run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel_safety.rebuild.tree import Node
from semconv.operation import OperationKind

MAX_ADOPTERS: Final = 100

_JUDGED: Final = (OperationKind.LLM, OperationKind.TOOL, OperationKind.AGENT)


@dataclass(slots=True, kw_only=True, eq=False)
class RunSpans:
    """The GenAI spans of one agent run.

    Attributes:
        root: Its outermost agent span; without one its workflow span, else its earliest span.
        nodes: Its spans, earliest first.
        adopted: Spans whose way up is broken, by the agent span whose time they lie in.
    """

    root: Node
    nodes: list[Node]
    adopted: dict[bytes, Node] = field(default_factory=dict[bytes, Node])

    def agent_of(self, node: Node) -> Node | None:
        """Return the innermost agent span that ``node`` belongs to."""
        return node.agent or self.adopted.get(node.span_id)


def find_runs(nodes: Sequence[Node]) -> list[RunSpans]:
    """Divide the GenAI spans of a trace into agent runs.

    Each outermost agent span makes a run of what is under it. A span without an agent above whose way up
    is broken belongs to the one agent of its service in whose time it lies. What is left makes one run per
    service. A workflow span belongs to the earliest run under it. Runs with nothing to judge are left out,
    and so are runs without a span that is still here.
    """
    genai = [node for node in nodes if node.operation is not None]
    runs: dict[bytes, RunSpans] = {}
    for node in genai:
        if node.kind is OperationKind.AGENT and node.outer_agent is node:
            runs[node.span_id] = RunSpans(root=node, nodes=[])
    rest: dict[str, list[Node]] = defaultdict(list)
    agents = _agents_by_service(genai)
    for node in genai:
        if node.outer_agent is not None:
            runs[node.outer_agent.span_id].nodes.append(node)
            continue
        adopter = _adopter(node, agents.get(node.service, ())) if node.detached else None
        if adopter is not None and adopter.outer_agent is not None:
            run = runs[adopter.outer_agent.span_id]
            run.nodes.append(node)
            run.adopted[node.span_id] = adopter
        else:
            rest[node.service].append(node)
    _give_workflows_away(rest, runs)
    found = [*runs.values(), *(_without_agent(group) for group in rest.values() if group)]
    for run in found:
        run.nodes.sort(key=lambda node: node.order)
    # A workflow alone stands for agents that were not seen: it is reported, as not assessed.
    told = _with(_JUDGED, found) or _with((OperationKind.WORKFLOW,), found)
    kept = [run for run in told if any(node.here for node in run.nodes)]
    return sorted(kept, key=lambda run: run.root.order)


def _agents_by_service(genai: Sequence[Node]) -> dict[str, list[Node]]:
    agents: dict[str, list[Node]] = defaultdict(list)
    for node in genai:
        if node.kind is OperationKind.AGENT:
            agents[node.service].append(node)
    # Among many agents no claim by time is clear, and comparing all with all would cost the square.
    return {service: found for service, found in agents.items() if len(found) <= MAX_ADOPTERS}


def _adopter(node: Node, agents: Iterable[Node]) -> Node | None:
    """Return the innermost agent in whose time the node lies, None when two runs claim it."""
    around = [agent for agent in agents if agent.start_ns <= node.start_ns and node.end_ns <= agent.end_ns]
    if len({agent.outer_agent.span_id for agent in around if agent.outer_agent is not None}) != 1:
        return None
    return max(around, key=lambda agent: agent.order)


def _give_workflows_away(rest: dict[str, list[Node]], runs: dict[bytes, RunSpans]) -> None:
    """Move each workflow span that has agents under it into the earliest of their runs."""
    first_agent: dict[bytes, Node] = {}
    for run in sorted(runs.values(), key=lambda run: run.root.order):
        above = run.root.parent
        while above is not None and above.span_id not in first_agent:
            first_agent[above.span_id] = run.root
            above = above.parent
    for service, group in rest.items():
        kept: list[Node] = []
        for node in group:
            agent = first_agent.get(node.span_id)
            if agent is not None and node.kind is OperationKind.WORKFLOW:
                runs[agent.span_id].nodes.append(node)
            else:
                kept.append(node)
        rest[service] = kept


def _without_agent(group: list[Node]) -> RunSpans:
    workflows = [node for node in group if node.kind is OperationKind.WORKFLOW]
    return RunSpans(root=min(workflows or group, key=lambda node: node.order), nodes=group)


def _with(kinds: Sequence[OperationKind], runs: Iterable[RunSpans]) -> list[RunSpans]:
    return [run for run in runs if any(node.kind in kinds for node in run.nodes)]
