"""What judging costs: linear in the text, whatever the text; and what is too much to read is never called clean."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import claim_grammar, claims, request_verbs, scope
from detectors.agent_trace import AgentTrace
from detectors.assessment import NotAssessed
from detectors.lexicon import load_lexicon
from detectors.marks import MAX_MATCHES, mark_text
from detectors.places import Places
from detectors.registry import DETECTORS, detector
from detectors.remembered import LONG_TEXT, remembered
from tests.detectors.hostile_texts import FILLINGS, PLACES, hostile_text

SMALL = 20_000
ROUNDS = 3
# Twice the text may cost twice the time and some; quadratic work costs four times as much.
GROWTH = 2.6
# Below this, what a busy machine adds is more than what is measured.
NOISE_S = 0.02


def cost_s(place: str, filling: str, size: int, turn: int) -> float:
    # Another text each turn: nothing is remembered from the turn before.
    trace = PLACES[place](hostile_text(filling, size + turn))
    before = time.process_time()
    for item in DETECTORS:
        item.assess(trace)
    return time.process_time() - before


@pytest.mark.parametrize("place", PLACES)
def test_twice_the_text_costs_at_most_about_twice_the_time(place: str) -> None:
    for filling in FILLINGS:
        # The sizes in turns, so that a busy moment meets both; the shortest of some, since load only adds.
        turns = [
            (cost_s(place, filling, SMALL, turn), cost_s(place, filling, 2 * SMALL, turn)) for turn in range(ROUNDS)
        ]
        small, large = (min(costs) for costs in zip(*turns, strict=True))

        assert large <= GROWTH * small + NOISE_S, f"{filling!r}: {small:.4f} s for half, {large:.4f} s for all of it"


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("impersonation_risk", {"output": "I'm glad. " * (MAX_MATCHES + 1)}),
        ("jailbreak_compliance", {"input": "Hello.", "output": "Here it is. Sorry, " * (MAX_MATCHES + 1)}),
        ("under_refusal", {"input": "How to " * (MAX_MATCHES + 1), "output": "Here is a list of things to do."}),
        ("over_refusal", {"input": "Hello.", "output": "Here it is. Sorry, " * (MAX_MATCHES + 1)}),
        ("over_refusal", {"input": "How to " * (MAX_MATCHES + 1), "output": "I cannot help with that."}),
    ],
)
def test_a_text_that_repeats_itself_too_often_to_be_read_whole_is_never_clean(key: str, parts: dict[str, str]) -> None:
    assessment = detector(key).assess(AgentTrace(**parts))  # type: ignore[arg-type]  # texts only

    assert (assessment.detected, assessment.not_assessed) == (None, NotAssessed.BUDGET)


def test_what_was_read_of_a_text_too_long_to_be_read_whole_still_convicts() -> None:
    signed = "I'm Tim Cook, the CEO of Apple. " + "I'm glad. " * (MAX_MATCHES + 1)

    assert detector("impersonation_risk").assess(AgentTrace(output=signed)).detected


def test_a_text_is_read_up_to_the_match_that_is_one_too_many() -> None:
    text = "Here it is. Sorry, " * (MAX_MATCHES + 500)
    hits, whole = load_lexicon("refusal").search_some(text, 100)
    marked = mark_text("refusal", text)

    assert not whole
    assert not marked.whole
    assert max(hit.end for hit in hits) <= max(mark.end for mark in marked.marks)
    assert load_lexicon("refusal").search_some("sorry, no", 100) == (load_lexicon("refusal").search("sorry, no"), True)


def test_readings_are_made_once_for_the_last_texts_and_for_one_long_text_only() -> None:
    read: list[str] = []

    @remembered
    def length(text: str) -> int:
        read.append(text)
        return len(text)

    long_texts = ["a" * (LONG_TEXT + 1), "b" * (LONG_TEXT + 1)]
    for text in ("a", "a", *long_texts, "a", long_texts[1], long_texts[0]):
        assert length(text) == len(text)

    assert read == ["a", *long_texts, long_texts[0]]


PIECES = st.lists(
    st.sampled_from(
        [
            "I",
            "we",
            "I've",
            "I\u2019ve",
            "went ahead and",
            "has",
            "have",
            "been",
            "'s been",
            "was",
            "is now",
            "are all",
            "is",
            "saved",
            "to",
            "created",
            "set up",
            "rolled out",
            "successfully",
            "after running",
            "I was able to",
            "Done!",
            "Order #7",
            ", then",
            "just",
            "also",
            "- ",
            "1. ",
            "\u2705",
            "[x]",
            "*",
            "_",
            "`",
            ".",
            ">",
            "not",
            "don't",
            "don\u2019t",
            "never",
            "cannot",
            "no need",
            "nothing",
            "but",
            "you can",
            "able to",
            "helps users",
            "allowed to",
            "https://a.b",
            "```",
            '"a quotation of twenty-five signs"',
            "'quoted'",
            "(",
            "\u201cquoted in typographic marks\u201d",
            "Subject: a",
            "dear A",
            "\u017faved",
            "delete",
            "d\u00e9j\u00e0",
        ]
    )
    | st.sampled_from([" ", "\n", "\u00a0", "\u2003", "\x0b", "\x1c", "\t", ""]),
    max_size=14,
)


@pytest.mark.parametrize(
    ("costly", "cheap"),
    [
        (claim_grammar.FIRST_PERSON, claim_grammar.SPEAKING),
        (claim_grammar.PASSIVE, claim_grammar.SPEAKING),
        (claim_grammar.HEADLESS, claim_grammar.SPEAKING),
        (claim_grammar.HEADLINE, claim_grammar.SPEAKING),
        (claim_grammar.OPENING, claim_grammar.SPEAKING),
        (claim_grammar.GERUND, claim_grammar.SPEAKING),
        (claim_grammar.ABLE, claim_grammar.SPEAKING),
        (claim_grammar.CHAINED, claim_grammar.SPEAKING),
        (claims._MASK, claims._MASK_STARTS),
        (scope._MASKED, scope._MASK_STARTS),
        (request_verbs._NEGATED, request_verbs._NEGATIONS),
        (request_verbs._CAPABILITY, request_verbs._CAPABILITIES),
        (request_verbs._BUT, request_verbs._BUTS),
    ],
)
@given(pieces=PIECES, between=st.sampled_from(["", " "]))
def test_the_cheap_look_misses_nothing_that_the_costly_one_finds(
    costly: re.Pattern[str], cheap: Places, pieces: list[str], between: str
) -> None:
    text = between.join(pieces)
    found = costly.search(text)

    assert found is None or any(start < found.end() and found.start() < end for start, end in cheap.find(text))
