"""serve: the service as a whole, from the configuration to a drained exit.

Tasks of the one event loop: the receivers (called by their servers), the clock's tick with the judging of closed runs,
and one sender per destination. SIGTERM or SIGINT drains: intake stops, what is held is judged, the queues are
flushed, and the process leaves within ``service.drain_timeout``.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from otel_safety.build import Receiver, build_destinations, build_pipeline, build_receivers
from otel_safety.clock import Clock, SystemClock
from otel_safety.config import Config
from otel_safety.export import Destination
from otel_safety.pipeline import Pipeline
from otel_safety.telemetry.health import Health, health_application
from otel_safety.telemetry.http import listen, metrics_application
from otel_safety.telemetry.metrics import meter_provider

_log = logging.getLogger(__name__)

_TICK_S = 0.1
# Share of the drain time in which requests under way may still finish.
_INTAKE_SHARE = 0.25
_INTAKE_MAX_S = 2.0
# Share of it that delivery has in any case: what is not judged by then leaves unjudged.
_DELIVERY_SHARE = 0.25


async def serve(config: Config, *, clock: Clock | None = None) -> int:
    """Run the service until a signal ends it.

    Returns:
        Exit code: 0 when everything was delivered, 1 when items were left undelivered.

    Raises:
        ConfigError: An address cannot be listened on, or a file of the configuration cannot be used.
    """
    clock = clock or SystemClock()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    destinations = build_destinations(config, clock)
    pipeline = build_pipeline(config, destinations, clock)
    for sentence in pipeline.judge.suppressions.warnings():
        _log.warning("%s", sentence)
    health = Health()
    receivers = build_receivers(config, pipeline, [health.grpc_handler()])
    async with AsyncExitStack() as stack:
        await _open_health(config, health, stack)
        await _open_metrics(config, pipeline, receivers, destinations, stack)
        for destination in destinations:
            await destination.start()
            stack.push_async_callback(destination.close)
        for receiver in receivers:
            await receiver.start()
            stack.push_async_callback(receiver.stop, 0)
        # The group owns every task; one that dies on its own ends the service with its error.
        async with asyncio.TaskGroup() as group:
            for destination in destinations:
                group.create_task(destination.run(), name=f"send to {destination.name}")
            turning = group.create_task(_turn(pipeline, clock), name="tick and judge")
            await health.set_ready()
            _log.info("ready: receiving on %s", ", ".join(receiver.address for receiver in receivers))
            await stopping.wait()
            await health.set_draining()
            turning.cancel()
            return await _drain(pipeline, receivers, destinations, config.service.drain_timeout, clock)


async def _open_health(config: Config, health: Health, stack: AsyncExitStack) -> None:
    page = config.telemetry.health
    if page is not None:
        _at_exit(stack, await listen(health_application(health), page.endpoint, "telemetry.health.endpoint"))


async def _open_metrics(
    config: Config,
    pipeline: Pipeline,
    receivers: Sequence[Receiver],
    destinations: Sequence[Destination],
    stack: AsyncExitStack,
) -> None:
    page = config.telemetry.metrics
    if page is not None:
        registry = CollectorRegistry()
        stack.callback(meter_provider(pipeline, receivers, destinations, registry).shutdown)
        _at_exit(stack, await listen(metrics_application(registry), page.endpoint, "telemetry.metrics.endpoint"))


def _at_exit(stack: AsyncExitStack, stop: Callable[[], Awaitable[None]]) -> None:
    stack.push_async_callback(stop)


async def _turn(pipeline: Pipeline, clock: Clock) -> None:
    """Close what is due and judge what is closed, giving way to requests after each run."""
    while True:
        pipeline.tick()
        next_tick = clock.monotonic() + _TICK_S
        while clock.monotonic() < next_tick and pipeline.release():
            await asyncio.sleep(0)
        await asyncio.sleep(0 if pipeline.pending else _TICK_S)


async def _drain(
    pipeline: Pipeline,
    receivers: Sequence[Receiver],
    destinations: Sequence[Destination],
    timeout_s: float,
    clock: Clock,
) -> int:
    deadline = clock.monotonic() + timeout_s
    _log.info("draining: %d spans held", pipeline.assembler.held_spans)
    grace = min(_INTAKE_MAX_S, timeout_s * _INTAKE_SHARE)
    async with asyncio.TaskGroup() as group:
        for receiver in receivers:
            group.create_task(receiver.stop(grace))
    pipeline.close_all()
    judged_by = deadline - timeout_s * _DELIVERY_SHARE
    while pipeline.release(judge=clock.monotonic() < judged_by):
        await asyncio.sleep(0)
    left_s = max(0.0, deadline - clock.monotonic())
    async with asyncio.TaskGroup() as group:
        drains = [group.create_task(destination.drain(left_s)) for destination in destinations]
    left = sum(task.result() for task in drains)
    if left:
        _log.error("stopped with %d items undelivered", left)
        return 1
    _log.info("stopped: everything was delivered")
    return 0
