"""What was said: system prompt, request, answer and messages of the model calls of one agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from detectors.agent_trace import Message, Role
from otel_safety.rebuild.tree import Node
from semconv.operation import (
    ContentGap,
    Operation,
    OperationMessage,
    Text,
    ToolCall,
    ToolResult,
)

_ROLES: Final = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "ai": Role.ASSISTANT,
}


def role_of(message: OperationMessage) -> Role:
    """Return who wrote a message; a role of no known meaning speaks with no more authority than a tool."""
    return _ROLES.get(message.role.lower(), Role.TOOL)


def is_user_text(message: OperationMessage) -> bool:
    """Tell a user's words from tool results under role ``user``, which frameworks add remarks to."""
    return (
        role_of(message) is Role.USER
        and any(isinstance(part, Text) and part.content.strip() for part in message.parts)
        and not any(isinstance(part, ToolResult) for part in message.parts)
    )


def has_tool_calls(message: OperationMessage) -> bool:
    """Tell a message that requests tools."""
    return any(isinstance(part, ToolCall) for part in message.parts)


def carries_content(operation: Operation) -> bool:
    """Tell whether a span or its logs carried any text, arguments or result: names alone are no content."""
    if operation.system:
        return True
    for message in (*(operation.input or ()), *(operation.output or ())):
        for part in message.parts:
            if isinstance(part, Text):
                if part.content:
                    return True
            elif isinstance(part, ToolCall):
                if part.arguments is not None:
                    return True
            elif part.content is not None:
                return True
    return False


def system_prompt(nodes: Iterable[Node]) -> tuple[str, Node] | None:
    """Return the instructions of the first span that carries some, each text once."""
    for node in nodes:
        operation = node.operation
        if operation is None:
            continue
        texts = [*(operation.system or ())]
        texts += [message.text for message in operation.input or () if role_of(message) is Role.SYSTEM]
        known = [text for text in dict.fromkeys(texts) if text.strip()]
        if known:
            return "\n\n".join(known), node
    return None


def request(nodes: Iterable[Node]) -> tuple[str, Node] | None:
    """Return the user's last words in the input of the first span that carries some."""
    for node in nodes:
        for message in reversed(node.operation.input or () if node.operation else ()):
            if is_user_text(message):
                return message.text, node
    return None


def answer_of(operation: Operation, *, may_call_tools: bool) -> str | None:
    """Return the final assistant text of one span's output.

    None when the output was not captured, or ends with a request for tools (its text is then a remark on
    the way, unless ``may_call_tools``: nothing came after it). "" when the assistant answered with nothing.
    """
    if operation.output is None:
        return None
    spoken = [message for message in operation.output if role_of(message) is Role.ASSISTANT]
    if not spoken:
        return None if operation.output or operation.gaps else ""
    last = spoken[-1]
    if has_tool_calls(last) and not may_call_tools:
        return None
    texts = _closing_texts(last)
    if texts:
        return "\n".join(texts)
    return None if has_tool_calls(last) or operation.gaps else ""


def _closing_texts(message: OperationMessage) -> list[str]:
    """Return the texts after the last tool call of a message; all of them when none follows it."""
    texts: list[str] = []
    closing: list[str] = []
    for part in message.parts:
        if isinstance(part, Text):
            texts += [part.content] if part.content else []
            closing += [part.content] if part.content else []
        elif isinstance(part, ToolCall | ToolResult):
            closing = []
    return closing or texts


def final_answer(agents: Sequence[Node], llm_calls: Sequence[Node]) -> tuple[str, Node] | None:
    """Return the text that ends a run, from its agent spans (outermost first) or its last model call.

    A model call that failed without an answer does not end a run; the one before it does.
    """
    cut: tuple[str, Node] | None = None
    for node in agents:
        text = answer_of(node.operation, may_call_tools=True) if node.operation else None
        if text is not None and node.operation is not None:
            if ContentGap.TRUNCATED not in node.operation.gaps:
                return text, node
            cut = cut or (text, node)
    for node in reversed(llm_calls):
        operation = node.operation
        if operation is None or operation.output is None:
            continue
        text = answer_of(operation, may_call_tools=bool(agents))
        if text is None or (text == "" and operation.error is not None):
            if operation.error is not None:
                continue
            break
        return (text, node)
    return cut


def texts_in_order(agents: Sequence[Node], llm_calls: Sequence[Node]) -> tuple[Message, ...]:
    """Return every text of the spans' inputs and outputs once, in order.

    A text that stands twice in one conversation stands twice here: what counts is how often one span holds
    it. Each is referred to a span that is still here when one carries it.
    """
    kept: list[Message] = []
    here: list[bool] = []
    places: dict[tuple[Role, str], list[int]] = {}

    def add(node: Node, texts: Iterable[tuple[Role, str]]) -> None:
        seen: Counter[tuple[Role, str]] = Counter()
        for role, text in texts:
            # Agents repeat their last model's answer with spaces around it.
            said = role, text.strip()
            seen[said] += 1
            known = places.setdefault(said, [])
            if seen[said] > len(known):
                known.append(len(kept))
                kept.append(Message(role=role, text=text, span_ref=node.ref))
                here.append(node.here)
                continue
            place = known[seen[said] - 1]
            if node.here and not here[place]:
                kept[place] = Message(role=role, text=text, span_ref=node.ref)
                here[place] = True

    for node in agents:
        add(node, _texts(node, given=True))
    for node in llm_calls:
        add(node, [*_texts(node, given=True), *_texts(node, given=False)])
    innermost_first = reversed(agents)
    for node in sorted(innermost_first, key=_tells_the_end_only):
        add(node, _texts(node, given=False))
    return tuple(_system_first(kept))


def _tells_the_end_only(node: Node) -> bool:
    return node.operation is None or not node.operation.whole_run_output


def _system_first(messages: list[Message]) -> list[Message]:
    """Put the instructions before the request, which an agent span can carry without them."""
    opening = next(
        (index for index, message in enumerate(messages) if message.role in (Role.ASSISTANT, Role.TOOL)),
        len(messages),
    )
    head = sorted(messages[:opening], key=lambda message: message.role is not Role.SYSTEM)
    return head + messages[opening:]


def _texts(node: Node, *, given: bool) -> Iterator[tuple[Role, str]]:
    """Yield the texts that a span was given, or those that it gave back."""
    operation = node.operation
    if operation is None:
        return
    for text in (operation.system or ()) if given else ():
        yield Role.SYSTEM, text
    for message in (operation.input if given else operation.output) or ():
        if message.text:
            yield role_of(message), message.text
        for part in message.parts:
            if isinstance(part, ToolResult) and part.content:
                yield Role.TOOL, part.content
