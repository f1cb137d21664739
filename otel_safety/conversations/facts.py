"""Facts of one run that later runs of its conversation are judged with: its tool calls, and who said what."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar, cast

from detectors.agent_trace import AgentTrace, Arguments, Message, Role, TraceEvent
from otel_safety.rebuild.arguments import canonical
from otel_safety.runs import AgentRun

_Item = TypeVar("_Item", TraceEvent, Message)

# What is kept of one call. It backs claims and is not judged again: how its texts begin and end is enough.
MAX_RESULT: Final = 4_000
MAX_ARGUMENT: Final = 2_000
MAX_VALUES: Final = 64
MAX_DEPTH: Final = 8
# Approximate size in memory of what is kept beside the texts (CPython 3.11, 64 bit).
EVENT_OVERHEAD: Final = 512
MESSAGE_OVERHEAD: Final = 256
RUN_OVERHEAD: Final = 512

_VALUE_OVERHEAD: Final = 64
_ELLIPSIS: Final = "\n…\n"
_SPOKEN: Final = frozenset({Role.USER, Role.ASSISTANT})


@dataclass(frozen=True, slots=True)
class Kept:
    """Facts in order, each with the key by which it is known again.

    Attributes:
        events: Tool calls, all ``prior`` and without reference to a span: the spans are in another trace.
        messages: Texts of user and assistant, likewise.
    """

    events: tuple[tuple[bytes, TraceEvent], ...] = ()
    messages: tuple[tuple[bytes, Message], ...] = ()

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.events + other.events, self.messages + other.messages)

    @property
    def size(self) -> int:
        """Bytes that it counts for."""
        return sum(_event_size(event) for _, event in self.events) + sum(
            _message_size(message) for _, message in self.messages
        )

    def within(self, max_bytes: int, max_events: int, max_messages: int) -> Kept:
        """Return the latest facts that fit; each of the two kinds may take half of the bytes."""
        return Kept(
            _latest(self.events, _event_size, max_bytes // 2, max_events),
            _latest(self.messages, _message_size, max_bytes // 2, max_messages),
        )


def facts_of(run: AgentRun, known: Kept) -> Kept:
    """Return what a run adds to the facts that its conversation knows.

    Its own calls are new. Calls and texts of its message history are, when nothing like them is known.
    """
    calls = Kept(_calls(run.traces, {key for key, _ in known.events}))
    told = Kept()
    for place, trace in enumerate(run.traces):
        if place in run.addressed:
            told += Kept(messages=_said(trace, known + told))
    return calls + told


def with_earlier(trace: AgentTrace, earlier: Kept, *, addressed: bool) -> AgentTrace:
    """Return an agent trace with the facts of earlier runs that its own history lacks, in front.

    Where tools were not observable they stay so. Only who speaks with the user gets what was said.
    """
    if not earlier.events and not earlier.messages:
        return trace
    events, messages = trace.trace_events, trace.messages
    if events is not None:
        told = {_event_key(event) for event in events if event.prior}
        events = (*(event for key, event in earlier.events if key not in told), *events)
    if addressed:
        history = Counter(_message_key(message) for message in _spoken(_turn(trace)[0]))
        missing = [message for key, message in earlier.messages if not _take(history, key)]
        place = next((i for i, item in enumerate(messages) if item.role is not Role.SYSTEM), len(messages))
        messages = (*messages[:place], *missing, *messages[place:])
    return replace(trace, trace_events=events, messages=messages)


def _calls(traces: Sequence[AgentTrace], known: Collection[bytes]) -> tuple[tuple[bytes, TraceEvent], ...]:
    events = [(_event_key(event), event) for trace in traces for event in trace.trace_events or ()]
    own = [(key, event) for key, event in events if not event.prior]
    if all(event.start_ns for _, event in own):
        own.sort(key=lambda item: item[1].start_ns)
    # A call of an inner agent is prior in the trace of the outer one, which knows it too.
    seen = {*known, *(key for key, _ in own)}
    before = {key: event for key, event in events if event.prior and key not in seen}
    return tuple((key, _kept_event(event)) for key, event in (*before.items(), *own))


def _said(trace: AgentTrace, known: Kept) -> tuple[tuple[bytes, Message], ...]:
    history, turn = _turn(trace)
    told = Counter(key for key, _ in known.messages)
    fresh = [message for message in _spoken(history) if not _take(told, _message_key(message))]
    return tuple((_message_key(message), replace(message, span_ref=None)) for message in (*fresh, *_spoken(turn)))


def _turn(trace: AgentTrace) -> tuple[Sequence[Message], Sequence[Message]]:
    """Divide the messages into the history and what was said from the current request on."""
    messages = trace.messages
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].role is Role.USER and messages[place].text == trace.input:
            return messages[:place], messages[place:]
    return (), messages


def _spoken(messages: Iterable[Message]) -> list[Message]:
    return [message for message in messages if message.role in _SPOKEN]


def _take(counts: Counter[bytes], key: bytes) -> bool:
    if counts[key] <= 0:
        return False
    counts[key] -= 1
    return True


def _event_key(event: TraceEvent) -> bytes:
    return _digest(event.call_id or "", event.name, canonical(event.arguments))


def _message_key(message: Message) -> bytes:
    return _digest(message.role.value, message.text.strip())


def _digest(*texts: str) -> bytes:
    return hashlib.blake2b("\x00".join(texts).encode("utf-8", "replace"), digest_size=16).digest()


def _kept_event(event: TraceEvent) -> TraceEvent:
    return replace(
        event,
        arguments=cast("Arguments | None", _clipped(event.arguments, MAX_DEPTH)),
        result=None if event.result is None else _ends(event.result, MAX_RESULT),
        error=None if event.error is None else _ends(event.error, MAX_ARGUMENT),
        prior=True,
        span_ref=None,
    )


def _clipped(value: object, depth: int) -> object:
    """Return a decoded JSON value with its texts, its width and its depth cut."""
    if isinstance(value, str):
        return _ends(value, MAX_ARGUMENT)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_ends(str(key), MAX_ARGUMENT): _clipped(item, depth - 1) for key, item in islice(items, MAX_VALUES)}
    return [_clipped(item, depth - 1) for item in cast("Sequence[object]", value)[:MAX_VALUES]]


def _ends(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: length // 2] + _ELLIPSIS + text[len(text) - length // 2 :]


def _event_size(event: TraceEvent) -> int:
    texts = (event.name, event.call_id, event.result, event.error)
    return EVENT_OVERHEAD + sum(map(_text_size, texts)) + _value_size(event.arguments)


def _message_size(message: Message) -> int:
    return MESSAGE_OVERHEAD + _text_size(message.text)


def _text_size(text: str | None) -> int:
    return 0 if text is None else sys.getsizeof(text)


def _value_size(value: object) -> int:
    """Size of a clipped JSON value."""
    if isinstance(value, str):
        return _text_size(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return _VALUE_OVERHEAD + sum(_VALUE_OVERHEAD + _text_size(key) + _value_size(item) for key, item in items)
    if isinstance(value, list):
        return _VALUE_OVERHEAD + sum(_value_size(item) for item in cast("list[object]", value))
    return _VALUE_OVERHEAD


def _latest(
    items: tuple[tuple[bytes, _Item], ...], size: Callable[[_Item], int], max_bytes: int, max_items: int
) -> tuple[tuple[bytes, _Item], ...]:
    taken = 0
    for place in range(len(items) - 1, -1, -1):
        taken += size(items[place][1])
        if taken > max_bytes or len(items) - place > max_items:
            return items[place + 1 :]
    return items
