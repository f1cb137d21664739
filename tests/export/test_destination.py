"""What a destination does with the answers: retries, parts, counts, bounds, drain."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_safety.export import QueuedDestination, QueueOptions, RetryOptions
from otel_safety.export.answer import Action, Answer
from otel_safety.export.queue import is_readable
from otel_safety.load.span_ids import span_ids
from otel_safety.spans import Batch, Signal
from tests.export.support import FakeClock, batch, run, seeded

OK = Answer(action=Action.DELIVERED)
BUSY = Answer(action=Action.RETRY, reason="UNAVAILABLE")
TOO_LARGE = Answer(action=Action.SPLIT, reason="HTTP 413")


class ScriptedSender:
    """Answers as told, then with success; keeps what it was given."""

    def __init__(self, *answers: Answer | Exception, rule: Callable[[Batch], Answer] | None = None) -> None:
        self.answers = list(answers)
        self.rule = rule
        self.batches: list[Batch] = []
        self.closed = 0

    async def start(self) -> None:
        pass

    async def send(self, batch: Batch) -> Answer:
        self.batches.append(batch)
        await asyncio.sleep(0)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self.rule(batch) if self.rule else OK

    async def close(self) -> None:
        self.closed += 1


class StuckSender(ScriptedSender):
    """Never answers."""

    async def send(self, batch: Batch) -> Answer:
        self.batches.append(batch)
        await asyncio.Event().wait()
        return OK


def make(
    sender: ScriptedSender, *, queue: QueueOptions | None = None, retry: RetryOptions | None = None
) -> tuple[QueuedDestination, list[float]]:
    """A destination on a clock that moves only when it sleeps, and the list of its sleeps."""
    clock = FakeClock()
    slept: list[float] = []

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        clock.now += delay_s
        await asyncio.sleep(0)

    destination = QueuedDestination(
        "test",
        sender,
        queue=queue or QueueOptions(flush_interval_s=0.0, num_consumers=1),
        retry=retry or RetryOptions(randomization_factor=0.0),
        clock=clock,
        random=seeded(1),
        sleep=sleep,
    )
    return destination, slept


async def settled(destination: QueuedDestination, *batches: Batch) -> None:
    async with run(destination):
        for item in batches:
            destination.offer(item)
        async with asyncio.timeout(5):
            while destination.queued_bytes:
                await asyncio.sleep(0)


async def test_a_delivered_batch_is_counted_and_forgotten() -> None:
    sender = ScriptedSender()
    destination, slept = make(sender)
    await settled(destination, batch(1, 2))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.failed_items, counts.retries, slept) == (2, 0, 0, [])
    assert sender.closed == 1


async def test_retries_follow_the_backoff_and_what_was_asked_for() -> None:
    sender = ScriptedSender(BUSY, BUSY, Answer(action=Action.RETRY, reason="HTTP 429", delay_s=20.0), BUSY)
    destination, slept = make(sender)
    await settled(destination, batch(1))
    assert slept == [5.0, 7.5, 20.0, 30.0]
    assert (destination.counts[Signal.TRACES].sent_items, destination.counts[Signal.TRACES].retries) == (1, 4)


async def test_a_batch_is_given_up_after_the_elapsed_time_and_counted() -> None:
    sender = ScriptedSender(rule=lambda _: BUSY)
    destination, slept = make(sender, retry=RetryOptions(randomization_factor=0.0, max_elapsed_time_s=30.0))
    await settled(destination, batch(1, 2, 3))
    assert (destination.counts[Signal.TRACES].failed_items, sum(slept)) == (3, 30.0)


async def test_a_permanent_error_is_not_retried() -> None:
    sender = ScriptedSender(Answer(action=Action.DROP, reason="HTTP 400"))
    destination, _ = make(sender)
    await settled(destination, batch(1, 2))
    assert (destination.counts[Signal.TRACES].failed_items, len(sender.batches)) == (2, 1)


async def test_a_partial_success_is_counted_and_not_retried() -> None:
    sender = ScriptedSender(Answer(action=Action.DELIVERED, reason="partial success", rejected=1))
    destination, _ = make(sender)
    await settled(destination, batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.rejected_items, len(sender.batches)) == (2, 1, 1)


async def test_more_rejected_than_sent_is_all_rejected() -> None:
    sender = ScriptedSender(Answer(action=Action.DELIVERED, reason="partial success", rejected=2**62))
    destination, _ = make(sender)
    await settled(destination, batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.rejected_items) == (0, 3)


async def test_a_request_that_is_too_large_goes_in_parts_until_it_fits() -> None:
    accepted: list[int] = []

    def limited(item: Batch) -> Answer:
        if item.items > 3:
            return TOO_LARGE
        accepted.extend(int.from_bytes(key) for key in span_ids(item.payload))
        return OK

    destination, _ = make(ScriptedSender(rule=limited))
    await settled(destination, batch(*range(20)))
    assert accepted == list(range(20))
    assert destination.counts[Signal.TRACES].sent_items == 20


async def test_only_the_span_that_is_too_large_by_itself_is_lost() -> None:
    destination, _ = make(ScriptedSender(rule=lambda item: TOO_LARGE if len(item.payload) > 500 else OK))
    spans = [batch(number, name="x" * 1000 if number == 7 else "small") for number in range(10)]
    await settled(destination, *spans)
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.failed_items) == (9, 1)


async def test_only_the_span_that_no_parser_takes_is_lost() -> None:
    """A destination refuses the request; the batch was joined here from several senders' requests."""
    broken = Batch(Signal.TRACES, b"\x0a\x06\x12\x04\x12\x02\x0a\x7f", 1)  # a span whose first field is cut off
    refused = Answer(action=Action.DROP, reason="INTERNAL")
    destination, _ = make(ScriptedSender(rule=lambda item: OK if is_readable(item) else refused))
    await settled(destination, *(batch(number) for number in range(4)), broken, *(batch(number) for number in range(4)))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.failed_items) == (8, 1)


