"""Cuts an OTLP export request into smaller ones at wire level."""

from __future__ import annotations

from typing import Final

from otel_safety.otlp.wire import (
    LENGTH_DELIMITED,
    RECORDS,
    RESOURCES,
    SCOPES,
    count_points,
    envelope,
    fields,
    length_delimited,
)
from otel_safety.spans import Batch, Signal

_FREE_REPEATS: Final = 1 << 20
_NO_LIMIT: Final = 1 << 62
# Tag and length of a field: at most 5 bytes each.
_FRAME: Final = 10


def split_payload(batch: Batch, max_bytes: int) -> list[Batch]:
    """Split a batch into requests of at most ``max_bytes``, in order, envelopes repeated.

    Records are never cut: one that is larger than ``max_bytes`` leaves in a request of its own. What envelopes are
    repeated takes at most as much as the batch itself, or a megabyte; then requests are larger than ``max_bytes``.
    Empty envelopes are left out. A batch that fits is returned as it is.

    Raises:
        WireError: The payload is not protobuf.
    """
    if len(batch.payload) <= max_bytes:
        return [batch]
    payload = batch.payload
    cutter = _Cutter(batch.signal, max_bytes, max(len(payload), _FREE_REPEATS))
    for number, wire_type, tag_start, start, end in fields(payload, 0, len(payload)):
        if number == RESOURCES and wire_type == LENGTH_DELIMITED:
            cutter.add_resource(payload, start, end)
        else:
            cutter.add_unknown(payload[tag_start:end])
    return cutter.finish()


class _Cutter:
    """Fills one request after the other with records in their envelopes."""

    def __init__(self, signal: Signal, max_bytes: int, repeats: int) -> None:
        self._signal = signal
        self._max_bytes = max_bytes
        self._repeats = repeats  # bytes of envelopes that may still be repeated
        self._done: list[Batch] = []
        self._resources: list[bytes] = []  # finished resource messages of the open request
        self._unknown = b""
        self._scopes: list[bytes] = []  # finished scope messages of the open resource
        self._records: list[bytes] = []  # records of the open scope
        self._size = 0
        self._items = 0

    def add_unknown(self, field: bytes) -> None:
        self._unknown += field
        self._size += len(field)

    def add_resource(self, payload: bytes, start: int, end: int) -> None:
        around, scopes = envelope(payload, start, end, SCOPES)
        for scope_start, scope_end in scopes:
            scope_around, records = envelope(payload, scope_start, scope_end, RECORDS)
            frame = len(around) + len(scope_around) + 2 * _FRAME
            for record_start, record_end in records:
                cost = record_end - record_start + _FRAME
                opening = 0 if self._records else frame
                if self._items and self._size + cost + opening > self._max_bytes and self._may_repeat(frame):
                    self._close_scope(scope_around)
                    self._close_resource(around)
                    self._close_request()
                    opening = frame
                self._size += cost + opening
                self._records.append(length_delimited(RECORDS, payload[record_start:record_end]))
                self._items += (
                    count_points(payload, record_start, record_end, _NO_LIMIT) if self._signal is Signal.METRICS else 1
                )
            self._close_scope(scope_around)
        self._close_resource(around)

    def _may_repeat(self, frame: int) -> bool:
        """Charge an envelope that is written once more, if that is still affordable and needed at all."""
        if not (self._records or self._scopes):
            return True
        if frame > self._repeats:
            return False
        self._repeats -= frame
        return True

    def _close_scope(self, around: bytes) -> None:
        if self._records:
            self._scopes.append(length_delimited(SCOPES, around + b"".join(self._records)))
            self._records = []

    def _close_resource(self, around: bytes) -> None:
        if self._scopes:
            self._resources.append(length_delimited(RESOURCES, around + b"".join(self._scopes)))
            self._scopes = []

    def _close_request(self) -> None:
        payload = b"".join(self._resources) + self._unknown
        self._done.append(Batch(self._signal, payload, self._items))
        self._resources = []
        self._unknown = b""
        self._size = self._items = 0

    def finish(self) -> list[Batch]:
        """Requests in order."""
        if self._items:
            self._close_request()
        return self._done
