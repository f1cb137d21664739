"""SIGTERM: what is held is judged and delivered before the process leaves."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.e2e.backends import Jaeger
from tests.e2e.findings import detectors_on_spans
from tests.e2e.material import own_scenario, spans_of
from tests.e2e.processes import wait_until
from tests.e2e.replay import ARRIVAL_S, Replayed, changes, send, span_counts, wait_for_spans
from tests.e2e.test_jaeger import NOT_STORED
from tests.e2e.testbed import Testbed

pytestmark = pytest.mark.e2e

# Long enough that nothing leaves by itself during the test.
_HELD = "300s"
_LEAVES_WITHIN_S = 20.0


def test_sigterm_judges_and_delivers_what_is_held(new_testbed: Callable[..., Testbed]) -> None:
    testbed = new_testbed(held=_HELD)
    testbed.start_all()
    jaeger = Jaeger(testbed.ports.jaeger_query)
    runs = [
        own_scenario("pydantic-ai", name)
        for name in ("refused_recipe", "persona", "speaks_as_ceo", "weather", "refused_crime")
    ]
    for run in runs:
        send(testbed, run)
    counts = span_counts(Replayed(runs))
    wait_until(lambda: testbed.held_spans() == sum(counts.values()), "every span held", ARRIVAL_S)
    assert not any(list(spans_of(jaeger.trace(trace_id))) for run in runs for trace_id in run.trace_ids)

    started = time.monotonic()
    assert testbed.stop_safety() == 0
    assert time.monotonic() - started < _LEAVES_WITHIN_S

    wait_for_spans(jaeger, counts)
    sent = Replayed(runs).sent()
    for run in runs:
        traces = {trace_id: jaeger.trace(trace_id) for trace_id in run.trace_ids}
        for trace_id, trace in traces.items():
            assert changes(trace, sent[trace_id], trace_id, ignoring=NOT_STORED) == []
        assert detectors_on_spans(traces.values()) == run.expected, run.name
