"""What hides in a text: the same text with its encoded and disguised parts read in plain, and the way back.

Undone one after the other: encoded tokens (``encoded_tokens``), spaced letters, leetspeak, shifted and reversed parts
(``disguised_words``). Invisible characters and look-alike letters are undone by ``normalise`` before. Most texts hide
nothing, and one linear look shows it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final, NamedTuple

from .assessment import Evidence, Source
from .disguised_words import leet_words, reversed_parts, shifted_parts, spaced_words, telling_words
from .encoded_tokens import CODE_SIGN, LONG_SIGN, Piece, encoded_tokens, splice
from .marks import Mark, MarkedText
from .normalise import Normalised, normalise
from .places import Places

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
_SINGLE_WORDS: Final = frozenset({"spacing", "leetspeak"})
_CODE_WORDS: Final = r"base ?-?64|\bb64\b|\b(?:en|de)cod|\bhex|\bbinary\b|\bascii\b|unicode"
_SHIFT_WORDS: Final = r"\brot-?\d|caesar|\bc[iy]pher|atbash|shifted letters|letter shift"
_REVERSAL_WORDS: Final = r"\brevers|\bbackwards?\b|\bright[- ]to[- ]left|\bmirror"
_LEET_SIGN: Final = r"[a-z][013456789@$!]+[a-z]|\b[013456789$@]+[a-z]{2}|[a-z]{2}[013457@$]"
_SPACED_SIGN: Final = r"\b[a-z0-9](?:[ .*_~|,/-]{1,3}[a-z0-9@$]\b){2}"
_TELLING: Final = r"\b(?:{})\b"
_SPEAKS_OF_CODES: Final = Places(_CODE_WORDS)
_SPEAKS_OF_SHIFTS: Final = Places(_SHIFT_WORDS)
_SPEAKS_OF_REVERSAL: Final = Places(_REVERSAL_WORDS)
_TOKEN: Final = Places(f"{LONG_SIGN}|{CODE_SIGN}")
_LEET: Final = Places(_LEET_SIGN)
_SPACED: Final = Places(_SPACED_SIGN)
_MAX_QUOTE: Final = 200
# Between two letters they have no use in Latin script; the soft hyphen has one.
_INVISIBLE: Final = re.compile("[A-Za-z][\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z]|[\U000e0020-\U000e007e]")
# A Latin letter beside a Cyrillic or Greek one, and letters of the mathematical alphabets.
_LOOK_ALIKE: Final = re.compile(
    "[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]|[\U0001d400-\U0001d6a3]|[\u1d00-\u1d22][A-Za-z\u1d00-\u1d22\u0262-\u029f]"
)
# Not behind the flag that tags are made for.
_TAGS: Final = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{4,}")
_SHOWN_TAGS: Final = {point: point - 0xE0000 for point in range(0xE0020, 0xE007F)}
_MAX_TAG_RUNS: Final = 8
# Shifted and reversed text is told word by word: so much of a text is read so, what follows is read as written.
_MAX_CIPHER: Final = 8_000
_MIN_BLOB: Final = 40
_BLOB: Final = Places(rf"[a-z0-9+/=_-]{{{_MIN_BLOB}}}")
_BLOB_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_-]+")
_DIGEST: Final = re.compile(r"[0-9a-fA-F-]+")
_LONGEST_DIGEST: Final = 128
_MIN_BLOB_SHARE: Final = 0.8
_MAX_WORDS_BESIDE: Final = 2


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
    """

    __slots__ = ("_base", "_begins", "_changes", "hidden")

    def __init__(self, base: Normalised, pieces: Sequence[Piece], written: str | None = None) -> None:
        super().__init__(splice(base.text, pieces), base.written if written is None else written)
        self._base = base
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
        ahead = self.hidden[: bisect_right(self.hidden, end - 1, key=lambda piece: piece.start)]
        return next((piece for piece in reversed(ahead) if start < piece.end), None)

    def _there(self, offset: int) -> tuple[int, int]:
        """Find the characters of the base that the one at ``offset`` was made from."""
        index = bisect_right(self._begins, offset) - 1
        if index < 0:
            return offset, offset + 1
        _, end, base_start, base_end = self._changes[index]
        if offset < end:
            return base_start, min(base_end, base_start + _MAX_QUOTE)
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


def views_of(normalised: Normalised) -> tuple[View, ...]:
    """Read a text with what hides in it in plain: all of it, and what was hidden alone; nothing where nothing hides."""
    view = _with_tags(normalised)
    if view is normalised and not _any_sign().occur(view.text):
        return ()
    for find in (_tokens, _spaced, _leet, _shifted, _reversed):
        pieces = find(view.text)
        if pieces:
            view = View(view, pieces)
    if not isinstance(view, View):
        return ()
    alone = _gaps(view)
    return (view, View(view, alone)) if alone else (view,)


