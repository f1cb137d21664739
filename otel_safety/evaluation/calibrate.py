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
from otel_safety.evaluation.figures import f1_score
from otel_safety.evaluation.folds import folds_of, groups_of
from otel_safety.evaluation.predictions import Prediction
from otel_safety.evaluation.report import as_json, counted, measure_each

FOLDS = 5
# Thresholds are looked for on this grid; between two of its points the rows say nothing reliable.
GRID = tuple(step / 20 for step in range(1, 20))
OBJECTIVE = "mean over data sets and kinds of labels of F1, or of 1 - FPR where there is no positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The threshold that the rows suggest for one detector.

    Attributes:
        detector: Detector key.
        threshold: The best one on all rows.
        fold_thresholds: What each training part suggested.
        held_out: The rows, each part of them decided by the threshold of the other parts.
        set_left_out: The rows of each data set, decided by the threshold of all others; without the data sets that
            leave rows of one class only.
    """

    detector: str
    threshold: float
    fold_thresholds: tuple[float, ...]
    held_out: list[Prediction]
    set_left_out: list[Prediction]

    def as_json(self) -> dict[str, Any]:
        """The calibration for a file, with figures per data set and kind of labels."""
        return {
            "threshold": self.threshold,
            "fold_thresholds": list(self.fold_thresholds),
            "held_out": as_json(measure_each(self.held_out)),
            "set_left_out": as_json(measure_each(self.set_left_out)),
        }


def calibrate(predictions: Sequence[Prediction]) -> list[Calibration]:
    """Choose a threshold for each detector whose labelled, unambiguous rows are of both classes and two groups."""
    by_detector: defaultdict[str, list[Prediction]] = defaultdict(list)
    for item in counted(predictions):
        by_detector[item.detector].append(item)
    return [
        _calibrated(detector, items)
        for detector, items in sorted(by_detector.items())
        if _has_both_classes(items) and len(set(groups_of([item.row for item in items]))) > 1
    ]


def provenance(files: Sequence[Path], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Say what a calibration was made from and with."""
    return {
        "made_by": f"otel-safety {__version__} calibrate",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "objective": OBJECTIVE,
        "folds": FOLDS,
        "rows_judged": len(predictions),
        "rows_used": len(counted(predictions)),
        "files": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }


def best_threshold(predictions: Sequence[Prediction]) -> float:
    """The threshold that does best by ``OBJECTIVE``; of equal ones the nearest to that in force, then the highest.

    Rows that say nothing for another threshold leave the one in force as it is.
    """
    in_force = predictions[0].assessment.threshold
    lines: defaultdict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
    for item in predictions:
        answer = item.assessment
        # Without evidence a detector never fires, and what is not assessed does not either.
        score = answer.score if answer.score is not None and answer.evidence else -1.0
        lines[item.row.dataset, item.row.labelled_by].append((score, item.row.label == 1))

    def worth(threshold: float) -> tuple[float, float, float]:
        # Rounded, so that the order of the sum decides nothing.
        total = round(sum(_value(line, threshold) for line in lines.values()), 9)
        return total, -round(abs(threshold - in_force), 9), threshold

    return max({*GRID, in_force}, key=worth)


def _value(line: Sequence[tuple[float, bool]], threshold: float) -> float:
    hits = sum(label and score >= threshold for score, label in line)
    alarms = sum(not label and score >= threshold for score, label in line)
    positives = sum(label for _, label in line)
    return f1_score(hits, alarms, positives - hits) if positives else 1 - alarms / len(line)


def _calibrated(detector: str, items: Sequence[Prediction]) -> Calibration:
    held_out, thresholds = _by_folds(items)
    return Calibration(
        detector=detector,
        threshold=best_threshold(items),
        fold_thresholds=thresholds,
        held_out=held_out,
        set_left_out=_by_sets(items),
    )


def _by_folds(items: Sequence[Prediction]) -> tuple[list[Prediction], tuple[float, ...]]:
    """Decide each fold by the threshold of the others."""
    folds = folds_of([item.row for item in items], FOLDS)
    decided: list[Prediction] = []
    thresholds: list[float] = []
    for fold in sorted(set(folds)):
        threshold = best_threshold([item for item, own in zip(items, folds, strict=True) if own != fold])
        thresholds.append(threshold)
        decided += [_at(item, threshold) for item, own in zip(items, folds, strict=True) if own == fold]
    return decided, tuple(thresholds)


def _by_sets(items: Sequence[Prediction]) -> list[Prediction]:
    """Decide each data set by the threshold of the others, whose rows with the same prompts stay out too."""
    groups = groups_of([item.row for item in items])
    decided: list[Prediction] = []
    for name in sorted({item.row.dataset for item in items}):
        own = {group for item, group in zip(items, groups, strict=True) if item.row.dataset == name}
        others = [item for item, group in zip(items, groups, strict=True) if group not in own]
        if _has_both_classes(others):
            threshold = best_threshold(others)
            decided += [_at(item, threshold) for item in items if item.row.dataset == name]
    return decided


def _has_both_classes(items: Sequence[Prediction]) -> bool:
    return {item.row.label for item in items} == {0, 1}


def _at(item: Prediction, threshold: float) -> Prediction:
    return replace(item, assessment=replace(item.assessment, threshold=threshold))
