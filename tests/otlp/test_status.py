"""Refusals carry the code, the HTTP status and the details that an OTLP client acts on."""

import json

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from otel_safety.errors import (
    BadRequestError,
    OverloadedError,
    RequestError,
    TooLargeError,
    UnauthenticatedError,
)
from otel_safety.otlp.status import answer


@pytest.mark.parametrize(
    ("error", "code", "http_status"),
    [
        (BadRequestError("x"), grpc.StatusCode.INVALID_ARGUMENT, 400),
        (UnauthenticatedError("x"), grpc.StatusCode.UNAUTHENTICATED, 401),
        (TooLargeError("x"), grpc.StatusCode.RESOURCE_EXHAUSTED, 413),
        (OverloadedError("x"), grpc.StatusCode.UNAVAILABLE, 503),
        (RequestError("x"), grpc.StatusCode.INTERNAL, 500),
    ],
)
def test_each_error_has_one_answer(error: RequestError, code: grpc.StatusCode, http_status: int) -> None:
    found = answer(error)
    assert (found.code, found.http_status) == (code, http_status)
    assert status_pb2.Status.FromString(found.protobuf()).code == code.value[0]
    assert json.loads(found.json())["message"] == "x"


def test_overload_says_when_to_come_back() -> None:
    found = answer(OverloadedError("busy", retry_after_s=1.5))
    info = error_details_pb2.RetryInfo()
    assert found.status.details[0].Unpack(info)
    assert info.retry_delay.ToMilliseconds() == 1500
    assert found.retry_after == 2
    assert json.loads(found.json())["details"][0] == {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": "1.500s",
    }


def test_a_request_that_is_too_large_is_not_to_be_sent_again() -> None:
    found = answer(TooLargeError("big"))
    assert found.retry_after is None
    assert list(found.status.details) == []


def test_bad_bytes_are_explained() -> None:
    detail = error_details_pb2.BadRequest()
    assert answer(BadRequestError("not protobuf")).status.details[0].Unpack(detail)
    assert detail.field_violations[0].description == "not protobuf"


def test_a_message_is_cut_to_a_bound() -> None:
    assert len(answer(BadRequestError("x" * 10_000)).protobuf()) < 4096
