"""Ids of tool calls: some histories list a call under one id and its answer under another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from semconv.operation import OperationMessage, Text, ToolCall, ToolResult


def answered_ids(messages: Sequence[OperationMessage]) -> dict[tuple[int, int], str]:
    """Find the id under which a call is answered, by (message, part), for calls whose own id nothing answers.

    The Responses API has two ids per call, and instrumentations mix them. An answer whose id no call has belongs to
    the first call before it that waits, unless it names another tool or somebody spoke in between.
    """
    parts = [part for message in messages for part in message.parts]
    called = {part.id for part in parts if isinstance(part, ToolCall)}
    answered = {part.id for part in parts if isinstance(part, ToolResult)}
    if not answered - called - {None}:
        return {}
    found: dict[tuple[int, int], str] = {}
    waiting: deque[tuple[tuple[int, int], str]] = deque()
    for position, message in enumerate(messages):
        for index, part in enumerate(message.parts):
            if isinstance(part, ToolCall):
                if part.id and part.id not in answered:
                    waiting.append(((position, index), part.name))
            elif isinstance(part, ToolResult):
                if part.id and part.id not in called and waiting and part.name in (None, waiting[0][1]):
                    found[waiting.popleft()[0]] = part.id
            elif isinstance(part, Text) and part.content.strip():
                waiting.clear()
    return found
