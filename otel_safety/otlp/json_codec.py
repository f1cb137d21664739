"""OTLP/JSON to protobuf and back, on wire bytes.

OTLP/JSON is not protobuf's JSON mapping: trace and span ids are hexadecimal, enums are integers only, keys are
lowerCamelCase only, unknown fields are ignored. Source: opentelemetry-proto, docs/specification.md,
"JSON Protobuf Encoding".
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Any, Final

import orjson

from otel_safety.errors import BadRequestError, TooLargeError
from otel_safety.otlp.salvage import MAX_DEPTH
from otel_safety.otlp.schema import ANY_VALUE, REQUESTS, FieldType, Kind, MessageType
from otel_safety.otlp.wire import (
    LENGTH_DELIMITED,
    VARINT,
    Buffer,
    fields,
    length_delimited,
    read_varint,
    varint,
)
from otel_safety.spans import Signal

# Objects, arrays and separators outside of strings in one body. A real attribute takes 50 bytes for two objects;
# Python takes some 200 for each, so a body of empty ones would be multiplied by a hundred.
_MAX_CONTAINERS: Final = 1_200_000
_MAX_SEPARATORS: Final = 4_000_000
_JSON_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')

_NUMBERS: Final = frozenset(
    {Kind.BOOL, Kind.ENUM, Kind.SIGNED, Kind.UNSIGNED, Kind.ZIGZAG, Kind.FIXED, Kind.SIGNED_FIXED, Kind.DOUBLE}
)
_UNSIGNED: Final = frozenset({Kind.UNSIGNED, Kind.FIXED})
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def json_to_protobuf(body: bytes, signal: Signal) -> bytes:
    """Encode an OTLP/JSON export request as protobuf.

    Raises:
        BadRequestError: The body is not OTLP/JSON; the message names the field, never its content.
        TooLargeError: The body has more objects, arrays or values than any real request.
    """
    _check_structure(body)
    try:
        document = orjson.loads(body)
        if not isinstance(document, dict):
            raise BadRequestError("the request is not a JSON object")
        return _encode(document, REQUESTS[signal])
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"the request is not JSON: {error.msg} at byte {error.pos}") from error
    except RecursionError:
        raise BadRequestError("the request is nested too deeply") from None


def protobuf_to_json(payload: bytes, signal: Signal) -> bytes:
    """Encode a serialized export request as OTLP/JSON, on one line.

    Invalid UTF-8 becomes U+FFFD; an attribute value nested deeper than protobuf parsers read becomes
    ``bytesValue``; fields unknown to this version are left out.

    Raises:
        WireError: The payload is not protobuf.
    """
    return orjson.dumps(_decode(payload, 0, len(payload), REQUESTS[signal], MAX_DEPTH))


def _check_structure(body: bytes) -> None:
    """Refuse a body that would become a mountain of Python objects; exact only where it could matter."""
    if _within_bounds(body):
        return
    if not _within_bounds(_JSON_STRING.sub(b"", body)):
        raise TooLargeError("the JSON request has too many objects and values")


def _within_bounds(body: bytes) -> bool:
    containers = body.count(b"{") + body.count(b"[")
    return containers <= _MAX_CONTAINERS and body.count(b",") <= _MAX_SEPARATORS


def _encode(document: dict[str, Any], message: MessageType) -> bytes:
    """Encode one JSON object. Recursion is bounded by the depth that the JSON parser accepts (1024)."""
    out: list[bytes] = []
    known = message.by_json_name
    for name, value in document.items():
        field = known.get(name)
        if field is None or value is None:
            continue
        if not field.repeated:
            inner = field.message
            if inner is None:
                encoded = _encode_scalar(field, value)
                if field.presence or encoded.strip(b"\0"):
                    out.append(field.tag + encoded)
            elif isinstance(value, dict):
                body = _encode(value, inner)
                out += (field.tag, varint(len(body)), body)
            else:
                raise _bad(field, "an object")
            continue
        if not isinstance(value, list):
            raise _bad(field, "an array")
        if field.kind in _NUMBERS:
            packed = [_encode_scalar(field, item) for item in value]
            if packed:
                out.append(length_delimited(field.number, b"".join(packed)))
            continue
        for item in value:
            inner = field.message
            if inner is None:
                out.append(field.tag + _encode_scalar(field, item))
            elif isinstance(item, dict):
                body = _encode(item, inner)
                out += (field.tag, varint(len(body)), body)
            elif item is None and inner is ANY_VALUE:
                out.append(length_delimited(field.number, b""))
            else:
                raise _bad(field, "an array of objects")
    return b"".join(out)


def _bad(field: FieldType, expected: str) -> BadRequestError:
    return BadRequestError(f"{field.json_name} must be {expected}")


def _encode_scalar(field: FieldType, value: object) -> bytes:
    kind = field.kind
    if kind is Kind.STRING or kind is Kind.HEX or kind is Kind.BYTES:
        if not isinstance(value, str):
            raise _bad(field, "a string")
        raw = value.encode() if kind is Kind.STRING else _binary(field, value)
        return varint(len(raw)) + raw
    if kind is Kind.DOUBLE:
        return struct.pack("<d", _double(field, value))
    if kind is Kind.BOOL:
        if not isinstance(value, bool):
            raise _bad(field, "true or false")
        return b"\1" if value else b"\0"
    number = _integer(field, value)
    if kind is Kind.ZIGZAG:
        return varint(number << 1 ^ number >> 63)
    if kind is Kind.FIXED or kind is Kind.SIGNED_FIXED:
        return (number & (1 << field.bits) - 1).to_bytes(field.bits // 8, "little")
    return varint(number)


def _binary(field: FieldType, value: str) -> bytes:
    try:
        if field.kind is Kind.HEX:
            return binascii.unhexlify(value)
        # Both alphabets, with or without padding, as protobuf's JSON readers do.
        standard = value.translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        raise _bad(field, "hexadecimal" if field.kind is Kind.HEX else "base64") from None


def _integer(field: FieldType, value: object) -> int:
    number: int | None = None
    if isinstance(value, bool):
        pass
    elif isinstance(value, int):
        number = value
    elif field.kind is Kind.ENUM:
        pass
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    elif isinstance(value, str) and _INTEGER.fullmatch(value):
        number = int(value)
    if number is None:
        raise _bad(field, "an integer")
    low, high = (0, 1 << field.bits) if field.kind in _UNSIGNED else (-1 << field.bits - 1, 1 << field.bits - 1)
    if not low <= number < high:
        raise _bad(field, f"an integer of {field.bits} bits")
    return number


def _double(field: FieldType, value: object) -> float:
    if isinstance(value, str):
        if value in _SPECIAL:
            return _SPECIAL[value]
        if _DECIMAL.fullmatch(value):
            return float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # The JSON parser gives integers up to 64 bits, floats beyond.
        return float(value)
    raise _bad(field, "a number")


def _decode(buf: Buffer, start: int, end: int, message: MessageType, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    chosen: dict[str, str] = {}
    repeated: set[int] = set()
    for number, wire_type, _, value_start, value_end in fields(buf, start, end):
        field = message.by_number.get(number)
        if field is None:
            continue
        name = field.json_name
        if field.kind in _NUMBERS and field.repeated:
            if wire_type in {LENGTH_DELIMITED, field.wire_type}:
                found.setdefault(name, []).extend(_decode_numbers(field, buf, value_start, value_end))
            continue
        if wire_type != field.wire_type:
            continue
        if field.oneof:
            # The last member of a choice counts.
            other = chosen.get(field.oneof)
            if other is not None and other != name:
                found.pop(other, None)
            chosen[field.oneof] = name
        if field.message is not None:
            value: Any = _decode_message(buf, value_start, value_end, field.message, depth - 1)
        else:
            value = _decode_scalar(field, buf, value_start, value_end)
        if field.repeated:
            found.setdefault(name, []).append(value)
        else:
            if field.message is not None and name in found:
                repeated.add(number)
            found[name] = value
    for number in repeated:
        # A message that occurs twice is merged in protobuf: the same as reading both one after the other.
        joined = b"".join(buf[s:e] for n, w, _, s, e in fields(buf, start, end) if (n, w) == (number, LENGTH_DELIMITED))
        field = message.by_number[number]
        if field.message is not None:
            found[field.json_name] = _decode_message(joined, 0, len(joined), field.message, depth - 1)
    return found


def _decode_message(buf: Buffer, start: int, end: int, message: MessageType, depth: int) -> dict[str, Any]:
    # An AnyValue is followed by at most two more messages before the next one.
    if message is ANY_VALUE and depth <= 3:
        return {"bytesValue": base64.b64encode(buf[start:end]).decode()}
    return _decode(buf, start, end, message, depth)


def _decode_numbers(field: FieldType, buf: Buffer, start: int, end: int) -> list[Any]:
    """Decode a repeated number, packed or not: both are a run of bare values."""
    values: list[Any] = []
    pos = start
    while pos < end:
        if field.wire_type == VARINT:
            _, after = read_varint(buf, pos, end)
        else:
            after = pos + field.bits // 8
            if after > end:
                break
        values.append(_decode_scalar(field, buf, pos, after))
        pos = after
    return values


def _decode_scalar(field: FieldType, buf: Buffer, start: int, end: int) -> str | int | float | bool:
    kind = field.kind
    if kind is Kind.STRING:
        return bytes(buf[start:end]).decode("utf-8", "replace")
    if kind is Kind.HEX:
        return bytes(buf[start:end]).hex()
    if kind is Kind.BYTES:
        return base64.b64encode(buf[start:end]).decode()
    if kind is Kind.DOUBLE:
        number: float = struct.unpack_from("<d", buf, start)[0]
        if math.isfinite(number):
            return number
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if field.wire_type == VARINT:
        value, _ = read_varint(buf, start, end)
    else:
        value = int.from_bytes(buf[start:end], "little")
    if kind is Kind.BOOL:
        return value != 0
    bits = field.bits
    value &= (1 << bits) - 1
    if kind is Kind.ZIGZAG:
        value = value >> 1 ^ -(value & 1)
    elif kind not in _UNSIGNED and value >> bits - 1:
        value -= 1 << bits
    return str(value) if bits == 64 else value
