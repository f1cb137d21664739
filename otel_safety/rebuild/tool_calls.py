"""Which tools were called: one trace event per call, from tool spans and from the messages between them.

A call can show in up to four places: in the output of the model call that requested it, in the history that
later model calls are given, in the whole run that an agent span repeats, and as a tool span. The places are
brought together by call id, without ids by tool name and arguments in order of occurrence.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.agent_trace import TraceEvent
from otel_safety.rebuild.arguments import Arguments, canonical, compatible, named, without_names
from otel_safety.rebuild.call_ids import answered_ids
from otel_safety.rebuild.conversation import has_tool_calls, is_user_text
from otel_safety.rebuild.tree import Node
from semconv.operation import OperationMessage, ToolCall, ToolExecution, ToolResult

MAX_SAME_ID: Final = 32
UNKNOWN_TOOL: Final = "unknown"


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One tool call, as far as it is known.

    Attributes:
        place: Where it stands in time: start of its span or of the model call that tells of it, then position.
        spans: Tool spans of the call, first one first.
        requested_here: An output that is here requests it.
        requested_before: An output that has left requests it.
        answered_here: A message that is here answers it.
        answered_before: A message that has left answers it.
        current: It is answered at the end of what the first model call was given.
        carriers: Spans whose messages tell of it: the first one that is here, then the first one.
    """

    name: str
    id: str | None
    arguments: Arguments
    place: tuple[int, int]
    result: str | None = None
    spans: list[Node] = field(default_factory=list[Node])
    requested_here: bool = False
    requested_before: bool = False
    answered_here: bool = False
    answered_before: bool = False
    current: bool = False
    carriers: list[Node] = field(default_factory=list[Node])

    @property
    def prior(self) -> bool:
        """True when the call was made, and judged, before."""
        if self.spans:
            return not any(span.here for span in self.spans)
        if self.requested_before:
            return self.answered_before or not self.answered_here
        return not (self.requested_here or self.current)

    def add_carrier(self, node: Node) -> None:
        """Note a span whose messages tell of the call; one that is here is preferred."""
        if not self.carriers or (node.here and not self.carriers[0].here):
            self.carriers = [node, *self.carriers]

    def event(self, *, prior: bool) -> TraceEvent:
        """Return the call as the detectors see it; ``prior``: it is judged elsewhere."""
        tools = [span.operation.tool for span in self.spans if span.operation and span.operation.tool]
        answered = self.answered_here or self.answered_before
        results = [tool.result for tool in tools if tool.result is not None]
        here = [node for node in (*self.spans, *self.carriers) if node.here]
        carrier = (here or [*self.spans, *self.carriers])[0]
        executed = next((tool.arguments for tool in tools if tool.arguments is not None), None)
        return TraceEvent(
            name=tools[0].name if tools else self.name,
            arguments=named(executed, self.arguments),
            result=results[0] if results else self.result,
            error=next((tool.error for tool in tools if tool.error is not None), None),
            executed=bool(self.spans) or answered,
            prior=prior or self.prior,
            call_id=self.id,
            span_ref=carrier.ref,
            start_ns=self.spans[0].start_ns if self.spans else 0,
        )


