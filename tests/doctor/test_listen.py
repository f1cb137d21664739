"""doctor --listen: real sockets, what comes is diagnosed and passed on as it came."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import grpc
import grpc.aio
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import Config
from otel_safety.doctor import Diagnosis
from otel_safety.doctor.listen import Heard, ListenOptions, listen
from otel_safety.errors import ConfigError
from otel_safety.load import Sink, SinkConfig
from otel_safety.receive.grpc_receiver import METHODS
from otel_safety.spans import Signal
from tests.pipeline.material import CAPTURES, FakeClock, captured

SCENARIOS = sorted(path.name for path in (CAPTURES / "pydantic-ai").iterdir())
PATHS = {signal: path for path, signal in METHODS.items()}


@asynccontextmanager
async def listening(forward: str | None = None) -> AsyncIterator[tuple[str, str, asyncio.Event, asyncio.Task[Heard]]]:
    """Listen on free ports; gives the gRPC and HTTP addresses, what ends it and its result."""
    ready: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    options = ListenOptions(
        duration_s=60, grpc_endpoint="127.0.0.1:0", http_endpoint="127.0.0.1:0", forward=forward, drain_s=2
    )
    judge = build_judge(Config(), FakeClock())
    task = asyncio.create_task(listen(options, judge=judge, clock=SystemClock(), stop=stop, on_ready=ready.set_result))
    try:
        task.add_done_callback(
            lambda ended: None if ready.done() else ready.set_exception(ended.exception() or EOFError())
        )
        async with asyncio.timeout(20):
            addresses = await ready
        yield addresses[0], addresses[1], stop, task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=20)


async def send_grpc(address: str, requests: Sequence[tuple[Signal, bytes]]) -> None:
    async with grpc.aio.insecure_channel(address) as connection:
        channel: Any = connection  # the stubs want serializers; grpc passes bytes without them
        for signal, payload in requests:
            assert await channel.unary_unary(PATHS[signal])(payload) == b""


async def send_http(address: str, requests: Sequence[tuple[Signal, bytes]]) -> None:
    async with aiohttp.ClientSession(f"http://{address}") as session:
        for signal, payload in requests:
            headers = {"content-type": "application/x-protobuf"}
            async with session.post(f"/v1/{signal}", data=payload, headers=headers) as answer:
                assert answer.status == 200


def spans(requests: Sequence[tuple[Signal, bytes]]) -> Counter[tuple[bytes, bytes, bytes]]:
    """Every span with its resource and scope, byte for byte."""
    return Counter(
        (resource.resource.SerializeToString(), scope.scope.SerializeToString(), span.SerializeToString())
        for signal, payload in requests
        if signal is Signal.TRACES
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


async def test_what_comes_over_both_protocols_is_diagnosed() -> None:
    silent = [request for request in captured("openai-v2-events", "weather") if request[0] is Signal.TRACES]
    async with listening() as (over_grpc, over_http, stop, task):
        await send_grpc(over_grpc, captured("pydantic-ai", "weather"))
        await send_http(over_http, silent)
        stop.set()
        heard = await task
    assert {agent.service: agent.healthy for agent in heard.diagnosis.agents} == {
        "office-agent": True,
        "office-api": False,
    }
    assert heard.undelivered == 0


@pytest.mark.parametrize("protocol", ["grpc", "http"])
async def test_everything_is_passed_on_as_it_came(protocol: str) -> None:
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", http_endpoint="127.0.0.1:0", keep_payloads=True))
    await sink.start()
    sent = [request for scenario in SCENARIOS for request in captured("openai-v2-events", scenario)]
    try:
        forward = sink.grpc_endpoint if protocol == "grpc" else sink.http_endpoint
        async with listening(forward) as (over_grpc, _, stop, task):
            await send_grpc(over_grpc, sent)
            stop.set()
            heard = await task
    finally:
        await sink.stop()
    assert heard.undelivered == 0
    assert heard.diagnosis.runs == len(SCENARIOS)
    # No verdict is written: the diagnosis must not change what the backend shows.
    assert spans(sink.payloads) == spans(sent)
    logs = [b"".join(payload for signal, payload in side if signal is Signal.LOGS) for side in (sent, sink.payloads)]
    assert len(logs[0]) == len(logs[1]) > 0


async def test_a_run_that_has_ended_is_diagnosed_while_listening_goes_on() -> None:
    seen: asyncio.Future[Diagnosis] = asyncio.get_running_loop().create_future()

    def progress(diagnosis: Diagnosis, _: float) -> None:
        if diagnosis.runs and not seen.done():
            seen.set_result(diagnosis)

    ready: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(
        listen(
            ListenOptions(duration_s=60, grpc_endpoint="127.0.0.1:0", http_endpoint=None),
            judge=build_judge(Config(), FakeClock()),
            clock=SystemClock(),
            stop=stop,
            on_ready=ready.set_result,
            progress=progress,
        )
    )
    async with asyncio.timeout(20):
        await send_grpc((await ready)[0], captured("pydantic-ai", "weather"))
        assert (await seen).runs == 1
        stop.set()
        assert (await task).diagnosis.runs == 1


async def test_the_time_ends_the_listening() -> None:
    options = ListenOptions(duration_s=0.01, grpc_endpoint="127.0.0.1:0", http_endpoint=None)
    async with asyncio.timeout(20):
        heard = await listen(options, judge=build_judge(Config(), FakeClock()), clock=SystemClock())
    assert not heard.diagnosis.healthy


async def test_what_cannot_be_passed_on_is_counted() -> None:
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0"))
    await sink.start()
    gone = sink.grpc_endpoint
    await sink.stop()
    async with listening(gone) as (over_grpc, _, stop, task):
        await send_grpc(over_grpc, captured("pydantic-ai", "weather"))
        stop.set()
        heard = await asyncio.wait_for(task, 30)
    assert heard.diagnosis.runs == 1
    assert heard.undelivered == heard.diagnosis.counts.genai_spans


async def test_bytes_that_are_no_request_are_refused_and_not_passed_on() -> None:
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True))
    await sink.start()
    try:
        async with listening(sink.grpc_endpoint) as (over_grpc, _, stop, task):
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await send_grpc(over_grpc, [(Signal.TRACES, b"\x0a\xff")])
            stop.set()
            await task
    finally:
        await sink.stop()
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert sink.payloads == []


async def test_an_address_in_use_is_a_sentence_that_names_it() -> None:
    judge = build_judge(Config(), FakeClock())
    async with listening() as (over_grpc, _, _, _):
        with pytest.raises(ConfigError, match=over_grpc):
            await listen(
                ListenOptions(duration_s=1, grpc_endpoint=over_grpc, http_endpoint=None),
                judge=judge,
                clock=SystemClock(),
            )
        with pytest.raises(ConfigError, match=over_grpc):
            await listen(
                ListenOptions(duration_s=1, grpc_endpoint=over_grpc, http_endpoint=None, forward="127.0.0.1:1"),
                judge=judge,
                clock=SystemClock(),
            )
    with pytest.raises(ConfigError, match="nothing to listen on"):
        await listen(
            ListenOptions(duration_s=1, grpc_endpoint=None, http_endpoint=None), judge=judge, clock=SystemClock()
        )
