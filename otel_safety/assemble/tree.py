"""The tree of one trace, as far as it has been seen, cut into its connected components.

A component is what closes together. Two spans are connected when one is the parent of the other or both name the
same parent. A local root is connected to a parent in another process only once that parent has been seen: until
then it may be all there is to come.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from otel_safety.assemble.deadlines import Timed
from otel_safety.spans import HeldSpan, Link


class Component(Timed):
    """Connected spans of a trace.

    Attributes:
        trace_id: The trace.
        ids: Ids of its spans and of the parents that they name.
        held: Held spans in order of arrival.
        held_since: Arrival of the first of ``held``, infinite without any.
        last_arrival: Last arrival that may tell of more to come.
        unseen: Parents that are named and have not been seen.
        tops: Local roots without a seen parent.
        judged: Held spans have left it when its root had been seen.
    """

    __slots__ = ("held", "held_since", "ids", "judged", "last_arrival", "tops", "trace_id", "unseen")

    def __init__(self, trace_id: bytes) -> None:
        super().__init__()
        self.trace_id = trace_id
        self.ids: list[bytes] = []
        self.held: list[HeldSpan] = []
        self.held_since = math.inf
        self.last_arrival = -math.inf
        self.unseen = 0
        self.tops = 0
        self.judged = False

    @property
    def rooted(self) -> bool:
        """True when its root has been seen: nothing above it can still be running in this process."""
        return self.tops > 0 and self.unseen == 0


class TraceTree:
    """Components of one trace; grows by spans, never shrinks. Amortised O(log n) per span."""

    __slots__ = ("_awaiting", "_component_of", "_seen", "_touched", "_trace_id")

    def __init__(self, trace_id: bytes) -> None:
        self._trace_id = trace_id
        self._component_of: dict[bytes, Component] = {}
        self._seen: set[bytes] = set()
        self._awaiting: dict[bytes, list[bytes]] = {}
        self._touched: dict[Component, None] = {}

    def __len__(self) -> int:
        """Span ids known, parents that were only named included."""
        return len(self._component_of) + len(self._awaiting)

    def hold(self, span: HeldSpan, now: float) -> None:
        """Add a span that is held."""
        component = self._place(span)
        component.held.append(span)
        component.held_since = min(component.held_since, now)
        self._arrive(component, now)

    def link(self, link: Link, now: float) -> None:
        """Add the place of a span that is not held.

        Only a link that nobody waited for and that is no root itself, a new leaf, says nothing about the end of
        a run: background work must not keep a finished run open.
        """
        awaited = link.span_id in self._component_of or link.span_id in self._awaiting
        component = self._place(link)
        if awaited or link.local_root:
            self._arrive(component, now)

    def touch(self, span_id: bytes, now: float) -> None:
        """Note that something arrived for a span: the run goes on."""
        component = self._component_of.get(span_id)
        if component is not None:
            self._arrive(component, now)

    def take_touched(self) -> Iterable[Component]:
        """Components that changed since the last call, those that were merged into others included."""
        touched = self._touched
        self._touched = {}
        return touched

    def _arrive(self, component: Component, now: float) -> None:
        component.last_arrival = max(component.last_arrival, now)
        self._touched[component] = None

    def _place(self, span: Link) -> Component:
        own = self._see(span.span_id)
        parent_id = span.parent_id
        if span.local_root and parent_id not in self._seen:
            own.tops += 1
            if parent_id:
                self._awaiting.setdefault(parent_id, []).append(span.span_id)
        elif parent_id:
            own = self._merge(own, self._named(parent_id))
        else:
            own.tops += 1
        self._touched[own] = None
        return own

    def _see(self, span_id: bytes) -> Component:
        """Component of a span that has now been seen, with the local roots that waited for it."""
        component = self._component_of.get(span_id)
        if component is None:
            component = self._new(span_id)
        elif span_id not in self._seen:
            component.unseen -= 1
        self._seen.add(span_id)
        for child_id in self._awaiting.pop(span_id, ()):
            child = self._component_of[child_id]
            child.tops -= 1
            component = self._merge(child, component)
        return component

    def _named(self, span_id: bytes) -> Component:
        """Component of a span that was named as a parent, seen or not."""
        component = self._component_of.get(span_id)
        if component is None:
            component = self._new(span_id)
            component.unseen = 1
        return component

    def _new(self, span_id: bytes) -> Component:
        component = Component(self._trace_id)
        component.ids.append(span_id)
        self._component_of[span_id] = component
        return component

    def _merge(self, child: Component, parent: Component) -> Component:
        """Join two components by an edge; the parent's side says whether the common root was judged."""
        if child is parent:
            return parent
        large, small = (child, parent) if len(child.ids) >= len(parent.ids) else (parent, child)
        for span_id in small.ids:
            self._component_of[span_id] = large
        large.ids.extend(small.ids)
        if len(small.held) > len(large.held):
            small.held, large.held = large.held, small.held
        large.held.extend(small.held)
        large.held_since = min(large.held_since, small.held_since)
        large.last_arrival = max(large.last_arrival, small.last_arrival)
        large.unseen += small.unseen
        large.tops += small.tops
        large.judged = parent.judged
        # What is left of the small one must neither hold spans nor have a deadline.
        small.ids, small.held, small.held_since = [], [], math.inf
        self._touched[small] = self._touched[large] = None
        return large