async def test_a_sender_that_breaks_is_retried() -> None:
    destination, _ = make(ScriptedSender(ValueError("a secret text")))
    await settled(destination, batch(1))
    assert destination.counts[Signal.TRACES].sent_items == 1


async def test_a_full_queue_says_so_and_still_loses_nothing() -> None:
    item = batch(1)
    destination, _ = make(
        ScriptedSender(), queue=QueueOptions(capacity_bytes=2 * len(item.payload), flush_interval_s=0.0)
    )
    fullness: list[bool] = []
    for _ in range(3):
        fullness.append(destination.full)
        destination.offer(item)
    assert fullness == [False, False, True]
    async with run(destination):
        assert await destination.drain(5.0) == 0
    assert destination.counts[Signal.TRACES].sent_items == 3
    assert not destination.full


async def test_a_destination_that_drops_counts_and_never_holds_intake_back() -> None:
    item = batch(1, 2)
    destination, _ = make(ScriptedSender(), queue=QueueOptions(capacity_bytes=len(item.payload), on_full="drop"))
    for _ in range(3):
        destination.offer(item)
    assert not destination.full
    assert destination.counts[Signal.TRACES].enqueue_dropped == 4
    assert destination.queued_bytes == len(item.payload)


async def test_an_empty_request_is_not_sent() -> None:
    sender = ScriptedSender()
    destination, _ = make(sender)
    destination.offer(Batch(Signal.TRACES, b"", 0))
    async with run(destination):
        assert await destination.drain(5.0) == 0
    assert sender.batches == []


async def test_drain_does_not_wait_for_the_flush_interval() -> None:
    destination, _ = make(ScriptedSender(), queue=QueueOptions(flush_interval_s=3600.0))
    async with run(destination):
        destination.offer(batch(1))
        await asyncio.sleep(0)
        assert await destination.drain(5.0) == 0
    assert destination.counts[Signal.TRACES].sent_items == 1


async def test_drain_cuts_a_running_backoff_short() -> None:
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    destination = QueuedDestination(
        "test",
        ScriptedSender(BUSY),
        queue=QueueOptions(flush_interval_s=0.0),
        retry=RetryOptions(max_elapsed_time_s=0.0),
        clock=FakeClock(),
        sleep=sleep,
    )
    async with run(destination):
        destination.offer(batch(1))
        await asleep.wait()
        assert await destination.drain(5.0) == 0


async def test_backoff_is_short_while_draining_unless_a_pause_was_asked_for() -> None:
    wish = Answer(action=Action.RETRY, reason="HTTP 503", delay_s=9.0)
    destination, slept = make(ScriptedSender(BUSY, wish, BUSY))
    destination.offer(batch(1))
    await destination.start()
    _, left = await asyncio.gather(destination.run(), destination.drain(5.0))
    assert left == 0
    assert slept == [0.5, 9.0, 0.5]


