"""OTLP/HTTP as the specification asks of a server, over real sockets."""

import asyncio
import gzip
import io
import json
import threading
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import zstandard
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_safety.errors import BadRequestError, ConfigError, OverloadedError, RequestError, TooLargeError
from otel_safety.otlp.json_codec import json_to_protobuf, protobuf_to_json
from otel_safety.otlp.wire import length_delimited
from otel_safety.receive import Admission, HttpReceiver, HttpTimeouts, Partial
from otel_safety.spans import Signal
from tests.otlp.requests import REQUEST_TYPES, logs_request, metrics_request, plain_span, traces_request
from tests.receive.intakes import RecordingIntake, SplittingIntake

MIB = 1 << 20
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
REQUESTS = {
    Signal.TRACES: traces_request().SerializeToString(),
    Signal.LOGS: logs_request().SerializeToString(),
    Signal.METRICS: metrics_request().SerializeToString(),
}
TRACES = REQUESTS[Signal.TRACES]


class Client:
    """Posts to one receiver."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def post(
        self, body: Any, content_type: str = PROTOBUF, path: str = "/v1/traces", **headers: str
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        sent = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = io.BytesIO(body) if isinstance(body, bytes) else body
        async with self.session.post(self.url + path, data=data, headers=sent) as response:
            return response, await response.read()


@asynccontextmanager
async def serving(receiver: HttpReceiver) -> AsyncIterator[Client]:
    port = await receiver.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Client(session, port)
    finally:
        await receiver.stop(0)


def receiver_for(intake: Any, **options: Any) -> HttpReceiver:
    return HttpReceiver(intake, "127.0.0.1:0", **options)


def refuse_with(error: RequestError) -> Callable[[], Partial | None]:
    def answer() -> Partial | None:
        raise error

    return answer


@pytest.mark.parametrize("signal", list(Signal))
async def test_protobuf_arrives_byte_for_byte(signal: Signal) -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake)) as client:
        response, body = await client.post(REQUESTS[signal], path=f"/v1/{signal.value}")
    assert intake.taken == [(signal, REQUESTS[signal])]
    assert (response.status, response.content_type, body) == (200, PROTOBUF, b"")


@pytest.mark.parametrize("signal", list(Signal))
async def test_json_arrives_as_protobuf_on_the_same_port(signal: Signal) -> None:
    intake = RecordingIntake()
    written = protobuf_to_json(REQUESTS[signal], signal)
    async with serving(receiver_for(intake)) as client:
        response, body = await client.post(written, JSON + "; charset=utf-8", path=f"/v1/{signal.value}")
    assert (response.status, response.content_type, body) == (200, JSON, b"{}")
    [(_, payload)] = intake.taken
    kind = REQUEST_TYPES[signal]
    assert kind.FromString(payload) == kind.FromString(REQUESTS[signal])


@pytest.mark.parametrize(("content_type", "empty"), [(PROTOBUF, b""), (JSON, b"{}")])
async def test_an_empty_request_is_a_success(content_type: str, empty: bytes) -> None:
    async with serving(receiver_for(SplittingIntake())) as client:
        response, _ = await client.post(empty, content_type)
    assert response.status == 200


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize("count", [1, 3000])
async def test_compressed_bodies_are_understood(encoding: str, count: int) -> None:
    intake = RecordingIntake()
    request = traces_request(*(plain_span(number) for number in range(1, count + 1))).SerializeToString()
    async with serving(receiver_for(intake)) as client:
        response, _ = await client.post(PACKERS[encoding](request), Content_Encoding=encoding)
    assert response.status == 200
    assert intake.taken == [(Signal.TRACES, request)]


async def test_large_compressed_json_is_understood() -> None:
    intake = RecordingIntake()
    request = traces_request(*(plain_span(number) for number in range(1, 3000)))
    body = gzip.compress(protobuf_to_json(request.SerializeToString(), Signal.TRACES), 1)
    async with serving(receiver_for(intake)) as client:
        response, _ = await client.post(body, JSON, Content_Encoding="gzip")
    assert response.status == 200
    assert REQUEST_TYPES[Signal.TRACES].FromString(intake.taken[0][1]) == request


async def test_a_chunked_body_is_understood() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(TRACES), 7):
            yield TRACES[start : start + 7]

    intake = RecordingIntake()
    async with serving(receiver_for(intake)) as client:
        response, _ = await client.post(chunks())
    assert response.status == 200
    assert intake.taken == [(Signal.TRACES, TRACES)]


async def test_a_client_that_waits_for_continue_is_told_to() -> None:
    intake = RecordingIntake()
    async with (
        serving(receiver_for(intake)) as client,
        client.session.post(
            client.url + "/v1/traces", data=TRACES, headers={"Content-Type": PROTOBUF}, expect100=True
        ) as response,
    ):
        assert response.status == 200
    assert intake.taken == [(Signal.TRACES, TRACES)]


async def test_partial_success_is_200_in_the_encoding_of_the_request() -> None:
    receiver = receiver_for(RecordingIntake(lambda: Partial(2, "two were bad")))
    async with serving(receiver) as client:
        response, body = await client.post(TRACES)
        assert response.status == 200
        partial = ExportTraceServiceResponse.FromString(body).partial_success
        assert (partial.rejected_spans, partial.error_message) == (2, "two were bad")
        for path, name in (
            ("/v1/traces", "rejectedSpans"),
            ("/v1/logs", "rejectedLogRecords"),
            ("/v1/metrics", "rejectedDataPoints"),
        ):
            response, body = await client.post(b"{}", JSON, path)
            assert json.loads(body) == {"partialSuccess": {name: "2", "errorMessage": "two were bad"}}
    assert receiver.outcomes == {"partial": 4}


ERRORS = [
    (BadRequestError("bad"), 400, 3, error_details_pb2.BadRequest),
    (TooLargeError("big"), 413, 8, None),
    (OverloadedError("busy", retry_after_s=2.2), 503, 14, error_details_pb2.RetryInfo),
]


@pytest.mark.parametrize(("error", "status", "code", "detail"), ERRORS, ids=["bad", "large", "busy"])
async def test_errors_have_a_status_body_in_the_encoding_of_the_request(
    error: RequestError, status: int, code: int, detail: Any
) -> None:
    async with serving(receiver_for(RecordingIntake(refuse_with(error)))) as client:
        response, body = await client.post(TRACES)
        parsed = status_pb2.Status.FromString(body)
        assert (response.status, response.content_type) == (status, PROTOBUF)
        assert (parsed.code, parsed.message) == (code, str(error))
        assert [item.Is(detail.DESCRIPTOR) for item in parsed.details] == ([True] if detail else [])
        assert response.headers.get("Retry-After") == ("3" if status == 503 else None)
        response, body = await client.post(b"{}", JSON)
        assert (response.status, response.content_type, json.loads(body)["code"]) == (status, JSON, code)


@pytest.mark.parametrize(
    ("body", "content_type", "headers"),
    [
        (b"\x0a\xff", PROTOBUF, {}),
        (TRACES[:-3], PROTOBUF, {}),
        (b"garbage", JSON, {}),
        (b'{"resourceSpans": 7}', JSON, {}),
        (b"[" * 100_000, JSON, {}),
        (TRACES, PROTOBUF, {"Content_Encoding": "gzip"}),
        (gzip.compress(TRACES)[:-4], PROTOBUF, {"Content_Encoding": "gzip"}),
        (TRACES, PROTOBUF, {"Content_Encoding": "snappy"}),
    ],
    ids=["garbage", "truncated", "no-json", "wrong-type", "deep", "not-gzip", "short-gzip", "snappy"],
)
async def test_bad_bodies_are_400(body: bytes, content_type: str, headers: dict[str, str]) -> None:
    intake = SplittingIntake()
    async with serving(receiver_for(intake)) as client:
        response, _ = await client.post(body, content_type, **headers)
        assert response.status == 400
        response, _ = await client.post(TRACES)
        assert response.status == 200
    assert intake.items == 2


async def test_only_post_is_allowed() -> None:
    async with serving(receiver_for(RecordingIntake())) as client:
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            async with client.session.request(method, client.url + "/v1/traces") as response:
                assert (response.status, response.headers["Allow"]) == (405, "POST")
                assert response.content_type == "text/plain"


@pytest.mark.parametrize("content_type", ["text/plain", "application/grpc", "application/xml"])
async def test_other_content_types_are_415(content_type: str) -> None:
    async with serving(receiver_for(RecordingIntake())) as client:
        response, _ = await client.post(TRACES, content_type)
        assert response.status == 415


async def test_other_paths_are_404() -> None:
    async with serving(receiver_for(RecordingIntake())) as client:
        for path in ("/", "/v1/trace", "/v1development/profiles"):
            response, _ = await client.post(TRACES, path=path)
            assert response.status == 404


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
async def test_a_body_over_the_limit_is_413(declared: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield bytes(100)

    intake = RecordingIntake()
    async with serving(receiver_for(intake, max_recv_bytes=2000)) as client:
        response, body = await client.post(bytes(3000) if declared else chunks())
        assert response.status == 413
        assert list(status_pb2.Status.FromString(body).details) == []
    assert intake.taken == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
async def test_a_bomb_of_512_mib_is_413(encoding: str) -> None:
    packer: Any = (
        zstandard.ZstdCompressor().compressobj()
        if encoding == "zstd"
        else zlib.compressobj(1, wbits=31 if encoding == "gzip" else 15)
    )
    zeros = bytes(MIB)
    bomb = b"".join(packer.compress(zeros) for _ in range(512)) + packer.flush()
    async with serving(receiver_for(RecordingIntake(), max_recv_bytes=4 * MIB)) as client:
        response, _ = await client.post(bomb, Content_Encoding=encoding)
        assert response.status == 413


async def test_an_empty_span_bomb_is_413() -> None:
    bomb = length_delimited(1, length_delimited(2, b"\x12\x00" * MIB))
    async with serving(receiver_for(SplittingIntake())) as client:
        response, _ = await client.post(gzip.compress(bomb), Content_Encoding="gzip")
        assert response.status == 413


async def test_an_attribute_of_10_mb_passes() -> None:
    span = plain_span(1)
    span.attributes.add(key="big").value.string_value = "x" * 10_000_000
    request = traces_request(span)
    intake = SplittingIntake()
    async with serving(receiver_for(intake)) as client:
        response, _ = await client.post(request.SerializeToString())
        assert response.status == 200
        response, _ = await client.post(protobuf_to_json(request.SerializeToString(), Signal.TRACES), JSON)
        assert response.status == 200
    assert intake.items == 2


async def test_bytes_in_flight_over_the_limit_are_503_with_retry_after() -> None:
    held = [0]
    admission = Admission(1000, lambda: held[0])
    intake = RecordingIntake()
    async with serving(receiver_for(intake, admission=admission)) as client:
        held[0] = 700
        response, _ = await client.post(TRACES)
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        held[0] = 0
        big = gzip.compress(traces_request(plain_span(1), plain_span(2), plain_span(3)).SerializeToString() + bytes(0))
        held[0] = 600
        response, _ = await client.post(big, Content_Encoding="gzip")
        assert response.status == 503
        held[0] = 0
        response, _ = await client.post(big, Content_Encoding="gzip")
        assert response.status == 200
    assert admission.answering_bytes == 0
    assert len(intake.taken) == 1


async def test_a_bearer_token_is_needed_when_tokens_are_set() -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake, tokens=frozenset({"one", "two"}))) as client:
        for header in (
            {},
            {"Authorization": "Bearer three"},
            {"Authorization": "Basic one"},
            {"Authorization": "Bearer"},
        ):
            response, body = await client.post(TRACES, **header)
            assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert status_pb2.Status.FromString(body).code == 16
        response, _ = await client.post(TRACES, Authorization="Bearer two")
        assert response.status == 200
    assert len(intake.taken) == 1


async def test_a_defect_behind_the_receiver_is_500_and_tells_no_content(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Partial | None:
        raise LookupError("secret prompt")

    async with serving(receiver_for(RecordingIntake(fail))) as client:
        response, body = await client.post(TRACES)
    assert response.status == 500
    assert status_pb2.Status.FromString(body).message == "internal error"
    assert "secret" not in caplog.text


async def closed_by_server(port: int, sent: bytes) -> bytes:
    """What the server says before it closes a connection on which nothing more is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(5):
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
    finally:
        writer.close()


