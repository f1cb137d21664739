"""Decompression with a bound: the limit holds for what comes out, before it is allocated."""

from __future__ import annotations

import zlib
from typing import Final

import zstandard

from otel_safety.errors import BadRequestError, TooLargeError

# What a client may name in Content-Encoding; x-gzip is an old name of gzip (RFC 9110, 8.4.1.3).
ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "zstd"})

# Gzip members or zstd frames in one body; senders write one. A body of empty ones would cost a copy for each.
_MAX_MEMBERS: Final = 1000
_INFLATE_STEP: Final = 64 << 10
# A zstd object offers no bound on its output, so its input is bounded: a block holds at most 128 KiB and takes
# at least 4 bytes (RFC 8878, 3.1.1.2.3), so that one step gives at most 32 MiB.
_ZSTD_STEP: Final = 1 << 10
_GZIP_WBITS: Final = 31
_ZLIB_WBITS: Final = 15
_RAW_WBITS: Final = -15
# RFC 9659: a zstd window above 8 MiB must not be used as a content encoding.
_ZSTD_WINDOW: Final = 8 << 20


def decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Decompress a request body.

    Args:
        body: The body as received.
        encoding: Value of Content-Encoding: gzip, deflate, zstd, identity or "".
        max_bytes: Limit of the result.

    Raises:
        TooLargeError: The result would be larger than ``max_bytes``; at most that much was allocated.
        BadRequestError: Unknown encoding, or the body is truncated or corrupt.
    """
    name = encoding.strip().lower()
    if name not in ENCODINGS:
        raise BadRequestError("content encoding is none of gzip, deflate, zstd, identity")
    if name in {"", "identity"}:
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        return body
    try:
        if name == "zstd":
            return _unzstd(body, max_bytes)
        if name == "deflate":
            return _inflate(body, _deflate_wbits(body), max_bytes)
        return _inflate(body, _GZIP_WBITS, max_bytes)
    except (zlib.error, zstandard.ZstdError) as error:
        raise BadRequestError(f"the body is not valid {name}") from error


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"the request is larger than {max_bytes} bytes after decompression")


def _deflate_wbits(body: bytes) -> int:
    """Tell zlib-wrapped deflate (RFC 9110) from the raw deflate that some clients send."""
    wrapped = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _ZLIB_WBITS if wrapped else _RAW_WBITS


def _inflate(body: bytes, wbits: int, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = pos = 0
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(wbits)
        while not member.eof:
            if pos >= len(body):
                raise BadRequestError("the compressed body is truncated")
            step = body[pos : pos + _INFLATE_STEP]
            chunk = member.decompress(step, max_bytes - size + 1)
            pos += len(step) - len(member.unused_data)
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            chunks.append(chunk)
        # gzip may have several members (RFC 1952, 2.2); zero padding after the last one is common.
        if wbits != _GZIP_WBITS or not body[pos:].strip(b"\0"):
            return b"".join(chunks)
    raise BadRequestError(f"the compressed body has more than {_MAX_MEMBERS} members")


def _unzstd(body: bytes, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = pos = 0
    for _ in range(_MAX_MEMBERS):
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        while not frame.eof:
            if pos >= len(body):
                raise BadRequestError("the compressed body is truncated")
            step = body[pos : pos + _ZSTD_STEP]
            chunk = frame.decompress(step)
            pos += len(step) - len(frame.unused_data)
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            chunks.append(chunk)
        if pos >= len(body):
            return b"".join(chunks)
    raise BadRequestError(f"the compressed body has more than {_MAX_MEMBERS} frames")
