"""OTLP/HTTP out: protobuf bodies through aiohttp, one answer for every outcome."""

from __future__ import annotations

import asyncio
import io
import ssl
import zlib
from collections.abc import Callable

import aiohttp
import zstandard

from otel_safety.clock import Clock
from otel_safety.errors import ConfigError, RequestError
from otel_safety.export.answer import Action, Answer, read_http_answer
from otel_safety.export.options import MAX_RESPONSE_BYTES, HttpExportConfig, TlsOptions
from otel_safety.otlp.compression import decompress
from otel_safety.spans import Batch, Signal

# Below this size compressing on the event loop is faster than handing it to a thread.
_THREAD_FROM_BYTES = 16 << 10
_PATHS = {Signal.TRACES: "/v1/traces", Signal.LOGS: "/v1/logs", Signal.METRICS: "/v1/metrics"}


def _gzip(payload: bytes) -> bytes:
    # Level 1: higher levels cost several times the CPU for a few percent of text. 31: zlib with a gzip frame.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(payload) + packer.flush()


def _zstd(payload: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(payload)


_COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd}


class HttpSender:
    """Makes OTLP/HTTP requests to one base URL.

    Raises:
        ConfigError: On construction, when the endpoint or the TLS options cannot be used.
    """

    def __init__(self, config: HttpExportConfig, clock: Clock) -> None:
        base = config.endpoint.rstrip("/")
        self._urls = {signal: config.urls.get(signal, base + path) for signal, path in _PATHS.items()}
        for url in self._urls.values():
            if not url.startswith(("http://", "https://")):
                raise ConfigError(f"exporters.{config.name}.endpoint: {url!r} is not an http or https URL")
        secure = any(url.startswith("https://") for url in self._urls.values())
        self._ssl: ssl.SSLContext | bool = _ssl_context(config.name, config.tls) if secure else True
        self._server_name = config.tls.server_name_override
        self._compress = _COMPRESS.get(config.compression)
        self._headers = {
            **config.headers,
            "Content-Type": "application/x-protobuf",
            "Accept-Encoding": "identity",
        }
        if self._compress is not None:
            self._headers["Content-Encoding"] = config.compression
        self._timeout = aiohttp.ClientTimeout(total=config.timeout_s)
        self._connections = config.queue.num_consumers
        self._proxy = config.proxy_url
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session; it connects with the first request."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, ssl=self._ssl),
            timeout=self._timeout,
            headers=self._headers,
            auto_decompress=False,
            # What leaves the machine is said in the configuration, not by a variable that was meant for others.
            trust_env=False,
            proxy=self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(self, batch: Batch) -> Answer:
        """Try once."""
        if self._session is None:
            raise RuntimeError("send before start")
        body = await self._body(batch.payload)
        try:
            async with self._session.post(
                self._urls[batch.signal],
                # aiohttp warns about bytes this long; a stream of them it sends piece by piece.
                data=io.BytesIO(body),
                # A redirect would carry the headers, and with them the secrets, to another server.
                allow_redirects=False,
                server_hostname=self._server_name,
            ) as response:
                answer_body = await _read_bounded(response)
                return read_http_answer(
                    response.status,
                    response.headers.get("Retry-After"),
                    answer_body,
                    now_ns=self._clock.time_ns(),
                )
        except TimeoutError:
            return Answer(action=Action.RETRY, reason="no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(action=Action.RETRY, reason=_connection_trouble(error))

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _body(self, payload: bytes) -> bytes:
        if self._compress is None:
            return payload
        if len(payload) < _THREAD_FROM_BYTES:
            return self._compress(payload)
        return await asyncio.to_thread(self._compress, payload)


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body of an answer; b"" when it is over the limit, cut off or not readable: the status stands."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                response.close()
                return b""
        return decompress(bytes(body), response.headers.get("Content-Encoding", "identity"), MAX_RESPONSE_BYTES)
    except (aiohttp.ClientError, TimeoutError, RequestError):
        return b""


def _connection_trouble(error: aiohttp.ClientError | OSError) -> str:
    """Name what went wrong on the connection; the words of the operating system and of TLS, not of a server."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "connection failed: the server's certificate is not trusted"
    if isinstance(error, OSError) and error.strerror:
        return f"connection failed: {error.strerror}"
    return f"connection failed: {type(error).__name__}"


def _ssl_context(name: str, tls: TlsOptions) -> ssl.SSLContext:
    where = f"exporters.{name}.tls"
    if (tls.cert_file is None) != (tls.key_file is None):
        raise ConfigError(f"{where}: cert_file and key_file go together")
    key = "ca_file"
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        key = "cert_file and key_file"
        if tls.cert_file is not None:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{where}.{key}: cannot be read: {error.strerror or type(error).__name__}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