HEADER = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"


@pytest.mark.parametrize("sent", [b"", b"POST /v1", HEADER], ids=["nothing", "half-line", "half-header"])
async def test_a_connection_that_never_finishes_its_header_is_cut(sent: bytes) -> None:
    async with serving(receiver_for(RecordingIntake(), timeouts=HttpTimeouts(header_s=0.05))) as client:
        assert await closed_by_server(client.port, sent) == b""


async def test_a_body_that_never_ends_is_408() -> None:
    admission = Admission(1000, lambda: 0)
    receiver = receiver_for(RecordingIntake(), timeouts=HttpTimeouts(body_s=0.05, linger_s=0.1), admission=admission)
    async with serving(receiver) as client:
        answered = await closed_by_server(client.port, HEADER + b"Content-Length: 100\r\n\r\nabc")
    assert answered.startswith(b"HTTP/1.1 408")
    assert admission.answering_bytes == 0


async def test_an_idle_connection_is_closed() -> None:
    async with serving(receiver_for(RecordingIntake(), timeouts=HttpTimeouts(idle_s=0.05))) as client:
        answered = await closed_by_server(client.port, HEADER + b"Content-Length: 0\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200")


async def test_a_client_that_leaves_in_the_middle_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    admission = Admission(1000, lambda: 0)
    intake = RecordingIntake()
    async with serving(receiver_for(intake, admission=admission)) as client:
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(HEADER + b"Content-Length: 100\r\n\r\nabc")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        response, _ = await client.post(TRACES)
        assert response.status == 200
    assert admission.answering_bytes == 0
    assert len(intake.taken) == 1
    assert "Error" not in caplog.text


