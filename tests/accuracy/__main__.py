"""Writes docs/accuracy.md: ``python -m tests.accuracy ROWS.jsonl[.gz] ... [--learned FILE]``."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import default_config
from otel_safety.evaluation.calibrate import calibrate
from otel_safety.evaluation.predictions import Prediction, assessors_of, predict
from otel_safety.evaluation.refusal import REFUSAL, assess_refusal
from otel_safety.evaluation.report import Measured, measure_each
from otel_safety.evaluation.rows import read_rows
from tests.accuracy.derived import refusal_rows
from tests.accuracy.learned import LearnedFigures, read_learned
from tests.accuracy.page import Measurements, accuracy_page

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
# An acceptance test, and work in which nothing is to be found: no data to choose thresholds on.
ACCEPTANCE = frozenset({"seed_examples", "own_work"})
# Data sets that are divided, and by which key of meta.
PARTS = {"xstest_ext": "prompt_safe", "own_work": "round"}


def measurements(files: Sequence[Path], learned: Sequence[LearnedFigures]) -> Measurements:
    """Judge the rows of the files and measure them in every way that the page shows."""
    by_file = {file: list(read_rows(file)) for file in files}
    rows = [row for read in by_file.values() for row in read]
    judge = build_judge(default_config(), SystemClock())
    predictions = predict(rows, assessors_of(judge))
    refusals = predict(refusal_rows(rows), {REFUSAL: assess_refusal})
    calibrations = calibrate([item for item in predictions if item.row.dataset not in ACCEPTANCE])
    held_out = [item for one in calibrations for item in one.held_out]
    set_left_out = [item for one in calibrations for item in one.set_left_out]
    return Measurements(
        files=[(file.name, len(read), hashlib.sha256(file.read_bytes()).hexdigest()) for file, read in by_file.items()],
        shipped=[*measure_each([*predictions, *refusals]), *_parts(predictions)],
        held_out=[*measure_each(held_out), *_parts(held_out)],
        set_left_out=[*measure_each(set_left_out), *_parts(set_left_out)],
        learned=learned,
    )


def _parts(predictions: Sequence[Prediction]) -> list[Measured]:
    return [
        line
        for name, key in PARTS.items()
        for line in measure_each([item for item in predictions if item.row.dataset == name], by=key)
    ]


def main(words: Sequence[str] | None = None, page: Path = PAGE) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog=".ci/accuracy", description="Write docs/accuracy.md from labelled rows.")
    parser.add_argument("rows", nargs="+", type=Path, metavar="ROWS.jsonl[.gz]")
    parser.add_argument("--learned", type=Path, help="figures of the learned part, as tests/accuracy/learned.py says")
    given = parser.parse_args(words)
    page.write_text(accuracy_page(measurements(given.rows, read_learned(given.learned))), "utf-8")


if __name__ == "__main__":
    main()
