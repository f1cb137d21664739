"""The specification's own examples: every row must come out right."""

from __future__ import annotations

import json

import pytest

from detectors.entry import trace_from_entry
from tests.detectors.case_files import run_detector
from tests.detectors.literal_evidence import assert_well_formed
from tests.shared_material import shared_path

ROWS = 45
KEYS = (
    "scope_escalation",
    "jailbreak_compliance",
    "over_refusal",
    "under_refusal",
    "impersonation_risk",
    "deception",
)


def _rows() -> list[dict[str, object]]:
    lines = shared_path("data/seed_examples.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.shared
@pytest.mark.parametrize("key", KEYS)
def test_every_seed_example_of_the_detector_comes_out_right(key: str) -> None:
    wrong = {}
    for row in _rows():
        if row["detector"] != key:
            continue
        assessment = run_detector(key, row)
        assert_well_formed(assessment, trace_from_entry(row))
        if (assessment.detected is True) != (row["label"] == 1):
            wrong[row["id"]] = f"{assessment.score} {assessment.not_assessed} {assessment.explanation}"

    assert wrong == {}


@pytest.mark.shared
def test_the_seed_examples_cover_all_six_detectors() -> None:
    rows = _rows()

    assert len(rows) == ROWS
    assert {row["detector"] for row in rows} == set(KEYS)
