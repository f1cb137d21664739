"""The promise on evidence: every quote stands, letter for letter, where the evidence says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment, Evidence, Source


def assert_well_formed(assessment: Assessment, trace: AgentTrace) -> None:
    """Check what holds for every assessment of every detector."""
    if assessment.score is None:
        assert assessment.not_assessed is not None
        assert not assessment.evidence
        return
    assert assessment.not_assessed is None
    assert 0.0 <= assessment.score <= 1.0
    assert assessment.score == 0.0 or assessment.evidence, "a score above 0 needs evidence"
    assert "\n" not in assessment.explanation
    assert set(assessment.rules) == {item.rule for item in assessment.evidence}
    for item in assessment.evidence:
        assert item.quote, "an empty quote shows nothing"
        assert quoted_text(item, trace)[item.start : item.end] == item.quote


def quoted_text(evidence: Evidence, trace: AgentTrace) -> str:
    """The text that a piece of evidence was quoted from."""
    events = trace.trace_events or ()
    match evidence.source:
        case Source.INPUT:
            text = trace.input
        case Source.OUTPUT:
            text = trace.output
        case Source.SYSTEM_PROMPT:
            text = trace.system_prompt
        case Source.TOOL_NAME:
            text = events[_index(evidence)].name
        case Source.TOOL_RESULT:
            text = events[_index(evidence)].result
        case Source.TOOL_ARGUMENTS:
            text = _argument(events[_index(evidence)].arguments, evidence.field)
        case Source.FINISH_REASON:
            text = next(reason for reason in trace.finish_reasons if evidence.quote in reason)
        case Source.MESSAGE:
            text = next(item.text for item in trace.messages if evidence.quote in item.text)
    assert text is not None
    return text


def _index(evidence: Evidence) -> int:
    assert evidence.event_index is not None
    return evidence.event_index


def _argument(arguments: object, field: str) -> str:
    value = arguments
    for key in field.split(".") if field else ():
        if isinstance(value, Mapping):
            value = value[key]
        elif isinstance(value, Sequence):
            value = value[int(key)]
    return value if isinstance(value, str) else str(value)
