"""What a destination's answer means for the batch that was sent: the OTLP specification's client rules, pure.

Reasons are of low cardinality and never quote a server's words: those may quote the content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse


class Action(StrEnum):
    """What has to happen next with a batch."""

    DELIVERED = "delivered"
    RETRY = "retry"
    SPLIT = "split"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome of one attempt.

    Attributes:
        action: What has to happen next. SPLIT: send again in halves; drop what cannot be split.
        reason: Why, without content.
        delay_s: How long the destination asks to wait before the next attempt.
        rejected: Items that the destination refused in a partial success.
    """

    action: Action
    reason: str = ""
    delay_s: float | None = None
    rejected: int = 0


_RETRYABLE_CODES = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
_RETRYABLE_HTTP = frozenset({429, 502, 503, 504})
# grpc core "received message larger than max", Java "exceeds maximum size", Rust (OUT_OF_RANGE) "message length
# too large", Node "received message larger than max".
_TOO_LARGE = re.compile(
    r"larger than (?:the )?max|too (?:large|big)|exceeds (?:the )?(?:max|limit|size)|(?:message|request|body) size",
    re.IGNORECASE,
)
# gRPC's own words about a connection that did not come up: addresses and TLS errors, never a server's message.
_NOT_CONNECTED = re.compile(r"\A(?:failed to connect to all addresses|DNS resolution failed)[ -~]{0,300}")


def read_export_response(body: bytes) -> Answer:
    """Read the body of a success: full, partial, or unreadable (which does not undo the success)."""
    if not body:
        return Answer(action=Action.DELIVERED)
    try:
        # The three Export*ServiceResponse messages have one shape.
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except DecodeError:
        return Answer(action=Action.DELIVERED, reason="the body of a success could not be read")
    if partial.rejected_spans > 0:
        return Answer(action=Action.DELIVERED, reason="partial success", rejected=partial.rejected_spans)
    return Answer(action=Action.DELIVERED, reason="warning from the server" if partial.error_message else "")


def read_grpc_error(code: grpc.StatusCode, details: str, status: bytes | None) -> Answer:
    """Decide on a call that failed.

    Args:
        code: The gRPC status.
        details: Its message.
        status: Serialized google.rpc.Status from ``grpc-status-details-bin``, None when absent.
    """
    reason = code.name
    if code is grpc.StatusCode.UNAVAILABLE and (match := _NOT_CONNECTED.match(details)):
        reason = f"{reason}: {match[0]}"
    delay_s = None if status is None else _retry_delay(status)
    if delay_s is None and _is_size_complaint(code, details):
        return Answer(action=Action.SPLIT, reason=f"{reason}: request too large")
    if code in _RETRYABLE_CODES or (code is grpc.StatusCode.RESOURCE_EXHAUSTED and delay_s is not None):
        return Answer(action=Action.RETRY, reason=reason, delay_s=delay_s)
    return Answer(action=Action.DROP, reason=reason)


def read_http_answer(status: int, retry_after: str | None, body: bytes, *, now_ns: int) -> Answer:
    """Decide on an HTTP answer.

    Args:
        status: HTTP status.
        retry_after: The ``Retry-After`` header: seconds or an HTTP-date.
        body: Of a success the Export*ServiceResponse, else a google.rpc.Status, in protobuf; b"" when unread.
        now_ns: Unix time, to make a delay of an HTTP-date.
    """
    if 200 <= status < 300:
        return read_export_response(body)
    reason = f"HTTP {status}"
    if status == 413:
        return Answer(action=Action.SPLIT, reason=f"{reason}: request too large")
    if status in _RETRYABLE_HTTP:
        asked = None if retry_after is None else parse_retry_after(retry_after, now_ns=now_ns)
        return Answer(action=Action.RETRY, reason=reason, delay_s=_retry_delay(body) if asked is None else asked)
    return Answer(action=Action.DROP, reason=reason)


def parse_retry_after(value: str, *, now_ns: int) -> float | None:
    """Read a ``Retry-After`` header as seconds from now, at least 0; None when it says nothing readable."""
    text = value.strip()
    # Ten digits are three centuries; more would only be an expensive integer.
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now_ns / 1e9, UTC)).total_seconds())


def _retry_delay(status: bytes) -> float | None:
    """Seconds of the RetryInfo in a serialized google.rpc.Status, None without one."""
    if not status:
        return None
    try:
        for detail in Status.FromString(status).details:
            if detail.type_url.endswith("/google.rpc.RetryInfo"):
                delay = RetryInfo.FromString(detail.value).retry_delay
                return max(0.0, float(delay.seconds) + float(delay.nanos) / 1e9)
    except DecodeError:
        return None
    return None


def _is_size_complaint(code: grpc.StatusCode, details: str) -> bool:
    return code in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE} and (
        _TOO_LARGE.search(details) is not None
    )
