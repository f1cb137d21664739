"""Predictions: what the detectors say on rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment
from detectors.entry import trace_from_entry
from otel_safety.errors import InputError
from otel_safety.evaluation.rows import Row
from otel_safety.judge import Judge

Assessors = Mapping[str, Callable[[AgentTrace], Assessment]]
"""What judges a row, by the key that the row's ``detector`` names."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row with the answer of one detector."""

    row: Row
    assessment: Assessment

    @property
    def detector(self) -> str:
        """Key of what answered."""
        return self.assessment.detector

    def as_json(self) -> dict[str, Any]:
        """One line of a predictions file; ``detected`` null is not assessed."""
        answer = self.assessment
        return {
            "id": self.row.id,
            "detector": self.detector,
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

    def as_error(self) -> dict[str, Any] | None:
        """The prediction with what it got wrong, None when it is right or the row has no label."""
        fired = self.assessment.detected is True
        if self.row.label is None or fired == bool(self.row.label):
            return None
        kind = "false_positive" if fired else "false_negative"
        return {"dataset": self.row.dataset, "label": self.row.label, "error": kind, **self.as_json()}


def assessors_of(judge: Judge) -> Assessors:
    """The detectors of a judge, each with its configured threshold."""
    return {detector.spec.key: partial(judge.assess, detector.spec.key) for detector in judge.detectors}


def predict(
    rows: Iterable[Row],
    assessors: Assessors,
    *,
    only: Sequence[str] = (),
    switched_off: Collection[str] = (),
    advance: Callable[[], object] | None = None,
) -> list[Prediction]:
    """Judge each row with the detector it names.

    Args:
        rows: The rows.
        assessors: What may judge them.
        only: The keys that were asked for: rows that name another are left out, and rows that name none are judged
            by each of them. Empty: every row must name its detector.
        switched_off: Keys whose rows are left out though nobody asked for others.
        advance: Called after each row.

    Raises:
        InputError: A row names no detector or one that does not exist, or cannot be read; names the row and the key.
    """
    predictions: list[Prediction] = []
    for row in rows:
        keys = _keys(row, assessors, only, switched_off)
        if keys:
            trace = _trace(row)
            predictions += [Prediction(row, assessors[key](trace)) for key in keys]
        if advance is not None:
            advance()
    return predictions


def _keys(row: Row, assessors: Assessors, only: Sequence[str], switched_off: Collection[str]) -> tuple[str, ...]:
    key = row.detector
    if key is not None:
        if key in assessors:
            return (key,)
        if only or key in switched_off:
            return ()
        raise InputError(f"{row.place}: detector: there is no {key!r}; known: {', '.join(sorted(assessors))}")
    if not only:
        raise InputError(f"{row.place}: detector: missing; name it in the row or with --detectors")
    if row.label is not None and len(only) > 1:
        raise InputError(f"{row.place}: detector: missing; a label speaks of one detector, --detectors names several")
    return tuple(key for key in only if key in assessors)


def _trace(row: Row) -> AgentTrace:
    try:
        return trace_from_entry(row.model_dump())
    except ValueError as error:
        raise InputError(f"{row.place}: {error}") from error
