"""What stands behind the receivers, and how its answer is written on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from otel_safety.otlp.status import MAX_MESSAGE
from otel_safety.otlp.wire import length_delimited, varint_field
from otel_safety.spans import Signal


@dataclass(frozen=True, slots=True)
class Partial:
    """An answer of partial success: ``rejected`` items were not taken; with 0 the message is a warning."""

    rejected: int
    message: str


class Intake(Protocol):
    """Takes the requests of the receivers."""

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        """Take a serialized export request, on the event loop; None means all of it was taken.

        The bytes are as the client sent them, only decompressed or turned from JSON into protobuf.

        Raises:
            RequestError: The request is refused; nothing of it was taken.
        """
        ...


# Export*PartialSuccess.rejected_* is field 1 in all three signals, error_message is field 2; each stands in
# field 1 of its response.
_REJECTED_NAMES: Final = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}


def response_protobuf(partial: Partial | None) -> bytes:
    """Write the export response of any signal; full success is the empty message."""
    if partial is None or not (partial.rejected or partial.message):
        return b""
    body = varint_field(1, partial.rejected) if partial.rejected else b""
    return length_delimited(1, body + length_delimited(2, partial.message[:MAX_MESSAGE].encode()))


def response_json(partial: Partial | None, signal: Signal) -> bytes:
    """Write the export response in OTLP/JSON."""
    if partial is None or not (partial.rejected or partial.message):
        return b"{}"
    inner: dict[str, str] = {"errorMessage": partial.message[:MAX_MESSAGE]}
    if partial.rejected:
        inner[_REJECTED_NAMES[signal]] = str(partial.rejected)
    return orjson.dumps({"partialSuccess": inner})
