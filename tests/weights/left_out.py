"""What the detectors reach on the public rows that the weights are fitted with, when a row was left out of the fit.

``prompt``: the row's prompt is in none of the rows of the fit. ``set``: nor is any row of its data set.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

from detectors.learned import LinearModel
from detectors.remembered import forget_readings
from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import default_config
from otel_safety.evaluation.predictions import Prediction, assessors_of, predict
from otel_safety.evaluation.report import Measured, measure_each
from otel_safety.evaluation.rows import Row as EvaluatedRow
from otel_safety.evaluation.rows import read_rows
from tests.weights.folds import FOLDS, fold_of
from tests.weights.ftrl import Weights
from tests.weights.rows import Row

# Rows of these files stand in the fit of the answers' weights.
FILES = (
    "gptfuzz_labeled__jailbreak_compliance.jsonl.gz",
    "gptfuzz_labeled__under_refusal.jsonl.gz",
    "adaptive_attacks__jailbreak_compliance.jsonl.gz",
)


class Fitted(Protocol):
    """A model that can be fitted anew."""

    name: str
    rows: Callable[[Path | None], list[Row]]

    def fit(self, rows: Sequence[Row]) -> Weights:
        """Fit to ``rows``."""
        ...


def figures_left_out(models: Sequence[Fitted], public: Path, out: Path) -> None:
    """Judge the rows of ``FILES`` by weights that had not seen them, and write the figures to ``out``."""
    fitted_with = {model.name: model.rows(public) for model in models}
    evaluated = [row for name in FILES for row in read_rows(public / name)]
    lines: list[dict[str, object]] = []
    by_prompt: list[Prediction] = []
    for fold in range(FOLDS):
        with _weights(models, fitted_with, lambda row, fold=fold: fold_of(row.prompt, FOLDS) != fold):  # type: ignore[misc]  # default of the lambda
            by_prompt += _judged([row for row in evaluated if fold_of(_prompt(row), FOLDS) == fold])
    lines += [_line(item, "prompt") for item in measure_each(by_prompt)]
    for dataset in sorted({row.dataset for row in evaluated}):
        with _weights(models, fitted_with, lambda row, dataset=dataset: row.origin != dataset):  # type: ignore[misc]  # default of the lambda
            judged = _judged([row for row in evaluated if row.dataset == dataset])
        lines += [_line(item, "set") for item in measure_each(judged)]
    out.write_text(json.dumps(lines, indent=1) + "\n", "utf-8")


@contextmanager
def _weights(
    models: Sequence[Fitted], rows: Mapping[str, Sequence[Row]], kept: Callable[[Row], bool]
) -> Iterator[None]:
    """Have the detectors judge by weights fitted to the ``kept`` rows alone."""
    fitted: dict[str, LinearModel] = {}
    for model in models:
        weights = model.fit([row for row in rows[model.name] if kept(row)])
        fitted[model.name] = LinearModel(f"learned.{model.name}", weights.bias, weights.terms)
    forget_readings()
    with (
        patch("detectors.answers.load_model", fitted.__getitem__),
        patch("detectors.harm.load_model", fitted.__getitem__),
    ):
        yield
    forget_readings()


def _judged(rows: Sequence[EvaluatedRow]) -> list[Prediction]:
    return predict(rows, assessors_of(build_judge(default_config(), SystemClock())))


def _prompt(row: EvaluatedRow) -> str:
    # The rows of the adaptive attacks are the goal in the wording of an attack.
    return str(row.meta.get("goal") or row.input or "")


def _line(item: Measured, left_out: str) -> dict[str, object]:
    figures = item.figures
    return {
        "dataset": item.dataset,
        "detector": item.detector,
        "labels": item.labelled_by,
        "n": figures.rows,
        "pos": figures.positives,
        "precision": figures.precision,
        "recall": figures.recall,
        "f1": figures.f1,
        "low": figures.f1_low,
        "high": figures.f1_high,
        "fpr": figures.false_positive_rate,
        "auroc": figures.auroc,
        "left_out": left_out,
    }