async def test_drain_cuts_what_goes_beyond_the_pause_that_was_asked_for() -> None:
    slept: list[float] = []
    beyond = asyncio.Event()

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        if len(slept) > 1:
            beyond.set()
            await asyncio.Event().wait()

    destination = QueuedDestination(
        "test",
        ScriptedSender(Answer(action=Action.RETRY, reason="HTTP 503", delay_s=1.0)),
        queue=QueueOptions(flush_interval_s=0.0),
        retry=RetryOptions(randomization_factor=0.0),
        clock=FakeClock(),
        sleep=sleep,
    )
    async with run(destination):
        destination.offer(batch(1))
        await beyond.wait()
        assert await destination.drain(5.0) == 0
    assert slept == [1.0, 4.0]


async def test_a_flapping_destination_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    destination, _ = make(
        ScriptedSender(*[BUSY, OK] * 100),
        queue=QueueOptions(flush_interval_s=0.0, max_batch_bytes=1, num_consumers=1),
        retry=RetryOptions(randomization_factor=0.0, initial_interval_s=0.01),
    )
    with caplog.at_level(logging.INFO):
        await settled(destination, *(batch(number) for number in range(100)))
    assert destination.counts[Signal.TRACES].retries == 100
    assert len(caplog.records) <= 4


async def test_drain_reports_what_is_left_at_its_deadline() -> None:
    sender = StuckSender()
    destination, _ = make(sender, queue=QueueOptions(flush_interval_s=0.0, max_batch_bytes=1, num_consumers=2))
    async with run(destination):
        for number in range(5):
            destination.offer(batch(number))
        assert await destination.drain(0.05) == 5
    assert len(sender.batches) == 2
    assert sender.closed == 1


async def test_drain_of_a_destination_that_never_ran_leaves_everything() -> None:
    destination, _ = make(ScriptedSender())
    destination.offer(batch(1, 2))
    assert await destination.drain(5.0) == 2


async def test_at_most_num_consumers_requests_are_on_their_way() -> None:
    sender = StuckSender()
    destination, _ = make(sender, queue=QueueOptions(flush_interval_s=0.0, max_batch_bytes=1, num_consumers=3))
    async with run(destination):
        for number in range(10):
            destination.offer(batch(number))
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(sender.batches) == 3


async def test_the_log_says_why_and_never_quotes(caplog: pytest.LogCaptureFixture) -> None:
    failures: Sequence[Answer | Exception] = (
        RuntimeError("hunter2"),
        BUSY,
        Answer(action=Action.DROP, reason="HTTP 400"),
    )
    destination, _ = make(ScriptedSender(*failures))
    with caplog.at_level(logging.DEBUG):
        await settled(destination, batch(1, name="hunter2"))
    assert "unexpected RuntimeError" in caplog.text
    assert "HTTP 400; dropping" in caplog.text
    assert "hunter2" not in caplog.text


async def test_the_same_complaint_is_logged_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    retry = RetryOptions(randomization_factor=0.0, initial_interval_s=1.0, multiplier=1.0, max_elapsed_time_s=100.0)
    destination, slept = make(ScriptedSender(rule=lambda _: BUSY), retry=retry)
    with caplog.at_level(logging.WARNING):
        await settled(destination, batch(1))
    assert len(slept) == 100
    assert caplog.text.count("UNAVAILABLE; trying again") == 10


ANSWERS = st.sampled_from(
    [
        OK,
        BUSY,
        TOO_LARGE,
        Answer(action=Action.DROP, reason="HTTP 400"),
        Answer(action=Action.DELIVERED, reason="partial success", rejected=2),
        ValueError("broken"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=12),
    answers=st.lists(ANSWERS, max_size=30),
    max_bytes=st.integers(1, 1000),
    consumers=st.integers(1, 4),
)
def test_whatever_is_answered_every_span_is_tried_and_counted_once(
    sizes: list[int], answers: list[Answer | Exception], max_bytes: int, consumers: int
) -> None:
    sender = ScriptedSender(*answers)
    destination, _ = make(
        sender,
        queue=QueueOptions(flush_interval_s=0.0, max_batch_bytes=max_bytes, num_consumers=consumers),
        retry=RetryOptions(max_elapsed_time_s=0.0),
    )

    async def deliver_all() -> int:
        number = 0
        async with run(destination):
            for size in sizes:
                destination.offer(batch(*range(number, number + size)))
                number += size
            return await destination.drain(10.0)

    assert asyncio.run(deliver_all()) == 0
    counts = destination.counts[Signal.TRACES]
    assert counts.sent_items + counts.failed_items + counts.rejected_items == sum(sizes)
    assert {key for item in sender.batches for key in span_ids(item.payload)} == {
        number.to_bytes(8) for number in range(sum(sizes))
    }
    assert (destination.queued_bytes, destination.queued_items) == (0, 0)
