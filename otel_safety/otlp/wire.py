"""Protobuf wire format without parsing: scan, build and count OTLP export requests.

The three export requests share one shape, which everything here relies on:
request { 1: resource_x { 2: scope_x { 2: record } } }, source: opentelemetry-proto, collector/*/v1.
Groups (wire types 3 and 4) do not occur in OTLP and are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.spans import Signal

Buffer: TypeAlias = bytes | memoryview
# (field number, wire type, start of the tag, start of the value, end of the value)
Field: TypeAlias = tuple[int, int, int, int, int]

VARINT: Final = 0
FIXED64: Final = 1
LENGTH_DELIMITED: Final = 2
FIXED32: Final = 5

RESOURCES: Final = 1  # in each export request
SCOPES: Final = 2  # in ResourceSpans, ResourceLogs, ResourceMetrics
RECORDS: Final = 2  # in ScopeSpans, ScopeLogs, ScopeMetrics

_RECORD_TAG: Final = RECORDS << 3 | LENGTH_DELIMITED
_MAX_FIELD_NUMBER: Final = (1 << 29) - 1
# Metric.gauge, sum, histogram, exponential_histogram, summary; each has data_points as field 1.
_METRIC_POINTS: Final = frozenset({5, 7, 9, 10, 11})
# Fields of a scope or metric beside its records or points that nobody need explain.
_SCOPE_FIELDS: Final = 64


class WireError(ValueError):
    """The bytes are not a protobuf message: truncated, overlong, or with a group in them."""


def read_varint(buf: Buffer, pos: int, end: int) -> tuple[int, int]:
    """Read the varint at ``pos``; returns its value (unsigned, 64 bits) and the position after it."""
    value = shift = 0
    while pos < end:
        byte = buf[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, pos
        shift += 7
        if shift > 63:
            raise WireError("varint longer than 10 bytes")
    raise WireError("truncated varint")


def fields(buf: Buffer, start: int, end: int) -> Iterator[Field]:
    """Iterate over the top-level fields of the message in ``buf[start:end]``.

    Raises:
        WireError: While iterating, at the first byte that is not protobuf.
    """
    pos = start
    while pos < end:
        tag_start = pos
        tag = buf[pos]
        pos += 1
        if tag >= 0x80:
            tag, pos = read_varint(buf, tag_start, end)
        number = tag >> 3
        wire_type = tag & 7
        if not 0 < number <= _MAX_FIELD_NUMBER:
            raise WireError("field number out of range")
        value_start = pos
        if wire_type == LENGTH_DELIMITED:
            if pos >= end:
                raise WireError("truncated length")
            length = buf[pos]
            pos += 1
            if length >= 0x80:
                length, pos = read_varint(buf, pos - 1, end)
            value_start = pos
            pos += length
        elif wire_type == VARINT:
            _, pos = read_varint(buf, pos, end)
        elif wire_type == FIXED64:
            pos += 8
        elif wire_type == FIXED32:
            pos += 4
        else:
            raise WireError(f"wire type {wire_type} does not occur in OTLP")
        if pos > end:
            raise WireError("truncated field")
        yield number, wire_type, tag_start, value_start, pos


def iterate_fields(message: Buffer) -> Iterator[tuple[int, int, int, int]]:
    """Iterate over (field number, wire type, start, end) of the values of a whole message.

    Raises:
        WireError: While iterating, at the first byte that is not protobuf.
    """
    for number, wire_type, _, start, end in fields(message, 0, len(message)):
        yield number, wire_type, start, end


def varint(value: int) -> bytes:
    """Encode an unsigned integer; a negative one is encoded as its 64-bit two's complement."""
    value &= 0xFFFFFFFFFFFFFFFF
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def length_delimited(number: int, body: Buffer) -> bytes:
    """Build a length-delimited field: a string, bytes or a message."""
    return b"".join((varint(number << 3 | LENGTH_DELIMITED), varint(len(body)), body))


