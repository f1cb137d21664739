"""Incoming attributes in our own namespace are removed: nobody forges a verdict.

Works on wire bytes: every other byte of the message stays as it came.
"""

from __future__ import annotations

from typing import Final

from otel_safety.otlp.wire import LENGTH_DELIMITED, WireError, fields, length_delimited
from semconv.emitted import PREFIX

FORGED: Final = PREFIX.encode()

# More fields than this in one message are an attack on our time; no backend would take such a span.
_MAX_FIELDS: Final = 1_000_000

_KEY: Final = 1  # KeyValue.key
# Field number of ``attributes`` in Span, Span.Event, Span.Link, Resource and InstrumentationScope.
_SPAN_ATTRIBUTES: Final = 9
_NESTED_ATTRIBUTES: Final = {11: 3, 13: 4}  # Span.events -> Event.attributes, Span.links -> Link.attributes
RESOURCE_ATTRIBUTES: Final = 1
SCOPE_ATTRIBUTES: Final = 3


def strip_span(raw: bytes) -> tuple[bytes, int]:
    """Remove forged attributes from a span, its events and its links; returns the rest and how many there were.

    Raises:
        WireError: The span is not a protobuf message, or has a million fields.
    """
    return _strip(raw, _SPAN_ATTRIBUTES, _NESTED_ATTRIBUTES)


def strip_attributes(raw: bytes, attributes: int) -> tuple[bytes, int]:
    """Remove forged attributes from a message whose attributes are field number ``attributes``.

    Raises:
        WireError: It is not a protobuf message, or has a million fields.
    """
    return _strip(raw, attributes, {})


def _strip(raw: bytes, attributes: int, nested: dict[int, int]) -> tuple[bytes, int]:
    if FORGED not in raw:
        return raw, 0
    kept: list[bytes] = []
    removed = copied = 0
    for count, (number, wire_type, tag_start, start, end) in enumerate(fields(raw, 0, len(raw))):
        if count == _MAX_FIELDS:
            raise WireError(f"more than {_MAX_FIELDS} fields in one message")
        if wire_type != LENGTH_DELIMITED:
            continue
        if number == attributes and _is_forged(raw, start, end):
            kept.append(raw[copied:tag_start])
            copied = end
            removed += 1
        elif number in nested:
            body, inside = _strip(raw[start:end], nested[number], {})
            if inside:
                kept += (raw[copied:tag_start], length_delimited(number, body))
                copied = end
                removed += inside
    kept.append(raw[copied:])
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
