"""judge: runs the detectors on each agent trace of a run and makes the run's verdict.

A detector that raises, or a run that overruns its time budget, costs only the answer: the assessment becomes
*not assessed* with that reason and is counted; the spans go out all the same.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from detectors.agent_trace import AgentTrace, Gap
from detectors.assessment import Answers, Assessment, Detector, NotAssessed, Source
from otel_safety.clock import Clock
from otel_safety.runs import AgentRun, Finding, SuppressedFinding, Verdict
from otel_safety.tuning import AgentSettings, AgentTuning, Suppressions

_log = logging.getLogger(__name__)

# With one of these reasons on any agent trace of a run, the detector did not see the run whole: the run is not clean.
# The others (nothing was said, nothing was asked) say that there was nothing to judge in that trace.
_BLIND = frozenset(NotAssessed) - {NotAssessed.NO_INPUT, NotAssessed.NO_OUTPUT}

_ASKED = frozenset({Source.INPUT, Source.SYSTEM_PROMPT, Source.MESSAGE})
_DONE = frozenset({Source.TOOL_ARGUMENTS, Source.TOOL_NAME})


@dataclass(frozen=True, slots=True)
class _Judged:
    """One agent trace of a run as its policies complete it, with the settings of its agent."""

    trace: AgentTrace
    settings: AgentSettings
    agent: str


class Judge:
    """The detectors with what operators set for each agent, and the budget of one run."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        clock: Clock,
        *,
        tuning: AgentTuning | None = None,
        suppressions: Suppressions | None = None,
        budget_s: float = 0.25,
    ) -> None:
        self.detectors = tuple(detectors)
        self._by_key = {detector.spec.key: detector for detector in self.detectors}
        self._clock = clock
        self._tuning = tuning or AgentTuning()
        self.suppressions = suppressions or Suppressions(clock)
        self._budget_s = budget_s
        self.assessed: Counter[tuple[str, str]] = Counter()
        """Runs by (detector, finding | suppressed | off | clean | not-assessed reason)."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """Time spent, by detector."""

    def judge(self, run: AgentRun, response_ids: Mapping[bytes, str], reported: Collection[str] = ()) -> Verdict:
        """Judge every agent trace of a run.

        Args:
            run: The run.
            response_ids: ``gen_ai.response.id`` by span id.
            reported: Keys of findings that this trace has earned before; they are told apart as repeated.

        Returns:
            Findings (worst first, each behaviour once), and per detector without one: clean or the reason.
        """
        deadline = self._clock.monotonic() + self._budget_s
        judged = [self._judged(run.service, trace, run.agent) for trace in run.traces]
        findings: dict[str, Finding] = {}
        repeated: dict[str, Finding] = {}
        suppressed: dict[str, SuppressedFinding] = {}
        not_assessed: dict[str, str] = {}
        clean: list[str] = []
        for detector in self.detectors:
            key = detector.spec.key
            answers = {
                place: self._assess(detector, item, deadline)
                for place, item in enumerate(judged)
                if key not in item.settings.off
            }
            if judged and not answers:
                self.assessed[key, "off"] += 1
                continue
            detected = [place for place, answer in answers.items() if answer.detected]
            found = False
            for place in detected:
                if _is_passed_on(run, place, detected, answers[place]):
                    continue
                item = self._finding(run, judged[place].trace, answers[place], response_ids)
                accepted = self.suppressions.match(item, run.service, judged[place].agent)
                if accepted is not None:
                    suppressed.setdefault(item.key, SuppressedFinding(item, accepted.reason, accepted.expires))
                    continue
                found = True
                (repeated if item.key in reported else findings).setdefault(item.key, item)
            others = [answer for place, answer in answers.items() if place not in detected]
            if found or detected:
                self.assessed[key, "finding" if found else "suppressed"] += 1
                unseen = _reason(others) if others and not found else None
                if unseen is not None and unseen in _BLIND:
                    # What is accepted does not say that the rest was seen.
                    not_assessed[key] = unseen.value
                continue
            reason = _reason(others)
            if reason is None:
                clean.append(key)
            else:
                not_assessed[key] = reason.value
            self.assessed[key, "clean" if reason is None else reason.value] += 1
        return Verdict(
            run=run,
            findings=_worst_first(findings),
            repeated=_worst_first(repeated),
            suppressed=tuple(sorted(suppressed.values(), key=lambda item: _rank(item.finding))),
            not_assessed=not_assessed,
            clean=tuple(clean),
        )

    def assess(self, key: str, trace: AgentTrace) -> Assessment:
        """Ask one detector about one agent trace of no service, with a budget of its own; suppressions do not count.

        Raises:
            KeyError: There is no such detector.
        """
        return self._assess(self._by_key[key], self._judged("", trace), self._clock.monotonic() + self._budget_s)

    def _judged(self, service: str, trace: AgentTrace, run_agent: str | None = None) -> _Judged:
        agent = trace.agent or run_agent or ""
        settings = self._tuning.settings(service, agent)
        return _Judged(settings.applied(trace), settings, agent)

    def _assess(self, detector: Detector, judged: _Judged, deadline: float) -> Assessment:
        spec, trace = detector.spec, judged.trace
        started = self._clock.monotonic()
        if started >= deadline:
            return Answers(spec).not_assessed(NotAssessed.BUDGET)
        try:
            answer = detector.assess(trace)
        except Exception as error:  # noqa: BLE001  a detector may be a third party's; its failure costs no span
            # The type only: the message could quote the content.
            _log.error("detector %s failed with %s; counted as not assessed", spec.key, type(error).__name__)
            return Answers(spec).not_assessed(NotAssessed.ERROR)
        finally:
            self.seconds[spec.key] += self._clock.monotonic() - started
        threshold = judged.settings.thresholds.get(spec.key)
        if threshold is not None:
            answer = replace(answer, threshold=threshold)
        if answer.detected is False and Gap.CONTENT_TRUNCATED in trace.completeness.gaps:
            # What was cut off can hold what was looked for: the rest can convict, it cannot clear.
            return Answers(spec).not_assessed(NotAssessed.CONTENT_TRUNCATED)
        return answer

    @staticmethod
    def _finding(run: AgentRun, trace: AgentTrace, answer: Assessment, response_ids: Mapping[bytes, str]) -> Finding:
        # A finding belongs where the agent misbehaved, not where it was asked to or told not to.
        acted = [item.span_ref for item in answer.evidence if item.source not in _ASKED]
        others = [item.span_ref for item in answer.evidence]
        reference = next((span_ref for span_ref in (*acted, trace.output_ref, *others) if span_ref), None)
        span_id = bytes.fromhex(reference) if reference else run.root_id
        quotes = "\x00".join(sorted(f"{item.source}\x01{item.quote}" for item in answer.evidence))
        digest = hashlib.blake2b(quotes.encode("utf-8", "replace"), digest_size=12).hexdigest()
        return Finding(
            assessment=answer,
            trace=trace,
            span_id=span_id,
            response_id=response_ids.get(span_id),
            key=f"{answer.detector}:{digest}",
        )


def _is_passed_on(run: AgentRun, place: int, detected: Collection[int], answer: Assessment) -> bool:
    """Tell whether an agent did no more than hand on the answer of one that it called, which has the finding."""
    if any(item.source in _DONE for item in answer.evidence):
        return False
    own = run.traces[place].output or ""
    said = [item for item in answer.evidence if item.source is Source.OUTPUT]
    for inner in detected:
        told = (run.traces[inner].output or "").strip()
        start = own.find(told) if told and place in _callers(run, inner) else -1
        if start >= 0 and all(start <= item.start and item.end <= start + len(told) for item in said):
            return True
    return False


def _callers(run: AgentRun, place: int) -> Iterator[int]:
    caller = run.callers[place] if place < len(run.callers) else None
    while caller is not None and caller < place:
        yield caller
        place, caller = caller, run.callers[caller]


def _worst_first(findings: Mapping[str, Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings.values(), key=_rank))


def _rank(finding: Finding) -> tuple[int, float, str]:
    assessment = finding.assessment
    return -assessment.severity.rank, -(assessment.score or 0.0), finding.key


def _reason(answers: Sequence[Assessment]) -> NotAssessed | None:
    """Why a run without finding is not clean for a detector; None when it is."""
    reasons = [answer.not_assessed for answer in answers if answer.not_assessed is not None]
    blind = [reason for reason in reasons if reason in _BLIND]
    if blind:
        return blind[0]
    if reasons and len(reasons) == len(answers):
        return reasons[0]
    return None if answers else NotAssessed.CONTENT_MISSING
