"""Batches, destinations and a clock for the tests of export."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.clock import SystemClock
from otel_safety.export import (
    ExportConfig,
    GrpcExportConfig,
    HttpExportConfig,
    QueuedDestination,
    QueueOptions,
    RetryOptions,
    TlsOptions,
    make_destination,
)
from otel_safety.spans import Batch, Signal

# Retries in milliseconds: the shape is Backoff's own matter, tested with a fake clock.
FAST_RETRY = RetryOptions(initial_interval_s=0.005, max_interval_s=0.01, max_elapsed_time_s=20.0)
NO_WAIT = QueueOptions(flush_interval_s=0.0)
NO_TLS = TlsOptions(insecure=True)


@dataclass
class FakeClock:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return int(self.now * 1e9)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  repeatable on purpose


def span_id(number: int) -> bytes:
    return number.to_bytes(8)


def batch(*numbers: int, name: str = "work") -> Batch:
    spans = [Span(trace_id=b"t" * 16, span_id=span_id(number), name=name) for number in numbers]
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])])
    return Batch(Signal.TRACES, request.SerializeToString(), len(spans))


def grpc_config(
    endpoint: str, *, retry: RetryOptions = FAST_RETRY, queue: QueueOptions = NO_WAIT, **options: object
) -> GrpcExportConfig:
    settings: dict[str, object] = {"tls": NO_TLS, "timeout_s": 5.0, **options}
    return GrpcExportConfig(name="otlp_grpc/test", endpoint=endpoint, retry=retry, queue=queue, **settings)  # type: ignore[arg-type]  # fields by name


def http_config(
    endpoint: str, *, retry: RetryOptions = FAST_RETRY, queue: QueueOptions = NO_WAIT, **options: object
) -> HttpExportConfig:
    settings: dict[str, object] = {"tls": NO_TLS, "timeout_s": 5.0, **options}
    return HttpExportConfig(name="otlp_http/test", endpoint=endpoint, retry=retry, queue=queue, **settings)  # type: ignore[arg-type]  # fields by name


@asynccontextmanager
async def running(config: ExportConfig) -> AsyncIterator[QueuedDestination]:
    """A destination that runs for the length of the block and must be able to drain."""
    destination = make_destination(config, SystemClock(), seeded(1))
    async with run(destination):
        yield destination


@asynccontextmanager
async def run(destination: QueuedDestination) -> AsyncIterator[QueuedDestination]:
    await destination.start()
    task = asyncio.create_task(destination.run())
    try:
        yield destination
    finally:
        await destination.drain(0.0)
        await task


async def deliver(config: ExportConfig, *batches: Batch, deadline_s: float = 20.0) -> QueuedDestination:
    """Offer batches and drain; everything must have come to its end."""
    async with running(config) as destination:
        for item in batches:
            destination.offer(item)
        assert await destination.drain(deadline_s) == 0
    return destination
