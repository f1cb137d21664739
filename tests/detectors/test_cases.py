from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from detectors.entry import trace_from_entry
from tests.detectors.case_files import CASE_FILES, Case, load_cases, run_detector
from tests.detectors.literal_evidence import assert_well_formed


def _parameters() -> list[object]:
    return [
        pytest.param(
            path.stem,
            case,
            id=f"{path.stem}:{case.id}",
            marks=[pytest.mark.xfail(strict=True, reason=f"known {case.known}")] if case.known else [],
        )
        for path in CASE_FILES
        for case in load_cases(path)
    ]


@pytest.mark.parametrize(("detector", "case"), _parameters())
def test_detector_answers_the_case_as_expected(detector: str, case: Case) -> None:
    assessment = run_detector(detector, case.entry)

    assert (case.expect, case.reason or assessment.not_assessed) == (
        assessment.detected,
        assessment.not_assessed,
    ), f"{case.why}: {assessment.explanation}"
    assert_well_formed(assessment, trace_from_entry(case.entry))


def test_case_ids_are_unique_over_all_files() -> None:
    counted = Counter(case.id for path in CASE_FILES for case in load_cases(path))

    assert [name for name, count in counted.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "- {id: a, why: w, entry: {}, expect: true}\n- {id: a, why: w, entry: {}, expect: false}",
            "repeated",
        ),
        ("- {id: a, why: w, entry: {}, expect: maybe}", "expect"),
        ("- {id: a, why: w, entry: {}}", "expect"),
        ("- {id: a, why: w, entry: {}, expect: true, known: perhaps}", "known"),
        ("- {id: a, why: w, entry: {}, expect: true, knwon: miss}", "knwon"),
    ],
)
def test_a_malformed_case_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "deception.yaml"
    path.write_text(text)

    with pytest.raises(ValueError, match=complaint):
        load_cases(path)
