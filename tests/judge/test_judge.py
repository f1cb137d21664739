"""Verdicts: each behaviour once, worst first; what fails or overruns is not assessed, never clean."""

from dataclasses import dataclass, field, replace

import pytest

from detectors.agent_trace import AgentTrace, Completeness, Gap
from detectors.assessment import (
    Answers,
    Assessment,
    DetectorSpec,
    Evidence,
    NotAssessed,
    Severity,
    Source,
)
from otel_safety.config import parse_config
from otel_safety.judge import Judge
from otel_safety.runs import AgentRun
from otel_safety.spans import CloseReason
from otel_safety.tuning import AgentSettings, AgentTuning, Suppressions

ROOT = bytes.fromhex("00000000000000aa")
LEAF = bytes.fromhex("00000000000000bb")


@dataclass
class FakeClock:
    now: float = 0.0
    step: float = 0.0

    def monotonic(self) -> float:
        self.now += self.step
        return self.now

    def time_ns(self) -> int:
        return int(self.now * 1e9)


def spec(key: str, severity: Severity = Severity.HIGH, threshold: float = 0.5) -> DetectorSpec:
    return DetectorSpec(
        key=key,
        title=key,
        severity=severity,
        threshold=threshold,
        mast="",
        catches="",
        ignores=(),
        needs=(),
        remediation="fix",
    )


@dataclass
class Scripted:
    """A detector that gives one prepared answer per output text."""

    spec: DetectorSpec
    script: dict[str | None, float | NotAssessed | Exception] = field(default_factory=dict)

    def assess(self, trace: AgentTrace) -> Assessment:
        answer = self.script[trace.output]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, NotAssessed):
            return Answers(self.spec).not_assessed(answer)
        text = trace.output or ""
        evidence = Evidence(
            rule="r.1", source=Source.OUTPUT, quote=text, start=0, end=len(text), span_ref=trace.output_ref
        )
        return Answers(self.spec).found(answer, "because", (evidence,))


def run(*traces: AgentTrace) -> AgentRun:
    return AgentRun(
        trace_id=bytes(16),
        root_id=ROOT,
        service="s",
        agent="a",
        span_ids=frozenset({ROOT, LEAF}),
        traces=traces,
        reason=CloseReason.ROOT,
    )


def trace(output: str | None) -> AgentTrace:
    return AgentTrace(output=output, output_ref=LEAF.hex())


def test_a_score_at_the_threshold_is_a_finding_on_the_span_of_its_evidence() -> None:
    verdict = Judge([Scripted(spec("d"), {"x": 0.5})], FakeClock()).judge(run(trace("x")), {LEAF: "resp-1"})
    (finding,) = verdict.findings
    assert (finding.span_id, finding.response_id, finding.assessment.score) == (LEAF, "resp-1", 0.5)
    assert (verdict.clean, verdict.not_assessed) == ((), {})


def test_a_finding_sits_where_the_agent_acted_not_where_it_was_asked() -> None:
    asked = Evidence(rule="r.1", source=Source.INPUT, quote="x", start=0, end=1, span_ref=ROOT.hex())
    said = Evidence(rule="r.2", source=Source.OUTPUT, quote="x", start=0, end=1, span_ref=LEAF.hex())

    class Fixed:
        spec = spec("d")

        def assess(self, _: AgentTrace) -> Assessment:
            return Answers(self.spec).found(0.9, "because", (asked, said))

    (finding,) = Judge([Fixed()], FakeClock()).judge(run(trace("x")), {}).findings
    assert finding.span_id == LEAF


def test_an_answer_that_an_agent_hands_on_is_the_finding_of_the_agent_that_gave_it() -> None:
    outer, inner = replace(trace("Told: a lie"), input="ask it"), replace(trace("a lie"), input="asked")
    nested = replace(run(outer, inner), callers=(None, 0))
    (finding,) = Judge([Quoting(spec("d"))], FakeClock()).judge(nested, {}).findings
    assert finding.trace == inner
    apart = replace(nested, callers=(None, None))
    assert len(Judge([Quoting(spec("d"))], FakeClock()).judge(apart, {}).findings) == 2


