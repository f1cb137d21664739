"""Where the entries of a lexicon occur in one text. To know the places costs more than to know that there are some."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from .entries import Entry
from .patterns import Pattern, characters_at


class Hit(NamedTuple):
    """One place in a text where an entry matches; offsets in characters of the searched text."""

    entry: Entry
    start: int
    end: int


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
