"""OTLP/gRPC out: raw bytes through grpc.aio, one answer for every outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import grpc
import grpc.aio

from otel_safety.errors import ConfigError
from otel_safety.export.answer import Action, Answer, read_export_response, read_grpc_error
from otel_safety.export.options import MAX_RESPONSE_BYTES, GrpcExportConfig, TlsOptions
from otel_safety.spans import Batch, Signal

METHODS = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
_STATUS_DETAILS = "grpc-status-details-bin"
# After this many calls in a row without any answer the connection is taken for half-open and made anew: the kernel
# would notice only after a quarter of an hour, and keepalive pings make servers with grpc-go's default policy hang up.
_SILENT_CALLS = 3
# grpc's own words when the answer, not the request, was over the limit.
_ANSWER_TOO_LARGE = "CLIENT: Received message larger than max"


class GrpcSender:
    """Makes OTLP/gRPC calls to one endpoint.

    Raises:
        ConfigError: On construction, when the TLS options cannot be used.
    """

    def __init__(self, config: GrpcExportConfig) -> None:
        self._target, tls_on = _target(config)
        self._credentials = _credentials(config.name, config.tls) if tls_on else None
        self._compression = grpc.Compression.Gzip if config.compression == "gzip" else grpc.Compression.NoCompression
        self._metadata = tuple((key.lower(), value) for key, value in config.headers.items())
        self._timeout_s = config.timeout_s
        first_reconnect_ms = max(100, min(1000, int(config.retry.initial_interval_s * 1000)))
        self._channel_options: list[tuple[str, int | str]] = [
            ("grpc.max_receive_message_length", MAX_RESPONSE_BYTES),
            ("grpc.max_send_message_length", -1),
            ("grpc.initial_reconnect_backoff_ms", first_reconnect_ms),
            ("grpc.min_reconnect_backoff_ms", max(first_reconnect_ms, 1000)),
            ("grpc.max_reconnect_backoff_ms", 5000),
            ("grpc.service_config_disable_resolution", 1),
            # What leaves the machine is said in the configuration, not by a variable that was meant for others.
            ("grpc.enable_http_proxy", 0),
            # Else a new channel would be given the old half-open connection.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if config.tls.server_name_override:
            self._channel_options.append(("grpc.ssl_target_name_override", config.tls.server_name_override))
        self._channel: grpc.aio.Channel | None = None
        self._calls: dict[Signal, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {}
        self._silent_calls = 0
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the channel; it connects with the first call."""
        self._open()

    async def send(self, batch: Batch) -> Answer:
        """Try once."""
        channel = self._channel
        if channel is None:
            raise RuntimeError("send before start")
        call = self._calls[batch.signal]
        try:
            body: bytes = await call(batch.payload, timeout=self._timeout_s, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            return self._failed(error, channel)
        self._silent_calls = 0
        return read_export_response(body)

    async def close(self) -> None:
        """Close every channel."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close(None)
        for task in tuple(self._closing):
            task.cancel()

    def _open(self) -> None:
        options = tuple(self._channel_options)
        self._channel = (
            grpc.aio.insecure_channel(self._target, options, self._compression)
            if self._credentials is None
            else grpc.aio.secure_channel(self._target, self._credentials, options, self._compression)
        )
        # Without serializers bytes go out and come in as they are.
        self._calls = {signal: self._channel.unary_unary(method, None, None) for signal, method in METHODS.items()}

    def _failed(self, error: grpc.aio.AioRpcError, channel: grpc.aio.Channel) -> Answer:
        code = error.code()
        details = error.details() or ""
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            self._silent_calls += 1
            if self._silent_calls >= _SILENT_CALLS and channel is self._channel:
                self._silent_calls = 0
                self._reopen(channel)
        else:
            self._silent_calls = 0
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and _ANSWER_TOO_LARGE in details:
            # The request was worked on; sending it again could double it.
            return Answer(action=Action.DROP, reason="the answer is over 4 MiB; delivery unknown")
        # The stubs describe the metadata's items as opaque; they are pairs.
        metadata = cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ())
        status = next((value for key, value in metadata if key == _STATUS_DETAILS), None)
        return read_grpc_error(code, details, status if isinstance(status, bytes) else None)

    def _reopen(self, channel: grpc.aio.Channel) -> None:
        self._open()
        # Calls that still run on it keep their time.
        task = asyncio.ensure_future(channel.close(self._timeout_s))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _target(config: GrpcExportConfig) -> tuple[str, bool]:
    """The address without scheme, and whether TLS is on."""
    endpoint = config.endpoint
    if endpoint.startswith("https://"):
        return endpoint.removeprefix("https://").rstrip("/"), True
    if endpoint.startswith("http://"):
        return endpoint.removeprefix("http://").rstrip("/"), False
    return endpoint, not config.tls.insecure


def _credentials(name: str, tls: TlsOptions) -> grpc.ChannelCredentials:
    where = f"exporters.{name}.tls"
    if tls.insecure_skip_verify:
        raise ConfigError(
            f"{where}.insecure_skip_verify: gRPC cannot connect without verification; "
            "give the server's certificate as ca_file, or use otlp_http"
        )
    if (tls.cert_file is None) != (tls.key_file is None):
        raise ConfigError(f"{where}: cert_file and key_file go together")
    return grpc.ssl_channel_credentials(
        root_certificates=_read(f"{where}.ca_file", tls.ca_file),
        private_key=_read(f"{where}.key_file", tls.key_file),
        certificate_chain=_read(f"{where}.cert_file", tls.cert_file),
    )


def _read(key: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror}") from error
