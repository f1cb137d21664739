"""Fit the learned weights and write their files: ``python -m tests.weights [--public FOLDER] [--figures OUT.json]``.

Reads our own rows and, from FOLDER, those public sets whose licence allows it; writes ``detectors/weights/*.tsv`` and
prints what folds without a row's prompt reach on it. With ``--figures`` also judges the public sets by the detectors
with weights that had not seen a row's prompt, or its set, and writes the figures for ``docs/accuracy.md``.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.weights import rows as sources
from tests.weights.folds import FOLDS, fold_of
from tests.weights.ftrl import Fit, Weights, fit
from tests.weights.left_out import figures_left_out
from tests.weights.rows import Row

WEIGHTS = Path(__file__).parents[2] / "detectors" / "weights"


class Model:
    """One of the models: where its rows come from, how it is fitted, and how often a feature must occur."""

    def __init__(self, name: str, meaning: str, rows: Callable[[Path | None], list[Row]], how: Fit, least: int) -> None:
        self.name = name
        self.meaning = meaning
        self.rows = rows
        self._how = how
        self._least = least

    def fit(self, rows: Sequence[Row]) -> Weights:
        """Fit to ``rows``; features that occur in too few of them take no part."""
        often = Counter(feature for row in rows for feature in row.features)
        features = [frozenset(item for item in row.features if often[item] >= self._least) for row in rows]
        return fit(features, [row.label for row in rows], [row.importance for row in rows], self._how)


MODELS = (
    Model("request", "the request asks for harm", sources.requests, Fit(l1=5.0, l2=2.0, passes=6), 2),
    Model("answer", "the answer complies", sources.answers, Fit(l1=3.0, l2=2.0, passes=6), 4),
)


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.weights", description="Fit the learned weights.")
    parser.add_argument("--public", type=Path, help="folder of the public sets; without it only our own rows")
    parser.add_argument("--figures", type=Path, help="write the figures of rows left out to this file (slow)")
    arguments = parser.parse_args()
    for model in MODELS:
        rows = model.rows(arguments.public)
        weights = model.fit(rows)
        path = WEIGHTS / f"{model.name}.tsv"
        path.write_text(_written(model, rows, weights), "utf-8")
        _say(f"{path}: {len(weights.terms)} weights from {len(rows)} rows")
        _print_folds(model, rows)
    if arguments.figures:
        if arguments.public is None:
            parser.error("--figures needs --public")
        figures_left_out(MODELS, arguments.public, arguments.figures)


def _written(model: Model, rows: Sequence[Row], weights: Weights) -> str:
    counts = Counter(row.origin for row in rows)
    lines = [
        f"# Log-odds that {model.meaning}. Made by python -m tests.weights; provenance: NOTICE.md.",
        "# Rows: " + ", ".join(f"{origin} {count}" for origin, count in sorted(counts.items())) + ".",
        f"{weights.bias:.3f}\t",
    ]
    ordered = sorted(weights.terms.items(), key=lambda term: (-round(abs(term[1]), 3), term[0]))
    lines += [f"{weight:.3f}\t{feature}" for feature, weight in ordered if abs(weight) >= 0.0005]
    return "\n".join(lines) + "\n"


def _print_folds(model: Model, rows: Sequence[Row]) -> None:
    scores: dict[int, float] = {}
    for fold in range(FOLDS):
        weights = model.fit([row for row in rows if fold_of(row.prompt, FOLDS) != fold])
        scores |= {at: weights.score(row.features) for at, row in enumerate(rows) if fold_of(row.prompt, FOLDS) == fold}
    for origin in sorted({row.origin for row in rows}):
        places = [at for at, row in enumerate(rows) if row.origin == origin]
        right = sum((scores[at] > 0) == bool(rows[at].label) for at in places)
        _say(f"  {origin}: {len(places)} rows, right on {right / len(places):.3f} with the row's prompt left out")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
