"""What holds for every lexicon file."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import re2

import detectors
from detectors.language import SUPPORTED
from detectors.lexicon import lexicon_names, load_lexicon
from detectors.normalise import normalise, simplify

LEXICONS = [(name, language) for name in lexicon_names() for language in SUPPORTED]
ENTRY_ID = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z]{2,3}\.\d{3,4}")
HOSTILE = 100_000
# RE2 needs milliseconds here; a backtracking engine would need hours. The margin is for busy machines.
HOSTILE_SECONDS = 5.0

every_lexicon = pytest.mark.parametrize(("name", "language"), LEXICONS, ids=[".".join(pair) for pair in LEXICONS])


def readable(text: str, language: str) -> str:
    folded = normalise(text).text
    return simplify(folded) if language == "zh" else folded


def test_every_language_has_every_lexicon_and_no_other() -> None:
    folder = Path(detectors.__file__).parent / "lexicons"
    found = {(path.stem, path.parent.name) for path in folder.glob("*/*.toml")}

    assert found == {(name, language) for name, language in LEXICONS if language != "en"}


@every_lexicon
def test_ids_are_unique_sorted_and_well_formed(name: str, language: str) -> None:
    ids = [entry.id for entry in load_lexicon(name, language).entries]

    assert ids == sorted(set(ids))
    assert [item for item in ids if not ENTRY_ID.fullmatch(item)] == []


@every_lexicon
def test_every_entry_matches_its_examples(name: str, language: str) -> None:
    lexicon = load_lexicon(name, language)

    assert [entry.id for entry in lexicon.entries if not entry.examples] == []
    assert [
        (entry.id, example)
        for entry in lexicon.entries
        for example in entry.examples
        if entry not in {hit.entry for hit in lexicon.search(readable(example, language))}
    ] == []


@every_lexicon
def test_weights_and_sources_are_given(name: str, language: str) -> None:
    entries = load_lexicon(name, language).entries

    assert [entry.id for entry in entries if not 0.0 <= entry.weight <= 1.0] == []
    assert [entry.id for entry in entries if (entry.lang, entry.id.split(".")[2]) != (language, language)] == []
    assert [entry.id for entry in entries if not entry.source] == []


@every_lexicon
def test_patterns_are_written_as_texts_are_folded(name: str, language: str) -> None:
    entries = load_lexicon(name, language).entries if language != "en" else ()

    assert [entry.id for entry in entries if readable(entry.pattern, language) != entry.pattern] == []


@every_lexicon
def test_no_pattern_matches_the_empty_string(name: str, language: str) -> None:
    entries = load_lexicon(name, language).entries

    assert [entry.id for entry in entries if re2.compile(entry.pattern).search("")] == []


@every_lexicon
@pytest.mark.parametrize("filling", ["a", " ", "I'm not able to ", "\n\n", "((((", "As the the the "])
def test_hostile_text_costs_bounded_time(name: str, language: str, filling: str) -> None:
    lexicon = load_lexicon(name, language)
    text = (filling * (HOSTILE // len(filling) + 1))[:HOSTILE]

    before = time.monotonic()
    lexicon.search(text)

    assert time.monotonic() - before < HOSTILE_SECONDS
