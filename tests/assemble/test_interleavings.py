"""Arbitrary interleavings: whatever comes in whatever order, no span is lost, doubled or held past hold."""

import math
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from otel_safety.assemble import Assembler, AssemblyLimits
from otel_safety.assemble.limits import HELD_SPAN_OVERHEAD, NODE_OVERHEAD, TRACE_OVERHEAD
from otel_safety.spans import Closed, CloseReason, HeldSpan, Link
from tests.assemble.spans import held, link, log

TRACES = tuple(bytes([n]) * 16 for n in range(1, 4))
LIMITS = (
    AssemblyLimits(),
    AssemblyLimits(max_run_spans=3, max_run_bytes=500),
    AssemblyLimits(max_held_bytes=6 * HELD_SPAN_OVERHEAD, max_remembered_bytes=8 * TRACE_OVERHEAD),
    AssemblyLimits(max_remembered_bytes=0, settle_s=0.0),
    AssemblyLimits(settle_s=5.0, idle_s=3.0, hold_s=4.0, remember_s=1.0),
)

traces = st.sampled_from(TRACES)
places = st.tuples(st.integers(1, 12), st.integers(0, 12), st.booleans())


@st.composite
def held_spans(draw: st.DrawFn) -> HeldSpan:
    number, parent, remote = draw(places)
    return held(number, parent, trace=draw(traces), remote=remote, size=draw(st.sampled_from((10, 200, 600))))


@st.composite
def links(draw: st.DrawFn) -> Link:
    number, parent, remote = draw(places)
    return link(number, parent, trace=draw(traces), remote=remote)


