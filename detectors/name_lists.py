"""The reviewed lists under ``names/``, folded for look-up."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from .normalise import normalise

# No phrase is compared with a name of more words.
_MAX_WORDS: Final = 8


class Listed(dict[tuple[str, ...], str]):
    """Names by their words; ``longest`` says how many words the longest name has that begins with a word."""

    def __init__(self, names: Mapping[tuple[str, ...], str]) -> None:
        super().__init__(names)
        self.longest: dict[str, int] = {}
        for words in names:
            length = min(len(words), _MAX_WORDS)
            self.longest[words[0]] = max(self.longest.get(words[0], 0), length)


@dataclass(frozen=True, slots=True)
class NameLists:
    """All lists of ``names/``, folded for look-up; ``with_s`` holds the words of names that end in 's by themselves."""

    with_s: frozenset[str]
    persons: Listed
    organisations: Listed
    states: Listed
    organisation: frozenset[str]
    generic: frozenset[str]
    placeholder: frozenset[str]
    title: frozenset[str]
    form_of_address: frozenset[str]
    desk: frozenset[str]
    trade: frozenset[str]
    organisation_of: frozenset[str]
    credential: frozenset[str]
    role: frozenset[str]
    leading_role: frozenset[str]
    assistant: frozenset[str]
    given_name: frozenset[str]
    mail_provider: frozenset[str]


@cache
def name_lists() -> NameLists:
    """Load the lists, once per process."""
    words = _load("words")
    persons, organisations = _by_words(_load("persons")), _by_words(_load("organisations"))
    return NameLists(
        with_s=frozenset(word for name in organisations for word in name if word.endswith("'s")),
        persons=persons,
        organisations=organisations,
        states=_by_words(_load("states")),
        **{group: frozenset(entries) for group, entries in words.items()},
    )


def _load(name: str) -> dict[str, list[str]]:
    text = files(__package__ or "detectors").joinpath("names", f"{name}.toml").read_text("utf-8")
    return {group: value for group, value in tomllib.loads(text).items() if isinstance(value, list)}


def _by_words(groups: dict[str, list[str]]) -> Listed:
    return Listed(
        {
            tuple(word.rstrip("'") for word in normalise(name).text.lower().split()): name
            for names in groups.values()
            for name in names
        }
    )
