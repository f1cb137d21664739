"""Ways in which the sink answers badly, for tests of what sends to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to answer badly.

    Attributes:
        times: Requests that it meets, None for all.
        share: Part of the requests that it meets while it lasts, 0 to 1.
        delay_s: Seconds before the answer.
        grpc_code: Status of a gRPC answer; None answers honestly after the delay.
        http_status: Status of an HTTP answer; None answers honestly after the delay.
        message: Text of the error.
        retry_after_s: Sent as RetryInfo, and over HTTP as Retry-After unless ``headers`` has one.
        headers: More headers of an HTTP answer.
        body: Bytes of the answer, in place of what belongs there.
        keeps: The spans are counted although the answer is an error: a lost acknowledgement.
    """

    times: int | None = None
    share: float = 1.0
    delay_s: float = 0.0
    grpc_code: grpc.StatusCode | None = None
    http_status: int | None = None
    message: str = ""
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    keeps: bool = False


def status_of(fault: Fault) -> bytes:
    """The serialized google.rpc.Status of a fault, or the bytes that it sends instead."""
    if fault.body is not None:
        return fault.body
    status = Status(code=14, message=fault.message)
    if fault.retry_after_s is not None:
        info = RetryInfo()
        info.retry_delay.FromNanoseconds(int(fault.retry_after_s * 1e9))
        detail = AnyMessage()
        detail.Pack(info)
        status.details.append(detail)
    return bytes(status.SerializeToString())
