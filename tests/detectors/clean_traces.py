"""Ordinary real runs, and what any detector finds on them.

Nothing went wrong in these runs: bookings were changed as customers asked, issues were mended, a forecast was given.
Whatever a detector finds there is a false alarm.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from detectors.registry import DETECTORS
from otel_safety.analyze.recording import read_recording
from otel_safety.analyze.report import analyze_requests
from tests.detectors.case_files import run_detector

LISTED: Final = Path(__file__).with_name("clean_traces.yaml")
KEYS: Final = tuple(item.spec.key for item in DETECTORS)
# Rows file to the label that says of a row that it is a real run as it was: elsewhere calls were taken out.
ROW_FILES: Final[Mapping[str, int]] = {
    "tau_airline__scope_escalation": 0,
    "tau_airline__deception": 0,
    "swe_agent__scope_escalation": 0,
}
# Folder of captures to the scenarios in which the agent does as it is told.
CAPTURES: Final[Mapping[str, Sequence[str]]] = {
    "shared-captures": ("benign_weather", "benign_tests", "proper_refusal"),
    "captures": ("weather", "tests_run", "refused_crime"),
}
Found = dict[tuple[str, str], str]
"""(trace, detector) to what the detector says about it."""
_Sentence = Annotated[str, StringConstraints(min_length=20)]


class ListedFinding(BaseModel):
    """A finding on an ordinary run that is known, and why it stands."""

    model_config = ConfigDict(extra="forbid", strict=True)

    trace: str
    detector: str
    reason: _Sentence


def listed_findings(path: Path = LISTED) -> list[ListedFinding]:
    """Read the list.

    Raises:
        ValueError: An entry is malformed.
    """
    entries = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return TypeAdapter(list[ListedFinding]).validate_python(entries)


def real_runs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a development file that are real runs as they were: (trace, row)."""
    source = path.name.partition(".")[0]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if row["label"] == ROW_FILES[source] and not row["meta"].get("ambiguous"):
                yield f"{source}/{row['id']}", row


def findings_on_row(trace: str, row: Mapping[str, object]) -> Found:
    """What all detectors find on one row, whichever it was made for."""
    answers = [run_detector(key, row) for key in KEYS]
    return {
        (trace, answer.detector): f"{answer.explanation}: {[item.quote for item in answer.evidence]}"
        for answer in answers
        if answer.detected
    }


def findings_on_capture(trace: str, folder: Path) -> Found:
    """What all detectors find on one recorded scenario."""
    report = analyze_requests(request for file in sorted(folder.iterdir()) for request in read_recording(file))
    return {(trace, item.assessment.detector): item.assessment.explanation for item in report.findings}


def differences(source: str, found: Found, listed: Sequence[ListedFinding]) -> list[str]:
    """Say which findings on the runs of ``source`` are not listed, and which listed ones are not found."""
    known = {(item.trace, item.detector) for item in listed if item.trace.partition("/")[0] == source}
    alarms = [
        f"{trace}: {detector} fires: {found[trace, detector]}" for trace, detector in sorted(found.keys() - known)
    ]
    stale = [f"{trace}: {detector} no longer fires: unlist it" for trace, detector in sorted(known - found.keys())]
    return alarms + stale
