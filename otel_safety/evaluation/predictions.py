"""Predictions: what the detectors say on rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from detectors.assessment import Assessment
from detectors.entry import trace_from_entry
from otel_safety.errors import InputError
from otel_safety.evaluation.rows import Row
from otel_safety.judge import Judge


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row with its detector's answer."""

    row: Row
    assessment: Assessment

    def as_json(self) -> dict[str, Any]:
        """One line of a predictions file; ``detected`` null is not assessed."""
        answer = self.assessment
        return {
            "id": self.row.id,
            "detector": self.row.detector,
            "detected": answer.detected,
            "score": answer.score,
            "reason": answer.not_assessed.value if answer.not_assessed is not None else answer.explanation,
            "rules": list(answer.rules),
            "evidence": [
                {
                    "rule": item.rule,
                    "source": item.source.value,
                    "quote": item.quote,
                    "start": item.start,
                    "end": item.end,
                    "event_index": item.event_index,
                    "field": item.field,
                }
                for item in answer.evidence
            ],
        }


def predict(rows: Iterable[Row], judge: Judge, *, progress: Callable[[int], None] | None = None) -> list[Prediction]:
    """Judge each row with the detector it names; rows of detectors that the judge lacks are left out.

    Raises:
        InputError: A row cannot be read as an agent trace; names it.
    """
    keys = {detector.spec.key for detector in judge.detectors}
    predictions: list[Prediction] = []
    for number, row in enumerate(rows):
        if progress is not None:
            progress(number)
        if row.detector not in keys:
            continue
        try:
            trace = trace_from_entry(row.model_dump())
        except ValueError as error:
            raise InputError(str(error)) from error
        predictions.append(Prediction(row, judge.assess(row.detector, trace)))
    return predictions
