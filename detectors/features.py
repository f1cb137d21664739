"""The features of a text that learned weights are over: words, pairs of words, and pairs of word classes.

A feature is a short readable string, so that a weight file can be reviewed line by line:

    steal           the word stands in the text
    how to          the two words follow each other
    ^cannot         the word (or pair) stands in the opening of the text
    @hack           a word of the class (``weights/classes.toml``) stands in the text
    @kill>person    a word of the first class, and within a few words after it one of the second
    #policy         the rules of a lexicon found something; what, the reader of that lexicon says

All offsets are characters of the text that was given.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise
from typing import Final

from .remembered import PieceReadings

# What is read of a text: its beginning says what it is.
MAX_READ: Final = 3_000
OPENING: Final = 40
REACH: Final = 6

# No token holds white space: what stands between two blanks is cut into the same tokens wherever it stands.
_TOKEN: Final = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d+|[?!:\[\]*#]")
# "#" is a word too, alone and in pairs ("# note").
OF_RULES: Final = re.compile(r"#[a-z]")
_ENDINGS: Final = ("ing", "ers", "ed", "es", "er", "s", "'s")
_MIN_STEM: Final = 3
# Words that say how somebody asks, not what for: in a request they are no features, nor are pairs of them.
_EMPTY_WORDS: Final = """
a about after again all also am an and another any are as at be because been before big but by can can't cannot
could day did do does don't each eight either every few five for four from get go good had has have he her here him
his how i i'd i'll i'm i've if in into is it it's its just let long lot make many may me might more most much my new
nine no not now of off old on one only or other our out over own please put quite really same seven she short should
six small so some such take tell ten than that that's the their them then there these they thing things this those
three through to today tomorrow tonight too two up us very was way we were what when where which while who whole
whose why will with would yesterday you your
"""
_EMPTY: Final = frozenset(_EMPTY_WORDS.split())


def tokens_of(text: str) -> list[str]:
    """Cut the beginning of a text into words, numbers and telling signs, in lower case."""
    return list(chain.from_iterable(map(_PIECES.__getitem__, text[:MAX_READ].lower().split())))


def classes_of(tokens: Iterable[str]) -> list[tuple[str, ...]]:
    """Name the classes of each token, none of most."""
    return list(map(_word_classes().__getitem__, tokens))


def class_combinations() -> frozenset[tuple[str, ...]]:
    """List what ``classes_of`` names for words that have classes."""
    return frozenset(_word_classes().listed.values())


def request_features(text: str) -> set[str]:
    """Give the features of a normalised request."""
    tokens = tokens_of(text)
    found = {token for token in tokens if token not in _EMPTY}
    found.update(
        f"{first} {second}" for first, second in pairwise(tokens) if first not in _EMPTY or second not in _EMPTY
    )
    if tokens:
        found.add("^" + " ".join(tokens[:2]))
    placed = [(at, classes) for at, classes in enumerate(classes_of(tokens)) if classes]
    for index, (at, classes) in enumerate(placed):
        near = {
            name for after, others in placed[index + 1 : index + 1 + REACH] if after - at <= REACH for name in others
        }
        for name in classes:
            found.add("@" + name)
            found.update(f"@{name}>{other}" for other in near)
    return found


def answer_features(text: str) -> set[str]:
    """Give the features of a normalised answer: its words and pairs, those of its opening apart."""
    tokens = tokens_of(text)
    pairs = list(map(" ".join, pairwise(tokens)))
    found = {*tokens, *pairs}
    found.update("^" + token for token in tokens[:OPENING])
    found.update("^" + pair for pair in pairs[:OPENING])
    return found


def place_of(text: str, feature: str) -> tuple[int, int] | None:
    """Say where a feature of words or classes first stands in ``text``; ``None`` for a feature of rules."""
    if OF_RULES.match(feature):
        return None
    of_classes = feature.startswith("@")
    first, _, second = feature.lstrip("^@").partition(">" if of_classes else " ")
    reach = REACH if of_classes else 1
    tokens = list(_TOKEN.finditer(text[:MAX_READ].lower()))
    for at, token in enumerate(tokens):
        if _is(token.group(), first, of_classes):
            if not second:
                return token.span()
            last = next(
                (other for other in tokens[at + 1 : at + 1 + reach] if _is(other.group(), second, of_classes)), None
            )
            if last is not None:
                return token.start(), last.end()
    return None


def _is(token: str, wanted: str, of_classes: bool) -> bool:
    return wanted in _word_classes()[token] if of_classes else token == wanted


def _tokens_of_piece(piece: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(piece))


_PIECES: Final = PieceReadings(_tokens_of_piece)


class _Classes(dict[str, tuple[str, ...]]):
    """Classes of each word, looked up by its stem; kept for the words that were met, up to a bound."""

    _BOUND: Final = 50_000

    def __init__(self, listed: dict[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.listed = listed

    def __missing__(self, word: str) -> tuple[str, ...]:
        classes: tuple[str, ...] = next((self.listed[form] for form in _forms(word) if form in self.listed), ())
        if len(self) < self._BOUND:
            self[word] = classes
        return classes


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _MIN_STEM:
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
            if stem[-1] == "i":
                yield stem[:-1] + "y"
    if "-" in word:
        yield word.rpartition("-")[2]


@cache
def _word_classes() -> _Classes:
    text = files(__package__ or "detectors").joinpath("weights", "classes.toml").read_text("utf-8")
    listed: dict[str, list[str]] = {}
    for name, words in tomllib.loads(text).items():
        for word in dict.fromkeys(str(words).split()):
            listed.setdefault(word, []).append(name)
    return _Classes({word: tuple(classes) for word, classes in listed.items()})
