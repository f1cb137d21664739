"""The service as a process, with real sockets and real signals."""

import asyncio
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import aiohttp
import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.export import RetryOptions
from otel_safety.load import LoadConfig, Sink, SinkConfig, run_loadgen
from otel_safety.load.span_ids import read_span_ids
from otel_safety.spans import Signal
from semconv import emitted
from tests.pipeline.material import captured
from tests.processes import free_port, otel_safety
from tests.serve.service import running

TRACE_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
AT_ONCE = RetryOptions(initial_interval_s=0.05, max_interval_s=0.2)
RETRY_AT_ONCE = "retry_on_failure: {initial_interval: 50ms, max_interval: 200ms}"


def exporter(port: int, more: str = RETRY_AT_ONCE) -> str:
    return f"{{otlp_grpc/sink: {{endpoint: 'localhost:{port}', tls: {{insecure: true}}, {more}}}}}"


async def post(port: int, signal: Signal, body: bytes) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"http://localhost:{port}/v1/{signal.value}", data=body, headers={"Content-Type": "application/x-protobuf"}
        ) as answer,
    ):
        return answer.status


async def export(port: int, body: bytes) -> bytes:
    async with grpc.aio.insecure_channel(f"localhost:{port}") as channel:
        return bytes(await channel.unary_unary(TRACE_EXPORT, None, None)(body, timeout=10))


def spans_of(payloads: list[tuple[Signal, bytes]]) -> list[Span]:
    return [
        span
        for signal, payload in payloads
        if signal is Signal.TRACES
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


async def test_sigterm_judges_what_is_held_and_delivers_it_before_the_end(tmp_path: Path) -> None:
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True))
    await sink.start()
    try:
        async with running(tmp_path, exporter(int(sink.grpc_endpoint.rpartition(":")[2]))) as service:
            ((signal, payload),) = captured("pydantic-ai", "claimed_deploy")
            assert await export(service.grpc, payload) == b""
            assert await service.stop() == 0
        came = spans_of(sink.payloads)
        assert sorted(span.span_id for span in came) == sorted(span.span_id for span in spans_of([(signal, payload)]))
        names = [event.attributes for span in came for event in span.events if event.name == emitted.EVALUATION_EVENT]
        assert [
            item.value.string_value for found in names for item in found if item.key == emitted.EVALUATION_NAME
        ] == ["deception"]
    finally:
        await sink.stop()


async def test_a_destination_that_comes_late_gets_everything(tmp_path: Path) -> None:
    port = free_port()
    async with running(tmp_path, exporter(port), assembly="{settle: 10ms, idle: 20ms}") as service:
        for signal, payload in captured("openai-v2-events", "persona"):
            assert await post(service.http, signal, payload) == 200
        sink = Sink(SinkConfig(grpc_endpoint=f"127.0.0.1:{port}", keep_payloads=True))
        await sink.start()
        try:
            assert await service.stop() == 0
        finally:
            await sink.stop()
    assert len(spans_of(sink.payloads)) == 2


async def test_a_full_queue_refuses_with_retry_info_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    port = free_port()
    queue = f"{RETRY_AT_ONCE}, sending_queue: {{queue_size_mib: 0.05, flush_timeout: 10ms}}"
    ids = tmp_path / "ids"
    async with running(tmp_path, exporter(port, queue), assembly="{settle: 10ms, idle: 20ms}") as service:
        load = LoadConfig(endpoint=f"127.0.0.1:{service.grpc}", kind="mixed", spans=800, ids_path=ids, retry=AT_ONCE)
        sending = asyncio.create_task(run_loadgen(load, show=lambda _: None))
        status = await _refusal(service.grpc)
        delay = RetryInfo()
        assert any(detail.Unpack(delay) for detail in status.details)
        assert delay.retry_delay.ToNanoseconds() > 0

        sink = Sink(SinkConfig(grpc_endpoint=f"127.0.0.1:{port}"))
        await sink.start()
        try:
            report = await sending
            assert await service.stop() == 0
        finally:
            await sink.stop()
    assert (report.sent_spans, report.failed_spans) == (800, 0)
    assert sink.expect(read_span_ids(ids.read_text("ascii"))).exact


