"""RE2 patterns over encoded text: matched without case, in time linear in the text.

The wrapper of google-re2 makes a generator and a match object for every match, and counts characters where it is
given text; that costs more than the matching. Here the compiled pattern is asked itself, and answers with offsets.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import re2
from re2 import _re2

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
# A long stretch of any text behind a word of any kind: it may begin nearly everywhere.
_LONG_STRETCH: Final = re.compile(r"\\w[*+](?:\.|\[\^[^\]]*\])(?:[*+]|\{\d*,\d{2,}\})")
_MAX_PATTERN_MEMORY: Final = 64 << 20

Spans = list[tuple[int, int]]


class Pattern:
    """One compiled pattern. Offsets are in bytes of the encoded text.

    Raises:
        re2.error: The pattern is malformed.
    """

    __slots__ = ("_match",)

    def __init__(self, pattern: str) -> None:
        compiled = _re2.RE2(pattern.encode(), matching_options())
        if not compiled.ok():
            raise re2.error(compiled.error())
        self._match = compiled.Match

    def occurs(self, encoded: bytes) -> bool:
        """Whether there is a match."""
        return self._match(_ANYWHERE, encoded, 0, len(encoded))[0][0] >= 0

    def spans(self, encoded: bytes, most: int = sys.maxsize, position: int = 0) -> Spans:
        """List start and end of the first ``most`` matches from ``position`` on, in order."""
        found: Spans = []
        match, last = self._match, len(encoded)
        while position <= last and len(found) < most:
            span = match(_ANYWHERE, encoded, position, last)[0]
            if span[0] < 0:
                break
            found.append(span)
            # Behind an empty match the search goes on one byte later.
            position = span[1] if span[1] > position else position + 1
        return found


class PatternSet:
    """Many patterns, of which one pass over a text tells those that match.

    A pattern that skips a long stretch of text behind a word of any kind is not matched in that pass: the automaton
    would have to count from every word on beside all that it does else, and on varied text it would build new states
    all the time. Of those patterns it is told which may match: the words that they cannot match without occur.

    Raises:
        re2.error: A pattern is malformed.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._together: list[int] = []
        self._alone: list[int] = []
        set_, words = re2.Set.SearchSet(matching_options()), re2.Filter()
        for number, pattern in enumerate(patterns):
            if _LONG_STRETCH.search(pattern):
                words.Add(pattern, matching_options())
                self._alone.append(number)
            else:
                set_.Add(pattern)
                self._together.append(number)
        if self._together:
            set_.Compile()
        if self._alone:
            words.Compile()
        self._set, self._words = set_, words

    def matching(self, encoded: bytes) -> list[int]:
        """Give the numbers of the patterns that match, but for those that are matched alone."""
        return [self._together[at] for at in self._set.Match(encoded) or ()] if self._together else []

    def possible(self, encoded: bytes) -> list[int]:
        """Give the numbers of those that are matched alone and may match."""
        return [self._alone[at] for at in self._words.Match(encoded, True) or ()] if self._alone else []


_ANYWHERE: Final = _re2.RE2.Anchor.UNANCHORED


def matching_options() -> re2.Options:
    """Options of all patterns: without case, no groups kept, a bounded memory, and no log on standard error."""
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_MEMORY
    return options


def encode(text: str) -> bytes:
    """Encode a text for RE2; a lone surrogate, which UTF-8 cannot carry, becomes one character in its place."""
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
