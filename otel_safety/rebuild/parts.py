"""Division of an agent run into the parts that are judged apart: agents, and conversations without one."""

from __future__ import annotations

from dataclasses import dataclass, field

from otel_safety.rebuild.conversation import carries_content, system_prompt
from otel_safety.rebuild.runs import RunSpans
from otel_safety.rebuild.threads import find_threads, is_double_report
from otel_safety.rebuild.tree import Node
from semconv.operation import OperationKind


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """What one agent did in a run, or one conversation that no agent span holds.

    Attributes:
        agents: Spans that report the agent, outermost first; empty for a conversation.
        llm_calls: Its model calls, earliest first.
        tools: Its tool spans, earliest first.
        outer: The agent that this one was called by.
    """

    agents: list[Node] = field(default_factory=list[Node])
    llm_calls: list[Node] = field(default_factory=list[Node])
    tools: list[Node] = field(default_factory=list[Node])
    outer: Part | None = None

    @property
    def name(self) -> str | None:
        """Agent name, from the agent's spans, else from its model calls."""
        for node in (*self.agents, *self.llm_calls):
            if node.operation is not None and node.operation.agent_name:
                return node.operation.agent_name
        return None

    @property
    def nodes(self) -> list[Node]:
        """All its spans."""
        return [*self.agents, *self.llm_calls, *self.tools]

    @property
    def has_something_to_judge(self) -> bool:
        """False for an agent span that only wraps another agent's."""
        said = any(node.operation is not None and carries_content(node.operation) for node in self.agents)
        return bool(said or self.llm_calls or self.tools)


def divide(run: RunSpans) -> list[Part]:
    """Divide a run into parts, outer agents before inner ones.

    An agent span inside another one reports the same agent again, unless it has another name or another
    system prompt. Model calls that a tool made on its own are conversations apart.
    """
    nodes = [node for node in run.nodes if not (node.kind is OperationKind.LLM and is_double_report(node))]
    agent_nodes = [node for node in nodes if node.kind is OperationKind.AGENT]
    direct: dict[bytes, list[Node]] = {}
    for node in nodes:
        agent = run.agent_of(node)
        if agent is not None and node.kind is OperationKind.LLM and node.tool is None:
            direct.setdefault(agent.span_id, []).append(node)
    part_of: dict[bytes, Part] = {}
    parts: list[Part] = []
    for node in sorted(agent_nodes, key=lambda node: (node.depth, node.order)):
        above = node.parent.agent if node.parent is not None else None
        outer = part_of.get(above.span_id) if above is not None else None
        if outer is not None and _reports_again(node, outer, direct):
            part = outer
        else:
            part = Part(outer=outer)
            parts.append(part)
        part.agents.append(node)
        part_of[node.span_id] = part
    llm_apart: list[Node] = []
    tools_apart: list[Node] = []
    for node in nodes:
        agent = run.agent_of(node)
        held_by = part_of.get(agent.span_id) if agent is not None else None
        if node.kind is OperationKind.TOOL:
            (tools_apart if held_by is None else held_by.tools).append(node)
        elif node.kind is OperationKind.LLM:
            (llm_apart if held_by is None or node.tool is not None else held_by.llm_calls).append(node)
    threads = find_threads(llm_apart, tools_apart)
    parts += [Part(llm_calls=thread.llm_calls, tools=thread.tools) for thread in threads]
    return [part for part in parts if part.has_something_to_judge] or parts[:1]


def _reports_again(node: Node, outer: Part, direct: dict[bytes, list[Node]]) -> bool:
    """Tell whether a nested agent span stands for the same agent as the one around it."""
    name = node.operation.agent_name if node.operation is not None else None
    outer_name = next(
        (agent.operation.agent_name for agent in outer.agents if agent.operation and agent.operation.agent_name),
        None,
    )
    if name and outer_name and name.casefold() != outer_name.casefold():
        return False
    own = system_prompt((node, *direct.get(node.span_id, ())))
    around = system_prompt(carrier for agent in outer.agents for carrier in (agent, *direct.get(agent.span_id, ())))
    return own is None or around is None or own[0] == around[0]
