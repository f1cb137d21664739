"""What hides in a text: the same text with its encoded and disguised parts read in plain, and the way back.

Undone one after the other: encoded tokens (``encoded_tokens``), spaced letters, leetspeak, shifted and reversed parts
(``disguised_words``). Invisible characters and look-alike letters are undone by ``normalise`` before. Most texts hide
nothing, and one linear look shows it. Where a text hides more than is undone, its views are not ``whole``: what was
read of it can convict, not clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Final

from .disguised_words import leet_words, reversed_parts, shifted_parts, spaced_words, telling_words
from .encoded_tokens import ANY_SIGN, Piece, Undone, encoded_tokens
from .marks import Mark, MarkedText, normalised
from .normalise import Normalised, normalise
from .places import Places
from .remembered import remembered
from .views import MAX_QUOTE, Hidden, View, spans_within

_SINGLE_WORDS: Final = frozenset({"spacing", "leetspeak"})
_CODE_NAMES: Final = r"\b(?:(?:en|de)cod|hex|unicode|(?:binary|ascii)\b)"
_SHIFT_NAMES: Final = r"\b(?:rot-?\d|caesar|c[iy]pher|atbash|shifted letters|letter shift)"
_REVERSAL_NAMES: Final = r"\b(?:revers|backwards?\b|right[- ]to[- ]left|mirror)"
_LEET_SIGN: Final = r"[a-z][013456789@$!]+[a-z]|\b[013456789$@]+[a-z]{2}|[a-z]{2}[013457@$]"
_SPACED_SIGN: Final = r"\b[a-z0-9](?:[ .*_~|,/-]{1,3}[a-z0-9@$]\b){2}"
_SPEAKS_OF_CODES: Final = Places(rf"base ?-?64|\bb64\b|{_CODE_NAMES}")
_SPEAKS_OF_SHIFTS: Final = Places(_SHIFT_NAMES)
_SPEAKS_OF_REVERSAL: Final = Places(_REVERSAL_NAMES)
_TOKEN: Final = Places(ANY_SIGN)
_LEET: Final = Places(_LEET_SIGN)
_SPACED: Final = Places(_SPACED_SIGN)
_WORD: Final = re.compile(r"\w+", re.ASCII)
# Between two letters they have no use in Latin script; the soft hyphen has one.
_INVISIBLE: Final = re.compile("[A-Za-z][\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z]|[\U000e0020-\U000e007e]")
# A Latin letter beside a Cyrillic or Greek one, and letters of the mathematical alphabets.
_LOOK_ALIKE: Final = re.compile(
    "[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]|[\U0001d400-\U0001d6a3]|[\u1d00-\u1d22][A-Za-z\u1d00-\u1d22\u0262-\u029f]"
)
# Not behind the flag that tags are made for.
_TAGS: Final = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{4,}")
_ANY_TAG: Final = re.compile("[\U000e0020-\U000e007e]")
_SHOWN_TAGS: Final = {point: point - 0xE0000 for point in range(0xE0020, 0xE007F)}
_MAX_TAG_RUNS: Final = 8
# Shifted and reversed text is told word by word: so much of a text is read so, what follows is read as written.
_MAX_CIPHER: Final = 8_000
_MIN_BLOB: Final = 40
_BLOB_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_-]+")
_DIGEST: Final = re.compile(r"[0-9a-fA-F-]+")
_LONGEST_DIGEST: Final = 128
_MIN_BLOB_SHARE: Final = 0.8
_MAX_WORDS_BESIDE: Final = 2


def views_of(text: Normalised) -> tuple[View, ...]:
    """Read a text with what hides in it in plain: all of it, and what was hidden alone; nothing where nothing hides."""
    if _any_sign().occur(text.text) or _holds_tags(text.written):
        return _views_of(text.written)
    return ()


@remembered
def _views_of(written: str) -> tuple[View, ...]:
    view = _with_tags(normalised(written))
    for find in (_tokens, _spaced, _leet, _shifted, _reversed):
        undone = find(view.text)
        if undone.pieces or undone.end is not None:
            view = _undone(view, undone)
    if not isinstance(view, View):
        return ()
    alone = _gaps(view)
    return (view, View(view, alone)) if alone else (view,)


def disguise_of(marked: MarkedText, marks: Iterable[Mark]) -> Hidden | None:
    """Tell by what characters the words of ``marks`` were disguised, where they were."""
    written = marked.original
    if written.isascii():
        return None
    for start, end in spans_within(marked, marks):
        quote = written[start : min(end, start + MAX_QUOTE)]
        if _INVISIBLE.search(quote):
            return Hidden("invisible", start, start + len(quote))
        if _LOOK_ALIKE.search(quote):
            return Hidden("look_alike", start, start + len(quote))
    return None


def is_unreadable(text: str) -> bool:
    """Whether a text is nothing but tokens that cannot be read: a cipher, or an encoding of something else than text.

    Digests and ids are short and stand for nothing that could be read.
    """
    # Nearly every text begins with more words than may stand beside such tokens.
    beginning = text.split(None, _MAX_WORDS_BESIDE + 1)[: _MAX_WORDS_BESIDE + 1]
    return any(len(token) >= _MIN_BLOB for token in beginning) and _is_cipher(text)


@remembered
def _is_cipher(text: str) -> bool:
    others = 0
    blobs = total = 0
    for token in text.split():
        blob = len(token) >= _MIN_BLOB and _BLOB_TOKEN.fullmatch(token) is not None
        digest = len(token) <= _LONGEST_DIGEST and _DIGEST.fullmatch(token) is not None
        blobs += len(token) if blob and not digest else 0
        others += not blob
        total += len(token)
        if others > _MAX_WORDS_BESIDE:
            return False
    return blobs >= _MIN_BLOB_SHARE * total and not views_of(normalised(text))


def _undone(base: Normalised, undone: Undone) -> View:
    """Show what was undone; what was not looked at is left out, since the text is read as it is written, too."""
    pieces, end = undone
    if end is not None:
        hidden = base.hidden if isinstance(base, View) else ()
        end = max(end, *(piece.end for piece in (*pieces, *hidden)), 0)
        if end < len(base.text):
            pieces = [*pieces, Piece("", end, len(base.text), "\n")]
    return View(base, pieces, whole=undone.end is None)


def _holds_tags(written: str) -> bool:
    # What looks behind itself is slow where nothing is found.
    return not written.isascii() and _ANY_TAG.search(written) is not None and _TAGS.search(written) is not None


def _with_tags(text: Normalised) -> Normalised:
    """Read the invisible copies of ASCII among the tag characters of Unicode, which ``normalise`` leaves out."""
    written = text.written
    if not _holds_tags(written):
        return text
    shown = normalise(written.translate(_SHOWN_TAGS))
    pieces: list[Piece] = []
    start = last = 0
    for run in islice(_TAGS.finditer(written), _MAX_TAG_RUNS):
        start += len(normalise(shown.written[last : run.start()]).text)
        last = run.start()
        hidden = normalise(shown.written[run.start() : run.end()]).text
        if hidden and shown.text.startswith(hidden, start):
            pieces.append(Piece("invisible", start, start + len(hidden), hidden))
    return View(shown, pieces, written) if pieces else text


def _tokens(text: str) -> Undone:
    announced = _SPEAKS_OF_CODES.occur(text)
    return encoded_tokens(text, announced=announced) if announced or _TOKEN.occur(text) else _NOTHING


def _spaced(text: str) -> Undone:
    return spaced_words(text) if _SPACED.occur(text) else _NOTHING


def _leet(text: str) -> Undone:
    return leet_words(text) if _LEET.occur(text) else _NOTHING


def _shifted(text: str) -> Undone:
    text = text[:_MAX_CIPHER]
    announced = _SPEAKS_OF_SHIFTS.occur(text)
    telling, _ = telling_words()
    return Undone(shifted_parts(text, announced=announced)) if announced or _tell(text, telling) else _NOTHING


def _reversed(text: str) -> Undone:
    text = text[:_MAX_CIPHER]
    announced = _SPEAKS_OF_REVERSAL.occur(text)
    _, telling = telling_words()
    return Undone(reversed_parts(text, announced=announced)) if announced or _tell(text, telling) else _NOTHING


_NOTHING: Final = Undone([])


def _tell(text: str, telling: frozenset[str]) -> bool:
    """Whether two words stand in ``text`` that only shifted or only reversed English has."""
    return _telling().occur(text) and len(telling.intersection(map(str.lower, _WORD.findall(text)))) > 1


@cache
def _telling() -> Places:
    return Places(_telling_pattern())


@cache
def _any_sign() -> Places:
    # Words begin at word boundaries, and "64" stands for base64: the fewer states the automaton of RE2 has, the less
    # memory does the look at an ordinary text touch.
    names = ("64", _CODE_NAMES, _SHIFT_NAMES, _REVERSAL_NAMES, _telling_pattern())
    return Places("|".join((*names, ANY_SIGN, _LEET_SIGN, _SPACED_SIGN)))


def _telling_pattern() -> str:
    return rf"\b(?:{'|'.join(sorted(frozenset[str]().union(*telling_words())))})\b"


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
