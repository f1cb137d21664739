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

One pass over the text says which entries occur; only those are then searched for their places.
RE2 works in time linear in the text, whatever the pattern and the text.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import re2

from .language import ENGLISH, SUPPORTED
from .patterns import Pattern, characters_at, encode, matching_options
from .remembered import forget_readings

# A long stretch of any text behind a word of any kind: it may begin nearly everywhere.
_LONG_STRETCH: Final = re.compile(r"\\w[*+](?:\.|\[\^[^\]]*\])(?:[*+]|\{\d*,\d{2,}\})")
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
    """A compiled lexicon.

    Most entries are matched in one pass of one automaton. An entry that skips a long stretch of text behind a word of
    any kind is not among them: the automaton would have to count from every word on beside all that it does else, and
    on varied text it would build new states all the time. Those entries are matched each alone, and only in texts
    that hold the words which they cannot match without.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._patterns: list[Pattern] = []
        self._set, self._in_set = re2.Set.SearchSet(matching_options()), list[int]()
        self._words, self._by_words = re2.Filter(), list[int]()
        for index, entry in enumerate(self.entries):
            try:
                self._patterns.append(Pattern(entry.pattern))
                if _LONG_STRETCH.search(entry.pattern):
                    self._words.Add(entry.pattern, matching_options())
                    self._by_words.append(index)
                else:
                    self._set.Add(entry.pattern)
                    self._in_set.append(index)
            except re2.error as error:
                raise ValueError(f"lexicon entry {entry.id}: {error}") from error
        if self._in_set:
            self._set.Compile()
        if self._by_words:
            self._words.Compile()

    def occurring(self, text: str) -> tuple[Entry, ...]:
        """Name the entries that occur in ``text``, in the order of the lexicon."""
        if not text:
            return ()
        encoded = encode(text)
        found = self._occurring(encoded)
        found += [index for index in self._possible(encoded) if self._patterns[index].occurs(encoded)]
        return tuple(self.entries[index] for index in sorted(found))

    def search(self, text: str) -> tuple[Hit, ...]:
        """Find every place where an entry matches, ordered by start, longest first."""
        return self.read(text).hits()

    def read(self, text: str, most: int = sys.maxsize) -> Occurrences:
        """Tell which entries may occur in ``text``; each is searched for up to ``most`` times, when it is asked for."""
        encoded = encode(text)
        indices = [*self._occurring(encoded), *self._possible(encoded)] if text else []
        return Occurrences(text, encoded, [(self.entries[index], self._patterns[index]) for index in indices], most)

    def _occurring(self, encoded: bytes) -> list[int]:
        """Tell which entries of the set match."""
        return [self._in_set[number] for number in self._set.Match(encoded) or ()] if self._in_set else []

    def _possible(self, encoded: bytes) -> list[int]:
        """Tell which of the entries that are matched alone may match: the words that they need occur."""
        return [self._by_words[at] for at in self._words.Match(encoded, True) or ()] if self._by_words else []


class Occurrences:
    """The entries that occur in one text. Their places cost more than to know that, and are found when asked for.

    Attributes:
        groups: Groups of the entries that occur; of some it is only known that they may.
        whole: False when an entry that was searched for matches too often: behind that place nothing is told.
    """

    def __init__(self, text: str, encoded: bytes, entries: Sequence[tuple[Entry, Pattern]], most: int) -> None:
        self.groups = frozenset([entry.group for entry, _ in entries])
        self.whole = True
        self._text, self._encoded, self._most = text, encoded, most
        self._entries = self._unsearched = tuple(entries)
        self._hits: dict[str, list[Hit]] = {}

    def hits(self, groups: Collection[str] | None = None) -> tuple[Hit, ...]:
        """Find the places of the entries in ``groups``, or of all, ordered by start, longest first."""
        asked = self.groups if groups is None else self.groups.intersection(groups)
        wanted = [item for item in self._unsearched if item[0].group in asked]
        if wanted:
            self._unsearched = tuple(item for item in self._unsearched if item[0].group not in asked)
            self._search(wanted)
        found = [hit for group in asked for hit in self._hits.get(group, ())]
        found.sort(key=_by_place)
        return tuple(found)

    def heaviest(self, but: Collection[str]) -> float:
        """Tell the greatest weight among the entries outside the groups ``but``; no place is looked for."""
        return max((entry.weight for entry, _ in self._entries if entry.group not in but), default=0.0)

    def first(self, group: str) -> Hit | None:
        """Find the first place of an entry in ``group``, the longest where several begin there."""
        if group not in self.groups:
            return None
        places = [
            (entry, *span)
            for entry, pattern in self._entries
            if entry.group == group
            for span in pattern.spans(self._encoded, 1)
        ]
        hits = [Hit(*place) for place in self._in_characters(places)]
        return min(hits, key=_by_place, default=None)

    def _search(self, wanted: Iterable[tuple[Entry, Pattern]]) -> None:
        end_of_reading = len(self._encoded)
        places: list[tuple[Entry, int, int]] = []
        for entry, pattern in wanted:
            spans = pattern.spans(self._encoded, self._most)
            if len(spans) == self._most:
                end_of_reading = min(end_of_reading, spans[-1][1])
            places += [(entry, start, end) for start, end in spans]
        for entry, start, end in self._in_characters(places):
            self._hits.setdefault(entry.group, []).append(Hit(entry, start, end))
        if end_of_reading < len(self._encoded):
            self._cut(len(self._encoded[:end_of_reading].decode("utf-8", "ignore")))

    def _in_characters(self, places: list[tuple[Entry, int, int]]) -> list[tuple[Entry, int, int]]:
        if not places or len(self._encoded) == len(self._text):
            return places
        character = characters_at(self._encoded, (offset for _, *span in places for offset in span))
        return [(entry, character[start], character[end]) for entry, start, end in places]

    def _cut(self, end: int) -> None:
        """Read all entries up to ``end``: what one of them no longer tells, no other one tells either."""
        self.whole = False
        unsearched, self._unsearched = self._unsearched, ()
        self._search(unsearched)
        self._hits = {group: [hit for hit in hits if hit.end <= end] for group, hits in self._hits.items()}


class JoinedOccurrences:
    """The entries of several lexicons that occur in one text, told like those of one."""

    def __init__(self, parts: Sequence[Occurrences]) -> None:
        self._parts = tuple(parts)
        self.groups = frozenset[str]().union(*(part.groups for part in self._parts))

    @property
    def whole(self) -> bool:
        """False when an entry that was searched for matches too often in one of them."""
        return all(part.whole for part in self._parts)

    def hits(self, groups: Collection[str] | None = None) -> tuple[Hit, ...]:
        """Find the places of the entries in ``groups``, or of all, ordered by start, longest first."""
        return tuple(sorted((hit for part in self._parts for hit in part.hits(groups)), key=_by_place))

    def heaviest(self, but: Collection[str]) -> float:
        """Tell the greatest weight among the entries outside the groups ``but``; no place is looked for."""
        return max(part.heaviest(but) for part in self._parts)


def _by_place(hit: Hit) -> tuple[int, int, str]:
    return hit.start, -hit.end, hit.entry.id


def load_lexicon(name: str, language: str = ENGLISH) -> Lexicon:
    """Load and compile the named lexicon of one of the ``language.SUPPORTED`` languages, once per process.

    Raises:
        ValueError: An entry is malformed; the message names it.
    """
    return _load(name, language)


@cache
def _load(name: str, language: str) -> Lexicon:
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
    _load.cache_clear()
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
