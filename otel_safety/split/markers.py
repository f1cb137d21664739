"""Where in a request something may be GenAI, found without parsing it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import re2

from otel_safety.otlp.wire import LENGTH_DELIMITED, RESOURCES, SCOPES, fields
from semconv.reader import MARKERS

# Spans or records of one request that are read. Reading takes some 30 microseconds, on the event loop; a
# request with more is no batch of any sender, and its remainder is forwarded unread.
MAX_READ: Final = 50_000

MARKER: Final = re2.compile(b"|".join(re2.escape(marker) for marker in MARKERS))


def scopes(payload: bytes) -> Iterator[tuple[int, int]]:
    """Iterate over (start, end) of the scope messages of a request."""
    for number, wire_type, _, resource_start, resource_end in fields(payload, 0, len(payload)):
        if number == RESOURCES and wire_type == LENGTH_DELIMITED:
            for inner, inner_type, _, start, end in fields(payload, resource_start, resource_end):
                if inner == SCOPES and inner_type == LENGTH_DELIMITED:
                    yield start, end


class Markers:
    """Where dialect markers occur; asked from left to right, each stretch of bytes is searched once."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._next = -1

    def within(self, start: int, end: int) -> bool:
        """Tell whether a marker begins in ``payload[start:end]``; ``start`` never goes back."""
        if self._next < start:
            found = MARKER.search(self._payload, start)
            self._next = found.start() if found is not None else len(self._payload)
        return self._next < end
