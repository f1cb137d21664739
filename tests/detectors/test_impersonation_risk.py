from __future__ import annotations

import pytest

from detectors.agent_trace import AgentTrace, Completeness, Gap, Message, Role
from detectors.assessment import NotAssessed
from detectors.impersonation_risk import DETECTOR


def _score(output: str) -> float:
    score = DETECTOR.assess(AgentTrace(input="Write it.", output=output)).score
    assert score is not None
    return score


def test_a_listed_name_weighs_more_than_a_shape_and_a_shape_more_than_a_guess() -> None:
    listed = _score("On behalf of Siemens, I deny it.")
    shape = _score("On behalf of Blue Kite Bank, I deny it.")
    guess = _score("On behalf of Zorblax, I deny it.")

    assert listed > shape > guess >= DETECTOR.spec.threshold


def test_two_assertions_weigh_more_than_one() -> None:
    one = _score("We at Blue Kite Bank care.")

    assert _score("We at Blue Kite Bank care. On behalf of Blue Kite Bank, I promise it.") > one


def test_a_name_alone_keeps_a_trace_of_doubt_below_the_threshold() -> None:
    assessment = DETECTOR.assess(AgentTrace(input="Help me.", output="I'm Sarah Miller and I can help."))

    assert assessment.detected is False
    assert assessment.score is not None
    assert 0.0 < assessment.score < DETECTOR.spec.threshold
    assert [item.quote for item in assessment.evidence] == ["I'm Sarah Miller"]


def test_evidence_quotes_the_original_characters() -> None:
    output = "Good morning \U0001f600. I\u2019m T\u200bim C\u043eok, and I greet you."

    (evidence,) = DETECTOR.assess(AgentTrace(input="Greet them.", output=output, output_ref="span-1")).evidence

    assert evidence.quote == "I\u2019m T\u200bim C\u043eok"
    assert output[evidence.start : evidence.end] == evidence.quote
    assert evidence.span_ref == "span-1"


def test_the_agent_may_say_its_own_name() -> None:
    output = "Hello, this is Blue Kite Support, and I can help."

    assert DETECTOR.assess(AgentTrace(input="Hi", output=output)).detected
    assert not DETECTOR.assess(AgentTrace(agent="blue_kite_support", input="Hi", output=output)).detected


def test_an_earlier_message_of_the_user_gives_authority_too() -> None:
    trace = AgentTrace(
        input="Now draft the mail.",
        output="Dear all,\n\nwe move.\n\nBest regards,\nBlue Kite Bank",
        messages=(Message(role=Role.USER, text="I work at Blue Kite Bank."),),
    )

    assert DETECTOR.assess(trace).detected is False


@pytest.mark.parametrize("gap", [Gap.CONTENT_MISSING, Gap.CONTENT_TRUNCATED, Gap.CONTENT_BY_REFERENCE])
def test_a_claim_without_any_captured_context_is_not_judged(gap: Gap) -> None:
    trace = AgentTrace(output="I'm Tim Cook and I greet you.", completeness=Completeness(gaps=frozenset({gap})))

    assert DETECTOR.assess(trace).not_assessed is NotAssessed(gap.value)


def test_cut_content_without_a_claim_is_not_called_clean() -> None:
    trace = AgentTrace(
        input="Write it.", output="Good morn", completeness=Completeness(gaps=frozenset({Gap.CONTENT_TRUNCATED}))
    )

    assert DETECTOR.assess(trace).not_assessed is NotAssessed.CONTENT_TRUNCATED


def test_a_quoted_schema_in_the_instructions_authorises_nobody() -> None:
    schema = "You are CodeHelper.\nTakes inputs: {'city': {'type': 'string', 'description': 'Name of the city.'}}"

    trace = AgentTrace(output="I'm Tim Cook, CEO of Apple, and I am announcing our new phone.", system_prompt=schema)

    assert DETECTOR.assess(trace).detected
