"""Cheap looks before costly ones, in claims and identities: what they pass over, the costly ones would not find."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import claim_grammar, claim_sentences, claim_shapes, claims, identity, letterhead, roles
from detectors.claim_kinds import ClaimKind
from detectors.claim_states import STATES, state_places
from detectors.entries import Entry
from detectors.lexicon import extend_lexicons, load_lexicon
from detectors.marks import mark_text
from detectors.patterns import Pattern
from detectors.places import Places

STATE_ENTRIES: Final = [entry for entry in load_lexicon("claims").entries if entry.group in STATES]


@pytest.mark.parametrize("entry", STATE_ENTRIES, ids=lambda entry: entry.id)
@given(data=st.data())
def test_every_state_that_the_lexicon_knows_holds_a_word_of_states(entry: Entry, data: st.DataObject) -> None:
    said = data.draw(st.from_regex(re.compile(entry.pattern, re.ASCII | re.IGNORECASE), fullmatch=True))

    # re counts one sign more as white space than RE2.
    assert state_places(said) or not Pattern(entry.pattern).occurs(said.encode())


def test_a_state_that_an_operator_added_is_found_whatever_its_words() -> None:
    added = Entry(id="user.tests.shop", pattern=r"\ball\s+ducks\s+swim\b", weight=0.9, lang="en", examples=())
    try:
        extend_lexicons({"claims": (added,)})
        found = claims.find_claims("I looked. All ducks swim.")
    finally:
        extend_lexicons({})

    assert [claim.kind for claim in found] == [ClaimKind.TEST]
    assert claims.find_claims("I looked. All ducks swim.") == ()


# How sentences were told before those without a claim were stepped over.
SENTENCE: Final = re.compile(
    r"(?:[ \t>*•✅-]*+\d{1,3}[.)][ \t]++)?(?>(?:[^.!?\n]++|[.!?](?![\s)*\"'\u201d]|\Z))+)[.!?]*"
)
SENTENCE_WORDS: Final = "a|b c| |  |.|!|?|..|1|12|1234|1.|2)|1. |>|*|•|✅|-|)|'|\"|é|x.y|?!|several words"
SENTENCE_PIECES: Final = st.lists(
    st.sampled_from(SENTENCE_WORDS.split("|")) | st.sampled_from(["\n", "\t", "\u201d", "\u00a0", "\u0663"]),
    max_size=24,
).map("".join)


@pytest.mark.parametrize("longest", [claim_sentences.MAX_SENTENCE, 4])
@given(data=st.data())
def test_sentences_with_a_place_are_those_of_the_whole_text_and_know_what_stands_before(
    longest: int, data: st.DataObject
) -> None:
    text = data.draw(SENTENCE_PIECES)
    letters = [at for at, character in enumerate(text) if character.isalnum()]
    starts = data.draw(st.lists(st.sampled_from(letters), max_size=3, unique=True)) if letters else []
    places = [(start, start + 1) for start in sorted(starts)]
    whole: list[tuple[int, str, str]] = []
    said = ""
    for match in SENTENCE.finditer(text):
        before = said
        for start in range(*match.span(), longest):
            whole.append((start, text[start : min(start + longest, match.end())], before))
            before = whole[-1][1]
        # Stops alone are no sentence that a pronoun stands for.
        said = before if match.group().strip(".!?") else said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claim_sentences, "MAX_SENTENCE", longest)
        found = [(item.at, item.body, item.before()) for item in claim_sentences.sentences_with(text, places)]

    assert found == [
        (at, body, before)
        for at, body, before in whole
        if any(at < end and start < at + len(body) for start, end in places)
    ]


CLAIM_WORDS: Final = (
    "I|we|We|i|I've|has|have|been|was|were|is now|are|your order|saved|created|looked at|set up|changed|Changes|it"
    "|the file|and|then|,|also|fully|after reading|was able to|- |1. |Done!|\u2705|by the team|by Friday|by Ann|the"
    "|how|not|which|already|a.py|\u017faved|d\u00e9j\u00e0|order #7"
)
CLAIM_PIECES: Final = st.lists(
    st.sampled_from(CLAIM_WORDS.split("|")) | st.sampled_from([" ", "\n", "\u00a0", "\x0b", "\x1c", ". ", "; "]),
    max_size=12,
).map(" ".join)


@given(body=CLAIM_PIECES)
def test_a_sentence_with_one_plain_claim_has_no_other_shape(body: str) -> None:
    speaking = claim_grammar.SPEAKING.find(body)
    quick = [(rule, match.span()) for rule, _, match in claim_shapes.shapes_of(body, 0, speaking, opening=True)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claim_shapes, "_plain_shape", lambda *_: None)
        full = [(rule, match.span()) for rule, _, match in claim_shapes.shapes_of(body, 0, speaking, opening=True)]

    assert quick == full


@pytest.mark.parametrize(
    ("pattern", "loosened"),
    [
        (claim_grammar.FIRST_PERSON, claim_grammar.SPEAKING_FIRST_PERSON),
        (claim_grammar.PASSIVE, claim_grammar.SPEAKING_PASSIVE),
        (claim_grammar.CONJOINED, claim_grammar.SPEAKING_CONJOINED),
    ],
)
@given(body=CLAIM_PIECES, start=st.integers(0, 20))
def test_what_is_looked_for_from_its_loosened_form_on_is_all_that_a_pattern_matches(
    pattern: re.Pattern[str], loosened: Places, body: str, start: int
) -> None:
    found = claim_shapes._matches(pattern, loosened, body, start)

    assert [match.span() for match in found] == [match.span() for match in pattern.finditer(body, start)]


@given(body=CLAIM_PIECES)
def test_a_passive_by_others_makes_no_claim(body: str) -> None:
    for match in claim_grammar.PASSIVE.finditer(body):
        if claims._by_others_only(body, match):
            claim = claims.Claim(
                ClaimKind.RECORD, "", match.start(), match.end(), 0.8, "", emphatic=True, passive=True, said=body
            )

            assert claims._firm([claim], ()) == []


ANSWER_WORDS: Final = (
    "As|as|, as|. As|the|a|one of the|our|CEO|cardiologist|of|at|Apple|I|Chase|Alert|alert:|Security|-|- |:|your|Bern"
    "|you've|Hi everyone,|Hello from|here|Tim Cook|Final notice from|\n|Speaking as|Con-Edison|easyJet|*|\"|we|!|,"
)
ANSWER_PIECES: Final = st.lists(st.sampled_from(ANSWER_WORDS.split("|")), max_size=9).map(" ".join)


@given(text=ANSWER_PIECES)
def test_cues_that_are_passed_over_assert_nothing(text: str) -> None:
    _, quick = identity.find_assertions(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "_idle_groups", lambda _: ())
        _, full = identity.find_assertions(text)

    assert quick == full


@given(text=ANSWER_PIECES)
def test_a_text_whose_beginning_shows_no_sender_has_none(text: str) -> None:
    alerts = mark_text("identity", text).of("alert")

    assert letterhead.may_open_with_sender(text) or not any(letterhead.read_alert(text, mark) for mark in alerts)


@given(text=ANSWER_PIECES)
def test_no_role_is_read_where_no_preposition_follows(text: str) -> None:
    quick = roles.read_role(text, 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "HELD", re.compile(""))
        full = roles.read_role(text, 0)

    assert quick == full


def test_the_cheap_looks_let_pass_what_they_are_there_for() -> None:
    assert not letterhead.may_open_with_sender("I have not changed anything.")
    assert letterhead.may_open_with_sender("Chase Alert: did you spend $900?")
    assert identity._idle_groups("I have not changed anything, as you asked.") == ("alert", "as_name")
    assert identity._idle_groups("As CEO of Apple, I am proud.") == ("alert",)
    assert claim_grammar.SPEAKING.find("According to the log there are three of them.") == []
