"""Lexicons: reviewed data files, compiled once into one RE2 set each.

A lexicon is a TOML file beside the detectors, ``lexicons/<name>.toml`` for English and
``lexicons/<language>/<name>.toml`` for another language: a list of ``[[entry]]`` tables:

    id       = "refusal.inability.en.001"      # unique, sorted, dotted: lexicon.group.language.number
    pattern  = "i(?:'m| am) not able to"       # RE2 syntax, matched without case; or
    phrase   = "i'm not able to"               # literal text, word boundaries added here
    weight   = 0.8                             # 0..1, what one hit is worth
    lang     = "en"
    example  = "I'm not able to do that."      # the entry must match it; a list is allowed
    note     = "weaker than 'i refuse'"        # optional: why it is here, what it must not catch
    source   = "hand-written 2026-11"

One pass of the set says which entries occur; only those are then searched for their places.
RE2 works in time linear in the text, whatever the pattern and the text.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final, NamedTuple

import re2

from .language import ENGLISH, SUPPORTED
from .remembered import forget_readings

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_PATTERN_MEMORY = 64 << 20
# Entries that an operator added, by the name of the lexicon; set at the start, see ``extend_lexicons``.
_ADDED: Final[dict[str, tuple[Entry, ...]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reviewed pattern of a lexicon."""

    id: str
    pattern: str
    weight: float
    lang: str
    examples: tuple[str, ...]
    note: str = ""
    source: str = ""
    group: str = field(init=False)
    """The second part of the id: what kind of entry this is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", self.id.split(".")[1])


class Hit(NamedTuple):
    """One place in a text where an entry matches; offsets in characters of the searched text."""

    entry: Entry
    start: int
    end: int


class Lexicon:
    """A compiled lexicon."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MAX_PATTERN_MEMORY
        self._patterns: list[re2.Regexp] = []
        self._set = re2.Set.SearchSet(options)
        for entry in self.entries:
            try:
                self._patterns.append(re2.compile(entry.pattern, options))
                self._set.Add(entry.pattern)
            except re2.error as error:
                raise ValueError(f"lexicon entry {entry.id}: {error}") from error
        if self.entries:
            self._set.Compile()

    def occurring(self, text: str) -> tuple[Entry, ...]:
        """Name the entries that occur in ``text``, in the order of the lexicon."""
        if not self.entries or not text:
            return ()
        return tuple(self.entries[index] for index in sorted(self._matching(encode(text))))

    def search(self, text: str) -> tuple[Hit, ...]:
        """Find every place where an entry matches, ordered by start, longest first."""
        return self.search_some(text, sys.maxsize)[0]

    def search_some(self, text: str, most: int) -> tuple[tuple[Hit, ...], bool]:
        """Find the places up to where one entry has matched ``most`` times, and say whether that is the whole text."""
        if not self.entries or not text:
            return (), True
        encoded = encode(text)
        end_of_reading = len(encoded)
        places: list[tuple[int, int, Entry]] = []
        for index in self._matching(encoded):
            entry = self.entries[index]
            found = [
                (match.start(), match.end(), entry) for match in islice(self._patterns[index].finditer(encoded), most)
            ]
            if len(found) == most:
                end_of_reading = min(end_of_reading, found[-1][1])
            places += found
        whole = end_of_reading == len(encoded)
        if not whole:
            places = [place for place in places if place[1] <= end_of_reading]
        if len(encoded) > len(text):
            character = characters_at(encoded, (offset for start, end, _ in places for offset in (start, end)))
            places = [(character[start], character[end], entry) for start, end, entry in places]
        places.sort(key=lambda place: (place[0], -place[1], place[2].id))
        return tuple(Hit(entry, start, end) for start, end, entry in places), whole

    def _matching(self, encoded: bytes) -> list[int]:
        return self._set.Match(encoded) or []


