"""Thresholds from labelled rows: cross-validated with no group on both sides, and written with their provenance."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from otel_safety import __version__
from otel_safety.evaluation.figures import Figures, f1_score, measure
from otel_safety.evaluation.predictions import Prediction

FOLDS = 5
# Thresholds are looked for on this grid; between two of its points the rows say nothing reliable.
GRID = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The threshold that the rows suggest for one detector.

    Attributes:
        detector: Detector key.
        threshold: Best F1 on all rows.
        fold_thresholds: What each training part suggested.
        held_out: Figures on the held-out parts together, each decided by the threshold of its training part.
        set_left_out: Figures on each data set, decided by the threshold of all others; empty with one data set.
    """

    detector: str
    threshold: float
    fold_thresholds: tuple[float, ...]
    held_out: Figures
    set_left_out: dict[str, Figures]

    def as_json(self) -> dict[str, Any]:
        """The calibration for a file."""
        return {
            "threshold": self.threshold,
            "fold_thresholds": list(self.fold_thresholds),
            "held_out": self.held_out.as_json(),
            "set_left_out": {name: figures.as_json() for name, figures in sorted(self.set_left_out.items())},
        }


def calibrate(predictions: Sequence[Prediction]) -> list[Calibration]:
    """Choose a threshold for each detector that has labelled, unambiguous rows of both classes."""
    by_detector: defaultdict[str, list[Prediction]] = defaultdict(list)
    for item in predictions:
        if item.row.label is not None and not item.row.ambiguous:
            by_detector[item.row.detector].append(item)
    return [
        _calibrated(detector, items)
        for detector, items in sorted(by_detector.items())
        if {item.row.label for item in items} == {0, 1}
    ]


def provenance(files: Sequence[Path]) -> dict[str, Any]:
    """Say what a calibration was made from and with."""
    return {
        "made_by": f"otel-safety {__version__} calibrate",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "folds": FOLDS,
        "files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }


def best_threshold(predictions: Sequence[Prediction]) -> float:
    """The threshold of the grid with the best F1; of equal ones the highest, which alarms least."""
    return max(GRID, key=lambda threshold: (_f1_at(predictions, threshold), threshold))


def _calibrated(detector: str, items: Sequence[Prediction]) -> Calibration:
    folds = [[item for item in items if _fold(item.row.group) == number] for number in range(FOLDS)]
    held_out, thresholds = _without_each(folds)
    sets: defaultdict[str, list[Prediction]] = defaultdict(list)
    for item in items:
        sets[item.row.dataset].append(item)
    left_out = {name: measure(_without(own, items)) for name, own in sets.items()} if len(sets) > 1 else {}
    return Calibration(
        detector=detector,
        threshold=best_threshold(items),
        fold_thresholds=thresholds,
        held_out=measure(held_out),
        set_left_out=left_out,
    )


def _without_each(folds: Sequence[Sequence[Prediction]]) -> tuple[list[Prediction], tuple[float, ...]]:
    """Decide each fold by the threshold of the others."""
    decided: list[Prediction] = []
    thresholds: list[float] = []
    for number, fold in enumerate(folds):
        training = [item for other, items in enumerate(folds) if other != number for item in items]
        threshold = best_threshold(training)
        thresholds.append(threshold)
        decided += [_at(item, threshold) for item in fold]
    return decided, tuple(thresholds)


def _without(own: Sequence[Prediction], everything: Sequence[Prediction]) -> list[Prediction]:
    name = own[0].row.dataset
    threshold = best_threshold([item for item in everything if item.row.dataset != name])
    return [_at(item, threshold) for item in own]


def _at(item: Prediction, threshold: float) -> Prediction:
    return replace(item, assessment=replace(item.assessment, threshold=threshold))


def _f1_at(predictions: Sequence[Prediction], threshold: float) -> float:
    hits = alarms = misses = 0
    for item in predictions:
        score = item.assessment.score
        if score is not None and score >= threshold and item.assessment.evidence:
            hits += item.row.label == 1
            alarms += item.row.label == 0
        else:
            misses += item.row.label == 1
    return f1_score(hits, alarms, misses)


def _fold(group: str) -> int:
    # A hash of the text, so that a fold does not depend on the order or the number of rows.
    return hashlib.blake2b(group.strip().lower().encode("utf-8", "replace"), digest_size=8).digest()[0] % FOLDS