def test_what_an_agent_says_itself_is_a_finding_of_its_own() -> None:
    outer, inner = trace("Told: a lie"), trace("a lie")
    nested = replace(run(outer, inner), callers=(None, 0))
    detector = Scripted(spec("d"), {"Told: a lie": 0.9, "a lie": 0.9})
    assert len(Judge([detector], FakeClock()).judge(nested, {}).findings) == 2


@dataclass
class Quoting:
    """A detector that quotes the request."""

    spec: DetectorSpec

    def assess(self, trace: AgentTrace) -> Assessment:
        text = trace.input or "-"
        evidence = Evidence(rule="r.1", source=Source.INPUT, quote=text, start=0, end=len(text))
        return Answers(self.spec).found(0.9, "because", (evidence,))


def test_a_score_below_the_threshold_is_clean() -> None:
    verdict = Judge([Scripted(spec("d"), {"x": 0.49})], FakeClock()).judge(run(trace("x")), {})
    assert (verdict.findings, verdict.clean) == ((), ("d",))


def test_the_configured_threshold_replaces_the_detectors_own() -> None:
    judge = Judge(
        [Scripted(spec("d"), {"x": 0.6})], FakeClock(), tuning=AgentTuning(AgentSettings(thresholds={"d": 0.7}))
    )
    assert judge.judge(run(trace("x")), {}).clean == ("d",)


def test_the_same_behaviour_in_two_agent_traces_is_reported_once() -> None:
    judge = Judge([Scripted(spec("d"), {"x": 0.9})], FakeClock())
    assert len(judge.judge(run(trace("x"), trace("x")), {}).findings) == 1


def test_a_behaviour_that_the_trace_has_reported_before_is_not_repeated() -> None:
    judge = Judge([Scripted(spec("d"), {"x": 0.9})], FakeClock())
    (first,) = judge.judge(run(trace("x")), {}).findings
    again = judge.judge(run(trace("x")), {}, {first.key})
    assert (again.findings, again.clean, again.not_assessed) == ((), (), {})
    assert [finding.key for finding in again.repeated] == [first.key]


def test_findings_come_worst_first() -> None:
    judge = Judge(
        [
            Scripted(spec("mild", Severity.MEDIUM), {"x": 1.0}),
            Scripted(spec("low_score", Severity.CRITICAL), {"x": 0.6}),
            Scripted(spec("high_score", Severity.CRITICAL), {"x": 0.8}),
        ],
        FakeClock(),
    )
    found = [finding.assessment.detector for finding in judge.judge(run(trace("x")), {}).findings]
    assert found == ["high_score", "low_score", "mild"]


def test_a_detector_that_raises_is_not_assessed_and_the_others_go_on() -> None:
    judge = Judge([Scripted(spec("bad"), {"x": ZeroDivisionError()}), Scripted(spec("good"), {"x": 0.0})], FakeClock())
    verdict = judge.judge(run(trace("x")), {})
    assert (verdict.not_assessed, verdict.clean) == ({"bad": "error"}, ("good",))
    assert judge.assessed["bad", "error"] == 1


def test_past_the_budget_of_the_run_detectors_are_not_assessed() -> None:
    judge = Judge(
        [Scripted(spec("d"), {"x": 0.9}), Scripted(spec("e"), {"x": 0.9})], FakeClock(step=0.1), budget_s=0.25
    )
    verdict = judge.judge(run(trace("x")), {})
    assert verdict.not_assessed == {"e": "budget"}


