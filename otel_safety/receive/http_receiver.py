"""OTLP/HTTP in: protobuf and JSON on one port, told apart by Content-Type."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import grpc
from aiohttp import ClientError, hdrs, web

from otel_safety.errors import BadRequestError, ConfigError, OverloadedError, RequestError, TooLargeError
from otel_safety.otlp.compression import decompress
from otel_safety.otlp.json_codec import json_to_protobuf
from otel_safety.otlp.status import Answer, answer, http_answer
from otel_safety.receive.admission import Admission, Admitted
from otel_safety.receive.answering import Answering
from otel_safety.receive.bearer import check_bearer
from otel_safety.receive.intake import Intake, response_json, response_protobuf
from otel_safety.spans import Signal

PATHS: Final = {
    "/v1/traces": Signal.TRACES,
    "/v1/logs": Signal.LOGS,
    "/v1/metrics": Signal.METRICS,
}
PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_MIB: Final = 1 << 20
# Bodies from this size on are decompressed and turned from JSON in a thread, to keep the event loop free.
_THREAD_FROM_BYTES: Final = 64 << 10
# Bodies decompressed at the same time: what comes out is not known before, and may be the largest body each time.
_DECOMPRESSING: Final = 2
_BACKLOG: Final = 512
# For a handler that did not finish within the grace time.
_CUT_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTimeouts:
    """How long a client may take, in seconds: nobody keeps a connection by sending nothing or next to nothing.

    Attributes:
        header_s: From the connection to the end of its first request's header, TLS handshake not counted.
        body_s: From the header to the end of the body.
        idle_s: Between two requests on a connection.
        handshake_s: TLS handshake.
        linger_s: After a refusal, for what the client is still sending, so that it can read the answer.
    """

    header_s: float = 10.0
    body_s: float = 60.0
    idle_s: float = 75.0
    handshake_s: float = 10.0
    linger_s: float = 2.0


class HttpReceiver:
    """Serves POST /v1/traces, /v1/logs and /v1/metrics.

    Args:
        intake: Where requests go.
        endpoint: host:port; port 0 picks a free one; [::1]:port for IPv6.
        max_recv_bytes: Largest body, before and after decompression.
        admission: Bytes in flight, shared with other receivers; None admits everything.
        ssl_context: TLS or mutual TLS; None: plain text.
        tokens: Bearer tokens of which a client must send one; empty: everyone may send.
        timeouts: Patience with slow clients.
    """

    transport = "http"

    def __init__(
        self,
        intake: Intake,
        endpoint: str,
        *,
        max_recv_bytes: int = 64 * _MIB,
        admission: Admission | None = None,
        ssl_context: ssl.SSLContext | None = None,
        tokens: frozenset[str] = frozenset(),
        timeouts: HttpTimeouts | None = None,
    ) -> None:
        self._answering = Answering(intake)
        self._endpoint = endpoint
        self._max_recv_bytes = max_recv_bytes
        self._admission = admission or Admission(1 << 62, lambda: 0)
        self._ssl_context = ssl_context
        self._tokens = tokens
        self._timeouts = timeouts or HttpTimeouts()
        self._connections: _Connections | None = None
        self._listener: asyncio.Server | None = None
        self._stopping = False
        self._decompressing = asyncio.Semaphore(_DECOMPRESSING)
        self._converting = asyncio.Semaphore(1)
        self._answering_now = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.address = endpoint

    @property
    def outcomes(self) -> dict[str, int]:
        """Requests by outcome: ok, partial, or the name of a gRPC status code."""
        return dict(self._answering.outcomes)

    async def start(self) -> int:
        """Listen; returns the port.

        Raises:
            ConfigError: The address cannot be listened on.
        """
        host, _, port = self._endpoint.rpartition(":")
        self._connections = _Connections(self._answer, self._timeouts)
        tls: dict[str, Any] = {}
        if self._ssl_context is not None:
            tls = {"ssl": self._ssl_context, "ssl_handshake_timeout": self._timeouts.handshake_s}
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._connections, host.strip("[]") or None, int(port), backlog=_BACKLOG, **tls
            )
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot listen on {self._endpoint} for OTLP/HTTP: {error}") from error
        bound: int = self._listener.sockets[0].getsockname()[1]
        self.address = f"{host}:{bound}"
        return bound

    async def stop(self, grace_s: float) -> None:
        """Close the port, let requests under way finish for ``grace_s`` seconds, then close connections.

        A request that still comes in on an open connection is answered 503.
        """
        self._stopping = True
        if self._listener is None or self._connections is None:
            return
        self._listener.close()
        # aiohttp reads nothing more from a connection that it shuts down, so bodies under way come first.
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        self._connections.pre_shutdown()
        await self._connections.shutdown(_CUT_S)
        self._listener = None

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if self._connections is not None:
            self._connections.header_complete(request)
        self._answering_now += 1
        self._idle.clear()
        try:
            return await self._respond(request)
        finally:
            self._answering_now -= 1
            if not self._answering_now:
                self._idle.set()

    async def _respond(self, request: web.BaseRequest) -> web.Response:
        content_type = request.content_type.lower()
        signal = PATHS.get(request.path)
        if signal is None:
            return self._refusal(http_answer(404, grpc.StatusCode.UNIMPLEMENTED, "unknown path"), content_type)
        if request.method != hdrs.METH_POST:
            refused = http_answer(405, grpc.StatusCode.UNIMPLEMENTED, "only POST is allowed")
            response = self._refusal(refused, content_type)
            response.headers[hdrs.ALLOW] = hdrs.METH_POST
            return response
        if content_type not in {PROTOBUF, JSON}:
            refused = http_answer(
                415, grpc.StatusCode.INVALID_ARGUMENT, f"the content type must be {PROTOBUF} or {JSON}"
            )
            return self._refusal(refused, content_type)
        try:
            check_bearer(request.headers.get(hdrs.AUTHORIZATION), self._tokens)
            if self._stopping:
                raise OverloadedError("shutting down")
            return await self._export(request, signal, content_type)
        except TimeoutError:
            refused = http_answer(408, grpc.StatusCode.DEADLINE_EXCEEDED, "the body did not end in time")
            return self._refusal(refused, content_type)
        except RequestError as error:
            return self._refusal(answer(error), content_type)

    async def _export(self, request: web.BaseRequest, signal: Signal, content_type: str) -> web.Response:
        declared = request.content_length or 0
        if declared > self._max_recv_bytes:
            raise self._too_large()
        with self._admission.admit(declared) as admitted:
            body = await self._body(request, declared, admitted)
            encoding = request.headers.get(hdrs.CONTENT_ENCODING, "")
            plain = await self._decompressed(body, encoding)
            admitted.grow(max(0, len(plain) - len(body)))
            payload = await self._protobuf(plain, signal) if content_type == JSON else plain
            admitted.grow(max(0, len(payload) - max(len(plain), len(body))))
            partial = self._answering.accept(signal, payload)
        answered = response_json(partial, signal) if content_type == JSON else response_protobuf(partial)
        return web.Response(body=answered, content_type=content_type)

    async def _body(self, request: web.BaseRequest, declared: int, admitted: Admitted) -> bytes:
        """Read the body, bounded in size and time; without Content-Length room is taken as it comes.

        Raises:
            TooLargeError: More than ``max_recv_bytes``.
            TimeoutError: It did not end in time.
            BadRequestError: It ended early, or its chunks are malformed.
        """
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._timeouts.body_s):
                while chunk := await request.content.readany():
                    size += len(chunk)
                    if size > self._max_recv_bytes:
                        raise self._too_large()
                    if size > declared:
                        admitted.grow(min(len(chunk), size - declared))
                    chunks.append(chunk)
        except (web.RequestPayloadError, ConnectionError, ClientError) as error:
            raise BadRequestError("the body ended early") from error
        return b"".join(chunks)

    async def _decompressed(self, body: bytes, encoding: str) -> bytes:
        if not encoding or len(body) < _THREAD_FROM_BYTES:
            return decompress(body, encoding, self._max_recv_bytes)
        async with self._decompressing:
            return await asyncio.to_thread(decompress, body, encoding, self._max_recv_bytes)

    async def _protobuf(self, body: bytes, signal: Signal) -> bytes:
        if len(body) < _THREAD_FROM_BYTES:
            return json_to_protobuf(body, signal)
        # One at a time: a thread more adds no speed, but the memory of one more body as Python objects.
        async with self._converting:
            return await asyncio.to_thread(json_to_protobuf, body, signal)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"the request is larger than {self._max_recv_bytes} bytes")

    def _refusal(self, refused: Answer, content_type: str) -> web.Response:
        self._answering.outcomes[refused.code.name.lower()] += 1
        if content_type == JSON:
            response = web.Response(status=refused.http_status, body=refused.json(), content_type=JSON)
        elif content_type == PROTOBUF:
            response = web.Response(status=refused.http_status, body=refused.protobuf(), content_type=PROTOBUF)
        else:
            response = web.Response(status=refused.http_status, text=refused.message)
        if refused.retry_after is not None:
            response.headers[hdrs.RETRY_AFTER] = str(refused.retry_after)
        if refused.code is grpc.StatusCode.UNAUTHENTICATED:
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        # What is left of the body is not worth reading.
        response.force_close()
        return response


class _Connections(web.Server):
    """The server's open connections; one that does not finish its first header in time is cut."""

    def __init__(self, answer_request: Any, timeouts: HttpTimeouts) -> None:
        super().__init__(
            answer_request,
            auto_decompress=False,
            keepalive_timeout=timeouts.idle_s,
            lingering_time=timeouts.linger_s,
            access_log=None,
        )
        self._header_s = timeouts.header_s
        self._waiting: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        loop = asyncio.get_running_loop()
        self._waiting[handler] = loop.call_later(self._header_s, transport.abort)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        self._stop_waiting(handler)
        super().connection_lost(handler, exc)

    def header_complete(self, request: web.BaseRequest) -> None:
        self._stop_waiting(request.protocol)

    def _stop_waiting(self, handler: web.RequestHandler) -> None:
        timer = self._waiting.pop(handler, None)
        if timer is not None:
            timer.cancel()
