"""Figures of binary decisions: precision, recall, F1 with its interval, false-positive rate, AUROC.

A row that was not assessed counts as not fired, and its share is a figure of its own.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from math import exp, lgamma, log, log1p, sqrt
from typing import Any

from otel_safety.evaluation.predictions import Prediction

_RESAMPLES = 1000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured on rows of one data set, one detector and one kind of labels.

    ``precision`` is None when nothing fired, ``recall`` and ``f1`` when there is no positive, ``auroc`` when a class
    is empty. ``f1_low`` and ``f1_high``: 95 % percentile interval of 1000 resamples. ``always_fire_f1``: what firing
    on every row would reach; a detector below it is worth nothing on these rows. ``agreement``: share of the rows on
    which detector and label say the same.
    """

    rows: int
    positives: int
    precision: float | None
    recall: float | None
    f1: float | None
    f1_low: float | None
    f1_high: float | None
    false_positive_rate: float | None
    auroc: float | None
    not_assessed: float
    always_fire_f1: float | None
    agreement: float

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


def measure(predictions: Sequence[Prediction], *, seed: int = 1) -> Figures:
    """Measure labelled predictions.

    Raises:
        ValueError: There are none, or one has no label.
    """
    if not predictions or any(item.row.label is None for item in predictions):
        raise ValueError("labelled predictions are needed")
    outcomes = Counter((bool(item.row.label), item.assessment.detected is True) for item in predictions)
    hits, misses = outcomes[True, True], outcomes[True, False]
    alarms, passes = outcomes[False, True], outcomes[False, False]
    positives, negatives = hits + misses, alarms + passes
    low, high = _interval(hits, alarms + misses, len(predictions), seed) if positives else (None, None)
    return Figures(
        rows=len(predictions),
        positives=positives,
        precision=_ratio(hits, hits + alarms),
        recall=_ratio(hits, positives),
        f1=f1_score(hits, alarms, misses) if positives else None,
        f1_low=low,
        f1_high=high,
        false_positive_rate=_ratio(alarms, negatives),
        auroc=auroc([(item.assessment.score or 0.0, bool(item.row.label)) for item in predictions]),
        not_assessed=sum(item.assessment.score is None for item in predictions) / len(predictions),
        always_fire_f1=f1_score(positives, negatives, 0) if positives else None,
        agreement=(hits + passes) / len(predictions),
    )


def f1_score(hits: int, alarms: int, misses: int) -> float:
    """F1 of counts; 0 when there is nothing to count."""
    total = 2 * hits + alarms + misses
    return 2 * hits / total if total else 0.0


def auroc(scored: Iterable[tuple[float, bool]]) -> float | None:
    """Probability that a positive scores above a negative, ties counting half; None when a class is empty."""
    wins = 0.0
    positives = negatives = 0
    for _, tied in groupby(sorted(scored), key=lambda item: item[0]):
        labels = [label for _, label in tied]
        above = sum(labels)
        below = len(labels) - above
        wins += above * (negatives + below / 2)
        positives += above
        negatives += below
    return wins / (positives * negatives) if positives and negatives else None


def _interval(hits: int, errors: int, rows: int, seed: int) -> tuple[float, float]:
    """Percentile interval of F1 over resamples of the rows with replacement.

    F1 depends on the number of hits and of errors (alarms and misses) alone. In a resample their sum is binomial, and
    so is the part of the hits in it: drawing these two numbers is drawing every row, a thousand times faster.
    """
    dice = random.Random(seed)  # noqa: S311  repeatable on purpose
    counted = hits + errors
    drawn: list[float] = []
    for _ in range(_RESAMPLES):
        total = _drawn(dice.random(), rows, counted / rows)
        drawn_hits = _drawn(dice.random(), total, hits / counted) if total else 0
        drawn.append(f1_score(drawn_hits, total - drawn_hits, 0))
    drawn.sort()
    return drawn[int(_LOW * _RESAMPLES)], drawn[int(_HIGH * _RESAMPLES) - 1]


def _drawn(chance: float, count: int, probability: float) -> int:
    """The quantile ``chance`` of the binomial distribution."""
    if probability in {0.0, 1.0}:
        return count if probability else 0
    first, cumulative = _binomial(count, probability)
    return min(count, first + bisect_left(cumulative, chance))


@lru_cache(maxsize=1024)
def _binomial(count: int, probability: float) -> tuple[int, tuple[float, ...]]:
    """The cumulative distribution of the number of successes, from the first number that ever occurs."""
    mean, reach = count * probability, 10 * sqrt(count * probability * (1 - probability)) + 10
    first, last = max(0, int(mean - reach)), min(count, int(mean + reach))
    fixed, succeed, fail = lgamma(count + 1), log(probability), log1p(-probability)
    chances = (
        exp(fixed - lgamma(k + 1) - lgamma(count - k + 1) + k * succeed + (count - k) * fail)
        for k in range(first, last + 1)
    )
    return first, tuple(accumulate(chances))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
