from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.normalise import _FOLDED, _LOOK_ALIKE_WORD, _TO_LATIN, normalise

VARIANTS = "aeo 1\n'\u2019\u201c\u200b\u202e\u00e9\u0301\u0430\u0435\u043e\u03bf\ufb01\u2026\uff21\u00a0"
MIXED = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(VARIANTS),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("I\u2019m \u201chere\u201d", 'I\'m "here"'),
        ("\uff21dmin", "Admin"),
        ("pass\u200bword", "password"),
        ("\u202eevil\u202c", "evil"),
        ("caf\u00e9 cafe\u0301", "cafe cafe"),
        ("\u0455ur\u0435", "sure"),
        ("\u0422im \u0421ook", "Tim Cook"),
        ("\U0001d413\U0001d422\U0001d426", "Tim"),
        ("a\u00a0b\u2003c\u2028d", "a b c\nd"),
        ("wait\u2026 \u2014 no", "wait... - no"),
    ],
)
def test_variants_of_the_same_words_become_the_same_text(written: str, folded: str) -> None:
    assert normalise(written).text == folded


@pytest.mark.parametrize("written", ["\u043f\u0440\u0438\u0432\u0435\u0442", "\u03ba\u03c3"])
def test_words_of_other_scripts_stay_in_their_script(written: str) -> None:
    assert not normalise(written).text.isascii()


def test_a_span_maps_back_to_the_characters_it_was_made_from() -> None:
    text = "\u201cI\u2019m T\u200bim Cook\u2026\u201d"
    view = normalise(text)
    start = view.text.index("Tim")

    first, last = view.original(start, start + 3)

    assert text[first:last] == "T\u200bim"


def test_ascii_text_is_not_copied() -> None:
    text = "I'm plain text, " * 1000

    view = normalise(text)

    assert view.text is text
    assert view.original(3, 7) == (3, 7)


@given(MIXED)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text

    assert normalise(once).text == once


def test_no_character_folds_to_something_that_folds_further() -> None:
    planes = range(0x20000)
    unstable = [point for point in planes if normalise(once := normalise(chr(point)).text).text != once]

    assert unstable == []


@given(MIXED, st.data())
def test_spans_map_to_valid_spans_in_the_same_order(text: str, data: st.DataObject) -> None:
    view = normalise(text)
    size = len(view.text)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    later = data.draw(st.integers(start, size))

    first, last = view.original(start, end)

    assert 0 <= first <= last <= len(text)
    assert (first < last) == (start < end)
    assert view.original(later, later)[0] >= first


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_is_the_identity(text: str) -> None:
    view = normalise(text)

    assert view.text == text
    assert view.original(0, len(text)) == (0, len(text))


def test_the_longest_fold_of_one_character_is_bounded() -> None:
    longest = max(len(normalise(chr(point)).text) for point in range(0x20000))

    assert longest <= 18


SCRIPTS = st.text(
    alphabet="ab I1_.'\u0430\u0435\u043e\u043d\u03bf\u0131\u1d00\u2019\u2014\u00e9\u00b2\u200b\u4e2d\ufb01", max_size=24
)


@given(SCRIPTS | MIXED)
def test_however_a_text_is_folded_it_is_folded_character_by_character_and_then_word_by_word(text: str) -> None:
    folded = "".join(_FOLDED[character] for character in text)

    assert normalise(text).text == _LOOK_ALIKE_WORD.sub(lambda word: word[0].translate(_TO_LATIN), folded)
