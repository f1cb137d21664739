"""Sentences and quotations of a text, each in one pass.

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
# The same, and at the stops of Chinese and Japanese, behind which no white space stands.
_WIDE_END: Final = re.compile(
    r"[.!?\n\u3002\uff61](?:(?<=\n)\n*+|(?<=[\u3002\uff61])[\u3002!?]*+[\"')\]*_]{0,3}"
    r"|(?<![\n\u3002\uff61])(?<![.!?][.!?])[.!?]*+[\"')\]*_]{0,3}(?=[\s\u3040-\u30ff\u3400-\u9fff]))"
)
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_NUMBERED: Final = re.compile(r"\d{1,3}\.")
_MIN_QUOTATION: Final = 12
_WHOLE_TEXT: Final = 0.8


class Sentence(NamedTuple):
    """One sentence or line ``[start:end]``, without the white space around it.

    ``extra`` is what Chinese and Japanese say more than Latin script in as many characters.
    """

    start: int
    end: int
    extra: int = 0

    @property
    def length(self) -> int:
        """Characters from start to end, in Latin script; a Chinese one counts as three, a kana as two."""
        return self.end - self.start + self.extra


def split_sentences(text: str, most: int = sys.maxsize) -> tuple[Sentence, ...]:
    """Split ``text`` at full stops and line ends; abbreviations may split once too often.

    What follows the first ``most`` sentences is one more, however long.
    """
    sentences: list[Sentence] = []
    start = 0
    ascii_only = text.isascii()
    for match in (_END if ascii_only else _WIDE_END).finditer(text):
        stop, end = match.span()
        # "1. Get a rope": the number belongs to what follows it.
        if stop > start and text[stop - 1].isdecimal() and _NUMBERED.fullmatch(text, max(start, stop - 3), end):
            continue
        piece = text[start:end].lstrip()
        if piece:
            sentences.append(_sentence(piece, end - len(piece), ascii_only))
            if len(sentences) == most:
                start = end
                break
        start = end
    piece = text[start:].lstrip()
    if piece:
        first = len(text) - len(piece)
        sentences.append(_sentence(piece, first, ascii_only))
    return tuple(sentences)


def _sentence(piece: str, first: int, ascii_only: bool) -> Sentence:
    extra = 0 if ascii_only else 2 * len(_HAN.findall(piece)) + len(_KANA.findall(piece))
    return Sentence(first, first + len(piece.rstrip()), extra)


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
