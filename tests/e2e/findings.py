"""What otel-safety wrote onto the spans of a trace, as a backend returns it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from semconv import emitted
from tests.e2e.comparison import is_finding, plain
from tests.e2e.material import spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOnSpan:
    """One finding event with the span that it sits on."""

    trace_id: bytes
    span_id: bytes
    span_name: str
    detector: str
    severity: str
    score: float
    evidence: str


def findings_of(trace: ExportTraceServiceRequest) -> list[FoundOnSpan]:
    """Return every finding event of a trace."""
    found: list[FoundOnSpan] = []
    for span in spans_of(trace):
        for event in span.events:
            if is_finding(event):
                attributes = plain(event)
                found.append(
                    FoundOnSpan(
                        trace_id=span.trace_id,
                        span_id=span.span_id,
                        span_name=span.name,
                        detector=attributes[emitted.EVALUATION_NAME],
                        severity=attributes[emitted.SEVERITY],
                        score=attributes[emitted.EVALUATION_SCORE_VALUE],
                        evidence=str(attributes.get(emitted.EVIDENCE, "")),
                    )
                )
    return found


def detectors_on_spans(traces: Iterable[ExportTraceServiceRequest]) -> frozenset[str]:
    """Return the detectors that the flagged spans name."""
    return frozenset(
        detector for trace in traces for span in spans_of(trace) for detector in plain(span).get(emitted.DETECTORS, ())
    )


def not_assessed(traces: Iterable[ExportTraceServiceRequest]) -> frozenset[str]:
    """Return the detectors that the roots of runs name as not assessed."""
    return frozenset(
        entry.partition(":")[0]
        for trace in traces
        for span in spans_of(trace)
        for entry in plain(span).get(emitted.RUN_NOT_ASSESSED, ())
    )
