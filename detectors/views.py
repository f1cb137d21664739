"""A text with its encoded and disguised parts read in plain, and the way back to the characters that were written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from .assessment import Evidence, Source
from .encoded_tokens import Piece, splice
from .marks import Mark, MarkedText
from .normalise import Normalised

# Kinds of hiding -> how an explanation says it.
WORDINGS: Final = {
    "base64": "in base64",
    "hex": "in hexadecimal digits",
    "codes": "in character codes",
    "spacing": "in spaced letters",
    "leetspeak": "in leetspeak",
    "shifted": "in shifted letters",
    "reversed": "in reversed text",
    "invisible": "behind invisible characters",
    "look_alike": "in look-alike letters",
}
MAX_QUOTE: Final = 200
"""Characters that are quoted of what something was hidden in."""


class Hidden(NamedTuple):
    """Where in a written text something was hidden, and how: one of ``WORDINGS``."""

    kind: str
    start: int
    end: int

    def evidence(self, written: str, source: Source, span_ref: str | None) -> Evidence:
        """Quote what it was hidden in."""
        quote = written[self.start : self.end]
        return Evidence(
            rule=f"encoding.{self.kind}", source=source, quote=quote, start=self.start, end=self.end, span_ref=span_ref
        )

    @property
    def wording(self) -> str:
        """Say in a few words how it was hidden."""
        return f"hidden {WORDINGS[self.kind]}"


class View(Normalised):
    """A text with what was hidden in it in plain; ``original`` leads to the characters that were written.

    Attributes:
        hidden: The parts that were read in plain, with their places in ``text``.
        whole: False where so much is hidden that not all was looked at.
    """

    __slots__ = ("_base", "_begins", "_changes", "_reaches", "hidden", "whole")

    def __init__(
        self, base: Normalised, pieces: Sequence[Piece], written: str | None = None, *, whole: bool = True
    ) -> None:
        super().__init__(splice(base.text, pieces), base.written if written is None else written)
        self._base = base
        self.whole: bool = whole and (not isinstance(base, View) or base.whole)
        # For each piece: where it begins and ends here, and there.
        self._changes: list[tuple[int, int, int, int]] = []
        moved = 0
        for piece in pieces:
            start = piece.start + moved
            moved += len(piece.text) - (piece.end - piece.start)
            self._changes.append((start, start + len(piece.text), piece.start, piece.end))
        self._begins = [change[0] for change in self._changes]
        own = [
            Piece(piece.kind, change[0], change[1], piece.text)
            for piece, change in zip(pieces, self._changes, strict=True)
            if piece.kind
        ]
        self.hidden: tuple[Piece, ...] = tuple(
            sorted((*own, *self._moved(base.hidden if isinstance(base, View) else ())), key=lambda piece: piece.start)
        )
        # How far those up to each of them reach.
        self._reaches = list(accumulate((piece.end for piece in self.hidden), max))

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map the span ``[start:end]`` of ``text`` to the written text; of a long token only the beginning."""
        first, _ = self._there(start)
        last = first if end <= start else self._there(end - 1)[1]
        return self._base.original(first, max(first, last))

    def place(self, spans: Iterable[tuple[int, int]]) -> Hidden:
        """Name the hidden part that one of ``spans`` lies in, the longest one where none does."""
        touched = (found for start, end in spans if (found := self._touched(start, end)))
        piece = next(touched, None) or max(self.hidden, key=lambda item: item.end - item.start)
        return Hidden(piece.kind, *self.original(piece.start, piece.end))

    @property
    def share(self) -> float:
        """How much of ``text`` was hidden, 0 to 1."""
        return sum(piece.end - piece.start for piece in self.hidden) / max(1, len(self.text))

    def touches(self, start: int, end: int) -> bool:
        """Whether a hidden part lies in ``[start:end]`` of ``text``."""
        return self._touched(start, end) is not None

    def _touched(self, start: int, end: int) -> Piece | None:
        # A piece may lie in another one, so the last one that begins before the end is not all there is to look at.
        ahead = bisect_right(self.hidden, end - 1, key=lambda piece: piece.start)
        if not ahead or self._reaches[ahead - 1] <= start:
            return None
        return next(piece for piece in reversed(self.hidden[:ahead]) if start < piece.end)

    def _there(self, offset: int) -> tuple[int, int]:
        """Find the characters of the base that the one at ``offset`` was made from."""
        index = bisect_right(self._begins, offset) - 1
        if index < 0:
            return offset, offset + 1
        _, end, base_start, base_end = self._changes[index]
        if offset < end:
            return base_start, min(base_end, base_start + MAX_QUOTE)
        there = base_end + offset - end
        return there, there + 1

    def _moved(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Carry places in the base over to ``text``; what became part of a greater change lies in that."""
        starts = [change[2] for change in self._changes]
        for piece in pieces:
            start, end = (self._here(starts, offset) for offset in (piece.start, piece.end - 1))
            yield Piece(piece.kind, start[0], max(start[0] + 1, end[1]), piece.text)

    def _here(self, starts: list[int], offset: int) -> tuple[int, int]:
        index = bisect_right(starts, offset) - 1
        if index < 0:
            return offset, offset + 1
        start, end, _, base_end = self._changes[index]
        if offset < base_end:
            return start, end
        here = end + offset - base_end
        return here, here + 1


class _Through(Normalised):
    """A normalised view: its places lead through the view to the written text."""

    __slots__ = ("_view", "_within")

    def __init__(self, within: Normalised, view: View) -> None:
        super().__init__(within.text, view.written)
        self._within = within
        self._view = view

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the normalised view to the written text."""
        return self._view.original(*self._within.original(start, end))


def seen_through(marked: MarkedText, view: View) -> MarkedText:
    """Place the marks of a view's text in the text that was written."""
    placed = marked.placed(view.written, _Through(marked.normalised, view))
    return placed if view.whole else placed.in_part()


def read_whole(marked: MarkedText, views: Sequence[View]) -> MarkedText:
    """Give the marks of a text with ``views``; where these do not show all that hides in it, it was read in part."""
    return marked if all(view.whole for view in views) else marked.in_part()


def spans_within(marked: MarkedText, marks: Iterable[Mark]) -> Iterator[tuple[int, int]]:
    """Give the places of ``marks`` in the text that was read for them."""
    return (marked.normalised.original(mark.start, mark.end) for mark in marks)
