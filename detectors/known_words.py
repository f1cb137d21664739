"""The English words that we know: those of the lexicons, of the learned weights, and function words."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from .language import ENGLISH, function_words
from .learned import load_model
from .lexicon import load_lexicon

_WORD: Final = re.compile(r"[A-Za-z]+")
_MIN_WORD: Final = 3
_LITERAL: Final = re.compile(r"[a-z]{4,}")
_ESCAPE: Final = re.compile(r"\\.")
_ENDINGS: Final = ("s", "ing", "ed", "er", "ers")


def is_known(word: str) -> bool:
    """Whether ``word`` is one of the English words that we know, in its form or with a common ending."""
    lower, words = word.lower(), known_words()
    if lower in words:
        return True
    return lower.endswith(_ENDINGS) and any(
        lower.endswith(ending) and lower[: -len(ending)] in words for ending in _ENDINGS
    )


def is_function_word(word: str) -> bool:
    """Whether ``word`` is a function word of English."""
    return word.lower() in english_function_words()


@cache
def english_function_words() -> frozenset[str]:
    """List the function words of English, in lower case."""
    return function_words(ENGLISH)


@cache
def known_words() -> frozenset[str]:
    """List all that we know, in lower case, without the forms that ``is_known`` takes off."""
    known = set(english_function_words())
    for name in ("request", "answer"):
        for feature in load_model(name).weights:
            if feature[0] not in "@#":
                known.update(word for word in _WORD.findall(feature) if len(word) >= _MIN_WORD)
    for name in ("harm", "adversarial"):
        for entry in load_lexicon(name).entries:
            known.update(_LITERAL.findall(_ESCAPE.sub(" ", entry.pattern.lower())))
    return frozenset(known)


@cache
def known_pairs() -> frozenset[str]:
    """List pairs of words, with a blank between, that people are known to write."""
    return frozenset(
        feature.lstrip("^")
        for name in ("request", "answer")
        for feature in load_model(name).weights
        if feature[0] not in "@#" and " " in feature
    )