def varint_field(number: int, value: int) -> bytes:
    """Build a varint field: an integer, bool or enum."""
    return varint(number << 3 | VARINT) + varint(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """How much structure one request may have, whatever its size in bytes.

    An empty span takes 2 bytes on the wire and some 170 when parsed: a limit in bytes alone protects nobody.

    Attributes:
        max_items: Spans, log records or data points in one request.
        max_envelopes: Resource and scope messages, and fields beside them, in one request.
        min_item_bytes: Smallest average size of an item, once there are more than ``dense_items``; a real
            span has at least its 24 bytes of ids, a real data point its time and value.
        dense_items: Number of items from which on ``min_item_bytes`` counts.
    """

    max_items: int = 500_000
    max_envelopes: int = 100_000
    min_item_bytes: int = 8
    dense_items: int = 10_000


def check_structure(payload: bytes, signal: Signal, limits: WireLimits) -> int:
    """Count the items of a serialized export request, without parsing it.

    Returns:
        Spans, log records or data points in the request.

    Raises:
        BadRequestError: The bytes down to the records are not a protobuf message.
        TooLargeError: More structure than ``limits`` allow; found before anything is allocated for it.
    """
    most = min(limits.max_items, max(limits.dense_items, len(payload) // max(1, limits.min_item_bytes)))
    items = around = 0
    try:
        for number, wire_type, _, resource_start, resource_end in fields(payload, 0, len(payload)):
            around += 1
            if around > limits.max_envelopes:
                raise TooLargeError(f"more than {limits.max_envelopes} resources and scopes in a request")
            if number != RESOURCES or wire_type != LENGTH_DELIMITED:
                continue
            for inner, inner_type, _, start, end in fields(payload, resource_start, resource_end):
                around += 1
                if around > limits.max_envelopes:
                    raise TooLargeError(f"more than {limits.max_envelopes} resources and scopes in a request")
                if inner != SCOPES or inner_type != LENGTH_DELIMITED:
                    continue
                if signal is Signal.METRICS:
                    items += _count_metrics(payload, start, end, most - items)
                else:
                    items += _count_records(payload, start, end, most - items)
                if items > most:
                    raise TooLargeError(f"more than {most} items in a request of {len(payload)} bytes")
    except WireError as error:
        raise BadRequestError(f"the request is not protobuf: {error}") from error
    return items


def _count_records(buf: Buffer, start: int, end: int, most: int) -> int:
    """Count the records of a scope; returns more than ``most`` as soon as it has too many fields.

    ``fields`` would do, but this loop costs a third of it and runs for every span there is.
    """
    count = others = 0
    pos = start
    while pos < end:
        if buf[pos] != _RECORD_TAG or pos + 1 >= end:
            # schema_url, scope, unknown fields: rare, so the general scanner takes one step.
            number, wire_type, _, _, pos = next(fields(buf, pos, end))
            is_record = number == RECORDS and wire_type == LENGTH_DELIMITED
            count += is_record
            others += not is_record
        else:
            length = buf[pos + 1]
            pos += 2
            if length >= 0x80:
                length, pos = read_varint(buf, pos - 1, end)
            pos += length
            count += 1
        if count + others > most + _SCOPE_FIELDS:
            return most + 1
    if pos != end:
        raise WireError("truncated record")
    return count


def _count_metrics(buf: Buffer, start: int, end: int, most: int) -> int:
    """Count the data points of a scope; returns more than ``most`` as soon as there are too many fields."""
    count = others = 0
    for number, wire_type, _, value_start, value_end in fields(buf, start, end):
        if number == RECORDS and wire_type == LENGTH_DELIMITED:
            count += count_points(buf, value_start, value_end, most - count)
        else:
            others += 1
        if count + others > most + _SCOPE_FIELDS:
            return most + 1
    return count


def count_points(buf: Buffer, start: int, end: int, most: int) -> int:
    """Count the data points of one metric, not far beyond ``most``; a metric without any counts as one."""
    count = others = 0
    for number, wire_type, _, value_start, value_end in fields(buf, start, end):
        others += 1
        if number in _METRIC_POINTS and wire_type == LENGTH_DELIMITED:
            for inner in fields(buf, value_start, value_end):
                if inner[0] == 1 and inner[1] == LENGTH_DELIMITED:
                    count += 1
                else:
                    others += 1
                if count + others > most + _SCOPE_FIELDS:
                    return most + 1
        if others > most + _SCOPE_FIELDS:
            return most + 1
    return max(1, count)


def envelope(payload: bytes, start: int, end: int, inner: int) -> tuple[bytes, list[tuple[int, int]]]:
    """Take a resource or scope message apart: what surrounds the messages of field ``inner``, and those.

    Returns:
        Every other field in wire form, in order; and (start, end) of each inner message.
    """
    around: list[bytes] = []
    found: list[tuple[int, int]] = []
    for number, wire_type, tag_start, value_start, value_end in fields(payload, start, end):
        if number == inner and wire_type == LENGTH_DELIMITED:
            found.append((value_start, value_end))
        else:
            around.append(payload[tag_start:value_end])
    return b"".join(around), found
