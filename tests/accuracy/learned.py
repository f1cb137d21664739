"""Figures of the learned part on rows that it was not fitted with, as its fitting command writes them.

The file is a JSON list, one object per data set, detector, kind of labels and way of leaving out::

    {"dataset": "gptfuzz_labeled", "detector": "jailbreak_compliance", "labels": "human", "n": 6498, "pos": 2208,
     "precision": 0.8, "recall": 0.7, "f1": 0.75, "low": 0.73, "high": 0.77, "fpr": 0.09, "auroc": 0.9,
     "left_out": "prompt"}

``left_out`` says what the weights that decided a row had not seen: ``prompt``, weights of folds without its prompt;
``set``, weights of other data sets. A data set with a ``prompt`` line is one that the weights that ship were fitted
with: the figure of the shipped detector on it says nothing. ``labels`` is human, model or derived. A figure that does
not exist is null. Rows are counted as ``otel-safety evaluate`` counts them: without ambiguous ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

HEADINGS = (
    "left out", "data set", "detector", "labels", "n", "pos", "P", "R", "F1", "95 %", "FPR", "AUROC",
)  # fmt: skip


class LearnedFigures(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    detector: str
    labels: Literal["human", "model", "derived"]
    n: int
    pos: int
    precision: float | None
    recall: float | None
    f1: float | None
    low: float | None
    high: float | None
    fpr: float | None
    auroc: float | None
    left_out: Literal["prompt", "set"]

    def cells(self) -> tuple[str, ...]:
        """The cells of one line under ``HEADINGS``."""
        interval = "-" if self.low is None or self.high is None else f"{self.low:.3f}-{self.high:.3f}"
        named = (self.precision, self.recall, self.f1)
        return (
            self.left_out,
            self.dataset,
            self.detector,
            self.labels,
            str(self.n),
            str(self.pos),
            *("-" if value is None else f"{value:.3f}" for value in named),
            interval,
            *("-" if value is None else f"{value:.3f}" for value in (self.fpr, self.auroc)),
        )


def read_learned(path: Path | None) -> list[LearnedFigures]:
    """Read the file; without one there are none.

    Raises:
        ValueError: The file is not as described above.
    """
    return [] if path is None else TypeAdapter(list[LearnedFigures]).validate_json(path.read_bytes())
