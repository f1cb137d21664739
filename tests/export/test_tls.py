"""TLS and mutual TLS on both transports, with certificates made for the test."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from aiohttp import web

from otel_safety.clock import SystemClock
from otel_safety.export import Sender, TlsOptions
from otel_safety.export.answer import Action, Answer
from otel_safety.export.grpc import GrpcSender
from otel_safety.export.http import HttpSender
from otel_safety.load.sink import Sink, SinkConfig
from tests.certificates import Certificates, make_certificates
from tests.export.support import batch, grpc_config, http_config


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def grpc_server(certificates: Certificates, *, mutual: bool) -> AsyncIterator[Sink]:
    directory = certificates.directory
    credentials = grpc.ssl_server_credentials(
        [((directory / "server.key").read_bytes(), (directory / "server.pem").read_bytes())],
        (directory / "ca.pem").read_bytes() if mutual else None,
        mutual,
    )
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", credentials=credentials))
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()


@asynccontextmanager
async def http_server(certificates: Certificates, *, mutual: bool) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.path("server.pem"), certificates.path("server.key"))
    if mutual:
        context.load_verify_locations(certificates.path("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED

    async def accept(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", accept)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def attempt(sender: Sender) -> Answer:
    await sender.start()
    try:
        return await sender.send(batch(1))
    finally:
        await sender.close()


def trusting(certificates: Certificates, *, client: str = "", server_name: str | None = None) -> TlsOptions:
    return TlsOptions(
        ca_file=certificates.path("ca.pem"),
        cert_file=certificates.path(f"{client}.pem") if client else None,
        key_file=certificates.path(f"{client}.key") if client else None,
        server_name_override=server_name,
    )


@pytest.mark.parametrize("server_name", [None, "collector.test"])
async def test_grpc_with_a_trusted_certificate(certificates: Certificates, server_name: str | None) -> None:
    async with grpc_server(certificates, mutual=False) as server:
        tls = trusting(certificates, server_name=server_name)
        answer = await attempt(GrpcSender(grpc_config(server.grpc_endpoint, tls=tls)))
        assert answer.action is Action.DELIVERED
        assert server.requests == 1


async def test_grpc_scheme_https_switches_tls_on(certificates: Certificates) -> None:
    async with grpc_server(certificates, mutual=False) as server:
        tls = TlsOptions(insecure=True, ca_file=certificates.path("ca.pem"))
        answer = await attempt(GrpcSender(grpc_config(f"https://{server.grpc_endpoint}", tls=tls)))
        assert answer.action is Action.DELIVERED


async def test_grpc_does_not_trust_another_authority(certificates: Certificates) -> None:
    async with grpc_server(certificates, mutual=False) as server:
        tls = TlsOptions(ca_file=certificates.path("other_ca.pem"))
        answer = await attempt(GrpcSender(grpc_config(server.grpc_endpoint, tls=tls)))
        assert answer.action is Action.RETRY
        assert "CERTIFICATE_VERIFY_FAILED" in answer.reason
        assert server.requests == 0


async def test_grpc_does_not_accept_another_name(certificates: Certificates) -> None:
    async with grpc_server(certificates, mutual=False) as server:
        tls = trusting(certificates, server_name="elsewhere.test")
        answer = await attempt(GrpcSender(grpc_config(server.grpc_endpoint, tls=tls)))
        assert (answer.action, server.requests) == (Action.RETRY, 0)


@pytest.mark.parametrize(("client", "expected"), [("client", 1), ("stranger", 0), ("", 0)])
async def test_grpc_mutual(certificates: Certificates, client: str, expected: int) -> None:
    async with grpc_server(certificates, mutual=True) as server:
        tls = trusting(certificates, client=client)
        answer = await attempt(GrpcSender(grpc_config(server.grpc_endpoint, tls=tls)))
        assert answer.action is (Action.DELIVERED if expected else Action.RETRY)
        assert server.requests == expected


@pytest.mark.parametrize("server_name", [None, "collector.test"])
async def test_http_with_a_trusted_certificate(certificates: Certificates, server_name: str | None) -> None:
    async with http_server(certificates, mutual=False) as url:
        tls = trusting(certificates, server_name=server_name)
        answer = await attempt(HttpSender(http_config(url, tls=tls), SystemClock()))
        assert answer.action is Action.DELIVERED


async def test_http_does_not_trust_another_authority(certificates: Certificates) -> None:
    async with http_server(certificates, mutual=False) as url:
        tls = TlsOptions(ca_file=certificates.path("other_ca.pem"))
        answer = await attempt(HttpSender(http_config(url, tls=tls), SystemClock()))
        assert (answer.action, answer.reason) == (
            Action.RETRY,
            "connection failed: the server's certificate is not trusted",
        )


async def test_http_can_leave_verification_out(certificates: Certificates) -> None:
    async with http_server(certificates, mutual=False) as url:
        tls = TlsOptions(insecure_skip_verify=True)
        answer = await attempt(HttpSender(http_config(url, tls=tls), SystemClock()))
        assert answer.action is Action.DELIVERED


@pytest.mark.parametrize("client", ["client", "stranger", ""])
async def test_http_mutual(certificates: Certificates, client: str) -> None:
    async with http_server(certificates, mutual=True) as url:
        tls = trusting(certificates, client=client)
        answer = await attempt(HttpSender(http_config(url, tls=tls), SystemClock()))
        assert answer.action is (Action.DELIVERED if client == "client" else Action.RETRY)
