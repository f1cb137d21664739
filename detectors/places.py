"""Where a plain pattern occurs in a text, in one linear pass: tells where a costlier look can find anything at all.

Python's ``re`` tries an alternation of words at every character; RE2 reads each character once. Its white space, word
characters and word boundaries are those of ASCII, so a pattern used here must find at least what the costlier look
behind it could find.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right

from .patterns import Pattern, characters_at, encode


class Places:
    """An RE2 pattern, matched without case, whose places in a text are wanted."""

    def __init__(self, pattern: str) -> None:
        self._pattern = Pattern(pattern)

    def occur(self, text: str) -> bool:
        """Whether there is a match."""
        return self._pattern.occurs(encode(text))

    def find(self, text: str, most: int = sys.maxsize) -> list[tuple[int, int]]:
        """List start and end of the first ``most`` matches in characters, in order."""
        encoded = encode(text)
        spans = self._pattern.spans(encoded, most)
        if spans and len(encoded) > len(text):
            character = characters_at(encoded, (offset for span in spans for offset in span))
            return [(character[start], character[end]) for start, end in spans]
        return spans

    def ends(self, text: str) -> list[int]:
        """List the end of each match in characters, in order."""
        return [end for _, end in self.find(text)]


class Nouns:
    """An ``re`` pattern that begins with one of many words; whether it occurs RE2 tells in a fraction of the time.

    Only ASCII texts are told so: in them both count the same characters as words and as white space. Where RE2 cannot
    say the pattern, ``plain`` says it loosely: it must match wherever the pattern does.
    """

    def __init__(self, pattern: str, flags: re.RegexFlag = re.NOFLAG, *, plain: str | None = None) -> None:
        self.pattern = re.compile(pattern, flags)
        # RE2 matches without case here.
        self._exact = plain is None and bool(flags & re.IGNORECASE)
        spaced = (plain or pattern).replace(r"[\s", r"[\t-\r\x1c-\x1f ").replace(r"\s", r"[\t-\r\x1c-\x1f ]")
        self._plain = Pattern(spaced.replace(r"\u2019", "\u2019"))

    def occur(self, text: str) -> bool:
        """Whether there is a match."""
        if text.isascii():
            occurs = self._plain.occurs(text.encode())
            if self._exact or not occurs:
                return occurs
        return self.pattern.search(text) is not None


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
