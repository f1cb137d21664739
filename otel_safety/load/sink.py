"""A counting OTLP receiver: remembers every span id it is given and how often, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import grpc
import grpc.aio
from aiohttp import web

from otel_safety.errors import RequestError
from otel_safety.export.grpc import METHODS
from otel_safety.load.delivery import Delivery, SinkReport
from otel_safety.load.fault import Fault, status_of
from otel_safety.load.span_ids import read_span_ids, span_ids
from otel_safety.otlp.compression import decompress
from otel_safety.spans import Signal

_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkConfig:
    """Where the sink listens and when it ends; an endpoint that is None is not opened, port 0 takes a free one.

    Attributes:
        grpc_endpoint: host:port of OTLP/gRPC.
        http_endpoint: host:port of OTLP/HTTP, which also answers ``GET /counts`` and ``POST /expect``.
        expect_path: File of span ids (as the load generator writes it) that have to arrive, each once.
        idle_s: End when nothing has come for so long after the first request; None waits for ``stop``.
        print_every_s: Seconds between two lines about rates, 0 for none.
        faults: Ways to misbehave; the first that still has times left meets a request.
        seed: Of the choice that ``Fault.share`` makes.
        credentials: TLS of the gRPC port.
        max_request_bytes: Larger requests are refused.
        keep_payloads: Keep every payload, for tests.
    """

    grpc_endpoint: str | None = "127.0.0.1:4317"
    http_endpoint: str | None = None
    expect_path: Path | None = None
    idle_s: float | None = None
    print_every_s: float = 5.0
    faults: Sequence[Fault] = ()
    seed: int = 1
    credentials: grpc.ServerCredentials | None = None
    max_request_bytes: int = 256 << 20
    keep_payloads: bool = False


class Sink:
    """Receives, counts, forgets the payload."""

    def __init__(self, config: SinkConfig) -> None:
        self._config = config
        self._faults = deque((fault, fault.times) for fault in config.faults)
        self._random = Random(config.seed)  # noqa: S311  repeatable on purpose
        self._grpc: grpc.aio.Server | None = None
        self._http: web.AppRunner | None = None
        self.grpc_endpoint = ""
        self.http_endpoint = ""
        self.seen: Counter[bytes] = Counter()
        """How often each span id came."""
        self.requests = 0
        self.payload_bytes = 0
        self.last_request = 0.0
        """Monotonic time of the last request, 0 before the first."""
        self.payloads: list[tuple[Signal, bytes]] = []
        self.metadata: Mapping[str, str] = {}
        """Headers of the last request."""

    async def start(self) -> None:
        """Open the ports; afterwards ``grpc_endpoint`` and ``http_endpoint`` name them."""
        if self._config.grpc_endpoint is not None:
            await self._start_grpc(self._config.grpc_endpoint)
        if self._config.http_endpoint is not None:
            await self._start_http(self._config.http_endpoint)

    async def stop(self) -> None:
        """Close the ports at once."""
        if self._grpc is not None:
            await self._grpc.stop(None)
        if self._http is not None:
            await self._http.cleanup()

    def add_fault(self, fault: Fault) -> None:
        """Misbehave in one more way, after those that still last."""
        self._faults.append((fault, fault.times))

    def expect(self, ids: Iterable[bytes]) -> Delivery:
        """Compare what came with the span ids that were sent."""
        expected = set(ids)
        return Delivery(
            missing=tuple(sorted(expected - self.seen.keys())),
            doubled=tuple(sorted(key for key, count in self.seen.items() if count > 1)),
            unexpected=tuple(sorted(self.seen.keys() - expected)),
        )

    async def _start_grpc(self, endpoint: str) -> None:
        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._config.max_request_bytes),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),
            )
        )
        server.add_generic_rpc_handlers(
            tuple(_generic_handler(method, self._on_grpc, signal) for signal, method in METHODS.items())
        )
        credentials = self._config.credentials
        port = (
            server.add_insecure_port(endpoint) if credentials is None else server.add_secure_port(endpoint, credentials)
        )
        await server.start()
        self._grpc = server
        self.grpc_endpoint = f"{endpoint.rpartition(':')[0]}:{port}"

    async def _start_http(self, endpoint: str) -> None:
        app = web.Application(client_max_size=self._config.max_request_bytes)
        app.add_routes(
            [
                web.post("/v1/{signal}", self._on_http),
                web.get("/counts", self._on_counts),
                web.post("/expect", self._on_expect),
            ]
        )
        self._http = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=0.1)
        await self._http.setup()
        host, _, port = endpoint.rpartition(":")
        site = web.TCPSite(self._http, host, int(port))
        await site.start()
        bound = self._http.addresses[0]
        self.http_endpoint = f"http://{host}:{bound[1]}"

    def _count(self, signal: Signal, payload: bytes) -> None:
        self.requests += 1
        self.payload_bytes += len(payload)
        self.last_request = time.monotonic()
        if signal is Signal.TRACES:
            self.seen.update(span_ids(payload))
        if self._config.keep_payloads:
            self.payloads.append((signal, payload))

    def _next_fault(self) -> Fault | None:
        while self._faults and self._faults[0][1] == 0:
            self._faults.popleft()
        if not self._faults:
            return None
        fault, left = self._faults[0]
        if fault.share < 1.0 and self._random.random() >= fault.share:
            return None
        if left is not None:
            self._faults[0] = (fault, left - 1)
        return fault

    async def _on_grpc(self, signal: Signal, payload: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        self.metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        fault = self._next_fault()
        if fault is None or fault.grpc_code is None or fault.keeps:
            self._count(signal, payload)
        if fault is None:
            return b""
        await asyncio.sleep(fault.delay_s)
        if fault.grpc_code is not None:
            metadata: tuple[tuple[str, bytes], ...] = ()
            if fault.retry_after_s is not None or fault.body is not None:
                metadata = (("grpc-status-details-bin", status_of(fault)),)
            await context.abort(fault.grpc_code, fault.message, metadata)
        return fault.body or b""

    async def _on_http(self, request: web.Request) -> web.Response:
        self.metadata = dict(request.headers)
        signal = Signal(request.match_info["signal"])
        try:
            payload = decompress(
                await request.read(),
                request.headers.get("Content-Encoding", "identity"),
                self._config.max_request_bytes,
            )
        except RequestError as error:
            return web.Response(status=400, text=str(error))
        fault = self._next_fault()
        if fault is None or fault.http_status is None or fault.http_status < 300 or fault.keeps:
            self._count(signal, payload)
        if fault is None:
            return web.Response(content_type=_PROTOBUF)
        await asyncio.sleep(fault.delay_s)
        if fault.http_status is None:
            return web.Response(body=fault.body or b"", content_type=_PROTOBUF)
        headers = dict(fault.headers)
        if fault.retry_after_s is not None:
            headers.setdefault("Retry-After", str(int(fault.retry_after_s)))
        return web.Response(
            status=fault.http_status,
            body=status_of(fault) if fault.http_status >= 300 else fault.body or b"",
            headers=headers,
            content_type=_PROTOBUF,
        )

    async def _on_counts(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "requests": self.requests,
                "spans": self.seen.total(),
                "unique_spans": len(self.seen),
                "payload_bytes": self.payload_bytes,
            }
        )

    async def _on_expect(self, request: web.Request) -> web.Response:
        try:
            delivery = self.expect(read_span_ids(await request.text()))
        except ValueError:
            return web.Response(status=400, text="16 hexadecimal digits per line are expected")
        return web.json_response(
            {
                "missing": [key.hex() for key in delivery.missing],
                "doubled": [key.hex() for key in delivery.doubled],
                "unexpected": [key.hex() for key in delivery.unexpected],
            }
        )


async def run_sink(
    config: SinkConfig, *, stop: asyncio.Event | None = None, show: Callable[[str], None] = print
) -> SinkReport:
    """Receive until ``stop`` is set or nothing comes any more; then say what came.

    Raises:
        OSError: ``expect_path`` cannot be read, or a port cannot be opened.
        ValueError: ``expect_path`` holds something else than span ids.
    """
    sink = Sink(config)
    expected = None if config.expect_path is None else read_span_ids(config.expect_path.read_text("ascii"))
    await sink.start()
    started = time.monotonic()
    show(f"sink listens on {' '.join(filter(None, (sink.grpc_endpoint, sink.http_endpoint)))}")
    try:
        await _watch(sink, config, stop or asyncio.Event(), show)
    finally:
        await sink.stop()
    report = SinkReport(
        requests=sink.requests,
        spans=sink.seen.total(),
        payload_bytes=sink.payload_bytes,
        doubled=sum(1 for count in sink.seen.values() if count > 1),
        seconds=max(0.0, (sink.last_request or time.monotonic()) - started),
        delivery=None if expected is None else sink.expect(expected),
    )
    show(f"received {report.spans} spans in {report.requests} requests, {report.doubled} span ids doubled")
    if report.delivery is not None:
        show(f"missing {len(report.delivery.missing)}, unexpected {len(report.delivery.unexpected)}")
    return report


async def _watch(sink: Sink, config: SinkConfig, stop: asyncio.Event, show: Callable[[str], None]) -> None:
    """Wait for the end, printing rates."""
    printed_at, printed_spans = time.monotonic(), 0
    while not stop.is_set():
        try:
            async with asyncio.timeout(0.2):
                await stop.wait()
        except TimeoutError:
            now = time.monotonic()
            if config.idle_s is not None and sink.last_request and now - sink.last_request >= config.idle_s:
                return
            if config.print_every_s and now - printed_at >= config.print_every_s:
                spans = sink.seen.total()
                show(f"{(spans - printed_spans) / (now - printed_at):10.0f} spans/s, {spans} in all")
                printed_at, printed_spans = now, spans


def _generic_handler(
    method: str,
    receive: Callable[[Signal, bytes, grpc.aio.ServicerContext[bytes, bytes]], Awaitable[bytes]],
    signal: Signal,
) -> grpc.GenericRpcHandler[bytes, bytes]:
    """Route one Export method to ``receive``, with the bytes as they came."""

    async def export(payload: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        return await receive(signal, payload, context)

    service, _, name = method[1:].partition("/")
    return grpc.method_handlers_generic_handler(service, {name: grpc.unary_unary_rpc_method_handler(export)})
