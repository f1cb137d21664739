"""The span tree of one trace, built from spans in any order, with any part missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from otel_safety.spans import Closed, HeldSpan, Link, RememberedSpan
from semconv.operation import LogContent, Operation, OperationKind
from semconv.reader import join_logs

# Names of operations that judge a run while it goes on.
_CHECKS: Final = frozenset({"guardrail", "evaluator", "apply_guardrail", "run_guardrail"})


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """One span in the tree.

    Attributes:
        service: ``service.name``, "" for spans that are not GenAI.
        operation: What the span says, log records joined; None for spans that are not GenAI.
        here: True when the span is one of those to judge now, False when it has left or is not GenAI.
        parent: Known parent.
        depth: Number of known spans above it.
        children: In order of start.
        detached: True when the way up to the root of its process ends at a parent that was not seen.
        agent: Innermost agent span above it, or itself.
        outer_agent: Outermost agent span above it, or itself.
        tool: Nearest tool span, or check of the run, above it and below its innermost agent.
        llm: Nearest LLM span above it and below its innermost agent.
    """

    span_id: bytes
    parent_id: bytes
    local_root: bool
    start_ns: int
    end_ns: int
    service: str = ""
    operation: Operation | None = None
    here: bool = False
    parent: Node | None = None
    depth: int = 0
    children: list[Node] = field(default_factory=list["Node"])
    detached: bool = False
    agent: Node | None = None
    outer_agent: Node | None = None
    tool: Node | None = None
    llm: Node | None = None

    @property
    def kind(self) -> OperationKind | None:
        """Kind of its operation, None for spans that are not GenAI."""
        return self.operation.kind if self.operation is not None else None

    @property
    def ref(self) -> str:
        """Span reference as agent traces carry it: the span id in hex."""
        return self.span_id.hex()

    @property
    def order(self) -> tuple[int, int, bytes]:
        """Place in time; the span id decides between equals."""
        return self.start_ns, self.end_ns, self.span_id


def build_tree(closed: Closed) -> list[Node]:
    """Return the nodes of all known spans of a trace, parents before children, earlier ones first.

    A span id that occurs twice counts once (held before remembered before link, the earliest of equals).
    A cycle of parents is opened at its earliest span.
    """
    contents: dict[bytes, list[LogContent]] = defaultdict(list)
    for log in closed.logs:
        contents[log.span_id].append(log.content)
    nodes: dict[bytes, Node] = {}
    for spans in (closed.spans, closed.remembered, closed.links):
        for span in _one_per_id(spans):
            if span.span_id not in nodes:
                nodes[span.span_id] = _node(span, contents.get(span.span_id, ()))
    _connect(nodes)
    roots = [node for node in nodes.values() if node.parent is None]
    return _top_down(roots)


def _one_per_id(spans: Iterable[Link]) -> Iterable[Link]:
    chosen: dict[bytes, Link] = {}
    for span in spans:
        other = chosen.get(span.span_id)
        chosen[span.span_id] = span if other is None else min(other, span, key=_canonical)
    return chosen.values()


def _canonical(span: Link) -> tuple[int, int, str]:
    """Order spans of one id: the earliest first, and among equals any order that is always the same."""
    return span.start_ns, span.end_ns, repr(span)


def _node(span: Link, contents: Iterable[LogContent]) -> Node:
    node = Node(
        span_id=span.span_id,
        parent_id=span.parent_id,
        local_root=span.local_root,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
    )
    if isinstance(span, HeldSpan):
        node.service, node.here = span.envelope.service, True
        node.operation = join_logs(span.operation, list(contents))
    elif isinstance(span, RememberedSpan):
        node.service = span.service
        node.operation = join_logs(span.operation, list(contents))
    return node


def _connect(nodes: dict[bytes, Node]) -> None:
    """Set the known parents, without cycles."""
    settled: set[bytes] = set()
    for node in nodes.values():
        path: list[Node] = []
        on_path: dict[bytes, int] = {}
        step: Node | None = node
        while step is not None and step.span_id not in settled:
            if step.span_id in on_path:
                cycle = path[on_path[step.span_id] :]
                first = min(cycle, key=lambda member: member.order)
                first.parent, first.detached = None, True
                break
            on_path[step.span_id] = len(path)
            path.append(step)
            step.parent = nodes.get(step.parent_id) if step.parent_id else None
            step = step.parent
        settled.update(on_path)
    for node in nodes.values():
        if node.parent is not None:
            node.parent.children.append(node)
        elif node.parent_id and not node.local_root:
            node.detached = True


def _top_down(roots: list[Node]) -> list[Node]:
    """Order the nodes and pass down what lies above each."""
    ordered: list[Node] = []
    waiting = sorted(roots, key=lambda node: node.order, reverse=True)
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        _inherit(node)
        node.children.sort(key=lambda child: child.order)
        waiting.extend(reversed(node.children))
    return ordered


def _works_apart(node: Node) -> bool:
    """Tell a span under which models speak to others than the user: a tool, or a check of what was said."""
    if node.kind is OperationKind.TOOL:
        return True
    return node.operation is not None and node.operation.name in _CHECKS


def _inherit(node: Node) -> None:
    above = node.parent
    if above is not None:
        node.depth = above.depth + 1
        node.detached = above.detached
        node.agent, node.outer_agent = above.agent, above.outer_agent
        if above.kind is not OperationKind.AGENT:
            node.tool = above if _works_apart(above) else above.tool
            node.llm = above if above.kind is OperationKind.LLM else above.llm
    if node.kind is OperationKind.AGENT:
        node.agent = node
        node.outer_agent = node.outer_agent or node
