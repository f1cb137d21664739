"""The sentences of an answer that are worth a look for claims, without what it quotes.

Most sentences of an answer claim nothing. They are stepped over: nothing is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from .places import Places, any_overlaps

MAX_SENTENCE: Final = 1000

# A sentence ends at a line end, or behind its stops with white space or a closing sign after them. The pattern begins
# with the set of all characters that it can begin with: re skips the others fast.
_END: Final = re.compile(r"[.!?\n](?:(?<=\n)|[.!?]*+(?=[\s)*\"'\u201d]|\Z))")
# The last such end of a stretch, but for a stop that may belong to a number.
_EDGE: Final = re.compile(r"(?s:.*)[.!?\n](?:(?<=\n)|(?<!\d.)(?=[\s)*\"'\u201d]))")
# "1. Created it.": the number belongs to the sentence behind it.
_NUMBERED: Final = re.compile(r"[ \t>*•✅-]*+\d{1,3}[.)][ \t]++(?>(?:[^.!?\n]++|[.!?](?![\s)*\"'\u201d]|\Z))+)[.!?]*")

_MASK: Final = re.compile(
    r"https?://\S++|```(?>(?:[^`]++|`(?!``))*)(?:```|\Z)|^[ \t]*+>[^\n]*+$|\"[^\"\n]{25,600}\"|"
    r"\u201c[^\u201d\n]{12,600}\u201d|^(?:\*\*)?subject:[\s\S]*+\Z|^dear\s+[A-Z\[][\s\S]*+\Z",
    re.IGNORECASE | re.MULTILINE,
)
MASK_STARTS: Final = r"https?://|```|(?m:^[ \t]*>|^(?:\*\*)?subject:|^dear)|\"[^\"\n]{25}|\x{201c}"
_MASK_STARTS: Final = Places(MASK_STARTS)


class ClaimSentence:
    """A sentence of a text, or a piece of a long one: ``body`` starts at ``at`` of the text."""

    __slots__ = ("_found", "_text", "at", "body")

    def __init__(self, text: str, found: _Found, at: int, end: int) -> None:
        self.at = at
        self.body = text[at:end]
        self._text, self._found = text, found

    def before(self) -> str:
        """Give the sentence before this one, or the piece before it; empty when there is none.

        Stops alone are none. Nothing is read twice, however many sentences are asked.
        """
        text, (first, _, edge, last_found) = self._text, self._found
        if self.at > first:
            return text[self.at - MAX_SENTENCE : self.at]
        end = edge + len(text[edge:first].rstrip("\n.!?"))
        if end > edge:
            between = _sentences(text, _edge_before(text, edge, end - 1), first)
            last_found = [sentence for sentence in between if sentence[0] < end][-1]
        start, end = last_found
        return text[start + max(0, end - start - 1) // MAX_SENTENCE * MAX_SENTENCE : end]


def sentences_with(text: str, *places: list[tuple[int, int]]) -> Iterator[ClaimSentence]:
    """Yield the sentences of ``text`` that have a character of one of the ``places``; each list is sorted and apart."""
    for found in _touched(text, places[0] if len(places) == 1 else sorted(chain.from_iterable(places))):
        if found.last - found.first <= MAX_SENTENCE:
            yield ClaimSentence(text, found, found.first, found.last)
            continue
        # A sentence without an end is cut: what is matched within one is quadratic in it at worst.
        for at in range(found.first, found.last, MAX_SENTENCE):
            end = min(at + MAX_SENTENCE, found.last)
            if any(any_overlaps(listed, at, end) for listed in places):
                yield ClaimSentence(text, found, at, end)


class _Found(NamedTuple):
    """A sentence ``[first:last]``, behind the one that was found ``before`` it and ends at ``edge``."""

    first: int
    last: int
    edge: int
    before: tuple[int, int]


def _touched(text: str, places: Iterable[tuple[int, int]]) -> Iterator[_Found]:
    """Yield each sentence in which one of the sorted ``places`` is; the others are stepped over."""
    done, before = 0, (0, 0)
    for start, end in places:
        while done < end:
            behind = max(start, done)
            for found in _sentences(text, _edge_before(text, done, behind), len(text)):
                if found[1] > behind:
                    break
            else:
                return
            if found[0] >= end:
                break
            yield _Found(*found, done, before)
            done, before = found[1], found


def _edge_before(text: str, start: int, position: int) -> int:
    """Find an edge of a sentence in ``[start:position]``, a late one; ``start`` itself is one."""
    edge = _EDGE.match(text, start, position)
    return edge.end() if edge else start


def mask(text: str) -> str:
    """Blank what an answer quotes, code, addresses, and a letter in it; no other character moves."""
    return _MASK.sub(lambda match: _blank(match.group()), text) if _MASK_STARTS.occur(text) else text


def _blank(text: str) -> str:
    return "\n".join([" " * len(line) for line in text.split("\n")])


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence in ``[start:end]``, whose ends are edges of sentences."""
    for match in _END.finditer(text, start, end):
        stop, behind = match.span()
        if behind <= start:
            continue
        if stop > start and text[stop] == "." and text[stop - 1].isdecimal():
            numbered = _NUMBERED.match(text, start, end)
            if numbered is not None:
                yield numbered.span()
                start = numbered.end()
                continue
        # A stop alone is no sentence.
        last = stop if text[stop] == "\n" or behind == start + 1 else behind
        if last > start:
            yield start, last
        start = behind
    if start < end:
        yield start, end
