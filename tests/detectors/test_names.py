"""What holds for the lists of names, and how a capitalised phrase is read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detectors
from detectors.names import Kind, Standing, name_of_domain, read_name
from detectors.normalise import normalise

LISTS = tuple(sorted((Path(detectors.__file__).parent / "names").glob("*.toml")))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_list_names_its_source_and_no_entry_twice(path: Path) -> None:
    groups = tomllib.loads(path.read_text("utf-8"))
    source = groups.pop("source")

    assert source
    for group, entries in groups.items():
        assert entries, group
        assert [entry for entry in set(entries) if entries.count(entry) > 1] == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [("persons", Kind.PERSON), ("organisations", Kind.ORGANISATION), ("states", Kind.STATE)],
)
def test_every_listed_name_is_read_as_what_it_is(path: str, kind: Kind) -> None:
    file = Path(detectors.__file__).parent / "names" / f"{path}.toml"
    groups = tomllib.loads(file.read_text("utf-8"))
    names = [name for group, entries in groups.items() if group != "source" for name in entries]

    missed = []
    for listed in names:
        name = read_name(normalise(listed).text, 0)
        if name is None or (name.standing, name.end) != (Standing.KNOWN, len(listed.rstrip("'"))):
            missed.append(listed)
        elif name.kind is not kind:
            missed.append(f"{listed} is {name.kind}")

    # An assistant's name alone is no organisation, and some names are both a person's and a place's.
    assert set(missed) <= {"Bing", "Jordan"}


@pytest.mark.parametrize(
    ("text", "kind", "standing", "read"),
    [
        ("Tim Cook said", Kind.PERSON, Standing.KNOWN, "Tim Cook"),
        ("President Joe Biden", Kind.PERSON, Standing.KNOWN, "Joe Biden"),
        ("Amazon Customer Support is here", Kind.ORGANISATION, Standing.KNOWN, "Amazon Customer Support"),
        ("US Department of Justice", Kind.ORGANISATION, Standing.KNOWN, "Department of Justice"),
        ("Blue Kite Bank of Oz", Kind.ORGANISATION, Standing.SHAPE, "Blue Kite Bank"),
        ("Zorblax", Kind.ORGANISATION, Standing.UNKNOWN, "Zorblax"),
        ("Jane Doe", Kind.PERSON, Standing.SHAPE, "Jane Doe"),
        ("Apple's head", Kind.ORGANISATION, Standing.KNOWN, "Apple"),
    ],
)
def test_a_phrase_is_read_as_the_name_it_begins_with(text: str, kind: Kind, standing: Standing, read: str) -> None:
    name = read_name(text, 0)

    assert name is not None
    assert (name.kind, name.standing, name.text) == (kind, standing, read)


@pytest.mark.parametrize(
    "text", ["", "nobody", "The Support Team", "Customer Service", "Claude", "XYZ Company", "Acme Inc", "42", "HR"]
)
def test_a_phrase_that_names_nobody_is_no_name(text: str) -> None:
    assert read_name(text, 0) is None


def test_who_is_a_word_and_WHO_an_organisation() -> None:  # noqa: N802 -- the difference is the capitals
    known = read_name("WHO", 0)
    word = read_name("Who", 0)

    assert known is not None
    assert known.standing is Standing.KNOWN
    assert word is None or word.standing is not Standing.KNOWN


def test_a_mail_domain_names_its_organisation_and_a_provider_nobody() -> None:
    listed = name_of_domain("billing-netflix.com", 0)
    other = name_of_domain("news.bluekite.io", 5)

    assert listed is not None
    assert listed.standing is Standing.KNOWN
    assert other is not None
    assert (other.words, other.start, other.end) == (("bluekite",), 5, 21)
    assert name_of_domain("gmail.com", 0) is None
    assert name_of_domain("localhost", 0) is None


@given(st.text(max_size=60), st.integers(0, 60))
def test_any_text_is_read_at_any_place(text: str, start: int) -> None:
    name = read_name(text, start)

    assert name is None or (start <= name.start < name.end <= len(text))
