"""Split a request on arrival: what is not GenAI leaves at once, byte for byte; GenAI spans are held.

A request without a dialect marker is not taken apart at all. Otherwise it is walked at wire level, and
only spans with a marker in their bytes are parsed. Whatever cannot be read is forwarded as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from otel_safety.errors import BadRequestError
from otel_safety.forged import FORGED, RESOURCE_ATTRIBUTES, SCOPE_ATTRIBUTES, strip_attributes, strip_span
from otel_safety.otlp.span_view import (
    Surroundings,
    identified,
    parse_span,
    parse_surroundings,
    read_link,
)
from otel_safety.otlp.wire import (
    LENGTH_DELIMITED,
    RECORDS,
    RESOURCES,
    SCOPES,
    Field,
    WireError,
    WireLimits,
    check_structure,
    fields,
    length_delimited,
)
from otel_safety.spans import Batch, Envelope, HeldSpan, Link, Signal
from otel_safety.split.markers import MARKER, MAX_READ, Markers, scopes
from semconv.reader import read_span
from semconv.span_view import SpanView

_LIMITS: Final = WireLimits()
_TRACE_ID_FIRST: Final = b"\x0a\x10"  # Span.trace_id with its 16 bytes, where every known serializer puts it
# Spans of one trace leave together and share their envelope; each other trace takes a copy. Of one request so many
# bytes may be copied: a resource of a megabyte around thousands of spans must not become gigabytes.
_MAX_COPIED: Final = 64 << 20
_INNERMOST: Final = 1  # resource in ResourceSpans, scope in ScopeSpans


@dataclass(slots=True, kw_only=True)
class Split:
    """What became of the spans of one request.

    Attributes:
        forward: What leaves at once, None when that is nothing.
        held: GenAI spans, to be judged.
        links: Places of forwarded spans whose trace is open or has a GenAI span in this request.
        stripped: Forged ``otel_safety.*`` attributes removed.
        unreadable: Spans with a marker that could not be read, or were too many; in ``forward``, unjudged.
        rejected: Spans that no OTLP receiver could take, because they are not protobuf; they are nowhere.
        message: Says why spans were rejected, "" when none was.
    """

    forward: Batch | None = None
    held: list[HeldSpan] = field(default_factory=list[HeldSpan])
    links: list[Link] = field(default_factory=list[Link])
    stripped: int = 0
    unreadable: int = 0
    rejected: int = 0
    message: str = ""


def split_traces(
    payload: bytes, is_open: Callable[[bytes], bool], any_open: bool, limits: WireLimits = _LIMITS
) -> Split:
    """Split an ExportTraceServiceRequest.

    Args:
        payload: The serialized request.
        is_open: Tells whether links of a trace id are wanted.
        any_open: False when ``is_open`` would say no to every trace.
        limits: How much structure a request may have.

    Returns:
        Every span of the request, once: in ``forward`` or ``held``, or counted in ``rejected``.

    Raises:
        BadRequestError: The bytes are not an export request.
        TooLargeError: The request has more structure than ``limits`` allow.
    """
    items = check_structure(payload, Signal.TRACES, limits)
    if not items:
        return Split()
    if MARKER.search(payload) is not None or FORGED in payload:
        return _Splitter(payload).run(is_open)
    split = Split(forward=Batch(Signal.TRACES, payload, items))
    if any_open:
        passed = _Passed()
        for scope_start, scope_end in scopes(payload):
            for number, wire_type, _, start, end in fields(payload, scope_start, scope_end):
                if number == RECORDS and wire_type == LENGTH_DELIMITED:
                    passed.add(payload, start, end)
        split.links = passed.links(is_open, set())
    return split


class _Passed:
    """Spans that are forwarded: not looked into, until it turns out that their place is wanted."""

    def __init__(self) -> None:
        self._spans: list[tuple[bytes, bytes, int, int]] = []

    def add(self, buf: bytes, start: int, end: int) -> None:
        if buf[start : start + 2] == _TRACE_ID_FIRST:
            self._spans.append((buf[start + 2 : start + 18], buf, start, end))
        else:
            self._spans.append((b"", buf, start, end))

    def links(self, is_open: Callable[[bytes], bool], held: set[bytes]) -> list[Link]:
        """Links of the spans whose trace is open or among ``held``."""
        wanted: dict[bytes, bool] = {}
        links: list[Link] = []
        for trace_id, buf, start, end in self._spans:
            if trace_id:
                if trace_id not in wanted:
                    wanted[trace_id] = trace_id in held or is_open(trace_id)
                if not wanted[trace_id]:
                    continue
            try:
                link = read_link(buf[start:end])
            except WireError:
                continue  # forwarded all the same; it has no place that could be known
            if identified(link.trace_id, link.span_id) and (link.trace_id in held or is_open(link.trace_id)):
                links.append(link)
        return links


class _Splitter:
    """Walks one request once, left to right, and rebuilds what is forwarded from slices of it."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._markers = Markers(payload)
        self._forged = FORGED in payload
        self._passed = _Passed()
        self._split = Split()
        self._items = 0
        self._read = 0
        self._copied = 0

    def run(self, is_open: Callable[[bytes], bool]) -> Split:
        payload, split = self._payload, self._split
        pieces: list[bytes] = []
        try:
            for number, wire_type, tag_start, start, end in fields(payload, 0, len(payload)):
                if number == RESOURCES and wire_type == LENGTH_DELIMITED:
                    pieces.append(self._resource(tag_start, start, end))
                else:
                    pieces.append(payload[tag_start:end])
        except WireError as error:
            # Spans are guarded one by one: this is a resource or scope.
            raise BadRequestError(f"the request is not protobuf: {error}") from error
        if self._items:
            changed = split.held or split.stripped or split.rejected
            split.forward = Batch(Signal.TRACES, b"".join(pieces) if changed else payload, self._items)
        if split.rejected:
            split.message = f"{split.rejected} spans are not valid protobuf and were not accepted"
        split.links = self._passed.links(is_open, {span.trace_id for span in split.held})
        return split

    def _resource(self, tag_start: int, start: int, end: int) -> bytes:
        """Take the GenAI spans out of a ResourceSpans field; returns what is left of the field."""
        payload, before, untouched = self._payload, self._items, self._marks
        parts = self._parts(start, end, SCOPES, RESOURCE_ATTRIBUTES)
        around = b"".join(part for part in parts if isinstance(part, bytes))
        pieces = [part if isinstance(part, bytes) else self._scope(part[2], part[3], part[4], around) for part in parts]
        if self._marks == untouched:
            return payload[tag_start:end]
        return length_delimited(RESOURCES, b"".join(pieces)) if self._items > before else b""

    def _scope(self, tag_start: int, start: int, end: int, resource: bytes) -> bytes:
        """Take the GenAI spans out of a ScopeSpans field; returns what is left of the field."""
        payload, before, untouched = self._payload, self._items, self._marks
        parts = self._parts(start, end, RECORDS, SCOPE_ATTRIBUTES)
        scope = _Scope(resource, b"".join(part for part in parts if isinstance(part, bytes)))
        pieces = [part if isinstance(part, bytes) else self._span(part, scope) for part in parts]
        if self._marks == untouched:
            return payload[tag_start:end]
        return length_delimited(SCOPES, b"".join(pieces)) if self._items > before else b""

    def _parts(self, start: int, end: int, inner: int, attributes: int) -> list[Field | bytes]:
        """List the fields of an envelope message: those of number ``inner`` as positions, others as bytes."""
        payload = self._payload
        parts: list[Field | bytes] = []
        for found in fields(payload, start, end):
            number, wire_type, tag_start, value_start, value_end = found
            if number == inner and wire_type == LENGTH_DELIMITED:
                parts.append(found)
                continue
            part = payload[tag_start:value_end]
            if self._forged and number == _INNERMOST and wire_type == LENGTH_DELIMITED and FORGED in part:
                body, removed = strip_attributes(payload[value_start:value_end], attributes)
                self._split.stripped += removed
                part = length_delimited(number, body) if removed else part
            parts.append(part)
        return parts

    @property
    def _marks(self) -> tuple[int, int, int]:
        """Changes with every byte that does not go into ``forward`` as it came."""
        return len(self._split.held), self._split.stripped, self._split.rejected

    def _span(self, found: Field, scope: _Scope) -> bytes:
        """Hold a span, or return the field that is forwarded."""
        payload, split = self._payload, self._split
        _, _, tag_start, start, end = found
        marked = self._markers.within(start, end)
        forged = self._forged and payload.find(FORGED, start, end) >= 0
        if not marked and not forged:
            self._passed.add(payload, start, end)
            self._items += 1
            return payload[tag_start:end]
        raw = payload[start:end]
        removed = 0
        self._read += marked
        try:
            if forged:
                raw, removed = strip_span(raw)
            read = parse_span(raw, scope.surroundings) if marked and self._may_read(scope) else None
        except WireError:
            split.rejected += 1
            return b""
        split.stripped += removed
        if read is not None and self._hold(raw, read[0], read[1], scope):
            return b""
        split.unreadable += marked and read is None
        self._passed.add(raw, 0, len(raw))
        self._items += 1
        return length_delimited(RECORDS, raw) if removed else payload[tag_start:end]

    def _may_read(self, scope: _Scope) -> bool:
        return self._read <= MAX_READ and self._copied + scope.size <= _MAX_COPIED

    def _hold(self, raw: bytes, link: Link, view: SpanView, scope: _Scope) -> bool:
        """Hold a span when it is GenAI and can be assembled."""
        if not identified(link.trace_id, link.span_id):
            return False
        operation = read_span(view)
        if operation is None:
            return False
        self._copied += scope.size
        self._split.held.append(
            HeldSpan(
                trace_id=link.trace_id,
                span_id=link.span_id,
                parent_id=link.parent_id,
                local_root=link.local_root,
                start_ns=link.start_ns,
                end_ns=link.end_ns,
                raw=raw,
                envelope=scope.envelope,
                name=view.name,
                operation=operation,
            )
        )
        return True


class _Scope:
    """The envelope of one scope: decoded when its first GenAI span is met, shared by all of them."""

    def __init__(self, resource: bytes, scope: bytes) -> None:
        self._resource = resource
        self._scope = scope
        self.size = len(resource) + len(scope)

    @cached_property
    def surroundings(self) -> Surroundings:
        return parse_surroundings(self._resource, self._scope)

    @cached_property
    def envelope(self) -> Envelope:
        return Envelope(resource=self._resource, scope=self._scope, service=self.surroundings.service)
