"""Incoming attributes in our own namespace are removed: nobody forges a verdict.

Works on wire bytes: every other byte of the message stays as it came.
"""

from __future__ import annotations

from typing import Final

from otel_safety.otlp.wire import LENGTH_DELIMITED, fields, length_delimited
from semconv.emitted import PREFIX

FORGED: Final = PREFIX.encode()

_KEY: Final = 1  # KeyValue.key
# Field number of ``attributes`` in Span, Span.Event, Span.Link, Resource and InstrumentationScope.
_SPAN_ATTRIBUTES: Final = 9
_NESTED_ATTRIBUTES: Final = {11: 3, 13: 4}  # Span.events -> Event.attributes, Span.links -> Link.attributes
RESOURCE_ATTRIBUTES: Final = 1
SCOPE_ATTRIBUTES: Final = 3


def strip_span(raw: bytes) -> tuple[bytes, int]:
    """Remove forged attributes from a span, its events and its links; returns the rest and how many there were.

    Raises:
        WireError: The span is not a protobuf message.
    """
    return _strip(raw, _SPAN_ATTRIBUTES, _NESTED_ATTRIBUTES)


def strip_attributes(raw: bytes, attributes: int) -> tuple[bytes, int]:
    """Remove forged attributes from a message whose attributes are field number ``attributes``.

    Raises:
        WireError: It is not a protobuf message.
    """
    return _strip(raw, attributes, {})


def _strip(raw: bytes, attributes: int, nested: dict[int, int]) -> tuple[bytes, int]:
    if FORGED not in raw:
        return raw, 0
    kept: list[bytes] = []
    removed = 0
    for number, wire_type, tag_start, start, end in fields(raw, 0, len(raw)):
        if wire_type == LENGTH_DELIMITED and number == attributes and _is_forged(raw, start, end):
            removed += 1
        elif wire_type == LENGTH_DELIMITED and number in nested:
            body, inside = _strip(raw[start:end], nested[number], {})
            kept.append(length_delimited(number, body) if inside else raw[tag_start:end])
            removed += inside
        else:
            kept.append(raw[tag_start:end])
    return (b"".join(kept), removed) if removed else (raw, 0)


def _is_forged(raw: bytes, start: int, end: int) -> bool:
    if raw.find(FORGED, start, end) < 0:
        return False
    key = b""
    # The last occurrence of a field counts in protobuf.
    for number, wire_type, _, value_start, value_end in fields(raw, start, end):
        if number == _KEY and wire_type == LENGTH_DELIMITED:
            key = raw[value_start : value_start + len(FORGED)] if value_end - value_start >= len(FORGED) else b""
    return key == FORGED
