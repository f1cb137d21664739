"""listen: diagnoses what arrives on the OTLP ports for a while, and passes it on unchanged meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from otel_safety import __version__
from otel_safety.annotate import EmitOptions
from otel_safety.assemble import Assembler
from otel_safety.build import MIB, Receiver, assembly_limits
from otel_safety.clock import Clock
from otel_safety.config import Config
from otel_safety.doctor.diagnosis import Diagnosis
from otel_safety.errors import ConfigError, OverloadedError
from otel_safety.export import Destination, GrpcExportConfig, HttpExportConfig, TlsOptions, make_destination
from otel_safety.judge import Judge
from otel_safety.otlp.wire import WireLimits, check_structure
from otel_safety.pipeline import Pipeline
from otel_safety.receive import Admission, GrpcReceiver, HttpReceiver, Partial
from otel_safety.spans import Batch, Signal

_TICK_S: Final = 0.1
_GRACE_S: Final = 1.0
_RETRY_AFTER_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenOptions:
    """Where to listen, how long, and where to pass everything on.

    Attributes:
        duration_s: How long to listen.
        grpc_endpoint: host:port of OTLP/gRPC, None to leave it closed; port 0 takes a free one.
        http_endpoint: host:port of OTLP/HTTP, None to leave it closed.
        forward: host:port of OTLP/gRPC in plain text, or a base URL of OTLP/HTTP; None forwards nothing.
        drain_s: How long to go on passing on what has come, after the time is over.
    """

    duration_s: float
    grpc_endpoint: str | None = "localhost:4317"
    http_endpoint: str | None = "localhost:4318"
    forward: str | None = None
    drain_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The diagnosis of what arrived, and the items that could not be passed on in the end."""

    diagnosis: Diagnosis
    undelivered: int


async def listen(
    options: ListenOptions,
    *,
    judge: Judge,
    clock: Clock,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[list[str]], None] | None = None,
    progress: Callable[[Diagnosis, float], None] | None = None,
) -> Heard:
    """Listen on the OTLP ports and diagnose what arrives.

    Args:
        options: Where and how long.
        judge: The detectors that should work.
        clock: Decides when runs are closed and when the time is over.
        stop: Ends the listening early.
        on_ready: Called with the addresses once all of them listen.
        progress: Called some ten times a second with the diagnosis so far and the seconds that have passed.

    Raises:
        ConfigError: An address cannot be listened on, or there is none, or ``forward`` cannot be used.
    """
    diagnosis = Diagnosis(judge.detectors)
    pipeline = Pipeline(
        assembler=Assembler(assembly_limits(Config())),
        judge=judge,
        destinations=(),
        options=EmitOptions(version=__version__),
        clock=clock,
        on_judged=diagnosis.add,
    )
    diagnosis.counts = pipeline.counts
    destination = None if options.forward is None else _destination(options.forward, clock)
    stop = stop or asyncio.Event()
    started = clock.monotonic()
    async with _delivering(destination, options.drain_s) as undelivered:
        receivers = _receivers(options, _Intake(pipeline, diagnosis, destination), pipeline)
        try:
            for receiver in receivers:
                await receiver.start()
            if on_ready is not None:
                on_ready([receiver.address for receiver in receivers])
            while (passed := clock.monotonic() - started) < options.duration_s and not stop.is_set():
                pipeline.tick()
                while pipeline.release():
                    await asyncio.sleep(0)
                if progress is not None:
                    progress(diagnosis, passed)
                await asyncio.sleep(min(_TICK_S, options.duration_s - passed))
        finally:
            for receiver in receivers:
                await receiver.stop(_GRACE_S)
        pipeline.close_all()
        while pipeline.release():
            await asyncio.sleep(0)
    return Heard(diagnosis=diagnosis, undelivered=sum(undelivered))


class _Intake:
    """Passes each request on as it came, and gives it to the pipeline that judges it."""

    def __init__(self, pipeline: Pipeline, diagnosis: Diagnosis, destination: Destination | None) -> None:
        self._pipeline = pipeline
        self._diagnosis = diagnosis
        self._destination = destination

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        """Take in one request.

        Raises:
            BadRequestError: The bytes are not an OTLP request.
            OverloadedError: The destination's queue is full.
        """
        destination = self._destination
        if destination is not None and destination.full:
            raise OverloadedError("the sending queue is full", retry_after_s=_RETRY_AFTER_S)
        items = check_structure(payload, signal, WireLimits())
        partial = self._pipeline.accept(signal, payload)
        self._diagnosis.count_scopes(signal, payload)
        if destination is not None and items:
            destination.offer(Batch(signal, payload, items))
        return partial


def _receivers(options: ListenOptions, intake: _Intake, pipeline: Pipeline) -> list[Receiver]:
    otlp = Config().receivers.otlp
    admission = Admission(int(otlp.max_in_flight_mib * MIB), lambda: pipeline.in_flight_bytes)
    receivers: list[Receiver] = []
    if options.grpc_endpoint is not None:
        receivers.append(GrpcReceiver(intake, options.grpc_endpoint, admission=admission))
    if options.http_endpoint is not None:
        receivers.append(HttpReceiver(intake, options.http_endpoint, admission=admission))
    if not receivers:
        raise ConfigError("nothing to listen on: give --grpc-endpoint, --http-endpoint or both")
    return receivers


def _destination(endpoint: str, clock: Clock) -> Destination:
    if endpoint.startswith(("http://", "https://")):
        return make_destination(HttpExportConfig(name="forward", endpoint=endpoint.rstrip("/")), clock)
    return make_destination(GrpcExportConfig(name="forward", endpoint=endpoint, tls=TlsOptions(insecure=True)), clock)


@asynccontextmanager
async def _delivering(destination: Destination | None, drain_s: float) -> AsyncGenerator[list[int]]:
    """Run a destination; yields a list that holds the undelivered items once it is drained."""
    left: list[int] = []
    if destination is None:
        yield left
        return
    await destination.start()
    running = asyncio.create_task(destination.run(), name="forward")
    try:
        yield left
        left.append(await destination.drain(drain_s))
    finally:
        running.cancel()
        await asyncio.wait([running])