def seen_through(marked: MarkedText, view: View) -> MarkedText:
    """Place the marks of a view's text in the text that was written."""
    return marked.placed(view.written, _Through(marked.normalised, view))


def spans_within(marked: MarkedText, marks: Iterable[Mark]) -> Iterator[tuple[int, int]]:
    """Give the places of ``marks`` in the text that was read for them."""
    return (marked.normalised.original(mark.start, mark.end) for mark in marks)


def disguise_of(marked: MarkedText, marks: Iterable[Mark]) -> Hidden | None:
    """Tell by what characters the words of ``marks`` were disguised, where they were."""
    written = marked.original
    if written.isascii():
        return None
    for start, end in spans_within(marked, marks):
        quote = written[start : min(end, start + _MAX_QUOTE)]
        if _INVISIBLE.search(quote):
            return Hidden("invisible", start, start + len(quote))
        if _LOOK_ALIKE.search(quote):
            return Hidden("look_alike", start, start + len(quote))
    return None


def is_unreadable(text: str) -> bool:
    """Whether a text is nothing but tokens that cannot be read: a cipher, or an encoding of something else than text.

    Digests and ids are short and stand for nothing that could be read.
    """
    if not _BLOB.occur(text):
        return False
    others = 0
    blobs = total = 0
    for token in text.split():
        blob = len(token) >= _MIN_BLOB and _BLOB_TOKEN.fullmatch(token) is not None
        digest = len(token) <= _LONGEST_DIGEST and _DIGEST.fullmatch(token) is not None
        blobs += len(token) if blob and not digest else 0
        others += not blob
        total += len(token)
    return blobs >= _MIN_BLOB_SHARE * total and others <= _MAX_WORDS_BESIDE and not views_of(normalise(text))


def _with_tags(normalised: Normalised) -> Normalised:
    """Read the invisible copies of ASCII among the tag characters of Unicode, which ``normalise`` leaves out."""
    written = normalised.written
    if written.isascii() or not _TAGS.search(written):
        return normalised
    shown = normalise(written.translate(_SHOWN_TAGS))
    pieces: list[Piece] = []
    for run in islice(_TAGS.finditer(written), _MAX_TAG_RUNS):
        start = len(normalise(shown.written[: run.start()]).text)
        text = normalise(shown.written[run.start() : run.end()]).text
        if text and shown.text.startswith(text, start):
            pieces.append(Piece("invisible", start, start + len(text), text))
    return View(shown, pieces, written) if pieces else normalised


def _tokens(text: str) -> list[Piece]:
    announced = _SPEAKS_OF_CODES.occur(text)
    return encoded_tokens(text, announced=announced) if announced or _TOKEN.occur(text) else []


def _spaced(text: str) -> list[Piece]:
    return spaced_words(text) if _SPACED.occur(text) else []


def _leet(text: str) -> list[Piece]:
    return leet_words(text) if _LEET.occur(text) else []


def _shifted(text: str) -> list[Piece]:
    text = text[:_MAX_CIPHER]
    announced = _SPEAKS_OF_SHIFTS.occur(text)
    return shifted_parts(text, announced=announced) if announced or _tells(text) else []


def _reversed(text: str) -> list[Piece]:
    text = text[:_MAX_CIPHER]
    announced = _SPEAKS_OF_REVERSAL.occur(text)
    return reversed_parts(text, announced=announced) if announced or _tells(text) else []


def _tells(text: str) -> bool:
    """Whether two words stand in ``text`` that only shifted or reversed English has."""
    return len({text[start:end].lower() for start, end in _telling().find(text)}) > 1


@cache
def _telling() -> Places:
    return Places(_TELLING.format("|".join(telling_words())))


@cache
def _any_sign() -> Places:
    signs = (_CODE_WORDS, _SHIFT_WORDS, _REVERSAL_WORDS, LONG_SIGN, CODE_SIGN, _LEET_SIGN, _SPACED_SIGN)
    return Places("|".join((*signs, _TELLING.format("|".join(telling_words())))))


def _gaps(view: View) -> list[Piece]:
    """Cut out what stands around the encoded parts; single words in disguise belong to what is around them."""
    gaps: list[Piece] = []
    last = 0
    parts = sorted((piece.start, piece.end) for piece in view.hidden if piece.kind not in _SINGLE_WORDS)
    for start, end in parts:
        if start > last:
            gaps.append(Piece("", last, start, "\n"))
        last = max(last, end)
    if parts and last < len(view.text):
        gaps.append(Piece("", last, len(view.text), "\n"))
    # Signs around it change nothing.
    return gaps if any(any(map(str.isalnum, view.text[gap.start : gap.end])) for gap in gaps) else []
