"""A destination: its own queue, its own retries, its own counts, so that none waits for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from random import Random

from otel_safety.clock import Clock
from otel_safety.export.answer import Action, Answer
from otel_safety.export.contract import DestinationCounts, Sender
from otel_safety.export.options import QueueOptions, RetryOptions
from otel_safety.export.queue import SendingQueue, is_readable, split_to
from otel_safety.export.retry import Backoff
from otel_safety.spans import Batch, Signal

_log = logging.getLogger(__name__)

# The same sentence about the same destination is logged once in this time.
_LOG_INTERVAL_S = 10.0
# Longest backoff while draining: the deadline is near, and what is not delivered by then is lost.
_DRAIN_PAUSE_S = 0.5


class QueuedDestination:
    """A sending queue in front of a sender, with retries by OTLP's rules."""

    def __init__(
        self,
        name: str,
        sender: Sender,
        *,
        queue: QueueOptions,
        retry: RetryOptions,
        clock: Clock,
        random: Random | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.capacity_bytes = queue.capacity_bytes
        self.counts: Mapping[Signal, DestinationCounts] = {signal: DestinationCounts() for signal in Signal}
        self._sender = sender
        self._drops_when_full = queue.on_full == "drop"
        self._retry = retry
        self._clock = clock
        self._random = random or Random()  # noqa: S311  jitter is no secret
        self._sleep = sleep
        self._queue = SendingQueue(max_batch_bytes=queue.max_batch_bytes, flush_interval_s=queue.flush_interval_s)
        self._slots = asyncio.Semaphore(queue.num_consumers)
        self._work = asyncio.Event()
        self._draining = asyncio.Event()
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._logged: dict[str, float] = {}
        self._failing = False
        self._started = False

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait or are being sent."""
        return self._queue.queued_bytes

    @property
    def queued_items(self) -> int:
        """Items that wait or are being sent."""
        return self._queue.queued_items

    @property
    def full(self) -> bool:
        """True while intake has to be refused; never for a destination that drops instead."""
        return not self._drops_when_full and self._queue.queued_bytes >= self.capacity_bytes

    def offer(self, batch: Batch) -> None:
        """Take a batch; never blocks.

        What was accepted from senders is taken even when the queue is full: ``full`` holds intake back before.
        Only with ``on_full: drop`` a batch that finds the queue full is dropped and counted.
        """
        if not batch.payload:
            return
        if self._drops_when_full and self._queue.queued_bytes >= self.capacity_bytes:
            self.counts[batch.signal].enqueue_dropped += batch.items
            self._note("the sending queue is full; dropping")
            return
        if self._queue.put(batch, self._clock.monotonic()):
            self._work.set()

    async def start(self) -> None:
        """Open the sender; a destination that is down is no error."""
        await self._sender.start()
        self._started = True

    async def run(self) -> None:
        """Send what is offered, until ``drain`` has finished; cancelling it stops at once."""
        try:
            async with asyncio.TaskGroup() as group:
                self._own(group.create_task(self._dispatch(group), name=f"{self.name} dispatch"))
        finally:
            await self._sender.close()
            self._ended.set()

    async def drain(self, deadline_s: float) -> int:
        """Send what waits, then stop.

        Args:
            deadline_s: Seconds after which what is left is given up.

        Returns:
            Items left: not delivered, and not counted as failed.
        """
        self._draining.set()
        self._work.set()
        if self._started:
            try:
                async with asyncio.timeout(deadline_s):
                    await self._ended.wait()
            except TimeoutError:
                tasks = tuple(self._tasks)
                for task in tasks:
                    task.cancel()
                if tasks:
                    await self._ended.wait()
        left = self.queued_items
        if left:
            _log.error("exporter %s: stopped with %d items undelivered", self.name, left)
        return left

    async def close(self) -> None:
        """Let go of what ``start`` opened; ``run`` does so at its end."""
        await self._sender.close()

    def _own(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dispatch(self, group: asyncio.TaskGroup) -> None:
        """Hand due batches to at most ``num_consumers`` deliveries at a time."""
        while True:
            await self._slots.acquire()
            batch = await self._next_batch()
            if batch is None:
                return
            self._own(group.create_task(self._deliver(batch), name=f"{self.name} delivery"))

    async def _next_batch(self) -> Batch | None:
        """Wait for a batch that is due; None when drained."""
        while True:
            self._work.clear()
            draining = self._draining.is_set()
            batch = self._queue.take(self._clock.monotonic(), flush=draining)
            if batch is not None or draining:
                return batch
            due = self._queue.next_due()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock.monotonic())):
                    await self._work.wait()
            except TimeoutError:
                continue

    async def _deliver(self, batch: Batch) -> None:
        """Bring one batch to its end: delivered or given up, in parts if it is too large as it is."""
        try:
            parts = [batch]
            while parts:
                part = parts.pop()
                answer = await self._send_until_final(part)
                # One span that no parser takes must not cost the others of a batch that was joined here.
                cut = answer.action is Action.SPLIT or (answer.action is Action.DROP and not is_readable(part))
                halves = split_to(part, len(part.payload) // 2) if cut else []
                if len(halves) > 1:
                    self._note(f"{answer.reason}; sending it in parts")
                    self._queue.replace(part, halves)
                    parts.extend(reversed(halves))
                    continue
                self._queue.settle(part)
                self._count(part, answer)
        finally:
            self._slots.release()

    async def _send_until_final(self, batch: Batch) -> Answer:
        """Send until the answer is not RETRY or the retries are used up."""
        backoff = Backoff(self._retry, self._clock, self._random)
        while True:
            answer = await self._send(batch)
            if answer.action is not Action.RETRY:
                return answer
            self._failing = True
            delay_s = backoff.next_delay(answer.delay_s)
            if delay_s is None:
                return Answer(action=Action.DROP, reason=f"{answer.reason}; retried too long")
            self._note(f"{answer.reason}; trying again")
            await self._pause(delay_s, answer.delay_s or 0.0)
            self.counts[batch.signal].retries += 1

    async def _send(self, batch: Batch) -> Answer:
        try:
            return await self._sender.send(batch)
        except Exception as error:  # noqa: BLE001  a sender that breaks must not stop the queue; it is retried
            # The type only: the message could quote the content.
            return Answer(action=Action.RETRY, reason=f"unexpected {type(error).__name__}")

    async def _pause(self, delay_s: float, asked_s: float) -> None:
        """Wait before the next attempt; a drain cuts short what goes beyond the time that was asked for."""
        if self._draining.is_set():
            await self._sleep(max(asked_s, min(delay_s, _DRAIN_PAUSE_S)))
            return
        if asked_s > 0:
            await self._sleep(min(asked_s, delay_s))
        if delay_s <= asked_s:
            return
        waits = [
            asyncio.ensure_future(self._sleep(delay_s - asked_s)),
            asyncio.ensure_future(self._draining.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _count(self, batch: Batch, answer: Answer) -> None:
        counts = self.counts[batch.signal]
        if answer.action is not Action.DELIVERED:
            counts.failed_items += batch.items
            self._note(f"{answer.reason}; dropping", level=logging.ERROR)
            return
        if self._failing:
            self._failing = False
            self._note("delivers again", level=logging.INFO)
        rejected = min(answer.rejected, batch.items)
        counts.rejected_items += rejected
        counts.sent_items += batch.items - rejected
        if answer.reason:
            self._note(f"{answer.reason}; {rejected} items rejected")

    def _note(self, what: str, *, level: int = logging.WARNING) -> None:
        now = self._clock.monotonic()
        last = self._logged.get(what)
        if last is None or now - last >= _LOG_INTERVAL_S:
            # A server that invents reasons must not fill the memory.
            if len(self._logged) > 100:
                self._logged.clear()
            self._logged[what] = now
            _log.log(level, "exporter %s: %s", self.name, what)
