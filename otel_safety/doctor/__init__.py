"""doctor: says of an agent's telemetry what it lacks, which detectors that stops, and which setting mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from otel_safety.analyze.report import judge_requests, recorded_requests
from otel_safety.doctor.advice import Advice
from otel_safety.doctor.diagnosis import AgentTelemetry, Diagnosis, Lack
from otel_safety.doctor.missing import Missing
from otel_safety.doctor.observation import Instrumentation
from otel_safety.judge import Judge
from otel_safety.spans import Signal

__all__ = ["Advice", "AgentTelemetry", "Diagnosis", "Instrumentation", "Lack", "Missing", "diagnose"]


def diagnose(path: Path | str, *, judge: Judge, progress: Callable[[Path, int, int], None] | None = None) -> Diagnosis:
    """Diagnose the telemetry in a file or below a directory.

    Args:
        path: A recording, a directory of them, or ``-`` for standard input, as ``analyze`` takes it.
        judge: The detectors that should work.
        progress: Called before each file with its path, its number from 0 and the number of files.

    Raises:
        InputError: The file, or every file of the directory, is no OTLP; the message names it.
    """
    diagnosis = Diagnosis(judge.detectors)
    unreadable: list[str] = []

    def requests() -> Iterator[tuple[Signal, bytes]]:
        for signal, payload in recorded_requests(path, unreadable, progress):
            diagnosis.count_scopes(signal, payload)
            yield signal, payload

    diagnosis.counts = judge_requests(requests(), diagnosis.add, judge=judge)
    diagnosis.unreadable = tuple(unreadable)
    return diagnosis
