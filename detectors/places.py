"""Where a plain pattern occurs in a text, in one linear pass: tells where a costlier look can find anything at all.

Python's ``re`` tries an alternation of words at every character; RE2 reads each character once. Its white space, word
characters and word boundaries are those of ASCII, so a pattern used here must find at least what the costlier look
behind it could find.
"""

from __future__ import annotations

from bisect import bisect_right

from .patterns import Pattern, characters_at, encode


class Places:
    """An RE2 pattern, matched without case, whose places in a text are wanted."""

    def __init__(self, pattern: str) -> None:
        self._pattern = Pattern(pattern)

    def occur(self, text: str) -> bool:
        """Whether there is a match."""
        return self._pattern.occurs(encode(text))

    def find(self, text: str) -> list[tuple[int, int]]:
        """List start and end of each match in characters, in order."""
        encoded = encode(text)
        spans = self._pattern.spans(encoded)
        if spans and len(encoded) > len(text):
            character = characters_at(encoded, (offset for span in spans for offset in span))
            return [(character[start], character[end]) for start, end in spans]
        return spans

    def ends(self, text: str) -> list[int]:
        """List the end of each match in characters, in order."""
        return [end for _, end in self.find(text)]


def any_overlaps(places: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of the ``places``, sorted and apart from each other, has a character of ``[start:end]`` in it."""
    index = bisect_right(places, start, key=_end)
    return index < len(places) and places[index][0] < end


def _end(place: tuple[int, int]) -> int:
    return place[1]


def any_within(offsets: list[int], start: int, end: int) -> bool:
    """Whether one of the sorted ``offsets`` lies behind ``start`` and not behind ``end``."""
    index = bisect_right(offsets, start)
    return index < len(offsets) and offsets[index] <= end