async def test_bytes_that_are_not_http_are_answered_and_closed() -> None:
    async with serving(receiver_for(RecordingIntake())) as client:
        assert (await closed_by_server(client.port, b"\x16\x03\x01garbage\r\n\r\n")).startswith(b"HTTP/1.")
        response, _ = await client.post(TRACES)
        assert response.status == 200


async def test_stop_lets_a_request_under_way_finish_and_closes_the_port() -> None:
    intake = RecordingIntake()
    receiver = receiver_for(intake)
    port = await receiver.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEADER + f"Content-Length: {len(TRACES)}\r\n\r\n".encode() + TRACES[:10])
    await writer.drain()
    while receiver._idle.is_set():
        await asyncio.sleep(0)
    stopping = asyncio.ensure_future(receiver.stop(5))
    await asyncio.sleep(0)
    writer.write(TRACES[10:])
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    await stopping
    writer.close()
    assert intake.taken == [(Signal.TRACES, TRACES)]
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_in_use_is_a_configuration_error_that_names_it() -> None:
    first = receiver_for(RecordingIntake())
    port = await first.start()
    try:
        with pytest.raises(ConfigError, match=str(port)):
            await HttpReceiver(RecordingIntake(), f"127.0.0.1:{port}").start()
        with pytest.raises(ConfigError, match="http"):
            await HttpReceiver(RecordingIntake(), "127.0.0.1:http").start()
    finally:
        await first.stop(0)


async def test_stop_without_start_is_nothing() -> None:
    await receiver_for(RecordingIntake()).stop(0)


async def test_large_json_bodies_are_converted_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python objects a body takes many times its size: what one may take, several together may not."""
    begun, may_end = threading.Semaphore(0), threading.Event()

    def convert(body: bytes, signal: Signal) -> bytes:
        begun.release()
        assert may_end.wait(20)
        return json_to_protobuf(body, signal)

    monkeypatch.setattr("otel_safety.receive.http_receiver.json_to_protobuf", convert)
    # Small until it is decompressed, which must not bring it back onto the event loop.
    body = gzip.compress(b'{"resourceSpans":[]' + b" " * MIB + b"}")
    async with serving(HttpReceiver(RecordingIntake(), "127.0.0.1:0")) as client:
        posts = [asyncio.create_task(client.post(body, JSON, Content_Encoding="gzip")) for _ in range(2)]
        assert await asyncio.to_thread(begun.acquire, timeout=20)
        assert not await asyncio.to_thread(begun.acquire, timeout=0.2)
        may_end.set()
        assert [(await call)[0].status for call in posts] == [200, 200]
