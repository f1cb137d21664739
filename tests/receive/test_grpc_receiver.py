"""OTLP/gRPC as the specification asks of a server, over real sockets with the real stubs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_safety.errors import BadRequestError, ConfigError, OverloadedError, RequestError, TooLargeError
from otel_safety.receive import Admission, GrpcConnections, GrpcReceiver, Partial
from otel_safety.spans import Signal
from tests.otlp.requests import logs_request, metrics_request, plain_span, traces_request
from tests.receive.intakes import RecordingIntake, SplittingIntake

MIB = 1 << 20
# Generated code without types.
TraceServiceStub: Any = trace_service_pb2_grpc.TraceServiceStub
LogsServiceStub: Any = logs_service_pb2_grpc.LogsServiceStub
MetricsServiceStub: Any = metrics_service_pb2_grpc.MetricsServiceStub
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@asynccontextmanager
async def serving(receiver: GrpcReceiver, **channel: Any) -> AsyncIterator[Any]:
    port = await receiver.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", **channel) as connection:
            yield connection
    finally:
        await receiver.stop(0)


def receiver_for(intake: Any, **options: Any) -> GrpcReceiver:
    return GrpcReceiver(intake, "127.0.0.1:0", **options)


def details(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    return status_pb2.Status.FromString(trailers(error)["grpc-status-details-bin"])


def trailers(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    pairs: Any = error.trailing_metadata() or ()
    return dict(pairs)


async def refused(call: Callable[[], Awaitable[Any]]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    return caught.value


def refuse_with(error: RequestError) -> Callable[[], Partial | None]:
    def answer() -> Partial | None:
        raise error

    return answer


async def test_each_signal_arrives_byte_for_byte() -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake)) as channel:
        await TraceServiceStub(channel).Export(traces_request())
        await LogsServiceStub(channel).Export(logs_request())
        await MetricsServiceStub(channel).Export(metrics_request())
    assert intake.taken == [
        (Signal.TRACES, traces_request().SerializeToString()),
        (Signal.LOGS, logs_request().SerializeToString()),
        (Signal.METRICS, metrics_request().SerializeToString()),
    ]


async def test_full_success_leaves_partial_success_unset() -> None:
    async with serving(receiver_for(RecordingIntake())) as channel:
        response = await TraceServiceStub(channel).Export(ExportTraceServiceRequest())
    assert not response.HasField("partial_success")


@pytest.mark.parametrize(
    "compression", [grpc.Compression.Gzip, grpc.Compression.Deflate, grpc.Compression.NoCompression]
)
async def test_compressed_requests_are_understood(compression: grpc.Compression) -> None:
    intake = RecordingIntake()
    request = traces_request(*(plain_span(number) for number in range(1, 200)))
    async with serving(receiver_for(intake), compression=compression) as channel:
        await TraceServiceStub(channel).Export(request)
    assert intake.taken == [(Signal.TRACES, request.SerializeToString())]


async def test_partial_success_says_how_many_and_why() -> None:
    intake = RecordingIntake(lambda: Partial(3, "three were bad"))
    receiver = receiver_for(intake)
    async with serving(receiver) as channel:
        response = await TraceServiceStub(channel).Export(traces_request())
    assert (response.partial_success.rejected_spans, response.partial_success.error_message) == (3, "three were bad")
    assert receiver.outcomes == {"partial": 1}


async def test_a_warning_has_no_rejected_items() -> None:
    async with serving(receiver_for(RecordingIntake(lambda: Partial(0, "deprecated")))) as channel:
        response = await LogsServiceStub(channel).Export(logs_request())
    assert (response.partial_success.rejected_log_records, response.partial_success.error_message) == (0, "deprecated")


async def test_bad_bytes_are_an_invalid_argument_with_a_bad_request() -> None:
    async with serving(receiver_for(RecordingIntake(refuse_with(BadRequestError("not protobuf"))))) as channel:
        error = await refused(lambda: TraceServiceStub(channel).Export(traces_request()))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    detail = error_details_pb2.BadRequest()
    assert details(error).details[0].Unpack(detail)


async def test_overload_is_unavailable_with_retry_info() -> None:
    receiver = receiver_for(RecordingIntake(refuse_with(OverloadedError("full", retry_after_s=2))))
    async with serving(receiver) as channel:
        error = await refused(lambda: TraceServiceStub(channel).Export(traces_request()))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    info = error_details_pb2.RetryInfo()
    assert details(error).details[0].Unpack(info)
    assert info.retry_delay.seconds == 2
    assert receiver.outcomes == {"unavailable": 1}


async def test_bytes_in_flight_over_the_limit_are_unavailable_before_and_after_reading() -> None:
    held = [0]
    intake = RecordingIntake()
    admission = Admission(1000, lambda: held[0])
    async with serving(receiver_for(intake, admission=admission)) as channel:
        stub = TraceServiceStub(channel)
        await stub.Export(traces_request())
        for held[0] in (1000, 700):
            error = await refused(lambda: stub.Export(traces_request()))
            assert error.code() is grpc.StatusCode.UNAVAILABLE
            assert details(error).details[0].Is(error_details_pb2.RetryInfo.DESCRIPTOR)
        held[0] = 0
        await stub.Export(traces_request())
    assert len(intake.taken) == 2
    assert admission.answering_bytes == 0


async def test_a_request_that_would_never_be_admitted_is_not_to_be_retried() -> None:
    async with serving(receiver_for(RecordingIntake(), admission=Admission(100, lambda: 0))) as channel:
        error = await refused(lambda: TraceServiceStub(channel).Export(traces_request()))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert list(details(error).details) == []


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.NoCompression])
async def test_the_size_limit_holds_after_decompression_and_is_not_retryable(compression: grpc.Compression) -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake, max_recv_bytes=MIB), compression=compression) as channel:
        export = channel.unary_unary(EXPORT)
        error = await refused(lambda: export(bytes(MIB + 1)))
        await export(traces_request().SerializeToString())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "grpc-status-details-bin" not in trailers(error)
    assert len(intake.taken) == 1


async def test_the_default_limit_takes_what_the_specification_recommends() -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake), options=[("grpc.max_send_message_length", -1)]) as channel:
        await channel.unary_unary(EXPORT)(bytes(40 * MIB))
    assert len(intake.taken[0][1]) == 40 * MIB


async def test_too_large_inside_is_resource_exhausted_without_retry_info() -> None:
    async with serving(receiver_for(RecordingIntake(refuse_with(TooLargeError("bomb"))))) as channel:
        error = await refused(lambda: TraceServiceStub(channel).Export(traces_request()))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert list(details(error).details) == []


async def test_an_empty_span_bomb_is_refused() -> None:
    async with serving(receiver_for(SplittingIntake())) as channel:
        spans = b"\x12\x00" * MIB
        scope = b"\x12" + varint(len(spans)) + spans
        error = await refused(lambda: channel.unary_unary(EXPORT)(b"\x0a" + varint(len(scope)) + scope))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14 & 0x7F | 0x80, value >> 21])


async def test_a_defect_behind_the_receiver_is_internal_and_tells_no_content(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Partial | None:
        raise LookupError("secret prompt")

    async with serving(receiver_for(RecordingIntake(fail))) as channel:
        error = await refused(lambda: TraceServiceStub(channel).Export(traces_request()))
    assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "internal error")
    assert "LookupError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_bearer_token_is_needed_when_tokens_are_set() -> None:
    intake = RecordingIntake()
    async with serving(receiver_for(intake, tokens=frozenset({"one", "two"}))) as channel:
        stub = TraceServiceStub(channel)
        for metadata in (None, [("authorization", "Bearer three")], [("authorization", "Basic one")]):
            error = await refused(partial(stub.Export, traces_request(), metadata=metadata))
            assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        await stub.Export(traces_request(), metadata=[("authorization", "Bearer two")])
        await stub.Export(traces_request(), metadata=[("authorization", "bearer one")])
    assert len(intake.taken) == 2


async def test_other_methods_are_unimplemented() -> None:
    async with serving(receiver_for(RecordingIntake())) as channel:
        for method in (
            "/opentelemetry.proto.collector.trace.v1.TraceService/Other",
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        ):
            error = await refused(partial(channel.unary_unary(method), b""))
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_health_service_can_stand_on_the_same_port() -> None:
    servicer: Any = health.aio.HealthServicer()  # type: ignore[attr-defined]  # set at run time
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    handler = grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health",
        {
            "Check": grpc.unary_unary_rpc_method_handler(
                servicer.Check,
                request_deserializer=health_pb2.HealthCheckRequest.FromString,
                response_serializer=health_pb2.HealthCheckResponse.SerializeToString,
            )
        },
    )
    receiver = receiver_for(RecordingIntake(), extra_handlers=[handler], tokens=frozenset({"t"}))
    async with serving(receiver) as channel:
        response = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert response.status == health_pb2.HealthCheckResponse.SERVING


async def test_stop_lets_calls_under_way_finish_and_refuses_new_ones() -> None:
    intake = RecordingIntake()
    receiver = receiver_for(intake)
    port = await receiver.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = TraceServiceStub(channel)
        calls = [asyncio.ensure_future(stub.Export(traces_request())) for _ in range(20)]
        await calls[0]
        stopping = asyncio.ensure_future(receiver.stop(5))
        done = await asyncio.gather(*calls, return_exceptions=True)
        await stopping
        error = await refused(lambda: stub.Export(traces_request()))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    failed = [item for item in done if isinstance(item, grpc.aio.AioRpcError)]
    # Both are sent again by OTLP clients.
    assert {item.code() for item in failed} <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert len(intake.taken) == len(done) - len(failed)


async def test_a_port_in_use_is_a_configuration_error_that_names_it() -> None:
    first = receiver_for(RecordingIntake())
    port = await first.start()
    try:
        with pytest.raises(ConfigError, match=str(port)):
            await GrpcReceiver(RecordingIntake(), f"127.0.0.1:{port}").start()
    finally:
        await first.stop(0)


async def test_stop_without_start_is_nothing() -> None:
    await receiver_for(RecordingIntake()).stop(0)


def test_connection_limits_become_channel_arguments() -> None:
    options = dict(GrpcConnections(max_age_s=60, max_age_grace_s=5, max_idle_s=1.5, keepalive_s=2).options())
    assert options["grpc.max_connection_age_ms"] == 60_000
    assert options["grpc.max_connection_age_grace_ms"] == 5000
    assert options["grpc.max_connection_idle_ms"] == 1500
    assert options["grpc.keepalive_time_ms"] == 2000
    assert "grpc.max_connection_age_ms" not in dict(GrpcConnections().options())
