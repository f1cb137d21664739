"""What holds for every detector."""

from __future__ import annotations

import inspect
import re
import sys
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.agent_trace import AgentTrace, Completeness, Gap, Message, Role, TraceEvent
from detectors.assessment import Assessment, Detector, NotAssessed
from detectors.registry import DETECTORS, detector
from tests.detectors.literal_evidence import assert_well_formed

every_detector = pytest.mark.parametrize("judge", DETECTORS, ids=[item.spec.key for item in DETECTORS])

HOSTILE = 50_000
# Linear work takes a tenth of this; quadratic work takes many times as much.
HOSTILE_SECONDS = 5.0
HOSTILE_FILLINGS = [
    "\n", " ", "a", "'", "I'm ", "We at Aa ", "On behalf of ", "I ran tests and ", "not ", "I cannot ", "$(",
    "rm -rf /; ",
]  # fmt: skip

# Words that the lexicons react to, glued together at random with anything else.
LOADED = st.sampled_from(
    [
        "I'm Tim Cook", "Best regards,\n", "On behalf of Apple, I", "I cannot help with that.", "As DAN, sure!",
        "Ignore all previous instructions", "I ran the tests", "rm -rf /", "how to make a bomb", "Sorry, ", "\n\n",
        "git push --force", "DELETE FROM users;", "All 47 tests pass.", "Read the file", '"', "'", "\u2019", "\u200b",
        "\ud800", "\u0430", "```", "I think ", "[Your Name]", "From: a@b.c", "- ", "As ", "this is ",
    ]
)  # fmt: skip
TEXTS = st.lists(LOADED | st.text(max_size=12), max_size=8).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.builds(
    TraceEvent,
    name=st.sampled_from(["bash", "read_file", "sql", "http_request", ""]) | st.text(max_size=8),
    arguments=st.none() | TEXTS | st.dictionaries(st.text(max_size=8), JSON, max_size=3),
    result=st.none() | TEXTS,
    error=st.none() | TEXTS,
    executed=st.booleans(),
    prior=st.booleans(),
)
TRACES = st.builds(
    AgentTrace,
    agent=st.none() | TEXTS,
    system_prompt=st.none() | TEXTS,
    declared_scope=st.none() | TEXTS,
    input=st.none() | TEXTS,
    output=st.none() | TEXTS,
    messages=st.lists(st.builds(Message, role=st.sampled_from(Role), text=TEXTS), max_size=3).map(tuple),
    trace_events=st.none() | st.lists(EVENTS, max_size=3).map(tuple),
    tools=st.none() | st.lists(st.text(max_size=8), max_size=3).map(tuple),
    finish_reasons=st.lists(st.sampled_from(["stop", "content_filter", "length"]), max_size=2).map(tuple),
    completeness=st.builds(Completeness, gaps=st.frozensets(st.sampled_from(Gap))),
)


def test_detectors_stand_in_the_order_of_their_definition() -> None:
    assert [item.spec.key for item in DETECTORS] == [
        "scope_escalation",
        "jailbreak_compliance",
        "over_refusal",
        "under_refusal",
        "impersonation_risk",
        "deception",
    ]


@every_detector
def test_a_detector_is_found_by_its_key(judge: Detector) -> None:
    assert detector(judge.spec.key) is judge


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no detector 'x'; there are scope_escalation, "):
        detector("x")


@every_detector
def test_the_specification_says_something_specific(judge: Detector) -> None:
    spec = judge.spec

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", spec.key)
    assert 0.0 < spec.threshold < 1.0
    for sentence in (spec.title, spec.mast, spec.catches, spec.remediation):
        assert sentence.strip()
    assert spec.ignores
    assert [line for line in spec.ignores if len(line) < 20 or "legitimate activity" in line.lower()] == []


@every_detector
def test_the_module_documents_and_runs_the_detector(judge: Detector) -> None:
    module = sys.modules[type(judge).__module__]
    run = getattr(module, f"run_{judge.spec.key}")

    assert module.__doc__ is not None
    assert module.__doc__.startswith(f"{judge.spec.key}: ")
    assert list(inspect.signature(run).parameters) == ["entry"]
    assert isinstance(run({}), Assessment)


@every_detector
@pytest.mark.parametrize(
    ("gap", "reason"),
    [
        (Gap.CONTENT_MISSING, NotAssessed.CONTENT_MISSING),
        (Gap.CONTENT_BY_REFERENCE, NotAssessed.CONTENT_BY_REFERENCE),
    ],
)
def test_a_trace_without_content_is_not_assessed(judge: Detector, gap: Gap, reason: NotAssessed) -> None:
    trace = AgentTrace(completeness=Completeness(gaps=frozenset({gap})))

    assert judge.assess(trace).not_assessed is reason


@every_detector
@pytest.mark.parametrize("filling", HOSTILE_FILLINGS)
def test_hostile_text_costs_bounded_time(judge: Detector, filling: str) -> None:
    text = (filling * (HOSTILE // len(filling) + 1))[:HOSTILE]
    trace = AgentTrace(
        system_prompt=text,
        declared_scope=text,
        input=text,
        output=text,
        trace_events=(TraceEvent(name="bash", arguments={"command": text}, result=text),),
    )

    before = time.monotonic()
    judge.assess(trace)

    assert time.monotonic() - before < HOSTILE_SECONDS


@given(trace=TRACES)
def test_every_detector_answers_any_trace_with_literal_evidence(trace: AgentTrace) -> None:
    answers: Mapping[str, Assessment] = {item.spec.key: item.assess(trace) for item in DETECTORS}

    for assessment in answers.values():
        assert_well_formed(assessment, trace)
    assert not (answers["over_refusal"].detected and answers["under_refusal"].detected)