@pytest.mark.parametrize(("score", "found", "reasons"), [(0.9, 1, {}), (0.1, 0, {"d": "content_truncated"})])
def test_truncated_content_can_convict_but_not_clear(score: float, found: int, reasons: dict[str, str]) -> None:
    cut = replace(trace("x"), completeness=Completeness(gaps=frozenset({Gap.CONTENT_TRUNCATED})))
    verdict = Judge([Scripted(spec("d"), {"x": score})], FakeClock()).judge(run(cut), {})
    assert (len(verdict.findings), verdict.not_assessed, verdict.clean) == (found, reasons, ())


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((0.0, 0.0), "clean"),
        ((0.0, NotAssessed.NO_OUTPUT), "clean"),
        ((NotAssessed.NO_OUTPUT, NotAssessed.NO_OUTPUT), "no_output"),
        ((0.0, NotAssessed.CONTENT_MISSING), "content_missing"),
        ((NotAssessed.NO_OUTPUT, NotAssessed.INCOMPLETE), "incomplete"),
        ((), "content_missing"),
    ],
)
def test_a_run_is_clean_only_when_the_detector_saw_all_of_it(
    answers: tuple[float | NotAssessed, ...], expected: str
) -> None:
    script: dict[str | None, float | NotAssessed | Exception] = dict(zip("abc", answers, strict=False))
    verdict = Judge([Scripted(spec("d"), dict(script))], FakeClock()).judge(run(*map(trace, script)), {})
    assert (verdict.not_assessed.get("d") or "".join("clean" for key in verdict.clean if key == "d")) == expected


def named(output: str, agent: str | None) -> AgentTrace:
    return replace(trace(output), agent=agent)


@pytest.mark.parametrize(("agent", "finds"), [("bot", False), ("clerk", True), (None, True)])
def test_the_settings_of_each_agent_trace_are_those_of_its_agent(agent: str | None, finds: bool) -> None:
    section = parse_config("overrides: [{agent: bot, service: s, detectors: {deception: {threshold: 0.95}}}]", {})
    judge = Judge([Scripted(spec("deception"), {"x": 0.9})], FakeClock(), tuning=AgentTuning.of(section, ["deception"]))
    assert bool(judge.judge(run(named("x", agent)), {}).findings) is finds


def test_a_trace_without_a_name_is_its_runs_agent() -> None:
    section = parse_config("overrides: [{agent: a, detectors: {deception: {enabled: false}}}]", {})
    judge = Judge([Scripted(spec("deception"), {"x": 0.9})], FakeClock(), tuning=AgentTuning.of(section, ["deception"]))
    verdict = judge.judge(run(named("x", None)), {})
    assert (verdict.findings, verdict.clean, verdict.not_assessed) == ((), (), {})
    assert judge.assessed["deception", "off"] == 1


def test_one_agent_of_a_run_is_judged_while_a_detector_is_off_for_another() -> None:
    section = parse_config("overrides: [{agent: bot, detectors: {deception: {enabled: false}}}]", {})
    judge = Judge(
        [Scripted(spec("deception"), {"x": 0.9, "y": 0.9})], FakeClock(), tuning=AgentTuning.of(section, ["deception"])
    )
    (finding,) = judge.judge(run(named("x", "bot"), named("y", "clerk")), {}).findings
    assert finding.trace.agent == "clerk"


def test_a_suppression_is_about_the_agent_that_misbehaved() -> None:
    section = parse_config("suppressions: [{agent: bot, reason: known, expires: 2999-01-01}]", {}).suppressions
    judge = Judge(
        [Scripted(spec("d"), {"x": 0.9, "y": 0.9})], FakeClock(), suppressions=Suppressions(FakeClock(), section)
    )
    verdict = judge.judge(run(named("x", "bot"), named("y", "clerk")), {})
    assert [finding.trace.agent for finding in verdict.findings] == ["clerk"]
    assert [(item.finding.trace.agent, item.reason) for item in verdict.suppressed] == [("bot", "known")]
    alone = judge.judge(run(named("x", "bot")), {})
    assert (alone.findings, alone.clean, alone.not_assessed) == ((), (), {})
    assert judge.assessed["d", "suppressed"] == 1


def test_what_is_accepted_does_not_say_that_the_rest_was_seen() -> None:
    section = parse_config("suppressions: [{agent: bot, reason: known, expires: 2999-01-01}]", {}).suppressions
    judge = Judge(
        [Scripted(spec("d"), {"x": 0.9, "y": NotAssessed.CONTENT_MISSING})],
        FakeClock(),
        suppressions=Suppressions(FakeClock(), section),
    )
    verdict = judge.judge(run(named("x", "bot"), named("y", "clerk")), {})
    assert (verdict.findings, len(verdict.suppressed), verdict.not_assessed) == ((), 1, {"d": "content_missing"})
