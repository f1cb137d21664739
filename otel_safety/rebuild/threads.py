"""Conversations among model calls that no agent span holds together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from detectors.agent_trace import Role
from otel_safety.rebuild.arguments import canonical
from otel_safety.rebuild.conversation import carries_content, is_user_text, role_of
from otel_safety.rebuild.tool_calls import requested_calls
from otel_safety.rebuild.tree import Node
from semconv.operation import ContentGap, OperationKind, OperationMessage, ToolResult


@dataclass(slots=True, eq=False)
class Thread:
    """Model calls that work on one request, and the tool spans that they requested; earliest first."""

    llm_calls: list[Node] = field(default_factory=list[Node])
    tools: list[Node] = field(default_factory=list[Node])


class _Continuations:
    """What a later model call has to be given to continue an earlier one."""

    def __init__(self) -> None:
        self._by_call: dict[tuple[str, str, str], Thread] = {}
        self._by_id: dict[str, Thread] = {}
        self._by_answer: dict[str, Thread] = {}
        self._by_history: dict[int, Thread] = {}

    def note(self, node: Node, thread: Thread) -> None:
        """Remember how a call of ``thread`` can be continued."""
        operation = node.operation
        if operation is None:
            return
        for call in requested_calls(operation.output or ()):
            if call.id:
                self._by_call[call.id, call.name, canonical(call.arguments)] = thread
                self._by_id[call.id] = thread
        for message in operation.output or ():
            if message.text and role_of(message) is Role.ASSISTANT:
                self._by_answer[message.text] = thread
        prefixes = _prefixes(operation.input or ())
        if prefixes and (any(map(is_user_text, operation.input or ()))):
            self._by_history[prefixes[-1]] = thread

    def find(self, node: Node) -> tuple[Thread, int] | None:
        """Return the thread that ``node`` continues, and where in its input the new messages begin.

        By call, by answer, by history; the latest of each.
        """
        given = node.operation.input if node.operation is not None else None
        if not given:
            return None
        return self._by_calls_in(given) or self._by_answers_in(given) or self._by_history_of(node, given)

    def _by_calls_in(self, given: Sequence[OperationMessage]) -> tuple[Thread, int] | None:
        requests = any(True for _ in requested_calls(given))
        for index in range(len(given) - 1, -1, -1):
            for call in requested_calls((given[index],)):
                thread = self._by_call.get((call.id or "", call.name, canonical(call.arguments)))
                if call.id and thread is not None:
                    return thread, index + 1
            for part in given[index].parts:
                # A service that keeps the history itself is given the answers alone.
                if isinstance(part, ToolResult) and part.id in self._by_id and not requests:
                    return self._by_id[part.id], index + 1
        return None

    def _by_answers_in(self, given: Sequence[OperationMessage]) -> tuple[Thread, int] | None:
        for index in range(len(given) - 1, -1, -1):
            message = given[index]
            if role_of(message) is Role.ASSISTANT and message.text in self._by_answer:
                return self._by_answer[message.text], index + 1
        return None

    def _by_history_of(self, node: Node, given: Sequence[OperationMessage]) -> tuple[Thread, int] | None:
        prefixes = _prefixes(given)
        cut = node.operation is not None and ContentGap.TRUNCATED in node.operation.gaps
        for index in range(len(prefixes) - (0 if cut else 1) - 1, -1, -1):
            if prefixes[index] in self._by_history:
                return self._by_history[prefixes[index]], index + 1
        return None


def find_threads(llm_calls: Sequence[Node], tools: Sequence[Node]) -> list[Thread]:
    """Divide model calls and tool spans, each in order of time, into the turns of conversations.

    A call continues an earlier one when it is given the tool calls or the text that came back from it, or
    its whole input and more. It opens a new turn, with a request of its own, when the user spoke after that
    answer. Calls without content make one thread. A tool span belongs to the thread that
    requested it: by call id, by name and arguments, else the one whose model call ended last before it.
    """
    known = _Continuations()
    threads: list[Thread] = []
    mute = Thread()
    for node in llm_calls:
        if node.operation is None or not carries_content(node.operation):
            mute.llm_calls.append(node)
            continue
        found = known.find(node)
        if found is None or _opens_turn(node, *found):
            thread = Thread()
            threads.append(thread)
        else:
            thread = found[0]
        thread.llm_calls.append(node)
        known.note(node, thread)
    if mute.llm_calls:
        threads.append(mute)
    _give_tools(tools, threads)
    return threads


def _give_tools(tools: Sequence[Node], threads: list[Thread]) -> None:
    by_id: dict[str, Thread] = {}
    by_content: dict[tuple[str, str], Thread] = {}
    ends: list[tuple[int, int, Thread]] = []
    for number, thread in enumerate(threads):
        for node in thread.llm_calls:
            ends.append((node.end_ns, number, thread))
            operation = node.operation
            for call in requested_calls((*(operation.input or ()), *(operation.output or ())) if operation else ()):
                by_content.setdefault((call.name, canonical(call.arguments)), thread)
                if call.id:
                    by_id.setdefault(call.id, thread)
    ends.sort(key=lambda end: end[:2])
    rest = Thread()
    place = 0
    for node in tools:
        tool = node.operation.tool if node.operation is not None else None
        while place < len(ends) and ends[place][0] <= node.start_ns:
            place += 1
        found = None
        if tool is not None:
            found = by_id.get(tool.call_id) if tool.call_id else None
            found = found or by_content.get((tool.name, canonical(tool.arguments)))
        nearest = ends[max(place - 1, 0)][2] if ends else rest
        (found or nearest).tools.append(node)
    if rest.tools:
        threads.append(rest)


def _prefixes(messages: Sequence[OperationMessage]) -> list[int]:
    """Return one number per prefix of a history; equal histories have equal numbers."""
    numbers: list[int] = []
    number = 0
    for message in messages:
        calls = tuple((call.name, canonical(call.arguments)) for call in requested_calls((message,)))
        results = tuple(part.content for part in message.parts if isinstance(part, ToolResult))
        number = hash((number, message.role, message.text, calls, results))
        numbers.append(number)
    return numbers


def _opens_turn(node: Node, thread: Thread, new_from: int) -> bool:
    """Tell whether the user spoke after the thread had its answer."""
    before = thread.llm_calls[-1].operation
    if before is None or not before.output or any(True for _ in requested_calls(before.output)):
        return False
    given = node.operation.input if node.operation is not None else None
    return any(is_user_text(message) for message in (given or ())[new_from:])


def without_twins(nodes: Sequence[Node]) -> list[Node]:
    """Leave out content-less twins of model calls: the second of two instrumentations' spans, nested."""
    known = {node.span_id for node in nodes}
    return [node for node in nodes if not _has_telling_twin(node, known)]


def _has_telling_twin(node: Node, known: Collection[bytes]) -> bool:
    if node.kind is not OperationKind.LLM or node.operation is None or carries_content(node.operation):
        return False
    twins = [node.llm, *(child for child in node.children if child.kind is OperationKind.LLM)]
    return any(
        twin is not None and twin.span_id in known and twin.operation is not None and carries_content(twin.operation)
        for twin in twins
    )
