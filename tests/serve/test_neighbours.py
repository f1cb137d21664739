"""The service between misbehaving neighbours: as a process, with real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.analyze.report import analyze
from otel_safety.load import Fault, LoadConfig, LoadReport, Sink, SinkConfig, run_loadgen
from otel_safety.load.span_ids import read_span_ids
from otel_safety.otlp.json_codec import protobuf_to_json
from otel_safety.otlp.wire import length_delimited
from otel_safety.spans import Signal
from semconv import emitted
from tests.certificates import make_certificates
from tests.pipeline.material import captured
from tests.processes import free_port, otel_safety
from tests.serve.service import RunningService, running

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
FAST = "retry_on_failure: {initial_interval: 50ms, max_interval: 200ms}, sending_queue: {flush_timeout: 10ms}"
QUICK = "{settle: 50ms, idle: 100ms, hold: 500ms}"


def to_grpc(endpoint: str, more: str = FAST) -> str:
    return f"{{endpoint: '{endpoint}', tls: {{insecure: true}}, {more}}}"


@asynccontextmanager
async def listening(config: SinkConfig) -> AsyncIterator[Sink]:
    sink = Sink(config)
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()


async def load(service: RunningService, ids: Path, spans: int = 3000, kind: str = "mixed") -> LoadReport:
    endpoint = f"127.0.0.1:{service.grpc}"
    config = LoadConfig(endpoint=endpoint, kind=kind, spans=spans, ids_path=ids)  # type: ignore[arg-type]  # a literal
    return await run_loadgen(config, show=lambda _: None)


async def send(service: RunningService, payload: bytes, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"http://localhost:{service.http}/v1/traces",
            data=payload,
            headers={"Content-Type": "application/x-protobuf", **headers},
        ) as answer,
    ):
        return answer.status


def spans_in(sink: Sink) -> Iterator[Span]:
    for signal, payload in sink.payloads:
        if signal is Signal.TRACES:
            for resource in ExportTraceServiceRequest.FromString(payload).resource_spans:
                for scope in resource.scope_spans:
                    yield from scope.spans


DOCUMENTED_ERRORS = [
    *(
        Fault(times=3, grpc_code=code)
        for code in (
            grpc.StatusCode.CANCELLED,
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.ABORTED,
            grpc.StatusCode.OUT_OF_RANGE,
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DATA_LOSS,
        )
    ),
    Fault(times=3, grpc_code=grpc.StatusCode.UNAVAILABLE, retry_after_s=0.1),
    Fault(times=3, grpc_code=grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after_s=0.1),
    Fault(times=2, grpc_code=grpc.StatusCode.RESOURCE_EXHAUSTED, message="received message larger than max"),
    Fault(times=4, delay_s=0.2),
]


async def test_every_retryable_answer_of_a_destination_costs_no_span(tmp_path: Path) -> None:
    config = SinkConfig(grpc_endpoint="127.0.0.1:0", faults=DOCUMENTED_ERRORS)
    async with listening(config) as sink:
        exporter = to_grpc(sink.grpc_endpoint, FAST.replace("10ms", "10ms, max_batch_mib: 0.1"))
        async with running(tmp_path, f"{{otlp_grpc: {exporter}}}", assembly=QUICK) as service:
            report = await load(service, tmp_path / "ids")
            assert (report.failed_spans, report.rejected_spans) == (0, 0)
            assert await service.stop() == 0
        assert sink.expect(read_span_ids((tmp_path / "ids").read_text("ascii"))).exact


async def test_sigterm_in_the_middle_of_a_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0")) as sink:
        async with running(tmp_path, f"{{otlp_grpc: {to_grpc(sink.grpc_endpoint)}}}") as service:
            stop = asyncio.Event()
            ids = tmp_path / "ids"
            config = LoadConfig(
                endpoint=f"127.0.0.1:{service.grpc}", kind="mixed", duration_s=30, rate=5000, ids_path=ids
            )
            sending = asyncio.create_task(run_loadgen(config, stop=stop, show=lambda _: None))
            async with asyncio.timeout(20):
                while sink.seen.total() < 2000:
                    await asyncio.sleep(0.02)
            ending = asyncio.create_task(service.stop())
            await asyncio.sleep(0.2)
            stop.set()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            assert await ending == 0
        # What was acknowledged came; a call cut off before its answer may have come, too.
        delivery = sink.expect(read_span_ids(ids.read_text("ascii")))
        assert (delivery.missing, delivery.doubled) == ((), ())


async def test_a_destination_that_dies_and_returns_misses_nothing(tmp_path: Path) -> None:
    port = free_port()
    config = SinkConfig(grpc_endpoint=f"127.0.0.1:{port}")
    ids = tmp_path / "ids"
    async with running(tmp_path, f"{{otlp_grpc: {to_grpc(f'127.0.0.1:{port}')}}}", assembly=QUICK) as service:
        async with listening(config) as first:
            sending = asyncio.create_task(load(service, ids, 6000))
            async with asyncio.timeout(20):
                while first.seen.total() < 1000:
                    await asyncio.sleep(0.01)
        await sending
        async with listening(config) as second:
            assert await service.stop() == 0
    assert set(read_span_ids(ids.read_text("ascii"))) <= first.seen.keys() | second.seen.keys()


async def test_a_half_open_destination_is_reached_anew(tmp_path: Path) -> None:
    connections = 0
    writers: list[asyncio.StreamWriter] = []
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0")) as sink:
        sink_host, _, sink_port = sink.grpc_endpoint.rpartition(":")

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            mute = connections == 1
            up_reader, up_writer = await asyncio.open_connection(sink_host, int(sink_port))
            writers.extend((writer, up_writer))

            async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, silent: bool) -> None:
                while data := await source.read(1 << 16):
                    if not silent:
                        target.write(data)

            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, up_writer, silent=mute))
                group.create_task(pump(up_reader, writer, silent=False))

        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        endpoint = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            exporter = to_grpc(endpoint, f"timeout: 200ms, {FAST}")
            async with running(tmp_path, f"{{otlp_grpc: {exporter}}}", assembly=QUICK) as service:
                await load(service, tmp_path / "ids", 500)
                assert await service.stop() == 0
        finally:
            for writer in writers:
                writer.close()
            server.close()
            await server.wait_closed()
        assert sink.expect(read_span_ids((tmp_path / "ids").read_text("ascii"))).exact
    assert connections >= 2


async def test_a_destination_that_drops_does_not_hold_up_another(tmp_path: Path) -> None:
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0")) as sink:
        down = to_grpc(f"127.0.0.1:{free_port()}", f"{FAST[:-1]}, queue_size_mib: 0.02, on_full: drop}}")
        exporters = f"{{otlp_grpc/up: {to_grpc(sink.grpc_endpoint)}, otlp_grpc/down: {down}}}"
        sections = {"assembly": QUICK, "service": "{drain_timeout: 1s}"}
        async with running(tmp_path, exporters, **sections) as service:
            report = await load(service, tmp_path / "ids")
            assert (report.sent_spans, report.failed_spans) == (3000, 0)
            _, metrics = await service.get(service.metrics, "/metrics")
            assert await service.stop() == 1
        assert sink.expect(read_span_ids((tmp_path / "ids").read_text("ascii"))).exact
    (dropped,) = (
        line
        for line in metrics.splitlines()
        if line.startswith('otel_safety_exporter_enqueue_dropped_total{exporter="otlp_grpc/down",signal="traces"}')
    )
    assert float(dropped.rpartition(" ")[2]) > 0
    assert 'otel_safety_receiver_requests_total{outcome="ok",transport="grpc"}' in metrics


async def test_the_file_exporter_writes_what_analyze_reads(tmp_path: Path) -> None:
    recording = tmp_path / "spans.jsonl"
    async with running(tmp_path, f"{{file: {{path: '{recording}'}}}}") as service:
        for scenario in ("claimed_deploy", "weather"):
            for _, payload in captured("pydantic-ai", scenario):
                assert await send(service, payload) == 200
        assert await service.stop() == 0
    report = analyze(recording)
    assert [finding.assessment.detector for finding in report.findings] == ["deception"]
    assert len(report.verdicts) == 2
    assert emitted.FLAGGED.encode() in recording.read_bytes()


async def test_every_way_to_write_findings_at_once(tmp_path: Path) -> None:
    options = "{log_records: true, openinference: true, mark_error: high, evidence: 'off'}"
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True)) as sink:
        exporters = f"{{otlp_grpc: {to_grpc(sink.grpc_endpoint)}}}"
        async with running(tmp_path, exporters, findings=options) as service:
            ((signal, payload),) = captured("pydantic-ai", "claimed_deploy")
            assert await send(service, protobuf_to_json(payload, signal), **{"Content-Type": "application/json"}) == 200
            assert await service.stop() == 0
        (flagged,) = (span for span in spans_in(sink) if any(item.key == emitted.FLAGGED for item in span.attributes))
        assert flagged.status.code == flagged.status.STATUS_CODE_ERROR
        assert any(item.key.startswith("evaluations.") for item in flagged.attributes)
        keys = {item.key for event in flagged.events for item in event.attributes}
        assert emitted.RULE in keys
        assert emitted.EVIDENCE not in keys
        (logs,) = (payload for signal, payload in sink.payloads if signal is Signal.LOGS)
    (record,) = ExportLogsServiceRequest.FromString(logs).resource_logs[0].scope_logs[0].log_records
    assert (record.event_name, record.span_id) == (emitted.EVALUATION_EVENT, flagged.span_id)


async def test_the_console_exporter_prints_findings_for_people(tmp_path: Path) -> None:
    output = tmp_path / "printed"
    config = tmp_path / "printing.yaml"
    port = free_port()
    config.write_text(
        f"receivers: {{otlp: {{grpc: null, http: {{endpoint: 'localhost:{port}'}}}}}}\n"
        "telemetry: {health: null, metrics: null}\nexporters: {console: {color: never}}\n"
    )
    with output.open("wb") as stdout:
        process = await asyncio.create_subprocess_exec(
            otel_safety(), "serve", "--config", str(config), stdout=stdout, stderr=asyncio.subprocess.PIPE
        )
    assert process.stderr is not None
    async with asyncio.timeout(30):
        assert b"ready" in await process.stderr.readline()
    service = RunningService(process, 0, port, 0, 0)
    for _, payload in captured("pydantic-ai", "claimed_deploy"):
        assert await send(service, payload) == 200
    assert await service.stop() == 0
    printed = output.read_text("utf-8")
    assert "CRITICAL deception" in printed
    assert "    evidence     " in printed


def _odd_span(number: int, attribute: str) -> bytes:
    """A span with invalid UTF-8 and a field that nobody knows."""
    span = Span(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="odd")
    span.attributes.add(key=attribute).value.string_value = "chat"
    invalid = length_delimited(1, b"text") + length_delimited(2, length_delimited(1, b"\xff\xfe\xc0"))
    return span.SerializeToString() + length_delimited(9, invalid) + length_delimited(1999, b"later")


async def test_odd_spans_arrive_byte_for_byte_and_forged_verdicts_do_not(tmp_path: Path) -> None:
    odd = [_odd_span(1, "gen_ai.operation.name"), _odd_span(2, "http.route")]
    forged = Span(trace_id=b"f" * 16, span_id=b"f" * 8, name="forged")
    forged.attributes.add(key="kept").value.string_value = "as it is"
    plain = forged.SerializeToString()
    forged.attributes.add(key=emitted.FLAGGED).value.bool_value = True
    async with (
        listening(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True)) as sink,
        running(tmp_path, f"{{otlp_grpc: {to_grpc(sink.grpc_endpoint)}}}") as service,
    ):
        spans = b"".join(length_delimited(2, span) for span in (*odd, forged.SerializeToString()))
        assert await send(service, length_delimited(1, length_delimited(2, spans))) == 200
        assert await service.stop() == 0
    arrived = b"".join(payload for _, payload in sink.payloads)
    # The GenAI one is a run of its own: what is said of the run comes after its bytes.
    assert arrived.count(odd[0]) == 1
    for span in (odd[1], plain):
        assert arrived.count(length_delimited(2, span)) == 1
    assert emitted.FLAGGED.encode() not in arrived


async def test_bearer_tokens_hold_on_both_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_TOKEN", "0123")
    http, rpc = free_port(), free_port()
    receivers = (
        f"{{otlp: {{bearer_tokens: ['${{env:INTAKE_TOKEN}}'], grpc: {{endpoint: 'localhost:{rpc}'}},"
        f" http: {{endpoint: 'localhost:{http}'}}}}}}"
    )
    async with running(tmp_path, "{console: }", receivers=receivers) as service:
        service.http = http
        assert await send(service, b"") == 401
        assert await send(service, b"", Authorization="Bearer 123") == 401
        assert await send(service, b"", Authorization="Bearer 0123") == 200
        async with grpc.aio.insecure_channel(f"localhost:{rpc}") as channel:
            call = channel.unary_unary(EXPORT, None, None)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"", timeout=10)
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
            assert await call(b"", timeout=10, metadata=(("authorization", "Bearer 0123"),)) == b""
        assert await service.stop() == 0


async def test_mutual_tls_in_and_out(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    credentials = grpc.ssl_server_credentials(
        [(certificates.read("server.key"), certificates.read("server.pem"))], certificates.read("ca.pem"), True
    )
    rpc, http = free_port(), free_port()
    server = "{" + ", ".join(
        f"{key}: '{certificates.path(name)}'"
        for key, name in (("cert_file", "server.pem"), ("key_file", "server.key"), ("client_ca_file", "ca.pem"))
    ) + "}"  # fmt: skip
    client = "{" + ", ".join(
        f"{key}: '{certificates.path(name)}'"
        for key, name in (("cert_file", "client.pem"), ("key_file", "client.key"), ("ca_file", "ca.pem"))
    ) + "}"  # fmt: skip
    receivers = (
        f"{{otlp: {{grpc: {{endpoint: 'localhost:{rpc}', tls: {server}}},"
        f" http: {{endpoint: 'localhost:{http}', tls: {server}}}}}}}"
    )
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0", credentials=credentials)) as sink:
        exporters = f"{{otlp_grpc: {{endpoint: '{sink.grpc_endpoint}', tls: {client}, {FAST}}}}}"
        async with running(tmp_path, exporters, receivers=receivers) as service:
            known = grpc.ssl_channel_credentials(
                certificates.read("ca.pem"), certificates.read("client.key"), certificates.read("client.pem")
            )
            ((_, payload),) = captured("pydantic-ai", "weather")
            async with grpc.aio.secure_channel(f"localhost:{rpc}", known) as channel:
                await channel.unary_unary(EXPORT, None, None)(payload, timeout=10)
            with pytest.raises((aiohttp.ClientError, OSError)):
                await service.get(http, "/v1/traces")
            assert await service.stop() == 0
    assert sink.seen.total() == len(
        [
            span
            for resource in ExportTraceServiceRequest.FromString(payload).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
    )


async def test_no_content_is_in_metrics_or_log_whatever_goes_wrong(tmp_path: Path) -> None:
    secret = "xyzzy-secret"
    bad = Fault(grpc_code=grpc.StatusCode.INVALID_ARGUMENT, message=f"bad attribute {secret}")
    async with listening(SinkConfig(grpc_endpoint="127.0.0.1:0", faults=[bad])) as sink:
        exporters = f"{{otlp_grpc: {to_grpc(sink.grpc_endpoint)}}}"
        sections = {"assembly": QUICK}
        async with running(tmp_path, exporters, **sections) as service:
            span = Span(trace_id=b"s" * 16, span_id=b"s" * 8, name=secret)
            span.attributes.add(key="gen_ai.operation.name").value.string_value = secret
            request = ExportTraceServiceRequest()
            request.resource_spans.add().scope_spans.add(spans=[span])
            assert await send(service, request.SerializeToString()) == 200
            assert await send(service, request.SerializeToString()[:-3]) == 400
            body = json.dumps({"resourceSpans": secret}).encode()
            assert await send(service, body, **{"Content-Type": "application/json"}) == 400
            async with asyncio.timeout(20):
                while 'failed_items_total{exporter="otlp_grpc",signal="traces"} 0' in (
                    metrics := (await service.get(service.metrics, "/metrics"))[1]
                ):
                    await asyncio.sleep(0.05)
            assert await service.stop() == 0
    assert secret not in metrics
    assert secret.encode() not in service.log
    assert b"INVALID_ARGUMENT" in service.log
