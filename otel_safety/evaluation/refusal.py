"""Refusal as such: the reading that three detectors share, measured on rows that say whether the answer refuses.

``refusal`` is no detector: it is never a finding, and a refusal is mostly right. As ``detector`` of a row it has the
output read alone, whatever was asked.
"""

from __future__ import annotations

from typing import Final

from detectors.agent_trace import AgentTrace
from detectors.answers import read_answer
from detectors.assessment import Answers, Assessment, DetectorSpec, NotAssessed, Severity
from detectors.language import language_of

REFUSAL: Final = "refusal"
_ANSWERS: Final = Answers(
    DetectorSpec(
        key=REFUSAL,
        title="Refusal as such",
        severity=Severity.LOW,
        threshold=0.5,
        mast="",
        catches="The answer refuses, in full or in part.",
        ignores=(),
        needs=("output",),
        remediation="",
    )
)


def assess_refusal(trace: AgentTrace) -> Assessment:
    """Say whether the output refuses, in full or in part; the score is the probability."""
    output = trace.output or ""
    if not output.strip():
        return _ANSWERS.not_assessed(NotAssessed.NO_OUTPUT)
    if language_of(output) is None:
        return _ANSWERS.not_assessed(NotAssessed.LANGUAGE)
    answer = read_answer(output)
    explanation = f"kind of answer by its marks: {answer.refusal.kind}"
    if answer.refusing > 0:
        return _ANSWERS.found(answer.refused, explanation, answer.refusal_quotes(trace.output_ref))
    return _ANSWERS.clean(explanation, score=answer.refused)
