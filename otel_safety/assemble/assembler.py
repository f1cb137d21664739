"""The assembler: takes spans, logs and links as they come and lets runs go when they are over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from otel_safety.assemble.deadlines import Deadlines
from otel_safety.assemble.limits import HELD_SPAN_OVERHEAD, AssemblyLimits
from otel_safety.assemble.memory import Memory
from otel_safety.assemble.trace_state import TraceState
from otel_safety.assemble.tree import Component
from otel_safety.spans import Closed, CloseReason, HeldLog, HeldSpan, Link

# A trace that has closed this often waits for ``idle_s`` between closings: each is judged with all facts of the
# trace, and a trace that trickles must not cost that every time.
_FREQUENT_CLOSINGS: Final = 16
# Share of ``max_held_bytes`` down to which held spans are let go when it is exceeded: looking at all held traces for
# the heaviest is paid for by the bytes it frees.
_RELIEF: Final = 0.9
# Added to the age of a trace when it is weighed, so that among traces just opened the heaviest goes first.
_AGE_OFFSET_S: Final = 1.0


class Assembler:
    """Holds GenAI spans until their run is over. Pure: time is an argument, in seconds, and never goes back.

    Every span that is added leaves in exactly one ``Closed``, at the latest ``hold_s`` later if ``tick`` is called
    at each ``next_deadline``. A ``Closed`` always has spans. No limit drops a span.
    """

    def __init__(self, limits: AssemblyLimits) -> None:
        self._limits = limits
        self._memory = Memory(limits.max_remembered_bytes)
        self._deadlines = Deadlines()
        self._holding: dict[bytes, TraceState] = {}
        self._held_bytes = 0
        self._held_spans = 0
        self._now = -math.inf

    @property
    def hold_s(self) -> float:
        """Seconds that no span waits beyond."""
        return self._limits.hold_s

    @property
    def held_bytes(self) -> int:
        """Sizes of the held spans."""
        return self._held_bytes

    @property
    def held_spans(self) -> int:
        """Number of held spans."""
        return self._held_spans

    @property
    def held_traces(self) -> int:
        """Traces with held spans."""
        return len(self._holding)

    @property
    def any_open(self) -> bool:
        """True when any trace is held or remembered."""
        return len(self._memory) > 0

    @property
    def remembered_bytes(self) -> int:
        """Bytes that the facts of all traces count for."""
        return self._memory.bytes

    def is_open(self, trace_id: bytes) -> bool:
        """Say whether a trace is held or remembered: links of its spans that are not GenAI are wanted."""
        return self._memory.get(trace_id) is not None

    def reported(self, trace_id: bytes) -> frozenset[str]:
        """Keys of the findings that a trace has earned until now."""
        trace = self._memory.get(trace_id)
        return frozenset() if trace is None else trace.reported

    def add_spans(self, held: Sequence[HeldSpan], links: Sequence[Link], now: float) -> list[Closed]:
        """Take in spans to hold and places of spans that are not held.

        Links of traces that are not open are ignored. Returns what a limit makes leave at once.
        """
        now = self._advance(now)
        changed = {span.trace_id: self._memory.open(span.trace_id) for span in held}
        for link in links:
            linked = changed.get(link.trace_id) or self._memory.get(link.trace_id)
            if linked is not None:
                changed[link.trace_id] = linked
                linked.add_link(link, now, self._memory.share)
        closed: list[Closed] = []
        for span in held:
            trace = changed[span.trace_id]
            trace.hold(span, now)
            self._holding[span.trace_id] = trace
            self._held_spans += 1
            self._held_bytes += span.size
            if trace.held_spans > self._limits.max_run_spans or trace.held_bytes > self._limits.max_run_bytes:
                closed.append(self._release_all(trace, CloseReason.SIZE))
        for trace in changed.values():
            self._update(trace)
        closed.extend(self._relieve())
        self._shrink_memory()
        return closed

    def add_logs(self, logs: Sequence[HeldLog], now: float) -> list[Closed]:
        """Take in log contents, before, with or after their spans. Logs alone never make anything leave."""
        now = self._advance(now)
        changed: dict[bytes, TraceState] = {}
        for log in logs:
            trace = changed[log.trace_id] = self._memory.open(log.trace_id)
            trace.add_log(log, now, self._memory.share)
        for trace in changed.values():
            self._update(trace)
        self._shrink_memory()
        return []

    def remember_findings(self, trace_id: bytes, keys: Iterable[str], now: float) -> None:
        """Note which findings a trace has earned; later ``Closed`` of it say so."""
        now = self._advance(now)
        trace = self._memory.open(trace_id)
        trace.last_activity = now
        trace.report(keys, self._memory.share)
        self._update(trace)
        self._shrink_memory()

    def tick(self, now: float) -> list[Closed]:
        """Let go what is due, in order of deadline; forget what is old."""
        now = self._advance(now)
        due: dict[bytes, list[Component]] = {}
        for timed in self._deadlines.pop_due(now):
            if isinstance(timed, Component):
                due.setdefault(timed.trace_id, []).append(timed)
            elif isinstance(timed, TraceState):
                due.setdefault(timed.trace_id, [])
        closed: list[Closed] = []
        for trace_id, components in due.items():
            trace = self._memory.get(trace_id)
            if trace is not None:
                closed.extend(self._close_due(trace, components, now))
        self._shrink_memory()
        return closed

    def shutdown(self, now: float) -> list[Closed]:
        """Let everything go that is held."""
        self._advance(now)
        closed = [self._release_all(trace, CloseReason.SHUTDOWN) for trace in list(self._holding.values())]
        self._shrink_memory()
        return closed

    def next_deadline(self) -> float | None:
        """Say when ``tick`` has something to do; None when nothing waits."""
        return self._deadlines.next()

    def _advance(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now

    def _settles_at(self, trace: TraceState, component: Component) -> float:
        # Content may still be on its way in log records, which are exported apart from the spans.
        wait_s = self._limits.idle_s if trace.without_content else self._limits.settle_s
        settles_at = component.last_arrival + wait_s
        if trace.closings < _FREQUENT_CLOSINGS:
            return settles_at
        return max(settles_at, trace.last_closing + self._limits.idle_s)

    def _hold_ends_at(self, component: Component) -> float:
        return component.held_since + self._limits.hold_s

    def _idles_at(self, trace: TraceState) -> float:
        return trace.last_arrival + self._limits.idle_s

    def _expires_at(self, trace: TraceState) -> float:
        return trace.last_activity + self._limits.remember_s

    def _update(self, trace: TraceState, components: Iterable[Component] = ()) -> None:
        """Set the deadlines of a trace and of its components that changed, and account for it."""
        for component in (*trace.tree.take_touched(), *components):
            trace.rooted.pop(component, None)
            if not component.held:
                trace.rootless.pop(component, None)
                self._deadlines.set(component, math.inf)
            elif component.rooted:
                trace.rootless.pop(component, None)
                trace.rooted[component] = None
                due = min(self._settles_at(trace, component), self._hold_ends_at(component))
                self._deadlines.set(component, due)
            else:
                trace.rootless[component] = None
                self._deadlines.set(component, self._hold_ends_at(component))
        if trace.rootless:
            self._deadlines.set(trace, self._idles_at(trace))
        else:
            self._deadlines.set(trace, math.inf if trace.held_spans else self._expires_at(trace))
        self._memory.account(trace)

    def _close_due(self, trace: TraceState, components: list[Component], now: float) -> list[Closed]:
        """Close what is due of one trace: runs whose root was seen, then what is idle, then what waited longest.

        What is due at the same time for the same reason leaves together: a trace of many small runs is judged
        once, not once for each.
        """
        settled: dict[CloseReason, list[Component]] = {CloseReason.ROOT: [], CloseReason.LATE: []}
        hold_ends_at = math.inf
        for component in components:
            if component.rooted and self._settles_at(trace, component) <= min(now, self._hold_ends_at(component)):
                settled[CloseReason.LATE if component.judged else CloseReason.ROOT].append(component)
            else:
                hold_ends_at = min(hold_ends_at, self._hold_ends_at(component))
        closed = [self._release(trace, together, reason) for reason, together in settled.items() if together]
        if trace.rootless and self._idles_at(trace) <= min(now, hold_ends_at):
            closed.append(self._release(trace, list(trace.rootless), CloseReason.IDLE))
        if any(component.held and self._hold_ends_at(component) <= now for component in components):
            closed.append(self._release_all(trace, CloseReason.HOLD))
        if not trace.held_spans and self._expires_at(trace) <= now:
            self._deadlines.set(trace, math.inf)
            self._memory.drop(trace)
        else:
            self._update(trace, components)
        return closed

    def _release(self, trace: TraceState, components: Sequence[Component], reason: CloseReason) -> Closed:
        for component in components:
            self._deadlines.set(component, math.inf)
        self._held_spans -= sum(len(component.held) for component in components)
        self._held_bytes -= sum(span.size for component in components for span in component.held)
        closed = trace.release(components, reason, self._now, self._memory.share)
        if not trace.held_spans:
            del self._holding[trace.trace_id]
        return closed

    def _release_all(self, trace: TraceState, reason: CloseReason) -> Closed:
        self._update(trace)
        closed = self._release(trace, trace.components(), reason)
        self._update(trace)
        return closed

    def _relieve(self) -> list[Closed]:
        """Let go the heaviest times oldest traces when held spans take too much memory."""
        if self._footprint() <= self._limits.max_held_bytes:
            return []
        target = self._limits.max_held_bytes * _RELIEF
        by_impact = sorted(self._holding.values(), key=self._impact, reverse=True)
        closed: list[Closed] = []
        for trace in by_impact:
            if self._footprint() <= target:
                break
            closed.append(self._release_all(trace, CloseReason.MEMORY))
        return closed

    def _footprint(self) -> int:
        return self._held_bytes + HELD_SPAN_OVERHEAD * self._held_spans

    def _impact(self, trace: TraceState) -> float:
        return (trace.held_bytes + HELD_SPAN_OVERHEAD * trace.held_spans) * (
            self._now - trace.held_since + _AGE_OFFSET_S
        )

    def _shrink_memory(self) -> None:
        for trace in self._memory.shrink():
            self._deadlines.set(trace, math.inf)
