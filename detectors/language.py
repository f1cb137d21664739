"""The language of a text: one that the lexicons cover, or another one.

Decided by the scripts of its letters and, for Latin script, by function words. Text that is short, code,
numbers or undecided counts as English, and so does English text with foreign names or a foreign phrase in it: only
a clear sign of another language decides for that one.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from .remembered import remembered

ENGLISH: Final = "en"
SUPPORTED: Final = ("de", "en", "es", "fr", "it", "ja", "pt", "zh")
"""ISO 639-1 codes of the languages that have lexicons."""

# Three windows of this many characters are read: long texts cost no more than short ones.
_WINDOW: Final = 8_000
_MIN_FOREIGN_LETTERS: Final = 6
_MIN_FOREIGN_SHARE: Final = 0.5
_MIN_FOREIGN_WORDS: Final = 3
_MIN_WORD_SHARE: Final = 0.2
# Two words decide only a text without English ones, and only for a language that is read: less of them where no other
# language has them, and never words that every second language has ("de la").
_MIN_SHORT_WORDS: Final = 2
_SHORT: Final = ((0.4, 0.6), (0.25, 1.0))
# One sign of Chinese or kana says as much as so many Latin letters.
_IDEOGRAPH: Final = 3
_MIN_IDEOGRAPHS: Final = 2
# A text without this share of kana among its signs is Chinese with a Japanese name in it.
_MIN_KANA_SHARE: Final = 0.25

# Bytes of ASCII text: letters stay, all others become blanks.
_LETTERS: Final = bytes(byte if bytes([byte]).isalpha() else 0x20 for byte in range(256))

# Words that no other of the listed languages has. Where every eighth word is one of them, at most four in ten are of
# another language, and too few of these are function words.
_ONLY_ENGLISH: Final = (" the ", " and ", " that ", " with ", " you ", " this ", " are ", " it ")
_PLAIN_SHARE: Final = 8
# An apostrophe inside a word that is none of an English contraction or genitive.
_ELISION: Final = re.compile(r"'(?!(?:s|t|m|d|re|ve|ll)(?![a-z]))(?<=[a-z]')[a-z]")
_LATIN_LETTER: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Greek to Georgian and Hangul Jamo; then Hangul and compatibility forms.
_OTHER_LETTER: Final = re.compile(r"[\u0370-\u1dff\u3130-\u318f\ua960-\ud7af\ufb00-\ufdff\ufe70-\ufeff]")
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN_WORD: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:'[a-z]+)?")
# The word a sentence begins with is a capital for no reason of its own.
_SENTENCE_START: Final = re.compile(r"(?:\A|[.!?\u2026:\n\u00a1\u00bf])[\s\"'*_>\u00a1\u00bf-]{0,6}[A-Z\u00c0-\u00de]")


@remembered
def language_of(text: str) -> str | None:
    """Name the language of ``text``, one of ``SUPPORTED``; None when it is clearly in a language without lexicons."""
    sample = _sample(text).replace("\u2019", "'")
    if sample.isascii():
        if _is_plainly_english(sample) or _few_foreign_words(sample):
            return ENGLISH
    elif (script := _by_script(sample)) is not _LATIN:
        return script or None
    return _by_words(Counter(_LATIN_WORD.findall(_SENTENCE_START.sub(lambda match: match.group().lower(), sample))))


_LATIN: Final = "latin"
_OTHER: Final = ""


def _by_script(sample: str) -> str:
    latin = len(_LATIN_LETTER.findall(sample))
    other = len(_OTHER_LETTER.findall(sample))
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    signs = han + kana
    foreign = signs > latin or (_IDEOGRAPH * signs > latin and not _in_english(sample))
    if signs >= _MIN_IDEOGRAPHS and signs > other and foreign:
        return _sign_language(sample)
    if other >= _MIN_FOREIGN_LETTERS and other > _MIN_FOREIGN_SHARE * (latin + other + signs):
        return _OTHER
    return _LATIN


def _sign_language(sample: str) -> str:
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    return "ja" if kana > _MIN_KANA_SHARE * (han + kana) else "zh"


def _in_english(sample: str) -> bool:
    """Whether the Latin part of a text with foreign signs is English, so that these are names or quotations in it."""
    return len(_words().english_words.intersection(_LATIN_WORD.findall(sample))) >= _MIN_FOREIGN_WORDS


def _is_plainly_english(sample: str) -> bool:
    """Whether so many of the words are ones that only English has that those of no other language can outweigh them.

    Told by counting alone: to cut a text into its words costs several times as much.
    """
    words = sample.count(" ") + sample.count("\n") + 1
    return _PLAIN_SHARE * sum(map(sample.count, _ONLY_ENGLISH)) >= words


def _few_foreign_words(sample: str) -> bool:
    """Whether an ASCII text surely has too few words of other languages to be foreign.

    Nearly every text is English, and this shows it in a fraction of the time that counting its words takes. The
    listed words are lower case: where letters are cut apart at signs, none of them is missed but at the start of a
    sentence, where one word more is allowed for.
    """
    words = _words()
    written = sample.encode().translate(_LETTERS).split()
    # Most texts have none at all; to tell so takes no set of their words.
    foreign = 0 if words.foreign.isdisjoint(written) else len(words.foreign.intersection(written))
    if foreign >= _MIN_FOREIGN_WORDS:
        return False
    if _ELISION.search(sample) and any(word in sample for word in words.with_apostrophe):
        return False
    return not foreign or len(words.english.intersection(written)) >= _MIN_FOREIGN_WORDS


def _by_words(counted: Counter[str]) -> str | None:
    words = _words()
    # As written: a capitalised word may be part of a name ("Los Angeles").
    candidates = {word: count for word, count in counted.items() if word not in words.english_words}
    scores: dict[str, float] = {}
    for word, count in candidates.items():
        for language, weight in words.weights.get(word, {}).items():
            scores[language] = scores.get(language, 0.0) + weight * count
    if not scores:
        return ENGLISH
    language = max(scores, key=lambda item: (scores[item], item in SUPPORTED))
    known = words.known[language]
    hits = sum(count for word, count in candidates.items() if word in known)
    distinct = sum(word in known for word in candidates)
    share = hits / counted.total()
    english_hits = sum(
        count for word, count in counted.items() if word.lower() in words.english_words and word.lower() not in known
    )
    short = (
        language in SUPPORTED
        and distinct >= _MIN_SHORT_WORDS
        and not english_hits
        and any(share >= least and scores[language] >= telling for least, telling in _SHORT)
    )
    if not short and (distinct < _MIN_FOREIGN_WORDS or share < _MIN_WORD_SHARE or hits <= 2 * english_hits):
        return ENGLISH
    return language if language in SUPPORTED else None


@dataclass(frozen=True, slots=True)
class _Words:
    """The function words, arranged for look-up.

    Attributes:
        english_words: Of English.
        known: Of each other language, with and without accents.
        weights: Word -> language -> 1 shared out among the languages that have the word.
        english: Those of English in ASCII, encoded.
        foreign: Those of all other languages in ASCII that are not English too, encoded.
        with_apostrophe: The same that are written with an apostrophe.
    """

    english_words: frozenset[str]
    known: dict[str, frozenset[str]]
    weights: dict[str, dict[str, float]]
    english: frozenset[bytes]
    foreign: frozenset[bytes]
    with_apostrophe: tuple[str, ...]


@cache
def _words() -> _Words:
    text = files(__package__ or "detectors").joinpath("function_words.toml").read_text("utf-8")
    listed = {language: str(words).split() for language, words in tomllib.loads(text).items()}
    english = frozenset(listed.pop(ENGLISH))
    known = {
        language: frozenset(words) | {bare for word in words if len(bare := _without_accents(word)) > 2}
        for language, words in listed.items()
    }
    sharing = Counter(word for words in known.values() for word in words)
    weights: dict[str, dict[str, float]] = {}
    for language, words in known.items():
        for word in words - english:
            weights.setdefault(word, {})[language] = 1.0 / sharing[word]
    foreign = {word for word in weights if word.isascii()}
    with_apostrophe = tuple(sorted(word for word in foreign if "'" in word))
    return _Words(
        english_words=english,
        known=known,
        weights=weights,
        english=frozenset(word.encode() for word in english),
        foreign=frozenset(word.encode() for word in foreign.difference(with_apostrophe)),
        with_apostrophe=with_apostrophe,
    )


@remembered
def languages_in(text: str) -> tuple[str, ...]:
    """Name the languages that ``text`` is to be read in: its own, and a second one that a part of it is in.

    A second one is English beside any other language, Chinese or Japanese beside English.
    """
    language = language_of(text) or ENGLISH
    if language == ENGLISH and text.isascii():
        return (ENGLISH,)
    sample = _sample(text).replace("\u2019", "'")
    if language == ENGLISH:
        signs = len(_HAN.findall(sample)) + len(_KANA.findall(sample))
        return (ENGLISH, _sign_language(sample)) if signs >= _MIN_FOREIGN_LETTERS else (ENGLISH,)
    words = _words()
    english = words.english_words.intersection(_LATIN_WORD.findall(sample)) - words.known.get(language, frozenset())
    return (language, ENGLISH) if len(english) >= _MIN_FOREIGN_WORDS else (language,)


def function_words(language: str) -> frozenset[str]:
    """List the function words of a Latin-script ``language``, with and without accents; empty for any other."""
    words = _words()
    return words.english_words if language == ENGLISH else words.known.get(language, frozenset())


def _without_accents(word: str) -> str:
    return "".join(item for item in unicodedata.normalize("NFD", word) if not "\u0300" <= item <= "\u036f")


def _sample(text: str) -> str:
    if len(text) <= 3 * _WINDOW:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_WINDOW], text[middle : middle + _WINDOW], text[-_WINDOW:]))
