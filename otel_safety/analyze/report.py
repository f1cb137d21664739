"""Judges recordings and gathers the verdicts into one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detectors.assessment import Severity
from otel_safety import __version__
from otel_safety.analyze.recording import read_recording, recording_files
from otel_safety.annotate import EmitOptions
from otel_safety.assemble import Assembler, AssemblyLimits
from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import Config
from otel_safety.errors import InputError
from otel_safety.judge import Judge
from otel_safety.pipeline import Pipeline, PipelineCounts
from otel_safety.runs import Finding, SuppressedFinding, Verdict
from otel_safety.spans import Closed, Signal

_FOREVER = float("inf")
# A recording is whole: nothing is closed by time, and a run may take what memory a laptop has.
RECORDING_LIMITS = AssemblyLimits(
    settle_s=_FOREVER,
    idle_s=_FOREVER,
    hold_s=_FOREVER,
    max_held_bytes=4 << 30,
    max_run_bytes=1 << 30,
    max_run_spans=1_000_000,
    remember_s=_FOREVER,
)


class _StoppedClock:
    """Time stands still in a recording."""

    def monotonic(self) -> float:
        return 0.0

    def time_ns(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found in some recordings."""

    verdicts: tuple[Verdict, ...]
    counts: PipelineCounts
    unreadable: tuple[str, ...] = ()
    """Sentences about the files of a directory that are no OTLP; the other files are in the report."""

    @property
    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        found = [finding for verdict in self.verdicts for finding in verdict.findings]
        return sorted(found, key=lambda item: (-item.assessment.severity.rank, -(item.assessment.score or 0)))

    def at_or_above(self, severity: Severity) -> list[Finding]:
        """Findings of at least this severity."""
        return [item for item in self.findings if item.assessment.severity.rank >= severity.rank]

    @property
    def suppressed(self) -> list[SuppressedFinding]:
        """Findings that a suppression is about; they are not among ``findings``."""
        return [item for verdict in self.verdicts for item in verdict.suppressed]

    @property
    def not_assessed(self) -> Counter[tuple[str, str]]:
        """How many runs each detector could not judge, by (detector, reason)."""
        return Counter(pair for verdict in self.verdicts for pair in verdict.not_assessed.items())

    def as_json(self) -> dict[str, Any]:
        """Shape the report for programs; the shape is documented in docs/cli.md."""
        return {
            "version": __version__,
            "spans": self.counts.accepted[Signal.TRACES],
            "genai_spans": self.counts.genai_spans,
            "runs": [_verdict_json(verdict) for verdict in self.verdicts],
            "unreadable": list(self.unreadable),
            "summary": {
                "runs": len(self.verdicts),
                "flagged_runs": sum(bool(verdict.findings) for verdict in self.verdicts),
                "findings": dict(Counter(item.assessment.detector for item in self.findings)),
                "suppressed": dict(Counter(item.finding.assessment.detector for item in self.suppressed)),
                "not_assessed": {
                    f"{detector}:{reason}": runs for (detector, reason), runs in sorted(self.not_assessed.items())
                },
            },
        }


def analyze(
    path: Path | str,
    *,
    judge: Judge | None = None,
    progress: Callable[[Path, int, int], None] | None = None,
) -> Report:
    """Judge every agent run in a file or below a directory.

    Args:
        path: A recording in any form that ``recording`` reads, or a directory of them; ``-`` is standard input.
        judge: The detectors; None takes all of them with their own thresholds.
        progress: Called before each file with its path, its number from 0 and the number of files.

    Raises:
        InputError: The file, or every file of the directory, is no OTLP; the message names it.
    """
    unreadable: list[str] = []
    report = analyze_requests(recorded_requests(path, unreadable, progress), judge=judge)
    return replace(report, unreadable=tuple(unreadable))


def recorded_requests(
    path: Path | str,
    unreadable: list[str],
    progress: Callable[[Path, int, int], None] | None = None,
) -> Iterator[tuple[Signal, bytes]]:
    """Read the requests of a recording or a directory of them, file by file.

    Args:
        path: As ``analyze`` takes it.
        unreadable: Gets a sentence for each file that is no OTLP, or only its beginning.
        progress: Called before each file with its path, its number from 0 and the number of files.

    Raises:
        InputError: The file, or every file of the directory, is no OTLP; the message names it.
    """
    files = [Path("-")] if str(path) == "-" else recording_files(Path(path))
    found = False
    for number, file in enumerate(files):
        if progress is not None:
            progress(file, number, len(files))
        try:
            for request in read_recording(None if str(file) == "-" else file):
                found = True
                yield request
        except InputError as error:
            unreadable.append(str(error))
            if len(unreadable) == len(files) and not found:
                raise


def analyze_requests(requests: Iterable[tuple[Signal, bytes]], *, judge: Judge | None = None) -> Report:
    """Judge every agent run in serialized OTLP requests.

    Raises:
        BadRequestError: A payload is no OTLP request of its signal.
    """
    verdicts: list[Verdict] = []
    counts = judge_requests(requests, lambda _, judged: verdicts.extend(judged), judge=judge)
    return Report(tuple(verdicts), counts)


def judge_requests(
    requests: Iterable[tuple[Signal, bytes]],
    on_judged: Callable[[Closed, Sequence[Verdict]], None],
    *,
    judge: Judge | None = None,
) -> PipelineCounts:
    """Judge every agent run in serialized OTLP requests; ``on_judged`` gets each closing with its verdicts.

    Raises:
        BadRequestError: A payload is no OTLP request of its signal.
    """
    pipeline = Pipeline(
        assembler=Assembler(RECORDING_LIMITS),
        judge=judge or build_judge(Config(), SystemClock()),
        destinations=(),
        options=EmitOptions(version=__version__),
        clock=_StoppedClock(),
        on_judged=on_judged,
    )
    for signal, payload in requests:
        pipeline.accept(signal, payload)
        while pipeline.release():
            pass
    pipeline.close_all()
    while pipeline.release():
        pass
    return pipeline.counts


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    run = verdict.run
    return {
        "trace_id": run.trace_id.hex(),
        "root_span_id": run.root_id.hex(),
        "service": run.service,
        "agent": run.agent,
        "closed_by": run.reason.value,
        "gaps": sorted({gap.value for trace in run.traces for gap in trace.completeness.gaps}),
        "findings": [_finding_json(finding) for finding in verdict.findings],
        "suppressed": [
            {**_finding_json(item.finding), "reason": item.reason, "expires": item.expires.isoformat()}
            for item in verdict.suppressed
        ],
        "not_assessed": dict(sorted(verdict.not_assessed.items())),
        "clean": sorted(verdict.clean),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    assessment = finding.assessment
    return {
        "detector": assessment.detector,
        "severity": assessment.severity.value,
        "score": round(assessment.score or 0.0, 4),
        "threshold": assessment.threshold,
        "rules": list(assessment.rules),
        "explanation": assessment.explanation,
        "remediation": assessment.remediation,
        "span_id": finding.span_id.hex(),
        "evidence": [
            {
                "rule": item.rule,
                "source": item.source.value,
                "quote": item.quote,
                "start": item.start,
                "end": item.end,
                "span_id": item.span_ref,
                "event_index": item.event_index,
                "field": item.field,
            }
            for item in assessment.evidence
        ],
    }
