"""Byte mutation against both receivers: whatever comes in is answered, and the next good request is taken."""

import gzip
import io
import random
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import grpc.aio
import pytest

from otel_safety.otlp.json_codec import protobuf_to_json
from otel_safety.receive import GrpcReceiver, HttpReceiver
from otel_safety.receive.grpc_receiver import METHODS
from otel_safety.spans import Signal
from tests.otlp.requests import genai_span, logs_request, metrics_request, plain_span, traces_request
from tests.receive.intakes import SplittingIntake
from tests.shared_material import shared_path

GOOD = traces_request(plain_span(1), genai_span(2, parent=1))
SEEDS = {
    Signal.TRACES: [
        GOOD.SerializeToString(),
        traces_request(*(plain_span(n) for n in range(1, 30))).SerializeToString(),
    ],
    Signal.LOGS: [logs_request().SerializeToString()],
    Signal.METRICS: [metrics_request().SerializeToString()],
}
INTERESTING = (
    b"\x00",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\x0a",
    b"\x12\x00",
    b"\xff\xff\xff\xff\x0f",
    b'"',
    b"{",
    b"[",
    b"\\u0000",
)


def mutated(seed: bytes, source: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(source.randint(1, 6)):
        position = source.randrange(len(data) + 1)
        match source.randrange(5):
            case 0:
                data[position : position + 1] = bytes([source.randrange(256)])
            case 1:
                data[position:position] = source.choice(INTERESTING)
            case 2:
                del data[position : position + source.randint(1, 40)]
            case 3:
                data[position:position] = data[: source.randint(0, 60)]
            case _:
                data[position : position + 1] = bytes(
                    [(data[position] if position < len(data) else 0) ^ 1 << source.randrange(8)]
                )
    return bytes(data)


async def fuzz_grpc(seeds: dict[Signal, list[bytes]], rounds: int, seed: int) -> Counter[str]:
    source = random.Random(seed)  # noqa: S311  reproducible, no secret
    intake = SplittingIntake()
    receiver = GrpcReceiver(intake, "127.0.0.1:0")
    port = await receiver.start()
    codes: Counter[str] = Counter()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as connection:
            channel: Any = connection
            exports = {signal: channel.unary_unary(method) for method, signal in METHODS.items()}
            for _ in range(rounds):
                signal = source.choice(list(seeds))
                try:
                    await exports[signal](mutated(source.choice(seeds[signal]), source))
                    codes["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    codes[error.code().name] += 1
            before = intake.items
            await exports[Signal.TRACES](GOOD.SerializeToString())
            assert intake.items == before + 2
    finally:
        await receiver.stop(0)
    return codes


async def fuzz_http(seeds: dict[Signal, list[bytes]], rounds: int, seed: int) -> Counter[str]:
    source = random.Random(seed)  # noqa: S311  reproducible, no secret
    intake = SplittingIntake()
    receiver = HttpReceiver(intake, "127.0.0.1:0")
    port = await receiver.start()
    codes: Counter[str] = Counter()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            for _ in range(rounds):
                signal = source.choice(list(seeds))
                body = source.choice(seeds[signal])
                headers = {"Content-Type": "application/x-protobuf"}
                if source.random() < 0.5:
                    body = protobuf_to_json(body, signal)
                    headers["Content-Type"] = "application/json"
                body = mutated(body, source)
                if source.random() < 0.3:
                    body = gzip.compress(body)
                    headers["Content-Encoding"] = "gzip"
                    if source.random() < 0.3:
                        body = mutated(body, source)
                async with session.post(f"/v1/{signal.value}", data=io.BytesIO(body), headers=headers) as response:
                    codes[str(response.status)] += 1
                    assert response.content_type == headers["Content-Type"]
            before = intake.items
            async with session.post(
                "/v1/traces", data=GOOD.SerializeToString(), headers={"Content-Type": "application/x-protobuf"}
            ) as response:
                assert response.status == 200
            assert intake.items == before + 2
    finally:
        await receiver.stop(0)
    return codes


def only_documented(codes: Counter[str]) -> None:
    assert set(codes) <= {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "200", "400", "413"}
    # Both outcomes are met, else the mutations say nothing.
    assert min(codes.get("OK", 0) + codes.get("200", 0), codes.get("INVALID_ARGUMENT", 0) + codes.get("400", 0)) > 0


async def test_mutated_requests_over_grpc() -> None:
    only_documented(await fuzz_grpc(SEEDS, 600, 1))


async def test_mutated_requests_over_http() -> None:
    only_documented(await fuzz_http(SEEDS, 600, 2))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
async def test_mutated_requests_over_both_for_long(seed: int) -> None:
    only_documented(await fuzz_grpc(SEEDS, 10_000, seed))
    only_documented(await fuzz_http(SEEDS, 10_000, seed))


def captures() -> dict[Signal, list[bytes]]:
    found: dict[Signal, list[bytes]] = {}
    for path in sorted(Path(shared_path("captures")).glob("*/readme_rm/*.pb")):
        signal = Signal.TRACES if path.stem.endswith("traces") else Signal.LOGS
        found.setdefault(signal, []).append(path.read_bytes())
    return found


@pytest.mark.shared
async def test_mutated_captures_over_both() -> None:
    only_documented(await fuzz_grpc(captures(), 300, 3))
    only_documented(await fuzz_http(captures(), 300, 4))
