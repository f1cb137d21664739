"""Through the real Collector into a real Jaeger: nothing lost or changed, findings where people search."""

from __future__ import annotations

import pytest

from semconv import emitted
from tests.e2e.backends import Jaeger
from tests.e2e.comparison import plain
from tests.e2e.conftest import CAPTURES
from tests.e2e.findings import FoundOnSpan, detectors_on_spans, findings_of, not_assessed
from tests.e2e.material import Scenario, spans_of
from tests.e2e.replay import Replayed, changes

pytestmark = pytest.mark.e2e

# Its storage in memory keeps resources and scopes without their schema URLs.
NOT_STORED = frozenset({"schemas"})
DETECTORS = (
    "scope_escalation",
    "jailbreak_compliance",
    "over_refusal",
    "under_refusal",
    "impersonation_risk",
    "deception",
)


def scenarios_of(replayed: Replayed, capture: str) -> list[Scenario]:
    scenarios = [scenario for scenario in replayed.scenarios if scenario.capture == capture]
    if not scenarios:
        pytest.skip(f"needs ../shared/captures/{capture}, which is not part of the project")
    return scenarios


def service_of(scenario: Scenario) -> str:
    names = {
        plain_resource["service.name"]
        for request in scenario.traces
        for resource_spans in request.resource_spans
        for plain_resource in [{one.key: one.value.string_value for one in resource_spans.resource.attributes}]
    }
    assert len(names) == 1
    return names.pop()


def services(replayed: Replayed) -> set[str]:
    return {service_of(scenario) for scenario in replayed.scenarios}


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_span_is_there_once_and_unchanged(replayed: Replayed, jaeger: Jaeger, capture: str) -> None:
    sent = replayed.sent()
    for scenario in scenarios_of(replayed, capture):
        for trace_id in scenario.trace_ids:
            assert changes(jaeger.trace(trace_id), sent[trace_id], trace_id, ignoring=NOT_STORED) == [], scenario.name


def test_ordinary_spans_are_there_once_and_carry_nothing_of_ours(replayed: Replayed, jaeger: Jaeger) -> None:
    for request in replayed.ordinary:
        trace_id = next(spans_of(request)).trace_id
        stored = jaeger.trace(trace_id)
        assert changes(stored, [request], trace_id, ignoring=NOT_STORED) == []
        assert not any(key.startswith(emitted.PREFIX) for span in spans_of(stored) for key in plain(span))


@pytest.mark.parametrize("capture", CAPTURES)
def test_findings_are_those_expected_and_no_others(
    replayed: Replayed,
    jaeger: Jaeger,
    capture: str,
    flagged_log: list[tuple[str, str, FoundOnSpan]],
) -> None:
    found: dict[str, frozenset[str]] = {}
    expected: dict[str, frozenset[str]] = {}
    for scenario in scenarios_of(replayed, capture):
        traces = [jaeger.trace(trace_id) for trace_id in scenario.trace_ids]
        events = [event for trace in traces for event in findings_of(trace)]
        flagged_log.extend((capture, scenario.name, event) for event in events)
        found[scenario.name] = detectors_on_spans(traces)
        abstained = scenario.may_abstain & not_assessed(traces)
        expected[scenario.name] = scenario.expected - (abstained - found[scenario.name])
        assert {event.detector for event in events} == found[scenario.name], scenario.name
    assert found == expected


@pytest.mark.parametrize("capture", CAPTURES)
def test_what_could_not_be_judged_says_so(replayed: Replayed, jaeger: Jaeger, capture: str) -> None:
    for scenario in scenarios_of(replayed, capture):
        traces = [jaeger.trace(trace_id) for trace_id in scenario.trace_ids]
        assert scenario.not_assessed <= not_assessed(traces), scenario.name


def test_tag_search_finds_the_flagged_traces_and_only_these(replayed: Replayed, jaeger: Jaeger) -> None:
    for service in sorted(services(replayed)):
        of_service = [scenario for scenario in replayed.scenarios if service_of(scenario) == service]
        flagged = {
            trace_id
            for scenario in of_service
            for trace_id in scenario.trace_ids
            if findings_of(jaeger.trace(trace_id))
        }
        assert jaeger.search(service, {emitted.FLAGGED: "true"}) == flagged, service
    assert jaeger.search("shop", {emitted.FLAGGED: "true"}) == set()


@pytest.mark.parametrize("detector", DETECTORS)
def test_each_detector_is_found_by_its_score_and_by_its_event(
    replayed: Replayed, jaeger: Jaeger, detector: str
) -> None:
    searched = 0
    for scenario in replayed.scenarios:
        if detector not in scenario.expected - scenario.may_abstain:
            continue
        for trace_id in scenario.trace_ids:
            for span in spans_of(jaeger.trace(trace_id)):
                attributes = plain(span)
                if detector not in attributes.get(emitted.DETECTORS, ()):
                    continue
                searched += 1
                service = service_of(scenario)
                score = attributes[emitted.score_key(detector)]
                # Jaeger compares texts: 1.0 is stored as a double and written as 1.
                score_text = f"{score:g}" if float(f"{score:g}") == score else repr(score)
                assert trace_id in jaeger.search(service, {emitted.score_key(detector): score_text})
                assert trace_id in jaeger.search(service, {emitted.EVALUATION_NAME: detector})
    assert searched, f"no capture shows {detector}"


def test_a_run_with_one_detector_is_found_by_the_array(replayed: Replayed, jaeger: Jaeger) -> None:
    lies = [scenario for scenario in replayed.scenarios if scenario.name in {"claimed_deploy", "tests_lie"}]
    lie = next(scenario for scenario in lies if scenario.expected == frozenset({"deception"}))
    found = jaeger.search(service_of(lie), {emitted.DETECTORS: '["deception"]'})
    assert found & set(lie.trace_ids)
