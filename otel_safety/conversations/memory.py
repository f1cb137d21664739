"""Memory of conversations: bounded in bytes, expiring, and apart for each service."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.agent_trace import AgentTrace
from otel_safety.conversations.facts import RUN_OVERHEAD, Kept, facts_of, with_earlier
from otel_safety.runs import AgentRun

# What one conversation may take: of all bytes this share, and what detectors read in some milliseconds.
SHARE: Final = 16
MAX_EVENTS: Final = 200
MAX_MESSAGES: Final = 200
CONVERSATION_OVERHEAD: Final = 1_024

Order = tuple[int, bytes, bytes]


@dataclass(frozen=True, slots=True)
class _Run:
    """The facts of one run.

    Attributes:
        order: Start, trace id and root id: its place among the runs of the conversation.
        kept: What is known of it.
        size: Bytes that it counts for.
    """

    order: Order
    kept: Kept
    size: int

    def is_part_of(self, run: AgentRun) -> bool:
        """Tell whether ``run`` is the same run, as known later: its root may have come after it was first judged."""
        return self.order[1] == run.trace_id and (self.order[2] == run.root_id or self.order[2] in run.span_ids)


@dataclass(slots=True)
class _Conversation:
    """What is known of one conversation, and when it was used last."""

    used: float
    runs: list[_Run] = field(default_factory=list[_Run])
    size: int = CONVERSATION_OVERHEAD

    def earlier_than(self, run: AgentRun) -> Kept:
        """Return the facts of the runs that began before ``run``, what is known of itself left out."""
        order = _order(run)
        known = [other.kept for other in self.runs if other.order < order and not other.is_part_of(run)]
        return Kept(
            tuple(item for kept in known for item in kept.events),
            tuple(item for kept in known for item in kept.messages),
        )

    def take(self, run: AgentRun, max_bytes: int) -> None:
        """Add the facts of a run, in place of what was known of it before, and keep within the limits."""
        before = [known for known in self.runs if known.is_part_of(run)]
        self.runs = [known for known in self.runs if not known.is_part_of(run)]
        facts = facts_of(run, self.earlier_than(run))
        if not facts.messages:
            # Late spans of an inner agent say nothing of what the user said.
            facts = Kept(facts.events, tuple(item for known in before for item in known.kept.messages))
        kept = facts.within(max_bytes - CONVERSATION_OVERHEAD - RUN_OVERHEAD, MAX_EVENTS, MAX_MESSAGES)
        added = _Run(_order(run), kept, RUN_OVERHEAD + kept.size)
        self.size += added.size - sum(known.size for known in before)
        insort(self.runs, added, key=lambda item: item.order)
        self._shrink(max_bytes)

    def _shrink(self, max_bytes: int) -> None:
        events = sum(len(run.kept.events) for run in self.runs)
        messages = sum(len(run.kept.messages) for run in self.runs)
        while self.runs and (self.size > max_bytes or events > MAX_EVENTS or messages > MAX_MESSAGES):
            first = self.runs.pop(0)
            self.size -= first.size
            events -= len(first.kept.events)
            messages -= len(first.kept.messages)


class ConversationMemory:
    """What earlier runs of each conversation did and said. Pure: time is an argument, in seconds.

    A conversation is known by its service and its id. It is forgotten ``remember_s`` after its last run, or before
    that when memory is short: the one that was quiet longest goes first.
    """

    def __init__(self, *, max_bytes: int = 16 << 20, remember_s: float = 600.0) -> None:
        self._max_bytes = max_bytes
        self._remember_s = remember_s
        self._conversations: OrderedDict[bytes, _Conversation] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._conversations)

    def recall(self, run: AgentRun, now: float) -> AgentRun:
        """Return the run with the facts of the runs of its conversation that began before it.

        Their calls are ``prior``: they back claims and are not judged again. Of a long conversation the latest facts
        are known; what was forgotten counts as little as what was never seen.
        """
        key = _key(run)
        if key is None:
            return run
        self.expire(now)
        conversation = self._conversations.get(key)
        earlier = Kept() if conversation is None else conversation.earlier_than(run)
        traces: list[AgentTrace] = []
        for place, trace in enumerate(run.traces):
            addressed = place in run.addressed
            traces.append(with_earlier(trace, earlier, addressed=addressed))
            if addressed and len(run.addressed) > 1:
                # Several turns of the conversation in one run.
                turn = replace(run, traces=(trace,), addressed=frozenset({0}))
                earlier += facts_of(turn, earlier)
        return replace(run, traces=tuple(traces))

    def remember(self, run: AgentRun, now: float) -> None:
        """Keep the facts of a run, as it was rebuilt: without those that ``recall`` added."""
        key = _key(run)
        if key is None:
            return
        self.expire(now)
        conversation = self._conversations.pop(key, None)
        if conversation is None:
            conversation = _Conversation(now)
        else:
            self.bytes -= conversation.size
            conversation.used = now
        conversation.take(run, self._max_bytes // SHARE)
        self._conversations[key] = conversation
        self.bytes += conversation.size
        while self.bytes > self._max_bytes:
            _, quiet = self._conversations.popitem(last=False)
            self.bytes -= quiet.size

    def expire(self, now: float) -> None:
        """Forget the conversations that have been quiet for too long."""
        while self._conversations:
            key, conversation = next(iter(self._conversations.items()))
            if conversation.used + self._remember_s > now:
                break
            del self._conversations[key]
            self.bytes -= conversation.size


def _key(run: AgentRun) -> bytes | None:
    if not run.conversation_id:
        return None
    names = f"{len(run.service)}:{run.service}{run.conversation_id}"
    return hashlib.blake2b(names.encode("utf-8", "replace"), digest_size=16).digest()


def _order(run: AgentRun) -> Order:
    return run.start_ns, run.trace_id, run.root_id
