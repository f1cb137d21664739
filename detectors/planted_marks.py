"""Marks of instructions that were planted in tool results, such as "ignore all previous instructions"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from .entries import Entry
from .lexicon import Lexicon, load_lexicon
from .patterns import Pattern, encode


class PlantedMark(NamedTuple):
    """One mark at the character ``start``; ``sure`` is false where an honest writer might have written it."""

    start: int
    sure: bool


class _Place(NamedTuple):
    """The next place of one entry, in bytes."""

    start: int
    end: int
    pattern: Pattern
    entry: Entry


class PlantedMarks:
    """The marks in one text, told in their order.

    Each is looked for from where the one before was done with: a text full of marks costs no more than what is made of
    them.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._encoded = encode(text)
        self._places = _places(self._encoded, 0, _matching(load_lexicon("scope")).each)

    def next(self, start: int) -> PlantedMark | None:
        """Name the first mark from the character ``start`` on, which never goes back; ``None`` behind the last one."""
        position = len(encode(self._text[:start]))
        passed = [(place.pattern, place.entry) for place in self._places if place.start < position]
        if passed:
            self._places = [place for place in self._places if place.start >= position]
            self._places += _places(self._encoded, position, passed)
        if not self._places:
            return None
        place = min(self._places, key=_order)
        return PlantedMark(len(self._encoded[: place.start].decode()), sure=place.entry.weight >= 1.0)


def is_marked(text: str) -> bool:
    """Whether ``text`` holds a mark."""
    return bool(text) and _matching(load_lexicon("scope")).any.occurs(encode(text))


class _Matching(NamedTuple):
    any: Pattern
    each: tuple[tuple[Pattern, Entry], ...]


@lru_cache(maxsize=1)
def _matching(lexicon: Lexicon) -> _Matching:
    # Matched apart from the other entries, which look at people's words: beside them it costs several times as much.
    listed = zip(lexicon.patterns, lexicon.entries, strict=True)
    each = tuple((pattern, entry) for pattern, entry in listed if entry.group == "injection")
    return _Matching(Pattern("|".join(f"(?:{entry.pattern})" for _, entry in each)), each)


def _places(encoded: bytes, position: int, entries: Iterable[tuple[Pattern, Entry]]) -> list[_Place]:
    return [
        _Place(start, end, pattern, entry)
        for pattern, entry in entries
        for start, end in pattern.spans(encoded, 1, position)
    ]


def _order(place: _Place) -> tuple[int, int, str]:
    return place.start, -place.end, place.entry.id
