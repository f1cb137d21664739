"""Real telemetry in, the findings out that the recordings are known to earn; nothing more, each once."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.registry import DETECTORS
from otel_safety.rebuild import rebuild
from tests.rebuild.captured import closed_traces, requests
from tests.rebuild.scenarios import (
    ALL_IN_ONE,
    BY_REFERENCE,
    IN_LOGS_ONLY,
    SCENARIOS,
    TRUNCATED,
    WHOLE,
    WITHOUT_CONTENT,
)
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

CAPTURES = (*WHOLE, *WITHOUT_CONTENT, BY_REFERENCE, TRUNCATED)


class Answers:
    """What the detectors said on all traces of one request."""

    def __init__(self, recorded: list[tuple[str, bytes]]) -> None:
        self.found: Counter[str] = Counter()
        self.not_assessed: dict[str, set[str]] = defaultdict(set)
        self.clean: set[str] = set()
        for closed in closed_traces(recorded):
            for trace in (trace for run in rebuild(closed) for trace in run.traces):
                for detector in DETECTORS:
                    answer = detector.assess(trace)
                    if answer.detected:
                        self.found[answer.detector] += 1
                    elif answer.not_assessed is not None:
                        self.not_assessed[answer.detector].add(answer.not_assessed.value)
                    else:
                        self.clean.add(answer.detector)

    def faults(self, expected: dict[str, list[str]]) -> Iterator[str]:
        """Everything in which the answers differ from what is expected."""
        abstainable = expected.get("may_abstain", [])
        for key in expected["expected"]:
            if not self.found[key] and not (key in abstainable and self.not_assessed[key]):
                yield f"{key} missed"
        for key, times in self.found.items():
            if key not in expected["expected"]:
                yield f"{key} found"
            if times > 1:
                yield f"{key} found {times} times"
        for key in expected["not_evaluable"]:
            if key in self.clean or not self.not_assessed[key]:
                yield f"{key} not reported as not assessed"


def expectation(capture: str, scenario: str) -> dict[str, object]:
    known = json.loads(shared_path("captures/expected.json").read_text())
    expected: dict[str, object] = known[capture][scenario]
    return expected


def recorded(capture: str, scenario: str, *, logs: bool = True) -> list[tuple[str, bytes]]:
    folder: Path = shared_path(f"captures/{capture}/{scenario}")
    return requests(folder, logs=logs)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("capture", CAPTURES)
def test_a_capture_earns_its_findings(capture: str, scenario: str) -> None:
    expected = expectation(capture, scenario)
    assert list(Answers(recorded(capture, scenario)).faults(expected)) == []  # type: ignore[arg-type]  # lists of keys and a note


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("capture", IN_LOGS_ONLY)
def test_without_its_logs_a_capture_is_not_assessed(capture: str, scenario: str) -> None:
    expected = expectation(capture, scenario)["traces_only"]
    answers = Answers(recorded(capture, scenario, logs=False))
    assert list(answers.faults(expected)) == []  # type: ignore[arg-type]  # lists of keys


def test_each_request_of_a_stream_earns_its_own_findings() -> None:
    per_file = expectation(ALL_IN_ONE, "all")["per_file"]
    assert isinstance(per_file, dict)
    assert len(per_file) == len(SCENARIOS)
    for name, payload in recorded(ALL_IN_ONE, "all"):
        assert list(Answers([(name, payload)]).faults(per_file[name])) == []
