"""What holds for every lexicon file."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import re2

import detectors
from detectors.lexicon import load_lexicon
from detectors.normalise import normalise

LEXICONS = tuple(sorted((Path(detectors.__file__).parent / "lexicons").glob("*.toml")))
ENTRY_ID = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z]{2,3}\.\d{3,4}")
HOSTILE = 100_000
# RE2 needs milliseconds here; a backtracking engine would need hours. The margin is for busy machines.
HOSTILE_SECONDS = 5.0

every_lexicon = pytest.mark.parametrize("name", [path.stem for path in LEXICONS])


@every_lexicon
def test_ids_are_unique_sorted_and_well_formed(name: str) -> None:
    ids = [entry.id for entry in load_lexicon(name).entries]

    assert ids == sorted(set(ids))
    assert [item for item in ids if not ENTRY_ID.fullmatch(item)] == []


@every_lexicon
def test_every_entry_matches_its_examples(name: str) -> None:
    lexicon = load_lexicon(name)

    assert [entry.id for entry in lexicon.entries if not entry.examples] == []
    assert [
        (entry.id, example)
        for entry in lexicon.entries
        for example in entry.examples
        if entry not in {hit.entry for hit in lexicon.search(normalise(example).text)}
    ] == []


@every_lexicon
def test_weights_and_sources_are_given(name: str) -> None:
    entries = load_lexicon(name).entries

    assert [entry.id for entry in entries if not 0.0 <= entry.weight <= 1.0] == []
    assert [entry.id for entry in entries if not entry.source] == []


@every_lexicon
def test_no_pattern_matches_the_empty_string(name: str) -> None:
    entries = load_lexicon(name).entries

    assert [entry.id for entry in entries if re2.compile(entry.pattern).search("")] == []


@every_lexicon
@pytest.mark.parametrize("filling", ["a", " ", "I'm not able to ", "\n\n", "((((", "As the the the "])
def test_hostile_text_costs_bounded_time(name: str, filling: str) -> None:
    lexicon = load_lexicon(name)
    text = (filling * (HOSTILE // len(filling) + 1))[:HOSTILE]

    before = time.monotonic()
    lexicon.search(text)

    assert time.monotonic() - before < HOSTILE_SECONDS
