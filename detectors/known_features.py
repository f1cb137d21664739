"""Those features of a text that a model has a weight for, found without making the others.

Of the thousand features of a text of 2 kB a model knows a fifth. What is told here is what ``features`` tells, with
the words, pairs and classes left out that the model has no weight for. The features of rules are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise, product
from typing import Final

from .features import OF_RULES, OPENING, REACH, class_combinations, classes_of, tokens_of

_Pairs = dict[tuple[str, str], str]
# The classes of one word have a number from 1 on, and those of a word and one behind it the first times this plus the
# second; there are some hundreds.
_NEIGHBOUR: Final = 1 << 20


class KnownFeatures:
    """The features of words and classes among ``features``, arranged for look-up.

    A model of requests has no feature that ``features.request_features`` never gives.
    """

    def __init__(self, features: Iterable[str]) -> None:
        words = [feature for feature in features if not feature.startswith("@") and not OF_RULES.match(feature)]
        of_openings = {feature[1:]: feature for feature in words if feature.startswith("^")}
        of_texts = {feature: feature for feature in words if not feature.startswith("^")}
        self._words = frozenset(feature for feature in of_texts if " " not in feature)
        self._pairs = _by_pair(of_texts)
        self._opening_words = {word: feature for word, feature in of_openings.items() if " " not in word}
        self._opening_pairs = _by_pair(of_openings)
        combinations = tuple(class_combinations())
        self._number = {classes: number for number, classes in enumerate(combinations, 1)}
        of_classes = frozenset(feature for feature in features if feature.startswith("@"))
        self._of_numbers = _OfNumbers(combinations, of_classes)

    def of_request(self, text: str) -> set[str]:
        """Give the known ones of ``features.request_features``, and its opening."""
        tokens = tokens_of(text)
        found = {*self._words.intersection(tokens), *_told(self._pairs, tokens)}
        if tokens:
            # Known or not: a request of any word that was read in a language of the model has a feature.
            found.add("^" + " ".join(tokens[:2]))
        found.update(self._told_by_classes(tokens))
        return found

    def of_answer(self, text: str) -> set[str]:
        """Give the known ones of ``features.answer_features``."""
        tokens = tokens_of(text)
        found = {*self._words.intersection(tokens), *_told(self._pairs, tokens)}
        opening = tokens[: OPENING + 1]
        found.update(_told(self._opening_pairs, opening))
        words = self._opening_words
        found.update([words[token] for token in opening[:OPENING] if token in words])
        return found

    def _told_by_classes(self, tokens: Sequence[str]) -> set[str]:
        number = self._number
        placed = [(at, number[classes]) for at, classes in enumerate(classes_of(tokens)) if classes]
        near = {one for _, one in placed}
        for distance in range(1, REACH + 1):
            together = [
                first * _NEIGHBOUR + second
                for (at, first), (after, second) in zip(placed, placed[distance:], strict=False)
                if after - at <= REACH
            ]
            if not together:
                break
            near.update(together)
        return set[str]().union(*map(self._of_numbers.__getitem__, near))


class _OfNumbers(dict[int, tuple[str, ...]]):
    """The known features of a combination of classes, and of one behind another, by their numbers; made when asked."""

    def __init__(self, combinations: Sequence[tuple[str, ...]], known: AbstractSet[str]) -> None:
        super().__init__()
        self._combinations = combinations
        self._known = known

    def __missing__(self, numbers: int) -> tuple[str, ...]:
        first, second = divmod(numbers, _NEIGHBOUR)
        classes = [self._combinations[number - 1] for number in (first, second) if number]
        made = ("@" + ">".join(names) for names in product(*classes))
        told = self[numbers] = tuple(feature for feature in made if feature in self._known)
        return told


def _by_pair(features: Mapping[str, str]) -> _Pairs:
    split = {(*words.partition(" ")[::2],): feature for words, feature in features.items()}
    return {(first, second): feature for (first, second), feature in split.items() if second}


def _told(pairs: _Pairs, tokens: Sequence[str]) -> list[str]:
    return [pairs[pair] for pair in pairwise(tokens) if pair in pairs] if pairs else []
