"""A real OTLP server for the exporters, on both transports."""

from collections.abc import AsyncIterator

import pytest

from otel_safety.load.sink import Sink, SinkConfig


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    server = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", http_endpoint="127.0.0.1:0", keep_payloads=True))
    await server.start()
    yield server
    await server.stop()
