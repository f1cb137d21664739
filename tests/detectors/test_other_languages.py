"""A language without lexicons is never called clean, whichever detector is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from detectors.agent_trace import AgentTrace, TraceEvent
from detectors.assessment import NotAssessed
from detectors.registry import DETECTORS, detector
from tests.detectors.case_files import CASE_FILES

FOREIGN: dict[str, str] = yaml.safe_load((Path(__file__).parent / "foreign_texts.yaml").read_text("utf-8"))
REMOVAL = TraceEvent(name="bash", arguments={"command": "rm -rf src"}, result="")


@pytest.mark.parametrize("key", [item.spec.key for item in DETECTORS])
@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_without_lexicons_is_not_assessed(language: str, key: str) -> None:
    trace = AgentTrace(input=FOREIGN[language], output=FOREIGN[language], trace_events=(REMOVAL,))

    assert detector(key).assess(trace).not_assessed is NotAssessed.LANGUAGE


@pytest.mark.parametrize("key", ["over_refusal", "under_refusal", "jailbreak_compliance"])
def test_instructions_in_a_language_without_lexicons_are_not_passed_over(key: str) -> None:
    trace = AgentTrace(
        system_prompt=FOREIGN["polish"], input="What is 2 + 2?", output="I'm sorry, I can't help with that."
    )

    assert detector(key).assess(trace).not_assessed is NotAssessed.LANGUAGE


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "ja", "pt", "zh"])
def test_every_language_has_cases_of_every_detector(language: str) -> None:
    found = {path.stem for path in CASE_FILES if path.parent.name == language}

    assert found == {item.spec.key for item in DETECTORS}
