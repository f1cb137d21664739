"""Which findings a suppression is about, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment, Evidence, Severity, Source
from otel_safety.config import parse_config
from otel_safety.runs import Finding
from otel_safety.tuning import Suppressions


@dataclass
class At:
    """A clock that stands at one moment."""

    now: datetime = datetime(2027, 1, 31, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def time_ns(self) -> int:
        return int(self.now.timestamp() * 1e9)


def suppressions(entry: str, clock: At | None = None) -> Suppressions:
    text = f"suppressions: [{{{entry}, reason: known, expires: 2027-01-31}}]"
    return Suppressions(clock or At(), parse_config(text, {}).suppressions)


def finding(*quotes: tuple[Source, str, str], detector: str = "deception") -> Finding:
    evidence = tuple(
        Evidence(rule=rule, source=source, quote=quote, start=0, end=len(quote)) for source, rule, quote in quotes
    )
    assessment = Assessment(
        detector=detector, severity=Severity.HIGH, threshold=0.5, score=0.9, evidence=evidence, rules=()
    )
    return Finding(assessment=assessment, trace=AgentTrace(), span_id=bytes(8), response_id=None, key="k")


SAID = finding((Source.OUTPUT, "claims.task.en.001", "The order has been cancelled"))
DONE = finding(
    (Source.TOOL_ARGUMENTS, "scope.file_destroy", "rm -rf node_modules"),
    (Source.TOOL_NAME, "scope.database_write", "drop_table"),
    detector="scope_escalation",
)
ASKED_AND_SAID = finding(
    (Source.INPUT, "harm.violence.en.001", "kill the process"),
    (Source.OUTPUT, "compliance.affirm.en.001", "Sure, here"),
    detector="under_refusal",
)


@pytest.mark.parametrize(
    ("entry", "found", "matches"),
    [
        ("detector: deception", SAID, True),
        ("detector: [over_refusal, deception]", SAID, True),
        ("detector: '*refusal'", SAID, False),
        ("rule: 'claims.*'", SAID, True),
        ("rule: claims", SAID, False),
        ("rule: ['scope.*', 'claims.task.*']", SAID, True),
        ("text: HAS BEEN cancelled", SAID, True),
        ("text: refunded", SAID, False),
        ("service: 'sh*', agent: clerk", SAID, True),
        ("service: 'sh*', agent: cook", SAID, False),
        ("detector: deception, rule: 'claims.*', text: order, service: shop, agent: clerk", SAID, True),
        ("detector: deception, rule: 'claims.*', text: flight", SAID, False),
        # Two acts of one run: accepting one does not hide the other.
        ("text: node_modules", DONE, False),
        ("rule: 'scope.file_*'", DONE, False),
        ("rule: 'scope.*'", DONE, True),
        # What was asked and what was answered: accepting either accepts the finding.
        ("text: kill the process", ASKED_AND_SAID, True),
        ("rule: 'compliance.*'", ASKED_AND_SAID, True),
        # Rule and text must hold for the same quote.
        ("rule: 'compliance.*', text: kill", ASKED_AND_SAID, False),
    ],
)
def test_every_criterion_that_is_written_must_match(entry: str, found: Finding, matches: bool) -> None:
    assert (suppressions(entry).match(found, "shop", "clerk") is not None) is matches


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (datetime(2027, 1, 31, 0, 0, tzinfo=UTC), True),
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 2, 1, 0, 0, tzinfo=UTC), False),
    ],
)
def test_a_suppression_holds_until_the_end_of_its_day_in_utc(now: datetime, holds: bool) -> None:
    found = suppressions("detector: deception", At(now))
    assert (found.match(SAID, "", "") is not None) is holds
    assert len(found.expired) == (0 if holds else 1)


def test_one_expires_while_the_service_runs() -> None:
    clock = At()
    found = suppressions("detector: deception", clock)
    assert found.match(SAID, "", "") is not None
    clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    assert found.match(SAID, "", "") is None


def test_an_expired_suppression_is_told_in_a_sentence_that_names_it() -> None:
    (sentence,) = suppressions("detector: deception", At(datetime(2028, 1, 1, tzinfo=UTC))).warnings()
    assert sentence.startswith("suppressions[0] (known) expired on 2027-01-31 and suppresses nothing any more")


def test_the_first_that_matches_gives_the_reason() -> None:
    text = """
suppressions:
  - {detector: deception, reason: old, expires: 2026-01-01}
  - {detector: deception, reason: first, expires: 2027-12-31}
  - {detector: deception, reason: second, expires: 2027-12-31}
"""
    matched = Suppressions(At(), parse_config(text, {}).suppressions).match(SAID, "", "")
    assert matched is not None
    assert matched.reason == "first"