class Interleavings(RuleBasedStateMachine):
    """Drives one assembler with a clock that only goes forward, ticking at each deadline as the service does."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.limits = LIMITS[0]
        self.assembler = Assembler(self.limits)
        self.waiting: dict[int, tuple[HeldSpan, float]] = {}

    @initialize(limits=st.sampled_from(LIMITS))
    def start(self, limits: AssemblyLimits) -> None:
        self.limits = limits
        self.assembler = Assembler(limits)

    @rule(spans=st.lists(held_spans(), max_size=6), places=st.lists(links(), max_size=4))
    def add_spans(self, spans: list[HeldSpan], places: list[Link]) -> None:
        for span in spans:
            self.waiting[id(span)] = (span, self.now)
        self.leave(self.assembler.add_spans(spans, places, self.now))

    @rule(trace=traces, numbers=st.lists(st.integers(1, 12), max_size=4), size=st.sampled_from((10, 3000)))
    def add_logs(self, trace: bytes, numbers: list[int], size: int) -> None:
        self.leave(self.assembler.add_logs([log(n, trace=trace, size=size) for n in numbers], self.now))

    @rule(seconds=st.sampled_from((0.0, 0.1, 1.0, 2.0, 7.0, 31.0, 700.0)))
    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.assembler.next_deadline()) is not None and due <= until:
            assert due >= self.now or math.isclose(due, self.now)
            if due - 0.001 > self.now:
                assert self.assembler.tick(due - 0.001) == []
            self.now = max(self.now, due)
            self.leave(self.assembler.tick(self.now))
            later = self.assembler.next_deadline()
            assert later is None or later > due
        self.now = until
        assert self.assembler.tick(until) == []

    @rule(trace=traces, key=st.sampled_from("abc"))
    def remember_findings(self, trace: bytes, key: str) -> None:
        self.assembler.remember_findings(trace, [key], self.now)

    @precondition(lambda self: self.waiting)
    @rule()
    def shutdown(self) -> None:
        self.leave(self.assembler.shutdown(self.now))
        assert not self.waiting

    def leave(self, closings: list[Closed]) -> None:
        for closed in closings:
            assert closed.spans
            keys = [(span.start_ns, span.span_id, span.raw) for span in closed.spans]
            assert keys == sorted(keys)
            for span in closed.spans:
                assert span.trace_id == closed.trace_id
                _, arrived = self.waiting.pop(id(span))
                assert self.now - arrived <= self.limits.hold_s + 1e-6
            known = {span.span_id for span in (*closed.spans, *closed.remembered)}
            assert {item.span_id for item in closed.logs} <= known
            if closed.reason is CloseReason.LATE:
                assert closed.remembered or closed.forgotten

    @invariant()
    def counts_are_true(self) -> None:
        spans = [span for span, _ in self.waiting.values()]
        assert self.assembler.held_spans == len(spans)
        assert self.assembler.held_bytes == sum(span.size for span in spans)
        assert self.assembler.held_traces == len({span.trace_id for span in spans})
        for span in spans:
            assert self.assembler.is_open(span.trace_id)

    @invariant()
    def memory_is_bounded(self) -> None:
        assembler, limits = self.assembler, self.limits
        assert assembler.held_bytes + HELD_SPAN_OVERHEAD * assembler.held_spans <= limits.max_held_bytes
        # What cannot be forgotten: the place of the held spans in their trees.
        places = sum(1 for _ in TRACES) * (TRACE_OVERHEAD + 64 * NODE_OVERHEAD) if assembler.held_spans else 0
        assert 0 <= assembler.remembered_bytes <= limits.max_remembered_bytes + places

    def teardown(self) -> None:
        self.leave(self.assembler.shutdown(self.now))
        assert not self.waiting
        self.wait(10_000.0)
        assert self.assembler.remembered_bytes == 0
        assert self.assembler.next_deadline() is None


Interleavings.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestInterleavings = Interleavings.TestCase


Arrival = HeldSpan | Link


@given(
    spans=st.lists(held_spans(), min_size=1, max_size=10),
    places=st.lists(links(), max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_what_closes_together_does_not_depend_on_order_and_batching(
    spans: list[HeldSpan], places: list[Link], order: Random
) -> None:
    known = {span.trace_id for span in spans}
    arrivals: list[Arrival] = [*spans, *(place for place in places if place.trace_id in known)]
    # Opens every trace, as the GenAI spans of a real batch do before links of it are wanted.
    openers = [log(99, trace=trace) for trace in sorted(known)]

    def closings(order_of_arrival: list[Arrival], cut: list[int]) -> list[Closed]:
        assembler = Assembler(AssemblyLimits())
        assembler.add_logs(openers, 0.0)
        now = 0.0
        for start, end in zip([0, *cut], [*cut, len(order_of_arrival)], strict=True):
            batch = order_of_arrival[start:end]
            assembler.add_spans(
                [item for item in batch if isinstance(item, HeldSpan)],
                [item for item in batch if not isinstance(item, HeldSpan)],
                now,
            )
            now += 0.01
        closed: list[Closed] = []
        while assembler.held_spans:
            due = assembler.next_deadline()
            assert due is not None
            closed += assembler.tick(due + 0.2)
        return sorted(closed, key=lambda item: (item.trace_id, item.reason, item.spans[0].span_id))

    shuffled = list(arrivals)
    order.shuffle(shuffled)
    cut = sorted(order.sample(range(len(arrivals) + 1), k=min(3, len(arrivals))))
    expected, actual = closings(arrivals, []), closings(shuffled, cut)
    assert [(c.trace_id, c.reason, c.spans) for c in actual] == [(c.trace_id, c.reason, c.spans) for c in expected]


@given(st.lists(st.tuples(st.integers(2, 400), st.integers(1, 400)), max_size=60))
def test_a_tree_below_one_root_is_one_run(edges: list[tuple[int, int]]) -> None:
    parents = {child: min(parent, child - 1) for child, parent in edges}
    seen: dict[int, int] = {}
    for child in sorted(parents):
        parent = parents[child]
        while parent != 1 and parent not in parents:
            parent -= 1
        seen[child] = parent
    assembler = Assembler(AssemblyLimits())
    for child, parent in sorted(seen.items(), key=lambda item: (item[0] * 7919) % 101):
        assembler.add_spans([held(child, parent)], [], 0.0)
    assembler.add_spans([held(1)], [], 1.0)
    (closed,) = assembler.tick(3.0)
    assert closed.reason is CloseReason.ROOT
    assert len(closed.spans) == len(seen) + 1
