"""Decompression is exact, and bounded in memory and time whatever comes in."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.otlp.compression import decompress

MIB = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
@given(data=st.binary(max_size=5000), times=st.integers(1, 50))
def test_what_was_compressed_comes_back(encoding: str, data: bytes, times: int) -> None:
    assert decompress(PACKERS[encoding](data * times), encoding, MIB) == data * times


def test_raw_deflate_is_understood() -> None:
    assert decompress(raw_deflate(b"spans" * 100), "deflate", MIB) == b"spans" * 100


def test_large_bodies_cross_every_step() -> None:
    data = bytes(range(256)) * 16384
    for encoding in ("gzip", "deflate", "zstd"):
        assert decompress(PACKERS[encoding](data), encoding, len(data)) == data


def test_several_members_are_one_body() -> None:
    assert decompress(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", "gzip", 10) == b"ab"
    pack = zstandard.ZstdCompressor().compress
    assert decompress(pack(b"a") + pack(b"b"), "zstd", 10) == b"ab"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "identity"])
def test_the_limit_holds_for_the_result(encoding: str) -> None:
    data = b"x" * 1000
    assert decompress(PACKERS[encoding](data), encoding, 1000) == data
    with pytest.raises(TooLargeError):
        decompress(PACKERS[encoding](data), encoding, 999)


def zeros(encoding: str, size: int) -> bytes:
    packer = (
        zstandard.ZstdCompressor().compressobj()
        if encoding == "zstd"
        else zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    )
    chunk = bytes(MIB)
    return b"".join(packer.compress(chunk) for _ in range(size // MIB)) + packer.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_of_512_mib_is_refused_within_the_memory_of_the_limit(encoding: str) -> None:
    bomb = zeros(encoding, 512 * MIB)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            decompress(bomb, encoding, 4 * MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48 * MIB


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_truncated_and_corrupt_bodies_are_refused(encoding: str) -> None:
    body = PACKERS[encoding](bytes(range(256)) * 40)
    for broken in (body[:-1], body[: len(body) // 2], b"garbage" * 10, b""):
        with pytest.raises(BadRequestError):
            decompress(broken, encoding, MIB)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_of_empty_members_is_refused_soon(encoding: str) -> None:
    with pytest.raises(BadRequestError, match="more than 1000"):
        decompress(PACKERS[encoding](b"") * 100_000, encoding, MIB)


def test_a_zstd_window_beyond_the_standard_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(BadRequestError):
        decompress(packer.compress(b"x" * 100) + packer.flush(), "zstd", 256 * MIB)


@pytest.mark.parametrize("encoding", ["snappy", "br", "gzip, gzip", "lz4"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(BadRequestError, match="content encoding"):
        decompress(b"", encoding, MIB)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_decompressed_or_refused(encoding: str, data: bytes) -> None:
    try:
        decompress(data, encoding, 1000)
    except (BadRequestError, TooLargeError):
        return