def encode(text: str) -> bytes:
    """Encode a text for RE2; a lone surrogate, which UTF-8 cannot carry, becomes one character in its place.

    RE2 reads bytes: given a text, its wrapper would encode it again for every pattern and count its characters
    for every match, which costs more than the matching.
    """
    return (text if text.isascii() else _SURROGATE.sub("\ufffd", text)).encode()


def characters_at(encoded: bytes, offsets: Iterable[int]) -> dict[int, int]:
    """Map byte ``offsets`` at the edges of characters of ``encoded`` to offsets in characters, in one pass."""
    characters: dict[int, int] = {}
    last = count = 0
    for offset in sorted(set(offsets)):
        count += len(encoded[last:offset].decode("utf-8", "ignore"))
        characters[offset] = count
        last = offset
    return characters


@cache
def load_lexicon(name: str, language: str = ENGLISH) -> Lexicon:
    """Load and compile the named lexicon of one of the ``language.SUPPORTED`` languages, once per process.

    Raises:
        ValueError: An entry is malformed; the message names it.
    """
    path = (f"{name}.toml",) if language == ENGLISH else (language, f"{name}.toml")
    text = files(__package__ or "detectors").joinpath("lexicons", *path).read_text("utf-8")
    # What an operator adds counts in whatever language it is met.
    return Lexicon((*parse_entries(text), *_ADDED.get(name, ())))


def lexicon_names() -> tuple[str, ...]:
    """Name the lexicons of this package; each language has all of them."""
    listed = (file.name for file in files(__package__ or "detectors").joinpath("lexicons").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in listed if name.endswith(".toml")))


def load_lexicons() -> tuple[Lexicon, ...]:
    """Load and compile every lexicon of this package in every language."""
    return tuple(load_lexicon(name, language) for name in lexicon_names() for language in SUPPORTED)


def extend_lexicons(added: Mapping[str, tuple[Entry, ...]]) -> None:
    """Have the named lexicons hold the ``added`` entries too, in the whole process, from now on.

    What was added before is taken out. Meant for the start: every lexicon and every reading is made anew.
    """
    wanted = {name: entries for name, entries in added.items() if entries}
    if wanted == _ADDED:
        return
    _ADDED.clear()
    _ADDED.update(wanted)
    load_lexicon.cache_clear()
    forget_readings()


def parse_entries(text: str) -> tuple[Entry, ...]:
    """Read the entries of one lexicon file.

    Raises:
        ValueError: The text is not TOML, or an entry lacks a key or has a wrong one.
    """
    tables = tomllib.loads(text).get("entry", [])
    return tuple(_entry(table) for table in tables)


def _entry(table: dict[str, Any]) -> Entry:
    identity = str(table.get("id", "?"))
    if ("phrase" in table) == ("pattern" in table):
        raise ValueError(f"lexicon entry {identity}: exactly one of phrase and pattern is needed")
    unknown = set(table) - {"id", "phrase", "pattern", "weight", "lang", "example", "note", "source"}
    if unknown:
        raise ValueError(f"lexicon entry {identity}: unknown key {min(unknown)}")
    examples = table.get("example", ())
    return Entry(
        id=identity,
        pattern=phrase_pattern(table["phrase"]) if "phrase" in table else str(table["pattern"]),
        weight=float(table.get("weight", 1.0)),
        lang=str(table.get("lang", "en")),
        examples=(examples,) if isinstance(examples, str) else tuple(examples),
        note=str(table.get("note", "")),
        source=str(table.get("source", "")),
    )


def phrase_pattern(phrase: str) -> str:
    """Make the pattern of a literal text, with word boundaries and any white space between its words."""
    # \b only where the phrase begins or ends with a word character, which for RE2 is an ASCII one: "c++" has no
    # boundary after "+".
    start = r"\b" if re.match(r"\w", phrase, re.ASCII) else ""
    end = r"\b" if re.search(r"\w$", phrase, re.ASCII) else ""
    return start + re.escape(phrase).replace(r"\ ", r"\s+") + end
