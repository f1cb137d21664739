"""Text as a lexicon wants to see it, with the way back to the original characters.

``normalise`` folds what writers and evaders vary without changing the words: typographic quotes and dashes,
compatibility forms (full width, mathematical letters, ligatures), accents on Latin letters, exotic white
space, invisible characters, and Cyrillic, Greek and other look-alikes of Latin letters. ASCII text comes back
as it is.
Encoded and disguised words are a matter of ``encodings``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from array import array
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final

from .places import Places

_SIGNS: Final = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9\u00b4\uff07\u2039\u203a", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02\u300c\u300d", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u2122\u2120\u00ae", ""),
    "\u2028": "\n",
    "\u2029": "\n",
    "\u0085": "\n",
}
# Letters of other scripts that look like a Latin one; only words that become wholly Latin are folded.
_LOOK_ALIKES: Final = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u0475"
        "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u050c\u051a\u051c"
        "\u03bf\u03b1\u03b9\u03bd\u03c1\u03c5\u03ba\u03c7\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f"
        "\u03a1\u03a4\u03a5\u03a7\u0131\u0251\u0261\u0269\u1d00\u0299\u1d04\u1d05\u1d07\u0262\u029c\u026a\u1d0a\u1d0b"
        "\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22\u0578\u057d\u0585\u0570",
        "aeopcyxijshdqwvABEKMHOPCTYXIJSGQWoaivpukxABEZHIKMNOPTYXiagiabcdeghijklmnoprtuvwyznuoh",
        strict=True,
    )
)
_LOOK_ALIKE: Final = re.compile(f"[{''.join(_LOOK_ALIKES)}]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
# A whole word of Latin letters and look-alikes, with one of these at least.
_LOOK_ALIKE_WORD: Final = re.compile(
    rf"(?<![^\W\d_])[A-Za-z]*+[{''.join(_LOOK_ALIKES)}][A-Za-z{''.join(_LOOK_ALIKES)}]*+(?![^\W\d_])"
)
_TO_LATIN: Final = str.maketrans(_LOOK_ALIKES)
# The same loosely, told by RE2 in a fraction of the time: all that it takes for a letter is one.
_ANY_LOOK_ALIKE_WORD: Final = Places(
    rf"(?:^|[^\pL])[a-z]*[{''.join(_LOOK_ALIKES)}][a-z{''.join(_LOOK_ALIKES)}]*(?:[^\pL]|$)"
)
# So many different characters beyond ASCII are replaced one after the other, more of them in one pass.
_FEW: Final = 8
# A text with fewer bytes beyond ASCII is folded where they are, another one as a whole.
_SPARSE: Final = 0.1


class Normalised:
    """Folded text, and the way from its offsets to those of the text ``written`` that it was made from."""

    __slots__ = ("_ends", "text", "written")

    def __init__(self, text: str, written: str) -> None:
        self.text = text
        self.written = written
        self._ends: array[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map the span ``[start:end]`` of ``text`` to the span of the original text it was made from."""
        if self.written.isascii():
            return start, end
        first = self._source(start) if start < len(self.text) else len(self.written)
        return first, max(first, self._source(end - 1) + 1) if end > start else first

    def _source(self, offset: int) -> int:
        if self._ends is None:
            # For each written character: where in ``text`` ends what became of it. Asked for evidence only.
            self._ends = array("Q", accumulate(map(len, map(_FOLDED.__getitem__, self.written))))
        return bisect_right(self._ends, offset)


def normalise(text: str) -> Normalised:
    """Fold ``text``; idempotent, linear, and free for ASCII."""
    if text.isascii():
        return Normalised(text, text)
    folded = _fold_few(text)
    if folded is None and len(text.encode("utf-8", "replace")) - len(text) < _SPARSE * len(text):
        folded = _NOT_ASCII.sub(lambda sign: _FOLDED[sign[0]], text)
    elif folded is None:
        folded = "".join(map(_FOLDED.__getitem__, text))
    return Normalised(_fold_look_alikes(folded), text)


def _fold_few(text: str) -> str | None:
    """Fold a text of few different characters beyond ASCII; ``None`` for another one."""
    characters = _few_beyond_ascii(text)
    if characters is None:
        return None
    for character in characters:
        # What a character folds to folds no further, so the order does not matter.
        text = text.replace(character, _FOLDED[character])
    return text


def _few_beyond_ascii(text: str) -> list[str] | None:
    """List the different characters beyond ASCII, of which most texts have few; ``None`` where there are more."""
    found: list[str] = []
    position = 0
    while (strange := _NOT_ASCII.search(text, position)) is not None:
        if len(found) == _FEW:
            return None
        position = strange.start()
        found.append(strange[0])
        text = text.replace(strange[0], "")
    return found


def simplify(text: str) -> str:
    """Write the traditional characters of Chinese that ``simplified.toml`` lists as simplified ones, in place."""
    return text.translate(_simplified())


@cache
def _simplified() -> dict[int, str]:
    listed = tomllib.loads(files(__package__ or "detectors").joinpath("simplified.toml").read_text("utf-8"))
    traditional, simplified = ("".join(listed[key].split()) for key in ("traditional", "simplified"))
    return dict(zip(map(ord, traditional), simplified, strict=True))


class _Folds(dict[str, str]):
    """What each character becomes; filled as characters are met, at most one entry per code point."""

    def __missing__(self, character: str) -> str:
        folded = self[character] = _fold_to_rest(character)
        return folded


_FOLDED: Final = _Folds()


def _fold_to_rest(character: str) -> str:
    # Folding twice must change nothing, so what a compatibility form unfolds to is folded again.
    folded = character
    while (again := "".join(_fold_once(item) for item in folded)) != folded:
        folded = again
    return folded


def _fold_once(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isascii():
        return character
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    # Format characters (zero-width, bidi marks, tags, soft hyphen), variation selectors, combining accents.
    if unicodedata.category(character) == "Cf" or character in _INVISIBLE or "\u0300" <= character <= "\u036f":
        return ""
    folded = unicodedata.normalize("NFKC", character)
    if folded != character:
        return folded
    if unicodedata.category(character) == "Zs":
        return " "
    base = unicodedata.normalize("NFD", character)
    return base[0] if len(base) > 1 and "\u0300" <= base[1] <= "\u036f" else character


_INVISIBLE: Final = frozenset(
    ["\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"]
    + [chr(point) for point in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))]
)


def _fold_look_alikes(text: str) -> str:
    if not _LOOK_ALIKE.search(text) or not _ANY_LOOK_ALIKE_WORD.occur(text):
        return text
    characters = _few_beyond_ascii(text)
    if characters is not None and not any(item.isalnum() and item not in _LOOK_ALIKES for item in characters):
        # There are no other letters: every word becomes Latin.
        for character in characters:
            text = text.replace(character, _LOOK_ALIKES.get(character, character))
        return text
    return _LOOK_ALIKE_WORD.sub(lambda word: word[0].translate(_TO_LATIN), text)
