"""What an answer means: the tables of the OTLP specification."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel_safety.export.answer import (
    Action,
    parse_retry_after,
    read_export_response,
    read_grpc_error,
    read_http_answer,
)

ERRORS = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
RETRYABLE = {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}


def status(delay_s: float | None = None) -> bytes:
    message = Status(code=14)
    if delay_s is not None:
        info = RetryInfo()
        info.retry_delay.FromNanoseconds(int(delay_s * 1e9))
        detail = AnyMessage()
        detail.Pack(info)
        message.details.append(detail)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("code", ERRORS)
def test_grpc_code_without_retry_info(code: grpc.StatusCode) -> None:
    answer = read_grpc_error(code, "", None)
    assert answer.action is (Action.RETRY if code.name in RETRYABLE else Action.DROP)
    assert answer.delay_s is None


@pytest.mark.parametrize("code", ERRORS)
def test_grpc_code_with_retry_info(code: grpc.StatusCode) -> None:
    answer = read_grpc_error(code, "", status(2.5))
    retryable = code.name in {*RETRYABLE, "RESOURCE_EXHAUSTED"}
    assert answer.action is (Action.RETRY if retryable else Action.DROP)
    assert answer.delay_s == (2.5 if retryable else None)


@pytest.mark.parametrize(
    "details",
    [
        "grpc: received message larger than max (5000000 vs. 4194304)",
        "SERVER: Received message larger than max (5000000 vs. 4194304)",
        "gRPC message exceeds maximum size 4194304: 5000000",
        "request too large",
    ],
)
def test_complaint_about_size_splits(details: str) -> None:
    assert read_grpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED, details, None).action is Action.SPLIT


def test_complaint_about_size_under_a_retryable_code_splits() -> None:
    details = "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes"
    assert read_grpc_error(grpc.StatusCode.OUT_OF_RANGE, details, None).action is Action.SPLIT


def test_retry_info_wins_over_words_about_size() -> None:
    answer = read_grpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED, "queue too large", status(1.0))
    assert (answer.action, answer.delay_s) == (Action.RETRY, 1.0)


def test_the_words_of_a_server_stay_out_of_the_reason() -> None:
    details = "attribute gen_ai.prompt has invalid UTF-8: my password is hunter2"
    assert "hunter2" not in read_grpc_error(grpc.StatusCode.INVALID_ARGUMENT, details, status()).reason


def test_grpc_words_about_a_failed_connection_are_in_the_reason() -> None:
    details = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused (111)"
    assert "Connection refused" in read_grpc_error(grpc.StatusCode.UNAVAILABLE, details, None).reason


@given(st.sampled_from(ERRORS), st.text(), st.none() | st.binary())
def test_any_grpc_error_is_answered(code: grpc.StatusCode, details: str, body: bytes | None) -> None:
    answer = read_grpc_error(code, details, body)
    assert answer.action in {Action.RETRY, Action.SPLIT, Action.DROP}
    assert answer.delay_s is None or answer.delay_s >= 0


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_every_2xx_is_a_success(code: int) -> None:
    assert read_http_answer(code, None, b"", now_ns=0).action is Action.DELIVERED


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_retryable_http_status(code: int) -> None:
    assert read_http_answer(code, "3", b"", now_ns=0).delay_s == 3.0
    assert read_http_answer(code, None, b"", now_ns=0).action is Action.RETRY
    assert read_http_answer(code, None, status(4.0), now_ns=0).delay_s == 4.0


@pytest.mark.parametrize("code", [300, 301, 400, 401, 403, 404, 405, 408, 415, 500, 501, 505])
def test_permanent_http_status(code: int) -> None:
    assert read_http_answer(code, "3", status(4.0), now_ns=0).action is Action.DROP


def test_http_413_splits() -> None:
    assert read_http_answer(413, None, b"", now_ns=0).action is Action.SPLIT


def test_partial_success_counts_what_was_rejected() -> None:
    partial = ExportTracePartialSuccess(rejected_spans=3, error_message="the words of a server")
    answer = read_export_response(ExportTraceServiceResponse(partial_success=partial).SerializeToString())
    assert (answer.action, answer.rejected, answer.reason) == (Action.DELIVERED, 3, "partial success")


def test_a_warning_is_no_rejection() -> None:
    partial = ExportTracePartialSuccess(error_message="slow down")
    answer = read_export_response(ExportTraceServiceResponse(partial_success=partial).SerializeToString())
    assert (answer.rejected, answer.reason) == (0, "warning from the server")


@given(st.binary())
def test_any_body_of_a_success_is_a_success(body: bytes) -> None:
    answer = read_export_response(body)
    assert answer.action is Action.DELIVERED
    assert answer.rejected >= 0


NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 10**9


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Saturday, 21-Nov-26 09:00:30 GMT", 30.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("\u0663", None),
        ("9" * 5000, None),
        ("Mon, 01 Jan 9999999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, expected: float | None) -> None:
    assert parse_retry_after(value, now_ns=NOW_NS) == expected


@given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ \S+"))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    delay = parse_retry_after(value, now_ns=NOW_NS)
    assert delay is None or delay >= 0
