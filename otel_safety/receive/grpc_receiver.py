"""OTLP/gRPC in: raw bytes in, raw bytes out, no message is parsed here.

Trap: grpcio decodes gzip and deflate only. A client with ``compression: zstd`` or ``snappy`` is answered by the
library with INTERNAL ("Error parsing 'grpc-encoding' metadata"), which OTLP clients do not retry: its data is
lost without a trace on our side. Senders must use gzip or none; zstd works over OTLP/HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

import grpc
import grpc.aio

from otel_safety.errors import ConfigError, OverloadedError, RequestError
from otel_safety.otlp.status import answer
from otel_safety.receive.admission import Admission
from otel_safety.receive.answering import Answering
from otel_safety.receive.bearer import check_bearer
from otel_safety.receive.intake import Intake, response_protobuf
from otel_safety.spans import Signal

METHODS: Final = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Signal.TRACES,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Signal.LOGS,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": Signal.METRICS,
}
_MIB: Final = 1 << 20
_DETAILS: Final = "grpc-status-details-bin"

if TYPE_CHECKING:
    _GenericRpcHandler = grpc.GenericRpcHandler[Any, Any]
else:
    _GenericRpcHandler = grpc.GenericRpcHandler  # generic in the stubs only
_Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcConnections:
    """Limits of HTTP/2 connections, seconds.

    Attributes:
        max_age_s: A connection is closed after this time, so that clients balance anew; None: never.
        max_age_grace_s: Calls under way get this much longer.
        max_idle_s: A connection without calls is closed after this time; None: never.
        keepalive_s: A silent peer is pinged after this time, which finds half-open connections.
        keepalive_timeout_s: ... and dropped when it does not answer for this time.
        min_ping_interval_s: Clients that ping more often are disconnected.
        max_streams: Concurrent calls on one connection; further ones wait at the client.
        max_metadata_bytes: Size of the metadata of a call.
    """

    max_age_s: float | None = None
    max_age_grace_s: float = 10.0
    max_idle_s: float | None = None
    keepalive_s: float = 60.0
    keepalive_timeout_s: float = 20.0
    min_ping_interval_s: float = 10.0
    max_streams: int = 512
    max_metadata_bytes: int = 16 << 10

    def options(self) -> list[tuple[str, int]]:
        """Channel arguments for grpcio."""
        options = [
            ("grpc.keepalive_time_ms", _ms(self.keepalive_s)),
            ("grpc.keepalive_timeout_ms", _ms(self.keepalive_timeout_s)),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", _ms(self.min_ping_interval_s)),
            ("grpc.max_concurrent_streams", self.max_streams),
            ("grpc.max_metadata_size", self.max_metadata_bytes),
        ]
        if self.max_age_s is not None:
            options.append(("grpc.max_connection_age_ms", _ms(self.max_age_s)))
            options.append(("grpc.max_connection_age_grace_ms", _ms(self.max_age_grace_s)))
        if self.max_idle_s is not None:
            options.append(("grpc.max_connection_idle_ms", _ms(self.max_idle_s)))
        return options


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


class GrpcReceiver:
    """Serves the three OTLP export services.

    Args:
        intake: Where requests go.
        endpoint: host:port; port 0 picks a free one.
        max_recv_bytes: Largest request, which grpcio also enforces while it decompresses. Over it a client is
            answered RESOURCE_EXHAUSTED without RetryInfo: not to be sent again.
        admission: Bytes in flight, shared with other receivers; None admits everything.
        credentials: TLS or mutual TLS; None: plain text.
        tokens: Bearer tokens of which a client must send one; empty: everyone may send.
        connections: Limits of connections.
        extra_handlers: More services on the same port, such as grpc.health.v1; they need no token.
    """

    transport = "grpc"

    def __init__(
        self,
        intake: Intake,
        endpoint: str,
        *,
        max_recv_bytes: int = 64 * _MIB,
        admission: Admission | None = None,
        credentials: grpc.ServerCredentials | None = None,
        tokens: frozenset[str] = frozenset(),
        connections: GrpcConnections | None = None,
        extra_handlers: Sequence[grpc.GenericRpcHandler[Any, Any]] = (),
    ) -> None:
        self._answering = Answering(intake)
        self._endpoint = endpoint
        self._credentials = credentials
        self._options = [
            ("grpc.max_receive_message_length", max_recv_bytes),
            # Two servers on one port would share its connections in silence.
            ("grpc.so_reuseport", 0),
            *(connections or GrpcConnections()).options(),
        ]
        self._handlers = (_ExportHandlers(self._answering, admission, tokens), *extra_handlers)
        self._server: grpc.aio.Server | None = None
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
        server = grpc.aio.server(options=self._options)
        server.add_generic_rpc_handlers(self._handlers)
        try:
            if self._credentials is None:
                port = server.add_insecure_port(self._endpoint)
            else:
                port = server.add_secure_port(self._endpoint, self._credentials)
        except RuntimeError as error:
            raise ConfigError(f"cannot listen on {self._endpoint} for OTLP/gRPC: {error}") from error
        await server.start()
        self._server = server
        self.address = f"{self._endpoint.rpartition(':')[0]}:{port}"
        return port

    async def stop(self, grace_s: float) -> None:
        """Refuse new calls, let those under way finish for ``grace_s`` seconds, then close.

        Refused calls end with UNAVAILABLE, or with CANCELLED when grpcio had accepted them but not begun; OTLP
        clients send both again. A call that was answered OK was taken in.
        """
        if self._server is not None:
            await self._server.stop(grace_s)
            self._server = None


class _ExportHandlers(_GenericRpcHandler):
    """Chooses what answers a call, before its message is read."""

    def __init__(self, answering: Answering, admission: Admission | None, tokens: frozenset[str]) -> None:
        self._answering = answering
        self._admission = admission
        self._tokens = tokens
        self._exports = {
            method: grpc.unary_unary_rpc_method_handler(self._export(signal)) for method, signal in METHODS.items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        export = self._exports.get(handler_call_details.method)
        if export is None:
            return None
        metadata = dict(handler_call_details.invocation_metadata or ())
        try:
            check_bearer(metadata.get("authorization"), self._tokens)
            if self._admission is not None and self._admission.full:
                raise OverloadedError("too many bytes in flight")
        except RequestError as error:
            return self._refusal(error)
        return export

    def _export(self, signal: Signal) -> Callable[[bytes, _Context], Awaitable[bytes]]:
        async def export(request: bytes, context: _Context) -> bytes:
            try:
                if self._admission is None:
                    return response_protobuf(self._answering.accept(signal, request))
                with self._admission.admit(len(request)):
                    return response_protobuf(self._answering.accept(signal, request))
            except RequestError as error:
                await self._abort(context, error)

        return export

    def _refusal(self, error: RequestError) -> Any:
        """Answer a call without reading its message: as a stream, of which nothing is taken."""

        async def refuse(_: AsyncIterator[bytes], context: _Context) -> bytes:
            await self._abort(context, error)

        return grpc.stream_unary_rpc_method_handler(refuse)

    async def _abort(self, context: _Context, error: RequestError) -> NoReturn:
        found = answer(error)
        self._answering.outcomes[found.code.name.lower()] += 1
        await context.abort(found.code, found.message, ((_DETAILS, found.protobuf()),))
        raise AssertionError("abort returned")
