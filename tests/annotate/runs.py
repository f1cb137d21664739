"""Closed spans, findings and verdicts for the tests of annotate."""

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment, Evidence, Severity, Source
from otel_safety.annotate import Annotated, EmitOptions
from otel_safety.runs import AgentRun, Finding, Verdict
from otel_safety.spans import Closed, CloseReason, Envelope, HeldSpan
from semconv.operation import Operation, OperationKind

TRACE = bytes(range(16))
SECRET = "I deployed the change to staging"
NOW = 5_000
OPTIONS = EmitOptions(version="9.9")


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def envelope(service: str = "shop", scope: str = "lib") -> Envelope:
    resource = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=service))])
    return Envelope(
        resource=ResourceSpans(resource=resource, schema_url="http://schema").SerializeToString(),
        scope=ScopeSpans(scope=InstrumentationScope(name=scope)).SerializeToString(),
        service=service,
    )


def wire_span(number: int, *, error: str | None = None, status: str = "") -> bytes:
    span = Span(
        trace_id=TRACE,
        span_id=span_id(number),
        name=f"span {number}",
        start_time_unix_nano=number,
        end_time_unix_nano=number + 1000,
        attributes=[KeyValue(key="gen_ai.operation.name", value=AnyValue(string_value="chat"))],
    )
    if error is not None:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = error
    elif status:
        span.status.message = status
    return span.SerializeToString()


def held(number: int, *, raw: bytes | None = None, around: Envelope | None = None) -> HeldSpan:
    return HeldSpan(
        trace_id=TRACE,
        span_id=span_id(number),
        parent_id=b"",
        local_root=True,
        start_ns=number,
        end_ns=number + 1000,
        raw=wire_span(number) if raw is None else raw,
        envelope=around or envelope(),
        name=f"span {number}",
        operation=Operation(kind=OperationKind.LLM, dialect="test"),
    )


def closed(*spans: HeldSpan, reported: frozenset[str] = frozenset()) -> Closed:
    return Closed(
        trace_id=TRACE,
        reason=CloseReason.ROOT,
        spans=list(spans),
        logs=[],
        links=[],
        remembered=[],
        forgotten=False,
        reported=reported,
    )


def finding(
    number: int,
    detector: str = "deception",
    *,
    severity: Severity = Severity.HIGH,
    score: float = 0.75,
    quotes: tuple[str, ...] = (SECRET,),
    explanation: str = f"claims {SECRET!r} without a tool call",
    response_id: str | None = None,
) -> Finding:
    return Finding(
        assessment=Assessment(
            detector=detector,
            severity=severity,
            threshold=0.5,
            score=score,
            rules=("claims.deploy.en.001", "claims.test.en.002"),
            evidence=tuple(
                Evidence(rule="claims.deploy.en.001", source=Source.OUTPUT, quote=quote, start=3, end=3 + len(quote))
                for quote in quotes
            ),
            explanation=explanation,
            remediation="Check the claim against the tool calls.",
        ),
        trace=AgentTrace(),
        span_id=span_id(number),
        response_id=response_id,
        key=f"{detector}:{number}",
    )


def verdict(
    *findings: Finding,
    root: int = 1,
    service: str = "shop",
    not_assessed: dict[str, str] | None = None,
    repeated: tuple[Finding, ...] = (),
) -> Verdict:
    run = AgentRun(
        trace_id=TRACE,
        root_id=span_id(root),
        service=service,
        agent=None,
        span_ids=frozenset(),
        traces=(),
        reason=CloseReason.ROOT,
    )
    return Verdict(run=run, findings=findings, not_assessed=not_assessed or {}, clean=(), repeated=repeated)


def traces_of(annotated: Annotated) -> ExportTraceServiceRequest:
    assert annotated.traces is not None
    return ExportTraceServiceRequest.FromString(annotated.traces.payload)


def logs_of(annotated: Annotated) -> ExportLogsServiceRequest:
    assert annotated.logs is not None
    return ExportLogsServiceRequest.FromString(annotated.logs.payload)


def spans_of(annotated: Annotated) -> dict[bytes, Span]:
    return {
        span.span_id: span
        for resource in traces_of(annotated).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def attributes_of(message: Message) -> dict[str, object]:
    """Attributes of a span, event, log record or resource; a key that occurs twice fails the test."""
    attributes: dict[str, object] = {}
    for item in message.attributes:  # type: ignore[attr-defined]  # all four messages have them
        assert item.key not in attributes
        attributes[item.key] = plain(item.value)
    return attributes


def plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    assert kind is not None
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    content: object = getattr(value, kind)
    return content
