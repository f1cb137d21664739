"""Reads recorded OTLP, whatever its form: the content decides, never the file's name.

Forms: one serialized Export*ServiceRequest; a sequence of them, each behind its length in 4 big-endian bytes (the
Collector's file exporter, ``format: proto``); one OTLP/JSON document; OTLP JSON lines. Each may be gzip or zstd.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from otel_safety.errors import BadRequestError, InputError, TooLargeError
from otel_safety.otlp.compression import decompress
from otel_safety.otlp.json_codec import json_to_protobuf
from otel_safety.otlp.wire import (
    FIXED64,
    LENGTH_DELIMITED,
    RECORDS,
    RESOURCES,
    SCOPES,
    VARINT,
    WireError,
    WireLimits,
    check_structure,
    fields,
)
from otel_safety.spans import Signal

_MAX_BYTES = 2 << 30
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_JSON_KEYS = {
    b"resourceSpans": Signal.TRACES,
    b"resourceLogs": Signal.LOGS,
    b"resourceMetrics": Signal.METRICS,
}
_LENGTH_BYTES = 4
_TRACE_ID_BYTES = 16


def recording_files(path: Path) -> list[Path]:
    """List the files to read: the path itself, or every file below a directory in the order of the names.

    Raises:
        InputError: There is nothing to read.
    """
    if path.is_dir():
        files = sorted(item for item in path.rglob("*") if item.is_file() and not item.name.startswith("."))
        if not files:
            raise InputError(f"{path} holds no file")
        return files
    if not path.exists():
        raise InputError(f"{path} does not exist")
    return [path]


def read_recording(path: Path | None) -> Iterator[tuple[Signal, bytes]]:
    """Read the requests of one file, or of standard input for None, as protobuf bytes.

    Raises:
        InputError: The content is no OTLP, at all or from some request on; the message names the file.
    """
    name = "standard input" if path is None else str(path)
    try:
        content = sys.stdin.buffer.read() if path is None else path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from error
    read = 0
    try:
        for signal, payload in _requests(_expanded(content)):
            check_structure(payload, signal, WireLimits())
            yield signal, payload
            read += 1
    except (BadRequestError, TooLargeError, WireError) as error:
        # A recorder that was killed leaves half a line at the end.
        wrong = f"breaks off after {read} requests" if read else "is not an OTLP recording"
        raise InputError(f"{name} {wrong}: {error}") from error


def _expanded(content: bytes) -> bytes:
    if content.startswith(_GZIP):
        return decompress(content, "gzip", _MAX_BYTES)
    if content.startswith(_ZSTD):
        return decompress(content, "zstd", _MAX_BYTES)
    return content


def _requests(content: bytes) -> Iterator[tuple[Signal, bytes]]:
    if content.lstrip()[:1] == b"{":
        yield from _json_requests(content)
        return
    if not content:
        return
    framed = _framed(content)
    for payload in [content] if framed is None else framed:
        yield _signal(payload), payload


def _json_requests(content: bytes) -> Iterator[tuple[Signal, bytes]]:
    try:
        orjson.loads(content)
        documents = [content]
    except orjson.JSONDecodeError:
        documents = [line for line in content.splitlines() if line.strip()]
    for document in documents:
        signals = [signal for key, signal in _JSON_KEYS.items() if b'"' + key + b'"' in document]
        if not signals:
            raise BadRequestError("a JSON document has none of resourceSpans, resourceLogs, resourceMetrics")
        for signal in signals:
            yield signal, json_to_protobuf(document, signal)


def _framed(content: bytes) -> list[bytes] | None:
    """Cut a sequence of length-prefixed requests; None when the lengths do not fill the content exactly."""
    payloads: list[bytes] = []
    position = 0
    while position < len(content):
        end = position + _LENGTH_BYTES + int.from_bytes(content[position : position + _LENGTH_BYTES], "big")
        if end > len(content) or end == position + _LENGTH_BYTES:
            return None
        payloads.append(content[position + _LENGTH_BYTES : end])
        position = end
    return payloads


def _signal(payload: bytes) -> Signal:
    """Tell by its first record what a request carries; an empty request says nothing and may be any."""
    for resource in _inner(payload, RESOURCES):
        for scope in _inner(resource, SCOPES):
            for record in _inner(scope, RECORDS):
                return _record_signal(record)
    return Signal.TRACES


def _record_signal(record: bytes) -> Signal:
    """Tell a Span, a LogRecord and a Metric apart by the wire types of their fields.

    Source: opentelemetry.proto. Field 1 is Span.trace_id (bytes), LogRecord.time_unix_nano (fixed64) or
    Metric.name (text); 2 is Span.span_id (bytes), LogRecord.severity_number (varint) or Metric.description (text);
    7 and 8 are Span's times (fixed64); 11 is LogRecord.observed_time_unix_nano (fixed64) or Span.events.
    """
    types: dict[int, int] = {}
    trace_id_length = -1
    for number, wire_type, _, start, end in fields(record, 0, len(record)):
        types.setdefault(number, wire_type)
        if number == 1 and wire_type == LENGTH_DELIMITED:
            trace_id_length = end - start
    if FIXED64 in (types.get(1), types.get(11)) or types.get(2) == VARINT:
        return Signal.LOGS
    if FIXED64 in (types.get(7), types.get(8)):
        return Signal.TRACES
    return Signal.TRACES if trace_id_length == _TRACE_ID_BYTES and 2 in types else Signal.METRICS


def _inner(message: bytes, wanted: int) -> Iterator[bytes]:
    for number, wire_type, _, start, end in fields(message, 0, len(message)):
        if number == wanted and wire_type == LENGTH_DELIMITED:
            yield message[start:end]
