"""Logistic regression with few non-zero weights, fitted example by example: FTRL-Proximal (McMahan and others, 2013).

Plain Python on purpose: some ten thousand short texts take minutes, and the same rows always give the same weights.
"""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How to fit: step size, penalties on the sizes and the squares of weights, passes over the rows."""

    alpha: float = 0.1
    beta: float = 1.0
    l1: float = 1.0
    l2: float = 1.0
    passes: int = 8
    seed: int = 20261129


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear model: ``bias`` and the weight of each feature that is not zero."""

    bias: float
    terms: dict[str, float]

    def score(self, features: Collection[str]) -> float:
        """Log-odds of the positive label."""
        return self.bias + sum(self.terms.get(feature, 0.0) for feature in features)


def fit(rows: Sequence[Collection[str]], labels: Sequence[int], importance: Sequence[float], how: Fit) -> Weights:
    """Fit weights to rows of binary features.

    Args:
        rows: The features of each row.
        labels: 0 or 1 for each row.
        importance: How much each row counts, 1 for once.
        how: Step size, penalties and passes.
    """
    numbers: dict[str, int] = {}
    coded = [tuple(sorted(numbers.setdefault(feature, len(numbers) + 1) for feature in row)) for row in rows]
    state = _State([0.0] * (len(numbers) + 1), [0.0] * (len(numbers) + 1))
    order = list(range(len(coded)))
    shuffle = random.Random(how.seed).shuffle  # noqa: S311  repeatable on purpose
    for _ in range(how.passes):
        shuffle(order)
        for at in order:
            _learn(coded[at], labels[at], importance[at], state, how)
    weights = [
        _weight(total, square, how, penalised=number > 0)
        for number, (total, square) in enumerate(zip(state.sums, state.squares, strict=True))
    ]
    return Weights(weights[0], {feature: weights[number] for feature, number in numbers.items() if weights[number]})


@dataclass(frozen=True, slots=True)
class _State:
    """Per feature: the sum of gradients, less what the weights moved; and the sum of their squares."""

    sums: list[float]
    squares: list[float]


def _learn(row: tuple[int, ...], label: int, importance: float, state: _State, how: Fit) -> None:
    sums, squares = state.sums, state.squares
    # Number 0 is the bias, which every row has and no penalty shrinks.
    active = [(0, _weight(sums[0], squares[0], how, penalised=False))]
    active += [(number, _weight(sums[number], squares[number], how, penalised=True)) for number in row]
    score = sum(weight for _, weight in active)
    gradient = (1.0 / (1.0 + math.exp(-max(-35.0, min(35.0, score)))) - label) * importance
    square = gradient * gradient
    for number, weight in active:
        before = squares[number]
        sums[number] += gradient - (math.sqrt(before + square) - math.sqrt(before)) / how.alpha * weight
        squares[number] = before + square


def _weight(total: float, square: float, how: Fit, *, penalised: bool) -> float:
    l1 = how.l1 if penalised else 0.0
    if abs(total) <= l1:
        return 0.0
    shrunk = total - l1 if total > 0 else total + l1
    return -shrunk / ((how.beta + math.sqrt(square)) / how.alpha + (how.l2 if penalised else 0.0))
