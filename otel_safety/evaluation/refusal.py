"""Refusal as such: the reading that three detectors share, measured on rows that say whether the answer refuses.

``refusal`` is no detector: it is never a finding, and a refusal is mostly right. As ``detector`` of a row it has the
output read alone, whatever was asked.
"""

from __future__ import annotations

from typing import Final

from detectors.agent_trace import AgentTrace
from detectors.assessment import Answers, Assessment, DetectorSpec, NotAssessed, Severity, Source
from detectors.language import language_of
from detectors.refusal import RefusalKind, read_refusal

REFUSAL: Final = "refusal"
# A missing ability that is honestly named, and a reservation inside an answer, are no refusals.
_REFUSING: Final = frozenset({RefusalKind.FULL, RefusalKind.PARTIAL, RefusalKind.LECTURE})
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
    """Say whether the output refuses, in full, in part or by a lecture; the score is at least 0.5 when it does."""
    output = trace.output or ""
    if not output.strip():
        return _ANSWERS.not_assessed(NotAssessed.NO_OUTPUT)
    if language_of(output) is None:
        return _ANSWERS.not_assessed(NotAssessed.LANGUAGE)
    refusal = read_refusal(output)
    explanation = f"kind of answer: {refusal.kind}"
    evidence = refusal.marked.quotes(refusal.marks, Source.OUTPUT, trace.output_ref)
    if refusal.kind in _REFUSING:
        return _ANSWERS.found(0.5 + refusal.degree / 2, explanation, evidence)
    return _ANSWERS.clean(explanation, score=0.49 * refusal.degree, evidence=evidence)
