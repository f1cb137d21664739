"""Where each finding goes, and the closed spans with the findings on them.

A finding belongs on the span that earned it. When that span has left, it goes on the root of the run; when that has
left, too, a new child span of the flagged span carries it. No span is ever sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from detectors.assessment import Severity
from otel_safety.annotate import encode, wording
from otel_safety.annotate.encode import Value
from otel_safety.annotate.options import EmitOptions
from otel_safety.runs import AgentRun, Finding, Verdict
from otel_safety.spans import Batch, Closed, Envelope, HeldSpan, Signal
from semconv import emitted

_LOG_SEVERITY: Final = {
    Severity.LOW: SeverityNumber.SEVERITY_NUMBER_INFO,
    Severity.MEDIUM: SeverityNumber.SEVERITY_NUMBER_WARN,
    Severity.HIGH: SeverityNumber.SEVERITY_NUMBER_ERROR,
    Severity.CRITICAL: SeverityNumber.SEVERITY_NUMBER_FATAL,
}
# Service name that OpenTelemetry gives to who has none.
_UNKNOWN_SERVICE: Final = "unknown_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """What leaves for one ``Closed``.

    Attributes:
        traces: Every closed span, annotated where there is something to say, and finding spans.
        logs: The findings as log records, None unless asked for.
        findings: Findings written, each counted once.
        child_spans: Finding spans among ``traces``.
    """

    traces: Batch | None
    logs: Batch | None
    findings: int
    child_spans: int


@dataclass(slots=True)
class _Placed:
    """What is to be written on one span."""

    findings: list[Finding] = field(default_factory=list[Finding])
    verdict: Verdict | None = None


def annotate(closed: Closed, verdicts: Sequence[Verdict], options: EmitOptions, now_ns: int) -> Annotated:
    """Write what the verdicts say onto the closed spans.

    A span without finding that is no run's root leaves byte for byte; any other keeps its bytes and gets fields
    appended. Findings that the trace has reported before are not written again.

    Args:
        closed: The spans, in the order in which they leave.
        verdicts: One per run found in them.
        options: What the operator chose.
        now_ns: Unix time of finding spans and log records.
    """
    placed: dict[bytes, _Placed] = {span.span_id: _Placed() for span in closed.spans}
    homeless: list[tuple[AgentRun, Finding]] = []
    fresh: list[tuple[AgentRun, Finding]] = []
    seen = set(closed.reported)
    for verdict in verdicts:
        run = verdict.run
        if run.root_id in placed:
            placed[run.root_id].verdict = verdict
        for finding in verdict.findings:
            if finding.key in seen:
                continue
            seen.add(finding.key)
            fresh.append((run, finding))
            if finding.span_id in placed:
                placed[finding.span_id].findings.append(finding)
            elif run.root_id in placed:
                placed[run.root_id].findings.append(finding)
            else:
                homeless.append((run, finding))
    records = [(span.envelope, _annotated_span(span, placed[span.span_id], options)) for span in closed.spans]
    envelopes = {span.envelope.service: span.envelope for span in reversed(closed.spans)}
    for run, finding in homeless:
        own = encode.finding_envelope(envelopes.get(run.service), run.service, options.version)
        records.append((own, _finding_span(run.trace_id, finding, options, now_ns)))
    return Annotated(
        traces=Batch(Signal.TRACES, encode.request(records), len(records)) if records else None,
        logs=_logs(fresh, envelopes, options, now_ns) if options.log_records and fresh else None,
        findings=len(fresh),
        child_spans=len(homeless),
    )


def _annotated_span(span: HeldSpan, placed: _Placed, options: EmitOptions) -> bytes:
    if not placed.findings and placed.verdict is None:
        return span.raw
    attributes: dict[str, Value] = {}
    if placed.verdict is not None:
        attributes.update(_run_attributes(placed.verdict, options))
    if not placed.findings:
        return span.raw + encode.addition(attributes, ())
    attributes.update(_span_attributes(placed.findings, options))
    if options.openinference:
        attributes.update(_evaluations(placed.findings, encode.next_evaluation(span.raw), options))
    # The end of the span, not the time of judgement: a view of the trace shows the event inside its span.
    added = encode.addition(attributes, [_event(item, options, span.end_ns) for item in placed.findings])
    status = encode.error_status(span.raw) if _marks_error(placed.findings, options) else b""
    return span.raw + added + status


def _finding_span(trace_id: bytes, finding: Finding, options: EmitOptions, now_ns: int) -> bytes:
    attributes = _span_attributes([finding], options)
    if options.openinference:
        attributes.update(_evaluations([finding], 0, options))
    span = Span(
        trace_id=trace_id,
        span_id=encode.finding_span_id(trace_id, finding.key),
        parent_span_id=finding.span_id,
        name=emitted.FINDING_SPAN,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=now_ns,
        end_time_unix_nano=now_ns,
        attributes=encode.key_values(attributes),
        events=[_event(finding, options, now_ns)],
    )
    if _marks_error([finding], options):
        span.status.code = Status.STATUS_CODE_ERROR
    return span.SerializeToString()


def _logs(
    fresh: Sequence[tuple[AgentRun, Finding]],
    envelopes: dict[str, Envelope],
    options: EmitOptions,
    now_ns: int,
) -> Batch:
    records = [
        (
            encode.finding_envelope(envelopes.get(run.service), run.service, options.version),
            encode.log_record(
                emitted.EVALUATION_EVENT,
                {**_event_attributes(finding, options), emitted.EVALUATION_TARGET: _target(run, finding)},
                trace_id=run.trace_id,
                span_id=finding.span_id,
                time_ns=now_ns,
                severity=_LOG_SEVERITY[finding.assessment.severity],
            ),
        )
        for run, finding in fresh
    ]
    return Batch(Signal.LOGS, encode.request(records), len(records))


def _span_attributes(findings: Sequence[Finding], options: EmitOptions) -> dict[str, Value]:
    scores: dict[str, float] = {}
    for finding in findings:
        key = finding.assessment.detector
        scores[key] = max(scores.get(key, 0.0), _score(finding))
    return {
        emitted.FLAGGED: True,
        emitted.SEVERITY: _worst(findings).value,
        emitted.DETECTORS: sorted(scores),
        **{emitted.score_key(key): scores[key] for key in sorted(scores)},
        emitted.SUMMARY: wording.summary(findings, options),
    }


def _run_attributes(verdict: Verdict, options: EmitOptions) -> dict[str, Value]:
    """On the root of every judged run, clean ones too: that it was judged is itself worth knowing."""
    findings = (*verdict.findings, *verdict.repeated)
    attributes: dict[str, Value] = {
        emitted.RUN_FLAGGED: bool(findings),
        emitted.RUN_FINDINGS: len(findings),
        emitted.RUN_COMPLETENESS: verdict.run.reason.value,
        emitted.VERSION: options.version,
    }
    if findings:
        attributes[emitted.RUN_SEVERITY] = _worst(findings).value
        attributes[emitted.RUN_DETECTORS] = sorted({item.assessment.detector for item in findings})
    if verdict.suppressed:
        told = {f"{item.finding.assessment.detector}:{item.reason}" for item in verdict.suppressed}
        attributes[emitted.RUN_SUPPRESSED] = sorted(told)
    if verdict.not_assessed:
        attributes[emitted.RUN_NOT_ASSESSED] = [
            f"{detector}:{reason}" for detector, reason in sorted(verdict.not_assessed.items())
        ]
    return attributes


def _event(finding: Finding, options: EmitOptions, time_ns: int) -> Span.Event:
    return encode.event(emitted.EVALUATION_EVENT, _event_attributes(finding, options), time_ns)


def _event_attributes(finding: Finding, options: EmitOptions) -> dict[str, Value]:
    assessment = finding.assessment
    attributes: dict[str, Value] = {
        emitted.EVALUATION_NAME: assessment.detector,
        emitted.EVALUATION_SCORE_VALUE: _score(finding),
        emitted.EVALUATION_SCORE_LABEL: emitted.LABEL_FAIL,
        emitted.EVALUATION_EXPLANATION: wording.explanation(assessment, options),
        emitted.SEVERITY: assessment.severity.value,
        emitted.RULE: wording.rules(assessment),
        emitted.EVIDENCE_SPAN_ID: finding.span_id.hex(),
        emitted.REMEDIATION: assessment.remediation,
    }
    if finding.response_id:
        attributes[emitted.RESPONSE_ID] = finding.response_id
    evidence = wording.evidence(assessment.evidence, options)
    if evidence:
        attributes[emitted.EVIDENCE] = evidence
    return attributes


def _evaluations(findings: Sequence[Finding], first: int, options: EmitOptions) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for index, finding in enumerate(findings, first):
        described: dict[str, Value] = {
            "name": finding.assessment.detector,
            "score": _score(finding),
            "label": emitted.LABEL_FAIL,
            "explanation": wording.explanation(finding.assessment, options),
            "annotator_kind": "CODE",
            "identifier": f"{emitted.SCOPE_NAME}:{finding.key.rpartition(':')[2]}",
        }
        attributes.update({emitted.openinference_key(index, name): value for name, value in described.items()})
    return attributes


def _target(run: AgentRun, finding: Finding) -> str:
    """Name what a finding is about, for who lists findings by it: there is always a name."""
    return finding.trace.agent or run.agent or run.service or _UNKNOWN_SERVICE


def _score(finding: Finding) -> float:
    return float(finding.assessment.score or 0.0)


def _worst(findings: Sequence[Finding]) -> Severity:
    return max((item.assessment.severity for item in findings), key=lambda severity: severity.rank)


def _marks_error(findings: Sequence[Finding], options: EmitOptions) -> bool:
    return options.mark_error is not None and _worst(findings).rank >= options.mark_error.rank
