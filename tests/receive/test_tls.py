"""TLS and mutual TLS on both receivers."""

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import grpc.aio
import pytest

from otel_safety.receive import GrpcReceiver, HttpReceiver
from otel_safety.spans import Signal
from tests.otlp.requests import traces_request
from tests.receive.intakes import RecordingIntake

TLS = Path(__file__).parent / "tls"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PAYLOAD = traces_request().SerializeToString()


def pem(name: str) -> bytes:
    return (TLS / name).read_bytes()


@pytest.mark.parametrize("mutual", [False, True], ids=["tls", "mtls"])
async def test_grpc_over_tls(mutual: bool) -> None:
    intake = RecordingIntake()
    credentials = grpc.ssl_server_credentials(
        [(pem("server.key"), pem("server.pem"))], pem("ca.pem") if mutual else None, require_client_auth=mutual
    )
    receiver = GrpcReceiver(intake, "127.0.0.1:0", credentials=credentials)
    port = await receiver.start()
    try:
        plain = grpc.ssl_channel_credentials(pem("ca.pem"))
        known = grpc.ssl_channel_credentials(pem("ca.pem"), pem("client.key"), pem("client.pem"))
        for client, welcome in ((plain, not mutual), (known, True)):
            async with grpc.aio.secure_channel(f"127.0.0.1:{port}", client) as connection:
                channel: Any = connection
                if welcome:
                    await channel.unary_unary(EXPORT)(PAYLOAD)
                else:
                    with pytest.raises(grpc.aio.AioRpcError) as caught:
                        await channel.unary_unary(EXPORT)(PAYLOAD)
                    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        await receiver.stop(0)
    assert intake.taken == [(Signal.TRACES, PAYLOAD)] * (1 if mutual else 2)


@pytest.mark.parametrize("mutual", [False, True], ids=["tls", "mtls"])
async def test_http_over_tls(mutual: bool) -> None:
    intake = RecordingIntake()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(TLS / "ca.pem"))
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED if mutual else ssl.CERT_NONE
    receiver = HttpReceiver(intake, "127.0.0.1:0", ssl_context=context)
    port = await receiver.start()
    plain = ssl.create_default_context(cafile=str(TLS / "ca.pem"))
    known = ssl.create_default_context(cafile=str(TLS / "ca.pem"))
    known.load_cert_chain(TLS / "client.pem", TLS / "client.key")
    try:
        for client, welcome in ((plain, not mutual), (known, True)):
            async with aiohttp.ClientSession() as session:
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
    finally:
        await receiver.stop(0)
    assert intake.taken == [(Signal.TRACES, PAYLOAD)] * (1 if mutual else 2)
