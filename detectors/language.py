"""Whether a text is in a language that the lexicons cover: English, for now.

Decided by the scripts of its letters and, for Latin script, by function words. Text that is short, code,
numbers or undecided counts as supported: only a clear sign of another language makes an assessment step back.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Final

from .remembered import remembered

# Three windows of this many characters are read: long texts cost no more than short ones.
_WINDOW: Final = 8_000
_MIN_FOREIGN_LETTERS: Final = 6
_MIN_FOREIGN_SHARE: Final = 0.5
_MIN_FOREIGN_WORDS: Final = 3
_MIN_WORD_SHARE: Final = 0.2

# Bytes of ASCII text: letters stay, all others become blanks.
_LETTERS: Final = bytes(byte if bytes([byte]).isalpha() else 0x20 for byte in range(256))

_LATIN_LETTER: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Greek to Georgian and Hangul Jamo; then kana, Han, Hangul and their compatibility forms.
_OTHER_LETTER: Final = re.compile(r"[\u0370-\u1dff\u3040-\u30ff\u3130-\ud7af\uf900-\ufdff\ufe70-\ufeff]")
_LATIN_WORD: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:'[a-z]+)?")


@remembered
def supported(text: str) -> bool:
    """Whether the lexicons can judge ``text``; False only when it is clearly in another language."""
    sample = _sample(text).replace("\u2019", "'")
    if not sample.isascii():
        latin = len(_LATIN_LETTER.findall(sample))
        other = len(_OTHER_LETTER.findall(sample))
        if other >= _MIN_FOREIGN_LETTERS and other > _MIN_FOREIGN_SHARE * (latin + other):
            return False
    elif _few_foreign_words(sample):
        return True
    return not _foreign_by_words(Counter(_LATIN_WORD.findall(sample)))


def _few_foreign_words(sample: str) -> bool:
    """Whether an ASCII text surely has too few words of other languages to be foreign.

    Nearly every text is English, and this shows it in a fraction of the time that counting its words takes. The
    listed words are lower case: where letters are cut apart at signs, none of them is missed.
    """
    plain, with_apostrophe = _foreign_words()
    words = set(sample.encode().translate(_LETTERS).split())
    return len(plain & words) < _MIN_FOREIGN_WORDS and not any(word in sample for word in with_apostrophe)


def _foreign_by_words(words: Counter[str]) -> bool:
    english, others = _function_words()
    # As written: a capitalised word may be part of a name ("Los Angeles").
    candidates = {word: count for word, count in words.items() if word not in english}
    language = max(others.values(), key=lambda known: _count(candidates, known))
    hits = _count(candidates, language)
    distinct = sum(word in language for word in candidates)
    if distinct < _MIN_FOREIGN_WORDS or hits < _MIN_WORD_SHARE * words.total():
        return False
    english_hits = sum(
        count for word, count in words.items() if word.lower() in english and word.lower() not in language
    )
    return hits > 2 * english_hits


def _count(words: dict[str, int], known: frozenset[str]) -> int:
    return sum(count for word, count in words.items() if word in known)


@cache
def _function_words() -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    text = files(__package__ or "detectors").joinpath("function_words.toml").read_text("utf-8")
    others = {language: frozenset(str(words).split()) for language, words in tomllib.loads(text).items()}
    return others.pop("en"), others


@cache
def _foreign_words() -> tuple[frozenset[bytes], tuple[str, ...]]:
    """List the words in ASCII of all other languages that are not English too, and those with an apostrophe."""
    english, others = _function_words()
    words = {word for known in others.values() for word in known if word.isascii()} - english
    with_apostrophe = tuple(sorted(word for word in words if "'" in word))
    return frozenset(word.encode() for word in words.difference(with_apostrophe)), with_apostrophe


def _sample(text: str) -> str:
    if len(text) <= 3 * _WINDOW:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_WINDOW], text[middle : middle + _WINDOW], text[-_WINDOW:]))
