"""Sentences, quotations and voices of a text, each in one pass.

All offsets are characters of the text that was given.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

Spans = tuple[tuple[int, int], ...]

# A sentence ends at a line end, or at its full stop with what closes it and white space behind. The pattern begins with
# the set of all characters that it can begin with: re skips the others fast.
_END: Final = re.compile(r"[.!?\n](?:(?<=\n)\n*+|(?<!\n)(?<![.!?][.!?])[.!?]*+[\"')\]*_]{0,3}(?=\s))")
_NUMBERED: Final = re.compile(r"\d{1,3}\.")
_MIN_QUOTATION: Final = 12
_WHOLE_TEXT: Final = 0.8


class Sentence(NamedTuple):
    """One sentence or line ``[start:end]``, without the white space around it."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Characters from start to end."""
        return self.end - self.start


def split_sentences(text: str, most: int = sys.maxsize) -> tuple[Sentence, ...]:
    """Split ``text`` at full stops and line ends; abbreviations may split once too often.

    What follows the first ``most`` sentences is one more, however long.
    """
    sentences: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        stop, end = match.span()
        # "1. Get a rope": the number belongs to what follows it.
        if stop > start and text[stop - 1].isdecimal() and _NUMBERED.fullmatch(text, max(start, stop - 3), end):
            continue
        piece = text[start:end].lstrip()
        if piece:
            first = end - len(piece)
            sentences.append(Sentence(first, first + len(piece.rstrip())))
            if len(sentences) == most:
                start = end
                break
        start = end
    piece = text[start:].lstrip()
    if piece:
        first = len(text) - len(piece)
        sentences.append(Sentence(first, first + len(piece.rstrip())))
    return tuple(sentences)


def quotations(text: str) -> Spans:
    """Find what stands in straight double quotes within one line, and what stands in code fences or ``>`` lines.

    A quotation that is nearly the whole text is no quotation but the way that the text was stored.
    """
    found: list[tuple[int, int]] = []
    offset, fence = 0, -1
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("```"):
            if fence >= 0:
                found.append((fence, offset + len(line)))
            fence = offset if fence < 0 else -1
        elif fence < 0:
            if line.lstrip().startswith(">"):
                found.append((offset, offset + len(line)))
            else:
                found.extend(_quoted_in_line(line, offset))
        offset += len(line)
    return tuple(span for span in found if span[1] - span[0] < _WHOLE_TEXT * len(text))


def _quoted_in_line(line: str, offset: int) -> list[tuple[int, int]]:
    marks = [at for at, character in enumerate(line) if character == '"'] if '"' in line else []
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return [(offset + first, offset + last + 1) for first, last in pairs if last - first >= _MIN_QUOTATION]


def inside(position: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether ``position`` lies in one of ``spans``, which are sorted and do not overlap."""
    index = bisect_right(spans, (position, 1 << 62)) - 1
    return index >= 0 and spans[index][0] <= position < spans[index][1]
