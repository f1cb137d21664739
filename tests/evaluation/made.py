"""Predictions made for a test: a label, a score and what the row says besides."""

from detectors.assessment import Answers, Assessment, DetectorSpec, Evidence, NotAssessed, Severity, Source
from otel_safety.evaluation.predictions import Prediction
from otel_safety.evaluation.rows import Row

_SPEC = DetectorSpec(
    key="d", title="d", severity=Severity.HIGH, threshold=0.5, mast="", catches="", ignores=(), needs=(), remediation=""
)
_QUOTE = Evidence(rule="r", source=Source.OUTPUT, quote="x", start=0, end=1)


def _answer(score: float | None) -> Assessment:
    if score is None:
        return Answers(_SPEC).not_assessed(NotAssessed.LANGUAGE)
    return Answers(_SPEC).found(score, "", (_QUOTE,))


def prediction(label: int | None, score: float | None, *, number: int = 0, **row: object) -> Prediction:
    """What a detector "d" with threshold 0.5 says on a row; score None is not assessed."""
    fields = {"id": str(number), "detector": "d", "label": label, "input": f"prompt {number}", **row}
    return Prediction(Row.model_validate(fields), _answer(score))