class CallLedger:
    """Collects the calls of one agent or conversation, each once: first all messages, then all tool spans."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._by_id: dict[str, list[Call]] = defaultdict(list)
        self._by_content: dict[tuple[str, str], list[Call]] = defaultdict(list)
        self._by_span: dict[bytes, Call] = {}

    def calls(self) -> list[Call]:
        """Return all calls in order."""
        return sorted(self._calls, key=lambda call: (call.place, call.id or "", call.name))

    def read_messages(self, node: Node, *, first: bool) -> None:
        """Take in what one span's input and output say; ``first``: nothing came before its input.

        Spans have to come in order of time.
        """
        operation = node.operation
        if operation is None:
            return
        given, returned = operation.input or (), operation.output or ()
        tail = _tail_start(given) if first and node.here else None
        seen: Counter[tuple[str, str]] = Counter()
        pending = _Pending()
        ids = answered_ids(given)
        for position, message in enumerate((*given, *returned)):
            output = position >= len(given)
            for index, part in enumerate(message.parts):
                if isinstance(part, ToolCall):
                    request = replace(part, id=ids[position, index]) if (position, index) in ids else part
                    call = self._requested(request, node, seen, position, output=output)
                    pending.add(call)
                elif isinstance(part, ToolResult):
                    answered = self._answered(part, pending)
                    if answered is None:
                        answered = self._unrequested(part, node, position, output=output)
                    _note_answer(answered, part, node)
                    answered.current |= tail is not None and tail <= position < len(given)

    def read_span(self, node: Node) -> None:
        """Take in one tool span. Spans have to come in order of time."""
        tool = node.operation.tool if node.operation is not None else None
        if tool is None:
            return
        call = self._spanned_twice(node, tool) or self._matching(tool)
        if call is None:
            call = Call(name=tool.name, id=tool.call_id, arguments=tool.arguments, place=(0, 0))
            self._calls.append(call)
            if tool.call_id:
                self._by_id[tool.call_id].append(call)
        if not call.spans:
            call.place = (node.start_ns, -1)
        call.id = call.id or tool.call_id
        call.spans.append(node)
        self._by_span[node.span_id] = call

    def _requested(
        self, part: ToolCall, node: Node, seen: Counter[tuple[str, str]], position: int, *, output: bool
    ) -> Call:
        content = (part.name, canonical(part.arguments))
        call: Call | None
        if part.id:
            call = _same_call(self._by_id[part.id], part.name, part.arguments)
        else:
            # Without an id the n-th equal call of one history is the n-th of another.
            known = self._by_content[content]
            call = known[seen[content]] if seen[content] < len(known) else None
            seen[content] += 1
        if call is None:
            place = (node.end_ns if output else node.start_ns, position)
            call = Call(name=part.name, id=part.id, arguments=part.arguments, place=place)
            self._calls.append(call)
            self._by_content[content].append(call)
            bare = without_names(part.arguments)
            if bare is not None:
                self._by_content[part.name, bare].append(call)
            if part.id:
                self._by_id[part.id].append(call)
        if call.arguments is None:
            call.arguments = part.arguments
        if output:
            call.requested_here |= node.here
            call.requested_before |= not node.here
        call.add_carrier(node)
        return call

    def _answered(self, part: ToolResult, pending: _Pending) -> Call | None:
        """Find the call that a result answers: by id, else the first open one of that name."""
        if not part.id:
            return pending.take_next(part.name)
        known = self._by_id.get(part.id, ())
        return pending.take(part.id) or (known[-1] if known else None)

    def _unrequested(self, part: ToolResult, node: Node, position: int, *, output: bool) -> Call:
        """Note a call of which only the answer is known: some histories leave the requests out."""
        place = (node.end_ns if output else node.start_ns, position)
        call = Call(name=part.name or UNKNOWN_TOOL, id=part.id, arguments=None, place=place)
        call.requested_here, call.requested_before = output and node.here, output and not node.here
        self._calls.append(call)
        if part.id:
            self._by_id[part.id].append(call)
        return call

    def _spanned_twice(self, node: Node, tool: ToolExecution) -> Call | None:
        """Find the call of another instrumentation's span for the same execution: one lies in the other."""
        outer = node.tool
        if outer is None or outer.operation is None or outer.operation.tool is None:
            return None
        around = outer.operation.tool
        same = same_tool(around.name, tool.name) and compatible(around.arguments, tool.arguments)
        same = same and (None in (around.call_id, tool.call_id) or around.call_id == tool.call_id)
        return self._by_span.get(outer.span_id) if same else None

    def _matching(self, tool: ToolExecution) -> Call | None:
        if tool.call_id:
            known = self._by_id.get(tool.call_id, ())
            unspanned = next((call for call in known if not call.spans), None)
            return _same_call(known, tool.name, tool.arguments) or unspanned
        # Requests without captured arguments match any, and spans without them match any request.
        contents = [(tool.name, canonical(tool.arguments)), (tool.name, "")]
        for content in contents:
            requested = self._by_content.get(content)
            while requested and requested[0].spans:
                requested.pop(0)
            if requested:
                return requested[0]
        return None


class _Pending:
    """Calls of one history that wait for their answer."""

    def __init__(self) -> None:
        self._with_id: dict[str, deque[Call]] = defaultdict(deque)
        self._in_order: deque[Call] = deque()
        self._taken: set[int] = set()

    def add(self, call: Call) -> None:
        """Wait for the answer to a call."""
        if call.id:
            self._with_id[call.id].append(call)
        self._in_order.append(call)

    def take(self, call_id: str) -> Call | None:
        """Return the first waiting call of that id."""
        waiting = self._with_id.get(call_id)
        if not waiting:
            return None
        self._taken.add(id(waiting[0]))
        return waiting.popleft()

    def take_next(self, name: str | None) -> Call | None:
        """Return the call that waits longest, unless the answer names another tool."""
        while self._in_order and id(self._in_order[0]) in self._taken:
            self._in_order.popleft()
        if self._in_order and name in (None, self._in_order[0].name):
            return self._in_order.popleft()
        return None


def same_tool(name: str, other: str) -> bool:
    """Compare tool names, one of which may carry the name of its plugin in front."""
    longer, shorter = (name, other) if len(name) >= len(other) else (other, name)
    return longer.endswith(shorter) and (len(longer) == len(shorter) or longer[-len(shorter) - 1] in "-._/:")


def requested_calls(messages: Iterable[OperationMessage]) -> Iterator[ToolCall]:
    """Yield the tool calls that messages request."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                yield part


def _same_call(known: Sequence[Call], name: str, arguments: Arguments) -> Call | None:
    """Find a call of one id: the id alone does not do, some models count their calls anew each turn."""
    for call in known[-MAX_SAME_ID:]:
        if same_tool(call.name, name) and compatible(call.arguments, arguments):
            return call
    return None


def _note_answer(call: Call, part: ToolResult, node: Node) -> None:
    call.answered_here |= node.here
    call.answered_before |= not node.here
    if call.result is None:
        call.result = part.content
    call.add_carrier(node)


def _tail_start(given: Sequence[OperationMessage]) -> int | None:
    """Return where the answers to the last requests in a history begin.

    None when nothing is answered there, as after a new text of the user: then an earlier turn made the calls.
    """
    last = max((index for index, message in enumerate(given) if has_tool_calls(message)), default=None)
    if last is None:
        spoken = [index for index, message in enumerate(given) if not _is_answer(message)]
        return spoken[-1] + 1 if spoken else 0
    if any(is_user_text(message) for message in given[last:]):
        return None
    return last


def _is_answer(message: OperationMessage) -> bool:
    return any(isinstance(part, ToolResult) for part in message.parts)
