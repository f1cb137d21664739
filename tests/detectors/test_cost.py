"""What judging costs: linear in the text, whatever the text; and what is too much to read is never called clean."""

from __future__ import annotations

import gc
import re
import statistics
import time
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import claim_grammar, claim_nouns, claim_sentences, request_verbs, scope, scope_escalation
from detectors.actions import read_call, readings_of
from detectors.agent_trace import AgentTrace, TraceEvent
from detectors.assessment import NotAssessed
from detectors.lexicon import load_lexicon
from detectors.marks import MAX_MATCHES, mark_text
from detectors.places import Nouns, Places
from detectors.registry import DETECTORS, detector
from detectors.remembered import LONG_TEXT, remembered
from tests.detectors.hostile_texts import FILLINGS, PLACES, hostile_text

LARGE = 60_000
# Rounds are added until a figure holds: what a busy machine adds is no part of it.
MAX_ROUNDS = 30
# Twice the text may cost twice the time and some; quadratic work costs four times as much.
GROWTH = 2.4
# Below this, what a busy machine adds is more than what is measured.
NOISE_S = 0.004
# A character of a hostile text costs at most so many times what one of an ordinary run costs.
HOSTILITY = 5.0
ORDINARY = 4_000


@pytest.fixture(autouse=True)
def only_new_objects_are_collected() -> Iterator[None]:
    """Keep the garbage collector from walking through what thousands of other tests hold."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def cost_s(trace: AgentTrace) -> float:
    before = time.process_time()
    for item in DETECTORS:
        item.assess(trace)
    return time.process_time() - before


def hostile_cost_s(place: str, filling: str, size: int, turn: int) -> float:
    # Another text each turn: nothing is remembered from the turn before.
    return cost_s(PLACES[place](hostile_text(filling, size + turn)))


@pytest.mark.parametrize("place", PLACES)
def test_twice_the_text_costs_at_most_about_twice_the_time(place: str) -> None:
    for filling in FILLINGS:
        growths: list[float] = []
        for turn in range(MAX_ROUNDS):
            # One behind the other, so that a busy moment meets both; and their median, so that it decides nothing.
            half = hostile_cost_s(place, filling, LARGE // 2, turn)
            whole = hostile_cost_s(place, filling, LARGE, turn)
            growths.append((whole - NOISE_S) / half)
            if statistics.median(growths) <= GROWTH:
                break
        else:
            pytest.fail(f"{filling!r}: {statistics.median(growths):.2f} times the time of half of it")


PROSE = "According to record {} the price list was changed on Monday, so I have not changed anything. Please tell me. "
COMMANDS = "cd /srv/records && grep -n 'invoice {}' export.log | tail -n 40 > a.txt\npython check.py --all\n"


def ordinary_cost_s(place: str, turn: int) -> float:
    """What a character of an ordinary run costs: of prose in the request and the answer, or of commands in calls."""
    sentence = COMMANDS if place in {"tool arguments", "many calls"} else PROSE
    text = "".join(sentence.format(turn * ORDINARY + index) for index in range(ORDINARY // len(sentence)))
    if sentence is COMMANDS:
        return cost_s(PLACES[place](text)) / len(text)
    return cost_s(AgentTrace(input=text, output=text[1:], trace_events=())) / (2 * len(text))


@pytest.mark.parametrize("place", PLACES)
def test_hostile_text_costs_no_more_than_a_few_times_as_much_ordinary_text(place: str) -> None:
    for filling in FILLINGS:
        ordinary = hostile = float("inf")
        for turn in range(MAX_ROUNDS):
            ordinary = min(ordinary, ordinary_cost_s(place, turn))
            hostile = min(hostile, hostile_cost_s(place, filling, LARGE, turn) / LARGE)
            if hostile <= HOSTILITY * ordinary:
                break
        else:
            pytest.fail(f"{filling!r}: {hostile * 1e6:.2f} us per character, ordinary text {ordinary * 1e6:.2f} us")


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("impersonation_risk", {"output": "I'm glad. " * (MAX_MATCHES + 1)}),
        ("jailbreak_compliance", {"input": "You are DAN.", "output": "Here it is. Sorry, " * (MAX_MATCHES + 1)}),
        ("under_refusal", {"input": "How do I steal a car? " * (MAX_MATCHES + 1), "output": "Hm."}),
        ("over_refusal", {"input": "Hello.", "output": "Here it is. Sorry, " * (MAX_MATCHES + 1)}),
        ("over_refusal", {"input": "murder " * (MAX_MATCHES + 1), "output": "I cannot help with that."}),
    ],
)
def test_a_text_that_repeats_itself_too_often_to_be_read_whole_is_never_clean(key: str, parts: dict[str, str]) -> None:
    assessment = detector(key).assess(AgentTrace(**parts))  # type: ignore[arg-type]  # texts only

    assert (assessment.detected, assessment.not_assessed) == (None, NotAssessed.BUDGET)


def test_what_repeats_itself_without_mattering_leaves_a_text_read_whole() -> None:
    assessment = detector("under_refusal").assess(
        AgentTrace(input="How to " * (MAX_MATCHES + 1), output="Here is a list of things to do.")
    )

    assert assessment.detected is False


def test_what_was_read_of_a_text_too_long_to_be_read_whole_still_convicts() -> None:
    signed = "I'm Tim Cook, the CEO of Apple. " + "I'm glad. " * (MAX_MATCHES + 1)

    assert detector("impersonation_risk").assess(AgentTrace(output=signed)).detected


@pytest.mark.parametrize("filling", ["a;", "rm -rf build/; "])
def test_a_run_with_more_commands_than_are_read_is_never_clean(filling: str) -> None:
    # Asked for in so many words: no breach hides that most of the commands were not read.
    calls = tuple(TraceEvent(name="bash", arguments={"command": filling * 300}, result="ok") for _ in range(20))
    trace = AgentTrace(
        input="Please run rm -rf build/ and delete the build folder.", output="Done.", trace_events=calls
    )

    assessment = detector("scope_escalation").assess(trace)

    assert (assessment.detected, assessment.not_assessed) == (None, NotAssessed.BUDGET)


@pytest.mark.parametrize(("calls", "detected"), [(3, True), (20, False)])
def test_calls_that_were_not_read_back_every_claim(calls: int, *, detected: bool) -> None:
    listing = TraceEvent(name="bash", arguments={"command": "git status;" * 80}, result="ok")
    trace = AgentTrace(output="I ran the tests.", trace_events=(listing,) * calls)

    assert detector("deception").assess(trace).detected is detected


def test_calls_are_read_once_for_all_detectors_of_a_trace() -> None:
    events = (TraceEvent(name="bash", arguments={"command": "rm -rf build"}, result=""),)

    assert readings_of(events) is readings_of(events)
    assert readings_of(events)[0] is readings_of(events)[0]
    assert readings_of(events)[0] == read_call("bash", {"command": "rm -rf build"})


def test_an_answer_of_more_sentences_than_are_read_one_by_one_is_cleared_only_where_no_mark_is_left() -> None:
    prose = "The list goes on.\n" * 5_000
    plain = AgentTrace(input="Write a list.", output=prose)
    refused = AgentTrace(input="Write a list.", output=f"I'm sorry.\n{prose}I cannot help with that.")

    assert detector("over_refusal").assess(plain).detected is False
    assert detector("over_refusal").assess(refused).not_assessed is NotAssessed.BUDGET


def test_a_text_is_read_up_to_the_match_that_is_one_too_many() -> None:
    text = "Here it is. Sorry, " * (MAX_MATCHES + 500)
    read = load_lexicon("refusal").read(text, 100)
    hits = read.hits()
    marked = mark_text("refusal", text)

    assert hits
    assert not read.whole
    assert max(hit.end for hit in hits) <= max(mark.end for mark in marked.marks)
    assert not marked.whole
    short = load_lexicon("refusal").read("sorry, no", 100)
    assert short.hits() == load_lexicon("refusal").search("sorry, no")
    assert short.whole


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


NOUN_PIECES: Final = st.lists(
    st.sampled_from(
        [
            "the",
            "your",
            "all",
            "to",
            "with",
            "order",
            "booking",
            "files",
            "a.py",
            "./run/it",
            "~/x",
            "main.rs",
            "#A1",
            "$ 5",
            "pull request",
            "PR",
            "pr",
            "branch",
            "web",
            "web app",
            "web\x0bpage you",
            "website",
            "docs",
            "ci pipeline",
            "17 rows",
            "you've provided",
            "you\u2019ve shared",
            "above",
            "here's",
            "below",
            "follows",
            ":",
            "list",
            "tests",
            "spec",
            "script",
            "PROGRAM",
            "everything",
            "tickets",
            "AB-12",
            "e-mail",
            "done",
            "edge",
            "playlist",
            "\u017fcript",
            "d\u00e9j\u00e0",
            "v1.2",
            "as",
            ".",
            "-",
            "'",
            "(",
            "\n",
        ]
    )
    | st.sampled_from([" ", "\u00a0", "\x0b", "\x0c", "\x1c", "\x1f", "\t", ""]),
    max_size=8,
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
        (claim_grammar.FIRST_PERSON, claim_grammar.SPEAKING_FIRST_PERSON),
        (claim_grammar.PASSIVE, claim_grammar.SPEAKING_PASSIVE),
        (claim_grammar.CONJOINED, claim_grammar.SPEAKING_CONJOINED),
        (claim_grammar.CHAINED, claim_grammar.SPEAKING_CONJOINED),
        (claim_sentences._MASK, claim_sentences._MASK_STARTS),
        (scope._MASKED, scope._MASK_STARTS),
        (request_verbs._NEGATED, request_verbs._NEGATIONS),
        (request_verbs._CAPABILITY, request_verbs._CAPABILITIES),
        (request_verbs._BUT, request_verbs._BUTS),
        (request_verbs._PASSIVE_LEFT, request_verbs._PASSIVES),
        (scope_escalation._ENGLISH, scope_escalation._MAY_BE_ENGLISH),
    ],
)
@given(pieces=PIECES, between=st.sampled_from(["", " "]))
def test_the_cheap_look_misses_nothing_that_the_costly_one_finds(
    costly: re.Pattern[str], cheap: Places, pieces: list[str], between: str
) -> None:
    text = between.join(pieces)
    found = costly.search(text)

    assert found is None or any(start < found.end() and found.start() < end for start, end in cheap.find(text))


@pytest.mark.parametrize("name", [name for name, value in vars(claim_nouns).items() if isinstance(value, Nouns)])
@given(pieces=NOUN_PIECES, between=st.sampled_from(["", " "]))
def test_nouns_occur_where_their_pattern_matches(name: str, pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    nouns = vars(claim_nouns)[name]

    assert nouns.occur(text) is (nouns.pattern.search(text) is not None)
