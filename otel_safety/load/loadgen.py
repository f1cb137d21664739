"""A load generator: realistic traces at a given rate, with a record of what was acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal, TextIO

from otel_safety.clock import Clock, SystemClock
from otel_safety.export.answer import Action
from otel_safety.export.contract import Sender
from otel_safety.export.grpc import GrpcSender
from otel_safety.export.http import HttpSender
from otel_safety.export.options import (
    GrpcExportConfig,
    HttpExportConfig,
    QueueOptions,
    RetryOptions,
    TlsOptions,
)
from otel_safety.export.retry import Backoff
from otel_safety.load.request import Cycle, Ids, build_cycle
from otel_safety.load.traces import FAULTS, agent_trace, ordinary_trace
from otel_safety.spans import Batch, Signal

# Large enough that texts vary, small enough to be serialized in a moment.
_AGENT_TRACES = 60
_ORDINARY_TRACES = 400
_NO_TLS = TlsOptions(insecure=True)
_RETRY = RetryOptions(initial_interval_s=0.5, max_interval_s=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadConfig:
    """What is sent where.

    Attributes:
        endpoint: host:port for gRPC, base URL for HTTP.
        protocol: OTLP transport.
        kind: ``genai``: agent runs, spans of about 4 kB; ``ordinary``: HTTP and database spans of 400 to
            800 bytes; ``mixed``: by spans, one in twenty is GenAI.
        spans: How many spans, rounded up to whole requests; None for no such end.
        duration_s: How long; None for no such end. One of the two ends has to be given.
        rate: Spans per second, None for as many as the receiver takes.
        batch_spans: Spans per request.
        concurrency: Requests on their way at the same time.
        misbehaving: Part of the agent runs that misbehave, 0 to 1.
        seed: The same seed sends the same spans with the same ids.
        compression: Of the requests.
        timeout_s: Of one attempt.
        tls: TLS of the connection; off by default.
        retry: OTLP retries.
        ids_path: Where the ids of acknowledged spans are written, 16 hexadecimal digits per line.
    """

    endpoint: str = "127.0.0.1:4317"
    protocol: Literal["grpc", "http"] = "grpc"
    kind: Literal["genai", "ordinary", "mixed"] = "genai"
    spans: int | None = None
    duration_s: float | None = None
    rate: float | None = None
    batch_spans: int = 100
    concurrency: int = 8
    misbehaving: float = 0.1
    seed: int = 1
    compression: Literal["gzip", "none"] = "none"
    timeout_s: float = 30.0
    tls: TlsOptions = _NO_TLS
    retry: RetryOptions = _RETRY
    ids_path: Path | None = None


@dataclass(slots=True, kw_only=True)
class LoadReport:
    """What happened. ``sent_spans`` were acknowledged; of the failed ones it is not known whether they arrived."""

    sent_spans: int = 0
    failed_spans: int = 0
    rejected_spans: int = 0
    requests: int = 0
    retries: int = 0
    payload_bytes: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """One line for people."""
        seconds = self.seconds or 1e-9
        return (
            f"sent {self.sent_spans} spans in {self.requests} requests, {self.seconds:.1f} s, "
            f"{self.sent_spans / seconds:.0f} spans/s, {self.payload_bytes / seconds / 1e6:.1f} MB/s; "
            f"{self.failed_spans} failed, {self.rejected_spans} rejected, {self.retries} retries"
        )


async def run_loadgen(
    config: LoadConfig, *, stop: asyncio.Event | None = None, show: Callable[[str], None] = print
) -> LoadReport:
    """Send until the number of spans or the duration is reached, or ``stop`` is set.

    Raises:
        ValueError: Neither ``spans`` nor ``duration_s`` is given, or a number is out of range.
        ConfigError: The endpoint or the TLS options cannot be used.
        OSError: ``ids_path`` cannot be written.
    """
    _check(config)
    clock = SystemClock()
    sender = _sender(config, clock)
    with ExitStack() as stack:
        ids_file = None if config.ids_path is None else stack.enter_context(config.ids_path.open("w", encoding="ascii"))
        generator = _Generator(config, sender, clock, ids_file, stop or asyncio.Event())
        await sender.start()
        try:
            async with asyncio.TaskGroup() as group:
                for index in range(config.concurrency):
                    group.create_task(generator.work(), name=f"loadgen {index}")
            generator.report.seconds = clock.monotonic() - generator.started
        finally:
            await sender.close()
    show(generator.report.line())
    return generator.report


def make_cycle(config: LoadConfig) -> Cycle:
    """The requests that a configuration sends, before ids and times are filled in."""
    random = Random(config.seed)  # noqa: S311  repeatable on purpose
    agents = {"genai": _AGENT_TRACES, "ordinary": 0, "mixed": _AGENT_TRACES // 4}[config.kind]
    # Six spans make an agent trace and five an ordinary one.
    ordinary = {"genai": 0, "ordinary": _ORDINARY_TRACES, "mixed": agents * 6 * 19 // 5}[config.kind]
    misbehaving = round(agents * config.misbehaving)
    traces = [
        agent_trace(random, FAULTS[index % len(FAULTS)] if index < misbehaving else None) for index in range(agents)
    ]
    traces += [ordinary_trace(random) for _ in range(ordinary)]
    random.shuffle(traces)
    return build_cycle(traces, batch_spans=config.batch_spans, service="loadgen")


class _Generator:
    """Hands out requests to its workers and counts."""

    def __init__(
        self, config: LoadConfig, sender: Sender, clock: Clock, ids_file: TextIO | None, stop: asyncio.Event
    ) -> None:
        self.report = LoadReport()
        self._config = config
        self._sender = sender
        self._clock = clock
        self._ids_file = ids_file
        self._stop = stop
        self._random = Random(config.seed)  # noqa: S311  jitter
        self._cycle = make_cycle(config)
        self.started = clock.monotonic()
        self._scheduled_spans = 0
        self._requests = self._make_requests()

    async def work(self) -> None:
        """Send one request after the other until none is left."""
        for batch, sent in self._requests:
            if self._config.rate is not None:
                due = self.started + self._scheduled_spans / self._config.rate
                self._scheduled_spans += batch.items
                await asyncio.sleep(max(0.0, due - self._clock.monotonic()))
            await self._send(batch, sent)

    def _make_requests(self) -> Iterator[tuple[Batch, list[int]]]:
        config, cycle, ids = self._config, self._cycle, Ids(self._config.seed)
        made = rounds = 0
        while True:
            for template in cycle.templates:
                if self._stop.is_set() or (config.spans is not None and made >= config.spans):
                    return
                if config.duration_s is not None and self._clock.monotonic() - self.started >= config.duration_s:
                    return
                payload, sent = template.fill(
                    ids,
                    traces_before=rounds * cycle.traces,
                    spans_before=rounds * cycle.spans,
                    now_ns=time.time_ns(),
                )
                made += template.items
                yield Batch(Signal.TRACES, payload, template.items), sent
            rounds += 1

    async def _send(self, batch: Batch, sent: list[int]) -> None:
        backoff = Backoff(self._config.retry, self._clock, self._random)
        report = self.report
        while True:
            answer = await self._sender.send(batch)
            report.requests += 1
            if answer.action is not Action.RETRY or (delay_s := backoff.next_delay(answer.delay_s)) is None:
                break
            report.retries += 1
            await asyncio.sleep(delay_s)
        if answer.action is not Action.DELIVERED:
            report.failed_spans += batch.items
            return
        report.rejected_spans += answer.rejected
        report.sent_spans += batch.items - answer.rejected
        report.payload_bytes += len(batch.payload)
        if self._ids_file is not None:
            self._ids_file.writelines(f"{span_id:016x}\n" for span_id in sent)


def _sender(config: LoadConfig, clock: Clock) -> Sender:
    if config.protocol == "grpc":
        return GrpcSender(
            GrpcExportConfig(
                name="loadgen",
                endpoint=config.endpoint,
                tls=config.tls,
                compression=config.compression,
                timeout_s=config.timeout_s,
                retry=config.retry,
            )
        )
    endpoint = config.endpoint
    if "://" not in endpoint:
        endpoint = f"{'http' if config.tls.insecure else 'https'}://{endpoint}"
    return HttpSender(
        HttpExportConfig(
            name="loadgen",
            endpoint=endpoint,
            tls=config.tls,
            compression=config.compression,
            timeout_s=config.timeout_s,
            queue=QueueOptions(num_consumers=config.concurrency),
        ),
        clock,
    )


def _check(config: LoadConfig) -> None:
    if config.spans is None and config.duration_s is None:
        raise ValueError("spans or duration has to be given")
    if config.batch_spans < 1 or config.concurrency < 1:
        raise ValueError("batch_spans and concurrency must be at least 1")
    if config.rate is not None and config.rate <= 0:
        raise ValueError("rate must be above 0")
    if not 0 <= config.misbehaving <= 1:
        raise ValueError("misbehaving must be between 0 and 1")
