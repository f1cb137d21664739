from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lexicon import Lexicon, parse_entries

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
