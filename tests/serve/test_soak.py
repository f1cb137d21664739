"""What a minute of load and of hostile clients leaves behind: memory, connections, spans."""

import asyncio
import gzip
import io
import socket
from pathlib import Path

import aiohttp
import pytest

from otel_safety.load import LoadConfig, Sink, SinkConfig, run_loadgen
from otel_safety.load.span_ids import read_span_ids
from otel_safety.otlp.wire import length_delimited
from tests.serve.service import RunningService, running

MIB = 1 << 20
QUICK = "{settle: 200ms, idle: 500ms, hold: 2s, remember: 5s}"
PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


def resident_mib(service: RunningService) -> int:
    pages = Path(f"/proc/{service.process.pid}/statm").read_text("ascii").split()[1]
    return int(pages) * 4096 // MIB


def peak_mib(service: RunningService) -> int:
    status = Path(f"/proc/{service.process.pid}/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


async def post(session: aiohttp.ClientSession, port: int, body: bytes, headers: dict[str, str]) -> int:
    async with session.post(f"http://localhost:{port}/v1/traces", data=io.BytesIO(body), headers=headers) as answer:
        return answer.status


@pytest.mark.long
async def test_memory_stays_flat_and_no_span_is_missing_after_a_minute_of_load(tmp_path: Path) -> None:
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0"))
    await sink.start()
    ids = tmp_path / "ids"
    exporter = f"{{otlp_grpc: {{endpoint: '{sink.grpc_endpoint}', tls: {{insecure: true}}}}}}"
    try:
        async with running(tmp_path, exporter, assembly=QUICK) as service:
            config = LoadConfig(
                endpoint=f"127.0.0.1:{service.grpc}", kind="mixed", duration_s=60, rate=4000, ids_path=ids
            )
            sending = asyncio.create_task(run_loadgen(config, show=lambda _: None))
            await asyncio.sleep(20)
            warm = resident_mib(service)
            report = await sending
            assert resident_mib(service) < warm + 40
            assert (report.failed_spans, report.rejected_spans) == (0, 0)
            assert await service.stop() == 0
        assert sink.expect(read_span_ids(ids.read_text("ascii"))).exact
    finally:
        await sink.stop()


async def test_hostile_clients_cost_bounded_memory_and_nobody_else_is_kept_waiting(tmp_path: Path) -> None:
    empty_spans = length_delimited(1, length_delimited(2, b"\x12\x00" * 10_000_000))
    objects = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b",".join([b'{"a":{}}'] * 300_000) + b"]}]}]}"
    bodies = [
        (gzip.compress(b"\0" * (256 * MIB), 1), {**PROTOBUF, "Content-Encoding": "gzip"}, 413),
        (gzip.compress(empty_spans, 1), {**PROTOBUF, "Content-Encoding": "gzip"}, 413),
        (empty_spans, PROTOBUF, 413),
        (gzip.compress(objects, 1), {**JSON, "Content-Encoding": "gzip"}, 413),
        (b"\xff" * MIB, PROTOBUF, 400),
    ]
    async with running(tmp_path, "{console: }", assembly=QUICK) as service:
        # 300 that say nothing, and half of a header on each.
        silent = [socket.create_connection(("localhost", service.http)) for _ in range(300)]
        for connection in silent[:150]:
            connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n")
        try:
            async with aiohttp.ClientSession() as session:
                answers = await asyncio.gather(
                    *(post(session, service.http, body, headers) for body, headers, _ in bodies * 2)
                )
                assert answers == [status for _, _, status in bodies * 2]
                assert (await service.get(service.health, "/healthz/live"))[0] == 200
                assert await post(session, service.http, b"", PROTOBUF) == 200
            assert peak_mib(service) < 600
            assert await service.stop() == 0
        finally:
            for connection in silent:
                connection.close()
    assert b"Traceback" not in service.log