async def _refusal(port: int) -> Status:
    """Export the smallest request until it is refused for want of room, with a bound."""
    probe = ExportTraceServiceRequest()
    async with asyncio.timeout(20):
        while True:
            try:
                await export(port, probe.SerializeToString())
            except grpc.aio.AioRpcError as error:
                return _status(error)
            await asyncio.sleep(0.01)


def _status(error: grpc.aio.AioRpcError) -> Status:
    # The stubs describe the metadata's items as opaque; they are pairs.
    metadata = dict(cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ()))
    status = Status.FromString(metadata["grpc-status-details-bin"])
    assert (error.code(), status.code) == (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE.value[0])
    return status


async def test_what_cannot_be_delivered_in_time_is_said_and_exits_with_1(tmp_path: Path) -> None:
    async with running(tmp_path, exporter(free_port()), service="{drain_timeout: 1s}") as service:
        ((_, payload),) = captured("pydantic-ai", "weather")
        await export(service.grpc, payload)
        assert await service.stop() == 1
    assert b"undelivered" in service.log


async def test_health_says_ready_over_http_and_grpc(tmp_path: Path) -> None:
    async with running(tmp_path, "{console: }") as service:
        assert (await service.get(service.health, "/healthz/live"))[0] == 200
        assert (await service.get(service.health, "/healthz/ready"))[0] == 200
        async with grpc.aio.insecure_channel(f"localhost:{service.grpc}") as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert await service.stop() == 0


async def test_metrics_count_what_happened_and_no_content_is_in_them_or_in_the_log(tmp_path: Path) -> None:
    async with running(tmp_path, "{console: }", assembly="{settle: 10ms, idle: 20ms}") as service:
        ((_, payload),) = captured("pydantic-ai", "persona")
        await export(service.grpc, payload)
        async with asyncio.timeout(20):
            while 'otel_safety_findings_total{detector="jailbreak_compliance"' not in (
                text := (await service.get(service.metrics, "/metrics"))[1]
            ):
                await asyncio.sleep(0.05)
        assert 'otel_safety_receiver_accepted_items_total{signal="traces"} 2.0' in text
        assert 'otel_safety_assembly_closed_total{reason="root"} 1.0' in text
        assert await service.stop() == 0
    for word in ("ROGUE", "hotwire", "OfficePal"):
        assert word not in text
        assert word.encode() not in service.log


async def test_an_expired_suppression_is_said_at_the_start_and_counted(tmp_path: Path) -> None:
    section = "[{detector: deception, reason: known, expires: 2020-01-31}]"
    async with running(tmp_path, "{file: {path: /dev/null}}", suppressions=section) as service:
        _, metrics = await service.get(service.metrics, "/metrics")
        assert await service.stop() == 0
    assert b"suppressions[0] (known) expired on 2020-01-31 and suppresses nothing any more" in service.log
    assert 'otel_safety_suppressions{state="expired"} 1.0' in metrics


async def test_a_write_that_hangs_does_not_delay_the_end(tmp_path: Path) -> None:
    """A pipe that is full: the writing thread cannot be ended, the process can."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        async with running(tmp_path, f"{{file: {{path: '{pipe}'}}}}", service="{drain_timeout: 500ms}") as service:
            load = LoadConfig(endpoint=f"127.0.0.1:{service.grpc}", kind="ordinary", spans=1000)
            await run_loadgen(load, show=lambda _: None)
            async with asyncio.timeout(10):
                assert await service.stop() == 1
        assert b"undelivered" in service.log
    finally:
        os.close(reader)


def test_an_address_in_use_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write_text(
            f"receivers: {{otlp: {{grpc: null, http: {{endpoint: '127.0.0.1:{port}'}}}}}}\n"
            "telemetry: {health: null, metrics: null}\n"
            "exporters: {otlp_http: {endpoint: 'http://localhost:1'}, console: }\n"
        )
        answer = subprocess.run(
            [otel_safety(), "serve", "--config", str(config)], capture_output=True, check=False, timeout=30
        )
    assert answer.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}".encode() in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize("signals", [1, 2])
async def test_a_second_signal_does_not_break_the_drain(tmp_path: Path, signals: int) -> None:
    async with running(tmp_path, "{console: }") as service:
        for _ in range(signals - 1):
            service.process.terminate()
        assert await service.stop() == 0
