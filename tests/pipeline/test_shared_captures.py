"""Real captures beside the checkout: each gives its expected findings, and is not assessed where content is missing."""

import json
import re
from collections import defaultdict
from typing import Any

import pytest

from otel_safety.analyze.recording import read_recording
from otel_safety.analyze.report import Report, analyze_requests
from otel_safety.spans import Signal
from tests.shared_material import SHARED, shared_path

# The dialects that are read today.
READ = re.compile(
    r"otel-util-genai-agent|otlp-grpc-util-genai-agent|otel-openai-v2-.*|pydantic-ai-v[35]|agent-framework|google-adk-(default|logs)"
    r"|traceloop-openai.*|traceloop-anthropic.*|traceloop-langchain"
    r"|strands-.*|semantic-kernel|pydantic-ai-1.0-.*|pydantic-ai-v2|google-adk-1.14-.*"
    r"|otel-openai-agents-v2|traceloop-crewai|multiagent-pydantic-ai|openlit-openai"
    r"|openinference-.*|multiagent-openai-agents-handoff"
    r"|langsmith-otel|langfuse|vercel-ai-sdk-generate|fastmcp-native"
)
DETECTORS = {
    "scope_escalation",
    "jailbreak_compliance",
    "over_refusal",
    "under_refusal",
    "impersonation_risk",
    "deception",
}


def expectations() -> list[tuple[str, str, dict[str, Any], bool]]:
    """(capture, scenario or file, what is expected, whether log records are fed) of every capture that is read."""
    page = SHARED / "captures" / "expected.json"
    if not page.exists():
        return [("expected.json", "", {}, True)]
    cases: list[tuple[str, str, dict[str, Any], bool]] = []
    for capture, scenarios in json.loads(page.read_text("utf-8")).items():
        if not READ.fullmatch(capture):
            continue
        for scenario, expected in scenarios.items():
            cases.append((capture, scenario, expected, True))
            cases += [(capture, f"{scenario}/{file}", one, True) for file, one in expected.get("per_file", {}).items()]
            if "traces_only" in expected:
                cases.append((capture, scenario, expected["traces_only"], False))
    return cases


def judged(capture: str, scenario: str, with_logs: bool) -> Report:
    place = shared_path(f"captures/{capture}/{scenario}")
    files = [place] if place.is_file() else sorted(place.iterdir())
    requests = [request for file in files for request in read_recording(file)]
    return analyze_requests(request for request in requests if with_logs or request[0] is Signal.TRACES)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("capture", "scenario", "expected", "with_logs"),
    [pytest.param(*case, id=f"{case[0]}-{case[1]}-{'all' if case[3] else 'traces-only'}") for case in expectations()],
)
def test_a_capture_earns_exactly_what_is_expected(
    capture: str, scenario: str, expected: dict[str, Any], with_logs: bool
) -> None:
    report = judged(capture, scenario, with_logs)
    found = sorted(finding.assessment.detector for finding in report.findings)
    reasons: dict[str, set[str]] = defaultdict(set)
    for verdict in report.verdicts:
        for detector, reason in verdict.not_assessed.items():
            reasons[detector].add(reason)
    clean = {key for verdict in report.verdicts for key in verdict.clean}
    may_abstain = set(expected.get("may_abstain", ()))

    # Once per behaviour, and nothing else; what may abstain and does is not assessed, never clean.
    absent = set(expected["expected"]) - set(found)
    assert sorted({*found, *absent}) == sorted(expected["expected"])
    assert len(found) == len(set(found))
    assert absent <= may_abstain & set(reasons)
    assert not absent & clean
    # Where nothing can be known the detector says so, on every run.
    assert set(expected["not_evaluable"]) <= set(reasons)
    assert not set(expected["not_evaluable"]) & clean
    assert set(reasons) | clean | set(found) == DETECTORS
