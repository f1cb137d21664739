"""How a refused request is answered: one table from our errors to gRPC codes and HTTP statuses.

Retryable for an OTLP client are UNAVAILABLE and 503; RESOURCE_EXHAUSTED without RetryInfo and 413 are not.
Source: opentelemetry-proto, docs/specification.md, "Failures" and "OTLP/HTTP Throttling".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import grpc
from google.protobuf import any_pb2, json_format, message
from google.rpc import error_details_pb2, status_pb2

from otel_safety.errors import (
    BadRequestError,
    OverloadedError,
    RequestError,
    TooLargeError,
    UnauthenticatedError,
)

# Longest error text in a response; far below the 4 MiB that a client must accept.
MAX_MESSAGE: Final = 1024

_ANSWERS: Final[dict[type[RequestError], tuple[grpc.StatusCode, int]]] = {
    BadRequestError: (grpc.StatusCode.INVALID_ARGUMENT, 400),
    UnauthenticatedError: (grpc.StatusCode.UNAUTHENTICATED, 401),
    TooLargeError: (grpc.StatusCode.RESOURCE_EXHAUSTED, 413),
    OverloadedError: (grpc.StatusCode.UNAVAILABLE, 503),
}
_INTERNAL: Final = (grpc.StatusCode.INTERNAL, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An error on the wire.

    Attributes:
        code: gRPC status code.
        http_status: HTTP status.
        message: English text, without any content of the request.
        status: The google.rpc.Status with its details.
        retry_after: Value of the HTTP header Retry-After in whole seconds, None when retrying cannot help.
    """

    code: grpc.StatusCode
    http_status: int
    message: str
    status: status_pb2.Status
    retry_after: int | None = None

    def protobuf(self) -> bytes:
        """The google.rpc.Status as protobuf."""
        body: bytes = self.status.SerializeToString()
        return body

    def json(self) -> bytes:
        """The google.rpc.Status in its JSON form."""
        return json_format.MessageToJson(self.status, indent=None, preserving_proto_field_name=False).encode()


def answer(error: RequestError) -> Answer:
    """Say how a request that failed with ``error`` is answered."""
    code, http_status = next(
        (_ANSWERS[kind] for kind in type(error).__mro__ if kind in _ANSWERS),
        _INTERNAL,
    )
    text = str(error)[:MAX_MESSAGE]
    status = status_pb2.Status(code=numeric(code), message=text)
    retry_after: int | None = None
    if isinstance(error, OverloadedError):
        info = error_details_pb2.RetryInfo()
        info.retry_delay.FromNanoseconds(round(error.retry_after_s * 1e9))
        _attach(status, info)
        retry_after = max(1, math.ceil(error.retry_after_s))
    elif isinstance(error, BadRequestError):
        violation = error_details_pb2.BadRequest.FieldViolation(description=text)
        _attach(status, error_details_pb2.BadRequest(field_violations=[violation]))
    return Answer(code=code, http_status=http_status, message=text, status=status, retry_after=retry_after)


def http_answer(http_status: int, code: grpc.StatusCode, text: str) -> Answer:
    """Build an answer to what only exists in HTTP: an unknown path, a wrong method, a body that does not end."""
    status = status_pb2.Status(code=numeric(code), message=text)
    return Answer(code=code, http_status=http_status, message=text, status=status)


def numeric(code: grpc.StatusCode) -> int:
    """Number of a gRPC status code, as google.rpc.Status carries it."""
    number: int = code.value[0]
    return number


def _attach(status: status_pb2.Status, detail: message.Message) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)
