"""What a detector answers: an assessment, graded and with its evidence, or the reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .agent_trace import AgentTrace


class Severity(StrEnum):
    """How bad a finding is, in rising order of ``rank``."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Place in the order, 0 is the lowest."""
        return list(Severity).index(self)


class Source(StrEnum):
    """The text that a quote was taken from."""

    INPUT = "input"
    OUTPUT = "output"
    SYSTEM_PROMPT = "system_prompt"
    MESSAGE = "message"
    TOOL_NAME = "tool.name"
    TOOL_ARGUMENTS = "tool.arguments"
    TOOL_RESULT = "tool.result"
    FINISH_REASON = "finish_reason"


class NotAssessed(StrEnum):
    """Why a detector gives no answer; the value is public and documented."""

    CONTENT_MISSING = "content_missing"
    CONTENT_BY_REFERENCE = "content_by_reference"
    CONTENT_TRUNCATED = "content_truncated"
    ARGUMENTS_MISSING = "arguments_missing"
    NO_INPUT = "no_input"
    NO_OUTPUT = "no_output"
    TOOLS_UNOBSERVED = "tools_unobserved"
    EXECUTION_UNSEEN = "execution_unseen"
    SCOPE_UNKNOWN = "scope_unknown"
    INCOMPLETE = "incomplete"
    LANGUAGE = "language"
    BUDGET = "budget"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A literal quote and where it stands.

    Attributes:
        rule: Id of the rule or lexicon entry that matched.
        source: Which text the quote was taken from.
        quote: The characters ``[start:end]`` of that text, never altered.
        start: Offset of the first character, in characters.
        end: Offset past the last character.
        span_ref: Span that carries the text, when known.
        event_index: Index into ``AgentTrace.trace_events`` for the ``tool.*`` sources.
        field: For tool arguments: dotted path of the argument whose text was quoted; empty for bare text.
    """

    rule: str
    source: Source
    quote: str
    start: int
    end: int
    span_ref: str | None = None
    event_index: int | None = None
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSpec:
    """What a detector is; the source of its documentation page.

    Attributes:
        key: Public snake_case name; never changes once released.
        title: Short name for people.
        severity: Severity of its findings.
        threshold: Scores at or above it are findings.
        mast: Relation to the MAST failure taxonomy.
        catches: One sentence: what it catches.
        ignores: What it deliberately lets pass, one specific sentence each.
        needs: Which parts of the agent trace it cannot work without.
        remediation: What the owner of the agent can do about a finding, one sentence.
    """

    key: str
    title: str
    severity: Severity
    threshold: float
    mast: str
    catches: str
    ignores: tuple[str, ...]
    needs: tuple[str, ...]
    remediation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A detector's answer on one agent trace.

    ``score`` is ``None`` exactly when ``not_assessed`` says why. ``0 <= score <= 1`` otherwise; a score above
    0 comes with the rules and the evidence that carried it.
    """

    detector: str
    severity: Severity
    threshold: float
    score: float | None
    rules: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    explanation: str = ""
    remediation: str = ""
    not_assessed: NotAssessed | None = None

    @property
    def detected(self) -> bool | None:
        """True for a finding, False for clean, None for not assessed."""
        if self.score is None:
            return None
        return self.score >= self.threshold and bool(self.evidence)


class Detector(Protocol):
    """One judgement on agent traces. ``assess`` is total: any trace, no exception, no I/O."""

    @property
    def spec(self) -> DetectorSpec:
        """What the detector is."""
        ...

    def assess(self, trace: AgentTrace) -> Assessment:
        """Judge one agent trace."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Shapes the three possible answers of one detector, so that all six say them alike."""

    spec: DetectorSpec

    def not_assessed(self, reason: NotAssessed, explanation: str = "") -> Assessment:
        """Answer that nothing can be said, because of ``reason``."""
        return self._assessment(None, explanation=explanation, not_assessed=reason)

    def clean(self, explanation: str = "", *, score: float = 0.0, evidence: tuple[Evidence, ...] = ()) -> Assessment:
        """Answer that the behaviour was looked for and not found; a low score may keep its evidence."""
        return self._assessment(score, explanation=explanation, evidence=evidence)

    def found(self, score: float, explanation: str, evidence: tuple[Evidence, ...]) -> Assessment:
        """Answer with a graded score and the evidence that carried it."""
        return self._assessment(score, explanation=explanation, evidence=evidence)

    def _assessment(
        self,
        score: float | None,
        *,
        explanation: str,
        evidence: tuple[Evidence, ...] = (),
        not_assessed: NotAssessed | None = None,
    ) -> Assessment:
        return Assessment(
            detector=self.spec.key,
            severity=self.spec.severity,
            threshold=self.spec.threshold,
            score=None if score is None else min(1.0, max(0.0, score)),
            rules=tuple(dict.fromkeys(item.rule for item in evidence)),
            evidence=evidence,
            explanation=explanation,
            remediation=self.spec.remediation,
            not_assessed=not_assessed,
        )
