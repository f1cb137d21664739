"""Span ids read from requests without parsing them, and the file that lists them."""

from __future__ import annotations

from collections.abc import Iterator

from otel_safety.otlp.wire import LENGTH_DELIMITED, RECORDS, RESOURCES, SCOPES, fields

# How nearly every encoder begins a span: field 1 with 16 bytes of trace id, then field 2 with 8 bytes of span id.
_TRACE_ID = b"\x0a\x10"
_SPAN_ID = b"\x12\x08"
_SPAN_ID_FIELD = 2


def span_ids(payload: bytes) -> Iterator[bytes]:
    """The id of every span of an ExportTraceServiceRequest, in order; b"" for a span without one.

    Raises:
        WireError: The payload is not protobuf.
    """
    for start, end in spans(payload):
        if payload[start : start + 2] == _TRACE_ID and payload[start + 18 : start + 20] == _SPAN_ID:
            yield payload[start + 20 : start + 28]
        else:
            ids = [
                payload[value:stop]
                for number, wire_type, _, value, stop in fields(payload, start, end)
                if number == _SPAN_ID_FIELD and wire_type == LENGTH_DELIMITED
            ]
            yield ids[-1] if ids else b""


def spans(payload: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of every span in an ExportTraceServiceRequest.

    Raises:
        WireError: The payload is not protobuf.
    """
    for resource_start, resource_end in _messages(payload, 0, len(payload), RESOURCES):
        for scope_start, scope_end in _messages(payload, resource_start, resource_end, SCOPES):
            yield from _messages(payload, scope_start, scope_end, RECORDS)


def read_span_ids(text: str) -> list[bytes]:
    """Read a list of span ids, 16 hexadecimal digits per line.

    Raises:
        ValueError: A line is something else.
    """
    ids = [bytes.fromhex(line) for line in text.split()]
    if any(len(item) != 8 for item in ids):
        raise ValueError("a span id has 16 hexadecimal digits")
    return ids


def _messages(payload: bytes, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    for number, wire_type, _, value, stop in fields(payload, start, end):
        if number == wanted and wire_type == LENGTH_DELIMITED:
            yield value, stop
