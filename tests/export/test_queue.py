"""The sending queue: order, joining, bounds, and that nothing is lost in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_safety.export.queue import SendingQueue
from otel_safety.load.span_ids import span_ids
from otel_safety.spans import Batch, Signal
from tests.export.support import batch


def drained(queue: SendingQueue, now: float, *, flush: bool = True) -> list[Batch]:
    taken: list[Batch] = []
    while (item := queue.take(now, flush=flush)) is not None:
        taken.append(item)
    return taken


def numbers(batches: list[Batch]) -> list[int]:
    return [int.from_bytes(key) for item in batches for key in span_ids(item.payload)]


def test_small_batches_are_joined_in_order() -> None:
    queue = SendingQueue(max_batch_bytes=10_000, flush_interval_s=1.0)
    for number in range(1, 6):
        queue.put(batch(number), 0.0)
    taken = drained(queue, 1.0, flush=False)
    assert [item.items for item in taken] == [5]
    assert numbers(taken) == [1, 2, 3, 4, 5]


def test_nothing_leaves_before_the_flush_interval_unless_a_request_is_full() -> None:
    queue = SendingQueue(max_batch_bytes=200, flush_interval_s=1.0)
    assert queue.put(batch(1), 0.0)
    assert queue.take(0.5) is None
    assert queue.next_due() == 1.0
    full = [queue.put(batch(number), 0.5) for number in range(2, 8)]
    assert full.count(True) == 1
    assert len(drained(queue, 0.5, flush=False)) == 1


def test_a_batch_that_comes_alone_keeps_its_payload_object() -> None:
    queue = SendingQueue(max_batch_bytes=10_000, flush_interval_s=0.0)
    original = batch(1, 2)
    queue.put(original, 0.0)
    taken = queue.take(0.0)
    assert taken is not None
    assert taken.payload is original.payload


def test_signals_are_never_joined() -> None:
    queue = SendingQueue(max_batch_bytes=10_000, flush_interval_s=0.0)
    for signal in (Signal.TRACES, Signal.LOGS, Signal.METRICS, Signal.TRACES):
        queue.put(Batch(signal, b"\x0a\x00", 1), 0.0)
    assert sorted((item.signal, item.items) for item in drained(queue, 0.0)) == [
        (Signal.LOGS, 1),
        (Signal.METRICS, 1),
        (Signal.TRACES, 2),
    ]


def test_the_oldest_signal_leaves_first() -> None:
    queue = SendingQueue(max_batch_bytes=10_000, flush_interval_s=0.0)
    queue.put(Batch(Signal.LOGS, b"\x0a\x00", 1), 1.0)
    queue.put(Batch(Signal.METRICS, b"\x0a\x00", 1), 0.0)
    assert [item.signal for item in drained(queue, 1.0)] == [Signal.METRICS, Signal.LOGS]


def test_a_large_batch_is_cut_where_its_spans_allow_it() -> None:
    queue = SendingQueue(max_batch_bytes=300, flush_interval_s=0.0)
    queue.put(batch(*range(1, 41)), 0.0)
    taken = drained(queue, 0.0)
    assert len(taken) > 1
    assert all(len(item.payload) <= 300 for item in taken)
    assert numbers(taken) == list(range(1, 41))


def test_a_span_that_is_too_large_leaves_whole() -> None:
    queue = SendingQueue(max_batch_bytes=300, flush_interval_s=0.0)
    queue.put(batch(1, name="x" * 5000), 0.0)
    assert numbers(drained(queue, 0.0)) == [1]


def test_bytes_that_are_no_request_leave_whole() -> None:
    queue = SendingQueue(max_batch_bytes=3, flush_interval_s=0.0)
    queue.put(Batch(Signal.TRACES, b"\xff\xff\xff\xff", 1), 0.0)
    assert [item.payload for item in drained(queue, 0.0)] == [b"\xff\xff\xff\xff"]


def test_what_is_taken_counts_until_it_is_settled() -> None:
    queue = SendingQueue(max_batch_bytes=10_000, flush_interval_s=0.0)
    item = batch(1, 2, 3)
    queue.put(item, 0.0)
    taken = queue.take(0.0)
    assert taken is not None
    assert (queue.queued_bytes, queue.queued_items) == (len(item.payload), 3)
    parts = [batch(1), batch(2, 3)]
    queue.replace(taken, parts)
    assert (queue.queued_bytes, queue.queued_items) == (sum(len(part.payload) for part in parts), 3)
    queue.settle(parts[0])
    queue.settle(parts[1])
    assert (queue.queued_bytes, queue.queued_items) == (0, 0)


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=25),
    max_bytes=st.integers(1, 2000),
    steps=st.lists(st.sampled_from(["put", "take", "wait"]), max_size=60),
)
def test_every_span_leaves_once_and_in_order(sizes: list[int], max_bytes: int, steps: list[str]) -> None:
    queue = SendingQueue(max_batch_bytes=max_bytes, flush_interval_s=1.0)
    waiting, now, taken, number = list(sizes), 0.0, list[Batch](), 0
    for step in steps:
        if step == "wait":
            now += 0.4
        elif step == "put" and waiting:
            size = waiting.pop()
            queue.put(batch(*range(number, number + size)), now)
            number += size
        elif step == "take" and (item := queue.take(now)) is not None:
            taken.append(item)
    taken += drained(queue, now)
    assert numbers(taken) == list(range(number))
    assert all(len(item.payload) <= max_bytes or item.items == 1 for item in taken)
    for item in taken:
        queue.settle(item)
    assert (queue.queued_bytes, queue.queued_items, queue.next_due()) == (0, 0, None)
