"""OTLP/gRPC out, against a real server that answers everything it may answer."""

import asyncio
import socket

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel_safety.errors import ConfigError
from otel_safety.export import GrpcExportConfig, QueueOptions, RetryOptions, TlsOptions
from otel_safety.export.grpc import GrpcSender
from otel_safety.load import Fault, Sink, SinkConfig
from otel_safety.spans import Batch, Signal
from tests.export.support import FAST_RETRY, NO_WAIT, batch, deliver, grpc_config, running, span_id

IDS = [span_id(number) for number in range(1, 4)]
ERRORS = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
RETRYABLE = {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}


@pytest.mark.parametrize("compression", ["gzip", "none"])
async def test_every_signal_arrives_byte_for_byte(sink: Sink, compression: str) -> None:
    batches = [
        batch(1, 2, 3),
        Batch(Signal.LOGS, b"\x0a\x02\x12\x00", 1),
        Batch(Signal.METRICS, b"\x0a\x02\x12\x00", 1),
    ]
    await deliver(grpc_config(sink.grpc_endpoint, compression=compression), *batches)
    assert sorted(sink.payloads) == sorted((item.signal, item.payload) for item in batches)


async def test_headers_go_along(sink: Sink) -> None:
    await deliver(grpc_config(sink.grpc_endpoint, headers={"X-Scope-OrgID": "tenant"}), batch(1))
    assert sink.metadata["x-scope-orgid"] == "tenant"


def test_headers_stay_out_of_the_repr() -> None:
    config = grpc_config("localhost:4317", headers={"authorization": "Bearer hunter2"})
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("retry_after_s", [None, 0.001])
async def test_every_error_code(sink: Sink, code: grpc.StatusCode, retry_after_s: float | None) -> None:
    sink.add_fault(Fault(times=1, grpc_code=code, message="no", retry_after_s=retry_after_s))
    destination = await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    retryable = code.name in RETRYABLE or (code.name == "RESOURCE_EXHAUSTED" and retry_after_s is not None)
    if retryable:
        assert (counts.sent_items, counts.failed_items, counts.retries) == (3, 0, 1)
        assert sink.expect(IDS).exact
    else:
        assert (counts.sent_items, counts.failed_items, counts.retries) == (0, 3, 0)
        assert not sink.seen


async def test_unreadable_status_details_are_no_retry_info(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, grpc_code=grpc.StatusCode.RESOURCE_EXHAUSTED, body=b"\xff\xff\xff"))
    destination = await deliver(grpc_config(sink.grpc_endpoint), batch(1))
    assert destination.counts[Signal.TRACES].failed_items == 1


async def test_partial_success_is_counted_and_not_sent_again(sink: Sink) -> None:
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="bad spans")
    )
    sink.add_fault(Fault(times=1, body=partial.SerializeToString()))
    destination = await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    counts = destination.counts[Signal.TRACES]
    assert (counts.sent_items, counts.rejected_items, sink.requests) == (1, 2, 1)


async def test_a_garbage_body_of_a_success_is_a_success(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, body=b"\xff\xff\xff\xff"))
    destination = await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].sent_items == 3
    assert sink.expect(IDS).exact


async def test_an_answer_over_the_limit_is_neither_read_nor_sent_again(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, body=bytes(5 << 20)))
    destination = await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].failed_items == 3
    assert sink.requests == 1


async def test_a_server_that_is_down_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with running(grpc_config(f"127.0.0.1:{port}")) as destination:
        destination.offer(batch(1, 2, 3))
        async with asyncio.timeout(10):
            while not destination.counts[Signal.TRACES].retries:
                await asyncio.sleep(0.005)
        late = Sink(SinkConfig(grpc_endpoint=f"127.0.0.1:{port}"))
        await late.start()
        try:
            assert await destination.drain(20.0) == 0
            assert late.expect(IDS).exact
        finally:
            await late.stop()


async def test_a_server_that_restarts_gets_everything(sink: Sink) -> None:
    async with running(grpc_config(sink.grpc_endpoint)) as destination:
        destination.offer(batch(1))
        async with asyncio.timeout(10):
            while destination.queued_bytes:
                await asyncio.sleep(0.005)
        await sink.stop()
        destination.offer(batch(2, 3))
        async with asyncio.timeout(10):
            while not destination.counts[Signal.TRACES].retries:
                await asyncio.sleep(0.005)
        again = Sink(SinkConfig(grpc_endpoint=sink.grpc_endpoint))
        await again.start()
        try:
            assert await destination.drain(20.0) == 0
            assert again.expect(IDS[1:]).exact
        finally:
            await again.stop()


async def test_a_lost_acknowledgement_is_sent_again(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, grpc_code=grpc.StatusCode.UNAVAILABLE, keeps=True))
    await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    delivery = sink.expect(IDS)
    assert (delivery.missing, len(delivery.doubled)) == ((), 3)


