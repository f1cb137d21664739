"""The same traces in a real Tempo, searched with TraceQL."""

from __future__ import annotations

import pytest

from semconv import emitted
from tests.e2e.backends import Jaeger, Tempo
from tests.e2e.findings import findings_of
from tests.e2e.processes import wait_until
from tests.e2e.replay import Replayed, changes, span_counts, wait_for_spans

pytestmark = pytest.mark.e2e

# Its span format has no place for flags, nor for schema URLs.
NOT_STORED = frozenset({"schemas", "flags"})
_SEARCHABLE_S = 60.0


@pytest.fixture(scope="session")
def flagged(replayed: Replayed, jaeger: Jaeger) -> dict[bytes, set[str]]:
    """Detectors by flagged trace, as Jaeger has them."""
    found = {
        trace_id: {event.detector for event in findings_of(jaeger.trace(trace_id))}
        for scenario in replayed.scenarios
        for trace_id in scenario.trace_ids
    }
    return {trace_id: detectors for trace_id, detectors in found.items() if detectors}


@pytest.fixture(scope="session")
def searchable(replayed: Replayed, tempo: Tempo) -> Tempo:
    """Tempo with every trace stored and searchable."""
    counts = span_counts(replayed)
    wait_for_spans(tempo, counts)
    wait_until(lambda: set(counts) <= tempo.search("{ }"), "every trace found by an empty TraceQL query", _SEARCHABLE_S)
    return tempo


def test_every_span_is_there_once_and_unchanged(replayed: Replayed, searchable: Tempo) -> None:
    for trace_id, requests in replayed.sent().items():
        assert changes(searchable.trace(trace_id), requests, trace_id, ignoring=NOT_STORED) == [], trace_id.hex()


def test_flagged_runs_are_found_and_only_these(searchable: Tempo, flagged: dict[bytes, set[str]]) -> None:
    assert flagged
    assert searchable.search("{ span.otel_safety.flagged = true }") == set(flagged)


@pytest.mark.parametrize(
    "query",
    [
        '{{ span.otel_safety.detectors = "{detector}" }}',
        '{{ event.gen_ai.evaluation.name = "{detector}" }}',
        "{{ span.otel_safety.{detector}.score > 0.0 }}",
        '{{ event:name = "gen_ai.evaluation.result" && event.gen_ai.evaluation.name = "{detector}" }}',
    ],
    ids=["array", "event-attribute", "typed-score", "event-name"],
)
def test_each_detector_is_found_by_traceql(searchable: Tempo, flagged: dict[bytes, set[str]], query: str) -> None:
    for detector in sorted(set().union(*flagged.values())):
        expected = {trace_id for trace_id, detectors in flagged.items() if detector in detectors}
        assert searchable.search(query.format(detector=detector)) == expected, detector


def test_a_run_is_found_by_the_severity_on_its_root(searchable: Tempo, flagged: dict[bytes, set[str]]) -> None:
    found = searchable.search(f"{{ span.{emitted.RUN_FLAGGED} = true && span.{emitted.RUN_FINDINGS} >= 1 }}")
    assert found == set(flagged)
