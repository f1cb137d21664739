"""OTLP/HTTP out, against a real server that answers everything it may answer."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel_safety.clock import SystemClock
from otel_safety.errors import ConfigError
from otel_safety.export import QueueOptions, TlsOptions
from otel_safety.export.answer import Action
from otel_safety.export.http import HttpSender
from otel_safety.load import Fault, Sink, SinkConfig
from otel_safety.spans import Batch, Signal
from tests.export.support import batch, deliver, http_config, running, span_id

IDS = [span_id(number) for number in range(1, 4)]
PARTIAL = ExportTraceServiceResponse(
    partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="bad spans")
).SerializeToString()


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that answers each connection with bytes of its own."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def outcome(endpoint: str, timeout_s: float = 5.0) -> Action:
    """The action that one attempt ends with."""
    sender = HttpSender(http_config(endpoint, timeout_s=timeout_s), SystemClock())
    await sender.start()
    try:
        return (await sender.send(batch(1))).action
    finally:
        await sender.close()


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
async def test_every_signal_arrives_byte_for_byte(sink: Sink, compression: str) -> None:
    batches = [
        batch(*range(2000)),
        Batch(Signal.LOGS, b"\x0a\x02\x12\x00", 1),
        Batch(Signal.METRICS, b"\x0a\x02\x12\x00", 1),
    ]
    await deliver(http_config(sink.http_endpoint, compression=compression), *batches)
    assert sorted(sink.payloads) == sorted((item.signal, item.payload) for item in batches)
    assert sink.metadata["Content-Type"] == "application/x-protobuf"
    assert sink.metadata.get("Content-Encoding", "none") == compression


async def test_a_request_of_several_mebibytes_is_sent(sink: Sink) -> None:
    item = batch(1, name="x" * (3 << 20))
    await deliver(http_config(sink.http_endpoint, compression="none"), item)
    assert sink.payloads == [(Signal.TRACES, item.payload)]


async def test_headers_go_along(sink: Sink) -> None:
    await deliver(http_config(sink.http_endpoint, headers={"X-Scope-OrgID": "tenant"}), batch(1))
    assert sink.metadata["X-Scope-OrgID"] == "tenant"


async def test_a_url_of_one_signal_replaces_the_base(sink: Sink) -> None:
    urls = {Signal.TRACES: f"{sink.http_endpoint}/v1/traces"}
    await deliver(http_config("http://127.0.0.1:1/", urls=urls), batch(1))
    assert sink.expect([span_id(1)]).exact


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_2xx_is_a_success(sink: Sink, status: int) -> None:
    sink.add_fault(Fault(times=1, http_status=status))
    destination = await deliver(http_config(sink.http_endpoint), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].sent_items == 3
    assert sink.expect(IDS).exact


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405, 408, 415, 500, 501])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Location": "/v1/traces"}])
async def test_a_permanent_error_is_counted_and_not_sent_again(
    sink: Sink, status: int, headers: dict[str, str]
) -> None:
    sink.add_fault(Fault(times=1, http_status=status, headers=headers))
    destination = await deliver(http_config(sink.http_endpoint), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].failed_items == 3
    assert (sink.requests, sink.seen) == (0, {})


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    "retry_after",
    [None, "0", "soon", format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)],
)
async def test_a_retryable_error_is_sent_again(sink: Sink, status: int, retry_after: str | None) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    sink.add_fault(Fault(times=2, http_status=status, headers=headers))
    destination = await deliver(http_config(sink.http_endpoint), batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.failed_items, counts.retries) == (3, 0, 2)
    assert sink.expect(IDS).exact


async def test_retry_after_is_read_from_the_answer(sink: Sink) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    sender = HttpSender(http_config(sink.http_endpoint), SystemClock())
    await sender.start()
    delays: list[float | None] = []
    for headers in ({"Retry-After": "17"}, {"Retry-After": in_an_hour}):
        sink.add_fault(Fault(times=1, http_status=503, headers=headers))
        delays.append((await sender.send(batch(1))).delay_s)
    sink.add_fault(Fault(times=1, http_status=429, headers={"Retry-After": "-"}, retry_after_s=23))
    delays.append((await sender.send(batch(1))).delay_s)
    await sender.close()
    assert delays[0] == 17
    assert delays[1] == pytest.approx(3600, abs=10)
    assert delays[2] == 23


async def test_http_413_goes_in_parts(sink: Sink) -> None:
    sink.add_fault(Fault(times=3, http_status=413))
    destination = await deliver(http_config(sink.http_endpoint), batch(*range(40)))
    assert destination.counts[Signal.TRACES].sent_items == 40
    assert sink.expect(span_id(number) for number in range(40)).exact


async def test_partial_success_is_counted_and_not_sent_again(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, http_status=200, body=PARTIAL))
    destination = await deliver(http_config(sink.http_endpoint), batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.rejected_items, sink.requests) == (1, 2, 1)


@pytest.mark.parametrize("body", [b"\xff" * 100, b"<html>ok</html>", bytes(6 << 20)])
async def test_an_unreadable_body_does_not_undo_a_success(sink: Sink, body: bytes) -> None:
    sink.add_fault(Fault(times=1, http_status=200, body=body))
    destination = await deliver(http_config(sink.http_endpoint), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].sent_items == 3
    assert sink.expect(IDS).exact


async def test_a_compressed_answer_is_read_within_bounds(sink: Sink) -> None:
    encoded = {"Content-Encoding": "gzip"}
    sink.add_fault(Fault(times=1, http_status=200, body=gzip.compress(PARTIAL), headers=encoded))
    sink.add_fault(Fault(times=1, http_status=200, body=gzip.compress(bytes(64 << 20)), headers=encoded))
    queue = QueueOptions(flush_interval_s=0.0, max_batch_bytes=1, num_consumers=1)
    destination = await deliver(http_config(sink.http_endpoint, queue=queue), batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.rejected_items) == (2, 1)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-server\r\n", b"HTTP/1.1 2", b"HTTP/1.1 abc OK\r\n\r\n"])
async def test_a_connection_that_ends_or_speaks_something_else_is_tried_again(answer: bytes) -> None:
    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with raw_server(write) as endpoint:
        assert await outcome(endpoint) is Action.RETRY


async def test_a_body_that_breaks_off_does_not_undo_a_success() -> None:
    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        await writer.drain()

    async with raw_server(write) as endpoint:
        assert await outcome(endpoint) is Action.DELIVERED


@pytest.mark.parametrize(
    ("first_bytes", "expected"),
    [(b"", Action.RETRY), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Action.DELIVERED)],
)
async def test_a_server_that_falls_silent_is_left_after_the_timeout(first_bytes: bytes, expected: Action) -> None:
    released = asyncio.Event()

    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first_bytes)
        await writer.drain()
        await released.wait()

    async with raw_server(write) as endpoint:
        try:
            assert await outcome(endpoint, timeout_s=0.2) is expected
        finally:
            released.set()


async def test_a_server_that_is_down_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with running(http_config(f"http://127.0.0.1:{port}")) as destination:
        destination.offer(batch(1, 2, 3))
        async with asyncio.timeout(10):
            while not destination.counts[Signal.TRACES].retries:
                await asyncio.sleep(0.005)
        late = Sink(SinkConfig(grpc_endpoint=None, http_endpoint=f"127.0.0.1:{port}"))
        await late.start()
        try:
            assert await destination.drain(20.0) == 0
            assert late.expect(IDS).exact
        finally:
            await late.stop()


async def test_an_honest_server_gets_every_span_once_under_load(sink: Sink) -> None:
    queue = QueueOptions(flush_interval_s=0.01, max_batch_bytes=4000, num_consumers=8)
    async with running(http_config(sink.http_endpoint, queue=queue)) as destination:
        for start in range(0, 3000, 3):
            destination.offer(batch(start, start + 1, start + 2))
            if start % 99 == 0:
                await asyncio.sleep(0)
        assert await destination.drain(20.0) == 0
    assert sink.expect(span_id(number) for number in range(3000)).exact


async def test_a_failing_server_gets_every_span_at_least_once(sink: Sink) -> None:
    sink.add_fault(Fault(times=20, share=0.5, http_status=503))
    sink.add_fault(Fault(times=20, share=0.5, http_status=502, keeps=True))
    queue = QueueOptions(flush_interval_s=0.0, max_batch_bytes=1000, num_consumers=8)
    destination = await deliver(http_config(sink.http_endpoint, queue=queue), *(batch(number) for number in range(500)))
    assert sink.expect(span_id(number) for number in range(500)).missing == ()
    assert destination.counts[Signal.TRACES].sent_items == 500
    assert destination.counts[Signal.TRACES].retries > 0


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://localhost", ""])
def test_an_endpoint_that_is_no_url_is_refused_with_the_key(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"exporters\.otlp_http/test\.endpoint"):
        HttpSender(http_config(endpoint), SystemClock())


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"exporters\.otlp_http/test\.tls\.ca_file"):
        HttpSender(http_config("https://localhost", tls=TlsOptions(ca_file="/nowhere")), SystemClock())


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="go together"):
        HttpSender(http_config("https://localhost", tls=TlsOptions(cert_file="a.pem")), SystemClock())


async def test_a_proxy_is_used_when_configured_and_never_because_of_the_environment(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).splitlines()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    try:
        await deliver(http_config(sink.http_endpoint), batch(1))
        assert (asked, len(sink.seen)) == ([], 1)
        await deliver(http_config(sink.http_endpoint, proxy_url=url), batch(2))
        assert (asked, len(sink.seen)) == ([f"POST {sink.http_endpoint}/v1/traces HTTP/1.1".encode()], 1)
    finally:
        server.close()
        await server.wait_closed()
