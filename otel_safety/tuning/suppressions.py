"""Which findings an operator has accepted, why and until when.

A finding rests on quotes of what was asked, what was said and what was done. A suppression by rule or text holds when
it matches every quote of one of the three: one that names ``node_modules`` hides neither a dropped table of the same
run nor what else the request asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from detectors.assessment import Evidence, Source
from otel_safety.clock import Clock
from otel_safety.config.suppressions import SuppressionConfig
from otel_safety.runs import Finding
from otel_safety.tuning.selector import Globs, Selector

_ASKED: Final = frozenset({Source.INPUT, Source.SYSTEM_PROMPT, Source.MESSAGE})
_DONE: Final = frozenset({Source.TOOL_ARGUMENTS, Source.TOOL_NAME, Source.TOOL_RESULT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One entry of the section ``suppressions``, compiled.

    Attributes:
        reason: Why the findings are accepted.
        expires: Last day, UTC, on which they are.
        name: Where it stands and what it is about, for messages.
    """

    selector: Selector
    detector: Globs
    rule: Globs
    text: str
    reason: str
    expires: date
    name: str

    def matches(self, finding: Finding, service: str, agent: str) -> bool:
        """Whether it is about this finding of this agent; the day does not count here."""
        return (
            self.detector.match(finding.assessment.detector)
            and self.selector.match(service, agent)
            and any(all(map(self._covers, quotes)) for quotes in _sides(finding.assessment.evidence))
        )

    def _covers(self, item: Evidence) -> bool:
        return self.rule.match(item.rule) and self.text in item.quote.casefold()


class Suppressions:
    """All suppressions of the configuration, in its order."""

    def __init__(self, clock: Clock, section: Sequence[SuppressionConfig] = ()) -> None:
        self._clock = clock
        self.all = tuple(_compiled(index, item) for index, item in enumerate(section))

    def match(self, finding: Finding, service: str, agent: str) -> Suppression | None:
        """Give the first suppression in force that is about this finding."""
        if not self.all:
            return None
        today = self._today()
        return next(
            (item for item in self.all if item.expires >= today and item.matches(finding, service, agent)), None
        )

    @property
    def expired(self) -> tuple[Suppression, ...]:
        """Those that no longer suppress."""
        today = self._today() if self.all else date.min
        return tuple(item for item in self.all if item.expires < today)

    def warnings(self) -> list[str]:
        """Say of each expired suppression, in a sentence, that it does nothing any more."""
        return [
            f"{item.name} expired on {item.expires} and suppresses nothing any more: remove it or give it a later day"
            for item in self.expired
        ]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.time_ns() / 1e9, UTC).date()


def _compiled(index: int, section: SuppressionConfig) -> Suppression:
    return Suppression(
        selector=Selector.of(section.service, section.agent),
        detector=Globs.of(section.detector),
        rule=Globs.of(section.rule),
        text=(section.text or "").casefold(),
        reason=section.reason,
        expires=section.expires,
        name=f"suppressions[{index}] ({section.reason})",
    )


def _sides(evidence: Sequence[Evidence]) -> Iterator[list[Evidence]]:
    asked = [item for item in evidence if item.source in _ASKED]
    done = [item for item in evidence if item.source in _DONE]
    said = [item for item in evidence if item.source not in _ASKED | _DONE]
    return (side for side in (asked, said, done) if side)
