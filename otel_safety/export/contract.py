"""What senders and destinations are to the rest of the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from otel_safety.export.answer import Answer
from otel_safety.spans import Batch, Signal


@dataclass(slots=True)
class DestinationCounts:
    """What happened to the items of one signal. Items: spans, log records, data points.

    Attributes:
        sent_items: Accepted by the destination.
        failed_items: Given up: a permanent error, or retried too long.
        rejected_items: Refused by the destination in a partial success.
        enqueue_dropped: Dropped because the queue was full (``on_full: drop`` only).
        retries: Attempts after the first, in requests.
    """

    sent_items: int = 0
    failed_items: int = 0
    rejected_items: int = 0
    enqueue_dropped: int = 0
    retries: int = 0


class Sender(Protocol):
    """One way out: makes a single attempt and says what the answer means."""

    async def start(self) -> None:
        """Open what is needed; a destination that is down is no error."""
        ...

    async def send(self, batch: Batch) -> Answer:
        """Try once. Every failure of the destination is an answer, none is raised."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


class Destination(Protocol):
    """Where annotated telemetry goes, as the rest of the service sees it."""

    @property
    def name(self) -> str:
        """The exporter's name in the configuration."""
        ...

    @property
    def full(self) -> bool:
        """True while intake has to be refused."""
        ...

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait or are being sent."""
        ...

    @property
    def capacity_bytes(self) -> int:
        """The limit of ``queued_bytes``."""
        ...

    @property
    def counts(self) -> Mapping[Signal, DestinationCounts]:
        """What happened so far."""
        ...

    def offer(self, batch: Batch) -> None:
        """Take a batch; never blocks."""
        ...

    async def start(self) -> None:
        """Open what is needed."""
        ...

    async def run(self) -> None:
        """Send what is offered, until drained."""
        ...

    async def drain(self, deadline_s: float) -> int:
        """Send what waits, then stop; the number of items left."""
        ...

    async def close(self) -> None:
        """Let go of what ``start`` opened; ``run`` does so at its end."""
        ...
