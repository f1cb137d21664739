"""TLS and mutual TLS on both receivers, from the files that the configuration names."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import grpc.aio
import pytest

from otel_safety.config.model import ServerTlsConfig
from otel_safety.errors import ConfigError
from otel_safety.receive import GrpcReceiver, HttpReceiver
from otel_safety.receive.tls import grpc_credentials, http_context
from otel_safety.spans import Signal
from tests.certificates import Certificates, make_certificates
from tests.otlp.requests import traces_request
from tests.receive.intakes import RecordingIntake

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PAYLOAD = traces_request().SerializeToString()
# Who shows which certificate, and whether the receiver wants one.
CALLERS = [(None, False, True), (None, True, False), ("client", True, True), ("stranger", True, False)]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def server_tls(certificates: Certificates, *, mutual: bool) -> ServerTlsConfig:
    return ServerTlsConfig(
        cert_file=certificates.path("server.pem"),
        key_file=certificates.path("server.key"),
        client_ca_file=certificates.path("ca.pem") if mutual else None,
    )


@asynccontextmanager
async def started(receiver: GrpcReceiver | HttpReceiver) -> AsyncIterator[int]:
    try:
        yield await receiver.start()
    finally:
        await receiver.stop(0)


@pytest.mark.parametrize(("caller", "mutual", "welcome"), CALLERS)
async def test_grpc_over_tls(certificates: Certificates, caller: str | None, mutual: bool, welcome: bool) -> None:
    intake = RecordingIntake()
    credentials = grpc_credentials(server_tls(certificates, mutual=mutual), "tls")
    shown = () if caller is None else (certificates.read(f"{caller}.key"), certificates.read(f"{caller}.pem"))
    client = grpc.ssl_channel_credentials(certificates.read("ca.pem"), *shown)
    async with (
        started(GrpcReceiver(intake, "127.0.0.1:0", credentials=credentials)) as port,
        grpc.aio.secure_channel(f"127.0.0.1:{port}", client) as connection,
    ):
        channel: Any = connection
        if welcome:
            await channel.unary_unary(EXPORT)(PAYLOAD)
        else:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary(EXPORT)(PAYLOAD)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert intake.taken == [(Signal.TRACES, PAYLOAD)] * welcome


@pytest.mark.parametrize(("caller", "mutual", "welcome"), CALLERS)
async def test_http_over_tls(certificates: Certificates, caller: str | None, mutual: bool, welcome: bool) -> None:
    intake = RecordingIntake()
    context = http_context(server_tls(certificates, mutual=mutual), "tls")
    client = ssl.create_default_context(cafile=certificates.path("ca.pem"))
    if caller is not None:
        client.load_cert_chain(certificates.path(f"{caller}.pem"), certificates.path(f"{caller}.key"))
    async with (
        started(HttpReceiver(intake, "127.0.0.1:0", ssl_context=context)) as port,
        aiohttp.ClientSession() as session,
    ):
        call = session.post(
            f"https://127.0.0.1:{port}/v1/traces",
            data=PAYLOAD,
            headers={"Content-Type": "application/x-protobuf"},
            ssl=client,
        )
        if welcome:
            async with call as response:
                assert response.status == 200
        else:
            with pytest.raises((aiohttp.ClientError, OSError)):
                await call
    assert intake.taken == [(Signal.TRACES, PAYLOAD)] * welcome


async def test_plain_text_to_a_tls_port_reaches_nothing(certificates: Certificates) -> None:
    intake = RecordingIntake()
    tls = server_tls(certificates, mutual=False)
    async with (
        started(HttpReceiver(intake, "127.0.0.1:0", ssl_context=http_context(tls, "tls"))) as port,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises((aiohttp.ClientError, OSError)):
            await session.post(f"http://127.0.0.1:{port}/v1/traces", data=PAYLOAD)
    assert intake.taken == []


def test_without_tls_nothing_is_read() -> None:
    assert grpc_credentials(None, "tls") is None
    assert http_context(None, "tls") is None


@pytest.mark.parametrize("broken", ["absent", "garbage", "foreign key", "garbage ca"])
@pytest.mark.parametrize("make", [grpc_credentials, http_context])
def test_files_that_cannot_be_used_stop_the_start_and_name_the_key(
    certificates: Certificates, tmp_path: Path, broken: str, make: Any
) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    good = server_tls(certificates, mutual=True)
    update = {
        "absent": {"cert_file": str(tmp_path / "absent.pem")},
        "garbage": {"cert_file": str(garbage)},
        "foreign key": {"key_file": certificates.path("client.key")},
        "garbage ca": {"client_ca_file": str(garbage)},
    }[broken]
    with pytest.raises(ConfigError, match=r"^receivers\.otlp\.grpc\.tls: "):
        make(good.model_copy(update=update), "receivers.otlp.grpc.tls")
