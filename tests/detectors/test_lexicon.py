from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from detectors import marks
from detectors.entries import parse_entries
from detectors.language import SUPPORTED
from detectors.lexicon import Lexicon, load_lexicon, load_together
from detectors.patterns import Pattern, encode

ENTRIES = parse_entries(
    """
    [[entry]]
    id = "test.a.en.001"
    phrase = "not able to"
    source = "test"

    [[entry]]
    id = "test.a.en.002"
    pattern = "able|abler"
    source = "test"
    """
)


STRETCHES = parse_entries(
    r"""
    [[entry]]
    id = "test.stretch.en.001"
    pattern = '\bto \w+[^.\n]{0,60}, you'
    source = "test"

    [[entry]]
    id = "test.word.en.001"
    phrase = "you"
    source = "test"

    [[entry]]
    id = "test.word.en.002"
    pattern = "to|too?"
    source = "test"
    """
)
TEXTS = st.lists(
    st.sampled_from(["to", "To open", "it", ", you", "you", ".", "\n", "\u00e9", "\ud800", "too", " "]), max_size=12
).map(" ".join)


def test_hits_are_ordered_by_place_and_longest_first() -> None:
    text = "caf\u00e9: I am NOT  able to"

    hits = Lexicon(ENTRIES).search(text)

    assert [(hit.entry.id, text[hit.start : hit.end]) for hit in hits] == [
        ("test.a.en.001", "NOT  able to"),
        ("test.a.en.002", "able"),
    ]


def test_nothing_occurs_in_other_text() -> None:
    lexicon = Lexicon(ENTRIES)

    assert lexicon.search("something else") == ()
    assert lexicon.occurring("something else") == ()
    assert Lexicon(()).search("not able to") == ()


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("able "))))
def test_any_text_is_searched(text: str) -> None:
    lexicon = Lexicon(ENTRIES)

    found = lexicon.search(text + "\ud800 able")

    assert found[-1].start == len(text) + 2


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('id = "a.b.en.001"', "exactly one of phrase and pattern"),
        ('id = "a.b.en.001"\nphrase = "x"\npattern = "x"', "exactly one of phrase and pattern"),
        ('id = "a.b.en.001"\nphrase = "x"\nwieght = 1', "unknown key wieght"),
    ],
)
def test_a_malformed_entry_is_named(table: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.b\.en\.001: {complaint}"):
        parse_entries(f"[[entry]]\n{table}")


def test_a_pattern_that_is_not_linear_is_refused() -> None:
    entries = parse_entries("[[entry]]\nid = \"a.b.en.001\"\npattern = '(a)\\1'")

    with pytest.raises(ValueError, match=r"a\.b\.en\.001"):
        Lexicon(entries)


@given(TEXTS, st.sampled_from([r"\bto \w+[^.\n]{0,60}, you", "o*", "(t)(o)?", r"(?:^|\n)\W*you", "\u00e9|$"]))
def test_the_compiled_pattern_finds_what_the_wrapper_finds(text: str, pattern: str) -> None:
    options = re2.Options()
    options.case_sensitive = False
    encoded = encode(text)
    wrapped = [match.span() for match in re2.compile(pattern, options).finditer(encoded)]

    assert Pattern(pattern).spans(encoded) == wrapped
    assert Pattern(pattern).spans(encoded, 2) == wrapped[:2]
    assert Pattern(pattern).occurs(encoded) == bool(wrapped)


@given(TEXTS)
def test_entries_that_are_matched_apart_are_found_like_all_others(text: str) -> None:
    apart = Lexicon(STRETCHES)
    each = [Lexicon([entry]).search(text) for entry in STRETCHES]
    options = re2.Options()
    options.case_sensitive = False
    stretch = re2.compile(STRETCHES[0].pattern, options)

    assert set(apart.search(text)) == {hit for hits in each for hit in hits}
    assert {entry.id for entry in apart.occurring(text)} == {hit.entry.id for hits in each for hit in hits}
    assert len(each[0]) == len(list(stretch.finditer(encode(text))))


@given(TEXTS)
def test_entries_that_are_asked_for_alone_have_the_places_they_have_among_all(text: str) -> None:
    everything = Lexicon(STRETCHES).search(text)
    read = Lexicon(STRETCHES).read(text)

    for group in ("word", "stretch"):
        of_group = tuple(hit for hit in everything if hit.entry.group == group)
        assert read.first(group) == next(iter(of_group), None)
        assert read.hits((group,)) == of_group
    assert read.hits() == everything


def test_one_entry_that_matches_too_often_cuts_the_reading_of_all() -> None:
    text = "you " * 5 + "too"
    read = Lexicon(STRETCHES).read(text, 3)

    assert [hit.end for hit in read.hits(("word",))] == [3, 7, 11]
    assert not read.whole
    assert read.hits() == read.hits(("word",))


@pytest.mark.parametrize("name", ["compliance", "harm", "refusal"])
def test_the_entries_of_a_lexicon_are_found_in_their_examples_in_capitals_too(name: str) -> None:
    lexicon = load_lexicon(name)
    for entry in lexicon.entries:
        if entry.pattern.islower():
            assert all(entry in lexicon.occurring(example.upper()) for example in entry.examples), entry.id


@pytest.mark.parametrize("names", marks._TOGETHER)
@pytest.mark.parametrize("language", SUPPORTED)
def test_lexicons_read_together_tell_what_each_tells_alone(names: tuple[str, ...], language: str) -> None:
    lexicons = {name: load_lexicon(name, language) for name in names}
    examples = [example for lexicon in lexicons.values() for entry in lexicon.entries for example in entry.examples]
    for text in ("", *examples, "\n".join(examples)):
        together = load_together(names, language).read(text)
        for name, lexicon in lexicons.items():
            assert together[name].groups == lexicon.read(text).groups
            assert together[name].hits() == lexicon.search(text)
