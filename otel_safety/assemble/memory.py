"""Memory: the facts of all traces, bounded in bytes; the traces that were quiet longest are forgotten first."""

from __future__ import annotations

from collections import OrderedDict

from otel_safety.assemble.limits import TRACE_OVERHEAD
from otel_safety.assemble.trace_state import TraceState


class Memory:
    """Every trace that is held or remembered.

    Forgetting goes in two steps: a trace first loses its facts and keeps a small trace of itself (its id, that
    it was forgotten, which findings it has earned); these remains may take a quarter of the whole.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._traces: dict[bytes, TraceState] = {}
        self._with_facts: OrderedDict[bytes, TraceState] = OrderedDict()
        self._remains: OrderedDict[bytes, TraceState] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._traces)

    @property
    def share(self) -> int:
        """Bytes that the facts of one trace may take."""
        return self._max_bytes // 4

    def get(self, trace_id: bytes) -> TraceState | None:
        """The trace, None when nothing is known of it."""
        return self._traces.get(trace_id)

    def open(self, trace_id: bytes) -> TraceState:
        """The trace, new when nothing is known of it."""
        trace = self._traces.get(trace_id)
        if trace is None:
            trace = self._traces[trace_id] = TraceState(trace_id)
        return trace

    def account(self, trace: TraceState) -> None:
        """Take note of what a trace costs now, and that it is the one used last."""
        trace_id = trace.trace_id
        self._charge(trace, trace.cost)
        self._remains.pop(trace_id, None)
        if trace.has_facts:
            self._with_facts[trace_id] = trace
            self._with_facts.move_to_end(trace_id)
        else:
            self._with_facts.pop(trace_id, None)
            if not trace.held_spans:
                self._remains[trace_id] = trace

    def drop(self, trace: TraceState) -> None:
        """Know nothing of a trace any more. It must hold no span."""
        trace_id = trace.trace_id
        self._charge(trace, 0)
        self._with_facts.pop(trace_id, None)
        self._remains.pop(trace_id, None)
        del self._traces[trace_id]

    def shrink(self) -> list[TraceState]:
        """Forget until the facts fit; returns the traces that were dropped whole.

        What cannot be forgotten is the place of held spans, which the limit on held bytes bounds.
        """
        dropped: list[TraceState] = []
        while self.bytes > self._max_bytes:
            crowded = len(self._remains) * TRACE_OVERHEAD > self.share
            if self._with_facts and not crowded:
                trace = self._with_facts.popitem(last=False)[1]
                trace.forget()
                self.account(trace)
            elif self._remains:
                trace = next(iter(self._remains.values()))
                self.drop(trace)
                dropped.append(trace)
            else:
                break
        return dropped

    def _charge(self, trace: TraceState, cost: int) -> None:
        self.bytes += cost - trace.charged
        trace.charged = cost
