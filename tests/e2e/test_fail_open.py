"""The Collector with the top-level configuration when otel-safety is not there, stops, dies, and returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from tests.e2e.backends import Jaeger
from tests.e2e.findings import detectors_on_spans, findings_of
from tests.e2e.material import ordinary_trace, own_scenario, own_scenarios, spans_of
from tests.e2e.processes import wait_until
from tests.e2e.replay import Replayed, changes, replay, send, span_counts, wait_for_spans
from tests.e2e.test_jaeger import NOT_STORED
from tests.e2e.testbed import Testbed
from tests.e2e.traffic import Sent, Traffic

pytestmark = pytest.mark.e2e

NewTestbed = Callable[..., Testbed]
# A run that otel-safety had in hand when it was killed: sent not longer ago than a run is held, and some slack.
_IN_HAND_S = 6.0
_RETURN_S = 30.0


def _counts(sent: Sequence[Sent]) -> dict[bytes, int]:
    return {one.trace_id: sum(1 for _ in spans_of(one.request)) for one in sent}


def _assert_once_and_unchanged(jaeger: Jaeger, sent: Sequence[Sent]) -> None:
    for one in sent:
        assert changes(jaeger.trace(one.trace_id), [one.request], one.trace_id, ignoring=NOT_STORED) == []


def _judged_again(testbed: Testbed, jaeger: Jaeger) -> bool:
    """Send a run that must be flagged; true when it comes out flagged."""
    run = own_scenario("pydantic-ai", "refused_recipe")
    send(testbed, run)
    wait_for_spans(jaeger, span_counts(Replayed([run])))
    return detectors_on_spans(jaeger.trace(trace_id) for trace_id in run.trace_ids) == run.expected


def test_without_otel_safety_every_span_goes_straight_on(new_testbed: NewTestbed) -> None:
    testbed = new_testbed()
    testbed.start_jaeger()
    testbed.start_collector()
    jaeger = Jaeger(testbed.ports.jaeger_query)
    everything = Replayed(
        [scenario for capture in ("pydantic-ai", "openai-v2-events") for scenario in own_scenarios(capture)],
        [ordinary_trace("shop") for _ in range(5)],
    )
    replay(testbed, everything)
    wait_for_spans(jaeger, span_counts(everything))
    for trace_id, requests in everything.sent().items():
        stored = jaeger.trace(trace_id)
        assert changes(stored, requests, trace_id, ignoring=NOT_STORED) == []
        assert findings_of(stored) == []


def test_stopped_and_started_again_under_traffic_nothing_is_lost_or_doubled(new_testbed: NewTestbed) -> None:
    testbed = new_testbed()
    testbed.start_all()
    jaeger = Jaeger(testbed.ports.jaeger_query)
    with Traffic(testbed) as traffic:
        traffic.let_run(2.0)
        assert testbed.stop_safety() == 0
        traffic.let_run(2.0)
        testbed.start_safety()
        wait_until(lambda: _judged_again(testbed, jaeger), "findings after the return", _RETURN_S)
    assert traffic.refused == []
    wait_for_spans(jaeger, _counts(traffic.sent))
    _assert_once_and_unchanged(jaeger, traffic.sent)


def test_killed_under_traffic_only_what_it_held_is_lost_and_nothing_is_doubled(new_testbed: NewTestbed) -> None:
    testbed = new_testbed()
    testbed.start_all()
    jaeger = Jaeger(testbed.ports.jaeger_query)
    with Traffic(testbed) as traffic:
        traffic.let_run(3.0)
        killed = time.monotonic()
        testbed.kill_safety()
        traffic.let_run(2.0)
        testbed.start_safety()
        wait_until(lambda: _judged_again(testbed, jaeger), "findings after the return", _RETURN_S)
    assert traffic.refused == []
    in_hand = [one for one in traffic.sent if one.genai and one.started < killed and one.answered > killed - _IN_HAND_S]
    held_ids = {one.trace_id for one in in_hand}
    others = [one for one in traffic.sent if one.trace_id not in held_ids]
    assert any(one.started > killed for one in others)
    wait_for_spans(jaeger, _counts(others))
    _assert_once_and_unchanged(jaeger, others)
    # What was in hand is lost whole or there whole, never twice.
    there = [one for one in in_hand if sum(1 for _ in spans_of(jaeger.trace(one.trace_id)))]
    _assert_once_and_unchanged(jaeger, there)
