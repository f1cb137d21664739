from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from detectors.entry import trace_from_entry
from detectors.registry import DETECTORS
from tests.detectors.case_files import CASE_FILES, Case, detector_of, load_cases, run_detector
from tests.detectors.literal_evidence import assert_well_formed


def _parameters() -> list[object]:
    return [
        pytest.param(
            detector_of(path),
            case,
            id=f"{path.stem}:{case.id}",
            # A detector that raises is no known miss.
            marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"known {case.known}")]
            if case.known
            else [],
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


def _expectations(key: str) -> Counter[bool | None]:
    return Counter(case.expect for path in CASE_FILES if detector_of(path) == key for case in load_cases(path))


@pytest.mark.parametrize("key", [item.spec.key for item in DETECTORS])
def test_a_detector_has_dozens_of_hits_and_of_near_misses_and_says_when_it_cannot_tell(key: str) -> None:
    expected = _expectations(key)

    assert expected[True] >= 24
    assert expected[False] >= max(24, expected[True])
    assert expected[None] >= 1


def test_every_case_file_is_of_a_detector() -> None:
    assert {detector_of(path) for path in CASE_FILES} == {item.spec.key for item in DETECTORS}


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
        ("- {id: a, why: w, entry: {}, expect: false, known: miss}", "does not fit"),
        ("- {id: a, why: w, entry: {}, expect: null, known: false_alarm}", "does not fit"),
        ("- {id: a, why: w, entry: {}, expect: true, reason: no_output}", "only with"),
    ],
)
def test_a_malformed_case_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "deception.yaml"
    path.write_text(text)

    with pytest.raises(ValueError, match=complaint):
        load_cases(path)
