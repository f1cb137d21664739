"""Learned weights: linear models over the features of a text, small enough to be read, and quoted like any rule.

A model is a file ``weights/<name>.tsv``: comment lines with its provenance, then ``weight<TAB>feature`` per line, the
first for the empty feature, which is the bias. The sum over a text's features is the log-odds that the text is what
the model looks for. How the files are made: ``python -m tests.weights``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

from .assessment import Evidence, Source
from .features import place_of
from .known_features import KnownFeatures
from .marks import MarkedText

_COMMENT: Final = "# "
# A pair or a word of some length tells a reader something; "of" and "is" do not.
_QUOTABLE: Final = re.compile(r"[ >]|[a-z]{5}")


@dataclass(frozen=True)
class LinearModel:
    """A bias and the weights of features; ``name`` is the rule id of what it finds."""

    name: str
    bias: float
    weights: dict[str, float]

    @cached_property
    def known(self) -> KnownFeatures:
        """The features of words and classes that it has weights for."""
        return KnownFeatures(self.weights)

    def log_odds(self, features: AbstractSet[str]) -> float:
        """Sum up the weights of ``features``; above 0 the model says yes."""
        # Added up exactly: sets have no order, and no two readings of a text may differ.
        return self.bias + math.fsum(filter(None, map(self.weights.get, features)))

    def quotes(
        self,
        features: AbstractSet[str],
        marked: MarkedText,
        source: Source,
        span_ref: str | None,
        *,
        sign: int = 1,
        count: int = 2,
        begin: int = 0,
    ) -> tuple[Evidence, ...]:
        """Quote the words that spoke most for a yes (``sign`` 1) or for a no (-1), heaviest first.

        ``features`` are those of the normalised text from ``begin`` on.
        """
        text = marked.text[begin:]
        told = (feature for feature in features & self.weights.keys() if _QUOTABLE.search(feature))
        spoke = ((sign * self.weights[feature], feature) for feature in told)
        found: list[Evidence] = []
        for _, feature in sorted(((weight, feature) for weight, feature in spoke if weight > 0), reverse=True):
            place = place_of(text, feature)
            if place is None:
                continue
            start, end = marked.normalised.original(begin + place[0], begin + place[1])
            if any(start < other.end and other.start < end for other in found):
                continue
            quote = marked.original[start:end]
            found.append(Evidence(rule=self.name, source=source, quote=quote, start=start, end=end, span_ref=span_ref))
            if len(found) == count:
                break
        return tuple(found)


def probability(log_odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1.0 / (1.0 + math.exp(-max(-35.0, min(35.0, log_odds))))


def score_above_even(chance: float) -> float:
    """Turn a probability into a score: 0 up to even odds, 1 at certainty."""
    return max(0.0, 2.0 * chance - 1.0)


@cache
def load_model(name: str) -> LinearModel:
    """Load ``weights/<name>.tsv`` of this package, once per process.

    Raises:
        ValueError: A line is malformed.
    """
    text = files(__package__ or "detectors").joinpath("weights", f"{name}.tsv").read_text("utf-8")
    return parse_model(name, text)


def parse_model(name: str, text: str) -> LinearModel:
    """Read a weight file.

    Raises:
        ValueError: A line is malformed, or there is no bias.
    """
    weights: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith(_COMMENT):
            weight, tab, feature = line.partition("\t")
            if not tab:
                raise ValueError(f"weights of {name}: no tab in {line!r}")
            weights[feature] = float(weight)
    if "" not in weights:
        raise ValueError(f"weights of {name}: no bias")
    return LinearModel(f"learned.{name}", weights.pop(""), weights)
