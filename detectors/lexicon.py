"""Lexicons: reviewed data files, compiled once into one RE2 set each.

A lexicon is a TOML file beside the detectors, ``lexicons/<name>.toml`` for English and
``lexicons/<language>/<name>.toml`` for another language; its entries: ``detectors.entries``.

One pass over the text says which entries occur (``patterns.PatternSet``); only those are then searched for their
places. RE2 works in time linear in the text, whatever the pattern and the text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

import re2

from .entries import Entry, parse_entries
from .language import ENGLISH
from .occurrences import Hit, Occurrences
from .patterns import Pattern, PatternSet, encode
from .remembered import forget_readings

# Entries that an operator added, by the name of the lexicon; set at the start, see ``extend_lexicons``.
_ADDED: Final[dict[str, tuple[Entry, ...]]] = {}


class Lexicon:
    """A compiled lexicon.

    Raises:
        ValueError: An entry is malformed; the message names it.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.patterns = tuple(map(_compiled, self.entries))

    @cached_property
    def _set(self) -> PatternSet:
        # A lexicon that is always read together with others needs none of its own.
        return PatternSet([entry.pattern for entry in self.entries])

    def occurring(self, text: str) -> tuple[Entry, ...]:
        """Name the entries that occur in ``text``, in the order of the lexicon."""
        if not text:
            return ()
        encoded = encode(text)
        found = self._set.matching(encoded)
        found += [index for index in self._set.possible(encoded) if self.patterns[index].occurs(encoded)]
        return tuple(self.entries[index] for index in sorted(found))

    def search(self, text: str) -> tuple[Hit, ...]:
        """Find every place where an entry matches, ordered by start, longest first."""
        return self.read(text).hits()

    def read(self, text: str, most: int = sys.maxsize) -> Occurrences:
        """Tell which entries may occur in ``text``; each is searched for up to ``most`` times, when it is asked for."""
        encoded = encode(text)
        indices = [*self._set.matching(encoded), *self._set.possible(encoded)] if text else []
        return Occurrences(text, encoded, [(self.entries[index], self.patterns[index]) for index in indices], most)


class JointLexicons:
    """Lexicons that are read of the same texts: one pass tells what occurs of all of them.

    Most of the time of a pass goes by waiting for memory, and one automaton for all needs hardly more of it than the
    largest of them alone.
    """

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        self._names = tuple(lexicons)
        listed = [
            (name, entry, pattern)
            for name, lexicon in lexicons.items()
            for entry, pattern in zip(lexicon.entries, lexicon.patterns, strict=True)
        ]
        self._listed = listed
        self._set = PatternSet([entry.pattern for _, entry, _ in listed])

    def read(self, text: str, most: int = sys.maxsize) -> dict[str, Occurrences]:
        """Tell for each lexicon by its name what ``Lexicon.read`` tells."""
        encoded = encode(text)
        found: dict[str, list[tuple[Entry, Pattern]]] = {name: [] for name in self._names}
        for index in [*self._set.matching(encoded), *self._set.possible(encoded)] if text else ():
            name, entry, pattern = self._listed[index]
            found[name].append((entry, pattern))
        return {name: Occurrences(text, encoded, entries, most) for name, entries in found.items()}


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


@cache
def load_together(names: tuple[str, ...], language: str) -> JointLexicons:
    """Load and compile several lexicons of one language to be read together, once per process.

    Raises:
        ValueError: An entry is malformed; the message names it.
    """
    return JointLexicons({name: load_lexicon(name, language) for name in names})


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
    load_together.cache_clear()
    forget_readings()


def _compiled(entry: Entry) -> Pattern:
    try:
        return Pattern(entry.pattern)
    except re2.error as error:
        raise ValueError(f"lexicon entry {entry.id}: {error}") from error
