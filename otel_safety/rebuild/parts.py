"""Division of an agent run into the parts that are judged apart: agents, and conversations without one."""

from __future__ import annotations

from dataclasses import dataclass, field

from otel_safety.rebuild.conversation import carries_content, system_prompt
from otel_safety.rebuild.runs import RunSpans
from otel_safety.rebuild.threads import find_threads, without_twins
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
        instructions: System prompt of the agent, as far as its spans and their model calls show it.
    """

    agents: list[Node] = field(default_factory=list[Node])
    llm_calls: list[Node] = field(default_factory=list[Node])
    tools: list[Node] = field(default_factory=list[Node])
    outer: Part | None = None
    instructions: str | None = None
    _name: str | None = None

    def add_agent(self, node: Node, instructions: str | None) -> None:
        """Take in one more span that reports the agent."""
        self.agents.append(node)
        self.instructions = self.instructions or instructions
        if self._name is None and node.operation is not None:
            self._name = node.operation.agent_name

    @property
    def name(self) -> str | None:
        """Agent name, from the agent's spans, else from its model calls."""
        if self._name is not None:
            return self._name
        named = (node.operation.agent_name for node in self.llm_calls if node.operation is not None)
        return next((name for name in named if name), None)

    def is_reported_by(self, node: Node, instructions: str | None) -> bool:
        """Tell whether a nested agent span stands for this agent: nothing known of the two differs."""
        name = node.operation.agent_name if node.operation is not None else None
        if name and self._name and name.casefold() != self._name.casefold():
            return False
        return None in (instructions, self.instructions) or instructions == self.instructions

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
    system prompt, or a tool called it. Model calls that a tool made on its own are conversations apart.
    """
    nodes = without_twins(run.nodes)
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
        shown = system_prompt((node, *direct.get(node.span_id, ())))
        instructions = shown[0] if shown else None
        # What a tool called is another invocation, however alike the two are.
        if outer is not None and node.tool is None and outer.is_reported_by(node, instructions):
            part = outer
        else:
            part = Part(outer=outer)
            parts.append(part)
        part.add_agent(node, instructions)
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
    return [part for part in parts if part.has_something_to_judge] or parts[:1] or [Part()]