async def test_a_slow_server_is_asked_again_after_the_timeout(sink: Sink) -> None:
    sink.add_fault(Fault(times=1, delay_s=5.0, grpc_code=grpc.StatusCode.UNAVAILABLE))
    destination = await deliver(grpc_config(sink.grpc_endpoint, timeout_s=0.1), batch(1, 2, 3))
    assert destination.counts[Signal.TRACES].retries >= 1
    assert sink.expect(IDS).exact


async def test_a_half_open_connection_is_given_up_for_a_new_one(sink: Sink) -> None:
    """The first connection is accepted and then silent for ever; the next ones reach the server."""
    connections = 0
    held: list[asyncio.StreamWriter] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        held.append(writer)
        host, _, port = sink.grpc_endpoint.rpartition(":")
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        held.append(upstream_writer)
        silent = connections == 1

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, mute: bool) -> None:
            # The HTTP/2 greeting passes: the connection comes up, and is silent from the first call on.
            while data := await source.read(1 << 16):
                if not mute:
                    target.write(data)

        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, upstream_writer, mute=silent))
            group.create_task(pump(upstream_reader, writer, mute=False))

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    try:
        destination = await deliver(grpc_config(f"127.0.0.1:{port}", timeout_s=0.1), batch(1, 2, 3))
        assert destination.counts[Signal.TRACES].sent_items == 3
        assert connections >= 2
        assert sink.expect(IDS).exact
    finally:
        for writer in held:
            writer.close()
        proxy.close()
        await proxy.wait_closed()


async def test_a_request_over_the_servers_limit_goes_in_parts() -> None:
    small = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", max_request_bytes=2000))
    await small.start()
    try:
        destination = await deliver(grpc_config(small.grpc_endpoint), batch(*range(1, 200)))
        assert destination.counts[Signal.TRACES].sent_items == 199
        assert small.expect(span_id(number) for number in range(1, 200)).exact
    finally:
        await small.stop()


async def test_an_honest_server_gets_every_span_once_under_load(sink: Sink) -> None:
    queue = QueueOptions(flush_interval_s=0.01, max_batch_bytes=4000, num_consumers=8)
    async with running(grpc_config(sink.grpc_endpoint, queue=queue)) as destination:
        for start in range(0, 3000, 3):
            destination.offer(batch(start, start + 1, start + 2))
            if start % 99 == 0:
                await asyncio.sleep(0)
        assert await destination.drain(20.0) == 0
    assert sink.expect(span_id(number) for number in range(3000)).exact


async def test_a_failing_server_gets_every_span_at_least_once(sink: Sink) -> None:
    for code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED):
        sink.add_fault(Fault(times=20, share=0.5, grpc_code=code, keeps=code is grpc.StatusCode.ABORTED))
    queue = QueueOptions(flush_interval_s=0.0, max_batch_bytes=1000, num_consumers=8)
    destination = await deliver(grpc_config(sink.grpc_endpoint, queue=queue), *(batch(number) for number in range(500)))
    assert sink.expect(span_id(number) for number in range(500)).missing == ()
    assert destination.counts[Signal.TRACES].sent_items == 500
    assert destination.counts[Signal.TRACES].retries > 0


def test_insecure_skip_verify_is_refused_with_the_key() -> None:
    with pytest.raises(ConfigError, match=r"exporters\.otlp_grpc\.tls\.insecure_skip_verify"):
        GrpcSender(
            GrpcExportConfig(name="otlp_grpc", endpoint="localhost:4317", tls=TlsOptions(insecure_skip_verify=True))
        )


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="go together"):
        GrpcSender(GrpcExportConfig(name="x", endpoint="localhost:4317", tls=TlsOptions(cert_file="a.pem")))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"exporters\.x\.tls\.ca_file: cannot read /nowhere/ca\.pem"):
        GrpcSender(GrpcExportConfig(name="x", endpoint="localhost:4317", tls=TlsOptions(ca_file="/nowhere/ca.pem")))


async def test_one_destination_does_not_wait_for_another(sink: Sink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    down = grpc_config(f"127.0.0.1:{port}", retry=RetryOptions(max_elapsed_time_s=0.0))
    async with running(down) as stuck:
        stuck.offer(batch(1, 2, 3))
        await deliver(grpc_config(sink.grpc_endpoint, retry=FAST_RETRY, queue=NO_WAIT), batch(1, 2, 3))
        assert sink.expect(IDS).exact
        assert await stuck.drain(0.0) == 3


async def test_no_proxy_is_used_because_of_the_environment(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody listens there: whoever asked the proxy would not arrive.
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    await deliver(grpc_config(sink.grpc_endpoint), batch(1, 2, 3))
    assert sink.expect(IDS).exact
