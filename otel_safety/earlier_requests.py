"""Requests for tools that other traces made: some instrumentations leave them out of the history that they write.

Where each model call is a trace of its own, a later call is given the answers of tools. When the history beside them
holds no requests, nothing in that trace says which tools answered; the trace of the earlier call does.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from otel_safety.rebuild.arguments import canonical
from otel_safety.rebuild.conversation import is_user_text
from otel_safety.rebuild.tool_calls import requested_calls, same_tool
from otel_safety.spans import Closed, HeldLog, HeldSpan, RememberedSpan
from semconv.operation import LogContent, Operation, OperationMessage, ToolCall, ToolResult

# A conversation is known by its service and first request, a call in it by its id: some models count ids anew.
_Key = tuple[str, bytes, str]
_Messages = tuple[OperationMessage, ...] | None
_Told = TypeVar("_Told", Operation, LogContent)
_Span = TypeVar("_Span", HeldSpan, RememberedSpan)


@dataclass(frozen=True, slots=True)
class _Request:
    call: ToolCall
    size: int
    at: float


class EarlierRequests:
    """Remembers the tool calls that models requested, for a while and up to a size; the oldest are forgotten first."""

    def __init__(self, *, keep_s: float = 600.0, max_bytes: int = 16 << 20) -> None:
        self.held_bytes = 0
        self._keep_s = keep_s
        self._max_bytes = max_bytes
        self._requests: OrderedDict[_Key, _Request] = OrderedDict()

    def remember(self, closed: Closed, now: float) -> None:
        """Keep what the model calls of ``closed`` requested. ``now``: monotonic seconds."""
        for service, told in _told(closed):
            opening = _opening(told.input)
            for call in requested_calls(told.output or ()) if opening else ():
                if call.id:
                    self._keep((service, opening, call.id), call, now)
        while self._requests and (self.held_bytes > self._max_bytes or self._oldest() <= now - self._keep_s):
            _, forgotten = self._requests.popitem(last=False)
            self.held_bytes -= forgotten.size

    def complete(self, closed: Closed) -> Closed:
        """Put remembered requests before the answers that stand in the histories of ``closed`` without one."""
        if not self._requests:
            return closed
        services = _services(closed)
        return replace(
            closed,
            spans=[self._with_requests(span, span.envelope.service) for span in closed.spans],
            remembered=[self._with_requests(span, span.service) for span in closed.remembered],
            logs=[self._log_with_requests(log, services.get(log.span_id, "")) for log in closed.logs],
        )

    def _with_requests(self, span: _Span, service: str) -> _Span:
        operation = self._completed(span.operation, service)
        return span if operation is span.operation else replace(span, operation=operation)

    def _log_with_requests(self, log: HeldLog, service: str) -> HeldLog:
        content = self._completed(log.content, service)
        return log if content is log.content else replace(log, content=content)

    def _keep(self, key: _Key, call: ToolCall, now: float) -> None:
        known = self._requests.pop(key, None)
        size = 200 + len(call.name) + len(canonical(call.arguments))
        self.held_bytes += size - (known.size if known is not None else 0)
        self._requests[key] = _Request(call, size, now)

    def _oldest(self) -> float:
        return next(iter(self._requests.values())).at

    def _completed(self, told: _Told, service: str) -> _Told:
        unrequested = _unrequested(told.input or ())
        opening = _opening(told.input) if unrequested else b""
        if not opening:
            return told
        messages: list[OperationMessage] = []
        for message in told.input or ():
            calls = tuple(self._calls_for(message, unrequested, service, opening))
            if calls:
                messages.append(OperationMessage(role="assistant", parts=calls))
            messages.append(message)
        return replace(told, input=tuple(messages))

    def _calls_for(
        self, message: OperationMessage, unrequested: set[str], service: str, opening: bytes
    ) -> Iterator[ToolCall]:
        for part in message.parts:
            if isinstance(part, ToolResult) and part.id in unrequested:
                request = self._requests.get((service, opening, part.id or ""))
                if request is not None and (part.name is None or same_tool(part.name, request.call.name)):
                    unrequested.discard(part.id or "")
                    yield request.call


def _told(closed: Closed) -> Iterator[tuple[str, Operation | LogContent]]:
    services = _services(closed)
    for span in _spans(closed):
        yield services[span.span_id], span.operation
    for log in closed.logs:
        yield services.get(log.span_id, ""), log.content


def _spans(closed: Closed) -> Iterable[HeldSpan | RememberedSpan]:
    yield from closed.spans
    yield from closed.remembered


def _services(closed: Closed) -> dict[bytes, str]:
    return {
        span.span_id: span.envelope.service if isinstance(span, HeldSpan) else span.service for span in _spans(closed)
    }


def _unrequested(messages: Sequence[OperationMessage]) -> set[str]:
    """Return the ids of the answers in a history that no message before requests."""
    answered = {part.id for message in messages for part in message.parts if isinstance(part, ToolResult) and part.id}
    return answered - {call.id for call in requested_calls(messages)} if answered else set()


def _opening(messages: _Messages) -> bytes:
    """Return a digest of the first request of a conversation, b"" without one."""
    first = next((message.text for message in messages or () if is_user_text(message)), None)
    return hashlib.blake2b(first.encode("utf-8", "replace"), digest_size=16).digest() if first else b""
