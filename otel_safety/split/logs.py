"""Read the GenAI content of log records; the records themselves are forwarded as they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from otel_safety.otlp.span_view import identified, parse_log, parse_surroundings
from otel_safety.otlp.wire import RECORDS, WireError, WireLimits, check_structure, envelope
from otel_safety.spans import HeldLog, Signal
from otel_safety.split.markers import MARKER, MAX_READ, Markers, scopes
from semconv.reader import read_log

_LIMITS: Final = WireLimits()


@dataclass(slots=True, kw_only=True)
class SplitLogs:
    """What the log records of one request say; the request itself is forwarded as it is.

    Attributes:
        items: Log records in the request.
        held: Content of records that belong to a span.
        unreadable: Records with a marker that could not be read, or were too many.
    """

    items: int = 0
    held: list[HeldLog] = field(default_factory=list[HeldLog])
    unreadable: int = 0


def split_logs(payload: bytes, limits: WireLimits = _LIMITS) -> SplitLogs:
    """Read the GenAI content of an ExportLogsServiceRequest.

    Raises:
        BadRequestError: The bytes are not an export request.
        TooLargeError: The request has more structure than ``limits`` allow.
    """
    split = SplitLogs(items=check_structure(payload, Signal.LOGS, limits))
    if MARKER.search(payload) is None:
        return split
    marked = Markers(payload)
    read = 0
    for scope_start, scope_end in scopes(payload):
        if not marked.within(scope_start, scope_end):
            continue
        around, records = envelope(payload, scope_start, scope_end, RECORDS)
        scope_name = parse_surroundings(b"", around).scope_name
        for start, end in records:
            if not marked.within(start, end):
                continue
            read += 1
            if read <= MAX_READ:
                _read_record(payload[start:end], scope_name, split)
            else:
                split.unreadable += 1
    return split


def _read_record(raw: bytes, scope_name: str, split: SplitLogs) -> None:
    try:
        record = parse_log(raw, scope_name)
    except WireError:
        record = None
    if record is None:
        split.unreadable += 1
        return
    trace_id, span_id, view = record
    if not identified(trace_id, span_id):
        return
    content = read_log(view)
    if content is not None:
        split.held.append(HeldLog(trace_id=trace_id, span_id=span_id, content=content, size=len(raw)))
