"""The data path as a whole, on captured runs: what comes out, whatever the order and cut of what goes in."""

from collections import Counter

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_safety.errors import BadRequestError, OverloadedError
from otel_safety.spans import Signal
from tests.pipeline.material import CAPTURES, Service, captured, single_items, without_ours

KINDS = ("pydantic-ai", "openai-v2-events")
MIB = 1 << 20
EXPECTED = yaml.safe_load((CAPTURES / "expected.yaml").read_text("utf-8"))
EVERYTHING = [item for kind in KINDS for scenario in EXPECTED for item in single_items(captured(kind, scenario))]


ORDERS = st.permutations(range(len(EVERYTHING)))


def spans_in(requests: list[tuple[Signal, bytes]]) -> Counter[bytes]:
    return Counter(
        span.SerializeToString(deterministic=True)
        for signal, payload in requests
        if signal is Signal.TRACES
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


# Of each request that holds one span: that span.
ALONE = {number: next(iter(spans_in([item]))) for number, item in enumerate(EVERYTHING) if item[0] is Signal.TRACES}


@pytest.mark.parametrize("scenario", EXPECTED)
@pytest.mark.parametrize("kind", KINDS)
def test_a_captured_run_earns_exactly_its_expected_findings(kind: str, scenario: str) -> None:
    service = Service()
    for signal, payload in captured(kind, scenario):
        assert service.pipeline.accept(signal, payload) is None
    service.pass_time(service.limits.idle_s)
    assert sorted(detector for _, detector in service.findings()) == sorted(EXPECTED[scenario])
    assert service.pipeline.assembler.held_spans == 0


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_spans_and_findings_do_not_depend_on_order_and_batching(data: st.DataObject) -> None:
    reference = Service()
    for signal, payload in EVERYTHING:
        reference.pipeline.accept(signal, payload)
    reference.stop()

    shuffled = [EVERYTHING[number] for number in data.draw(ORDERS)]
    service = Service()
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        batch, shuffled = shuffled[:size], shuffled[size:]
        for signal in (Signal.TRACES, Signal.LOGS):
            joined = b"".join(payload for item_signal, payload in batch if item_signal is signal)
            if joined:
                service.pipeline.accept(signal, joined)
        service.clock.now += data.draw(st.sampled_from([0.0, 0.01]))
    service.stop()

    assert service.findings() == reference.findings()
    assert Counter(map(without_ours, service.kept.spans())) == spans_in(EVERYTHING)


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_span_is_lost_doubled_or_held_past_hold_whatever_the_clock_does(data: st.DataObject) -> None:
    service = Service()
    arrived: dict[bytes, float] = {}
    for number in data.draw(ORDERS):
        signal, payload = EVERYTHING[number]
        service.pipeline.accept(signal, payload)
        if signal is Signal.TRACES:
            arrived[ALONE[number]] = service.clock.now
        seconds = data.draw(st.sampled_from([0.0, 0.0, 0.1, 1.0, 2.5, 11.0]))
        if seconds:
            service.pass_time(seconds)
            for span in service.kept.new_spans():
                arrived.pop(without_ours(span))
            assert all(service.clock.now - since < service.limits.hold_s for since in arrived.values())
    service.stop()
    assert Counter(map(without_ours, service.kept.spans())) == spans_in(EVERYTHING)


def test_a_full_destination_refuses_intake_with_a_time_to_come_back() -> None:
    service = Service()
    service.kept.full = True
    with pytest.raises(OverloadedError) as caught:
        service.pipeline.accept(*captured("pydantic-ai", "weather")[0])
    assert caught.value.retry_after_s > 0
    assert service.kept.batches == []


def test_garbage_is_a_bad_request_and_nothing_is_forwarded() -> None:
    service = Service()
    with pytest.raises(BadRequestError):
        service.pipeline.accept(Signal.TRACES, b"\x0a\xff\xff")
    assert service.kept.batches == []


def test_a_detector_path_that_breaks_lets_the_spans_out_unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("otel_safety.pipeline.rebuild", broken)
    service = Service()
    requests = captured("pydantic-ai", "persona")
    for signal, payload in requests:
        service.pipeline.accept(signal, payload)
    service.stop()
    assert Counter(map(without_ours, service.kept.spans())) == spans_in(requests)
    assert service.pipeline.counts.unjudged_spans == len(service.kept.spans())


def test_logs_and_metrics_pass_as_the_bytes_that_came() -> None:
    service = Service()
    ((_, logs), _) = captured("openai-v2-events", "weather")
    service.pipeline.accept(Signal.LOGS, logs)
    assert [batch.payload for batch in service.kept.batches] == [logs]


def test_spans_that_waited_too_long_for_the_judge_leave_unjudged() -> None:
    service = Service()
    requests = captured("pydantic-ai", "persona")
    for signal, payload in requests:
        service.pipeline.accept(signal, payload)
    service.pipeline.close_all()
    service.clock.now += service.limits.hold_s + 2
    while service.pipeline.release():
        pass
    assert service.verdicts == []
    assert service.pipeline.counts.unjudged_spans == len(service.kept.spans())
    assert Counter(map(without_ours, service.kept.spans())) == spans_in(requests)


def test_a_large_resource_around_many_runs_is_not_multiplied_without_bound() -> None:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="large").value.string_value = "r" * MIB
    scope = resource.scope_spans.add()
    for number in range(1, 501):
        span = scope.spans.add(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="chat")
        span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    payload = request.SerializeToString()

    service = Service()
    service.pipeline.accept(Signal.TRACES, payload)
    # What each held span will take with it counts in the limits before it does.
    assert service.pipeline.in_flight_bytes > service.pipeline.counts.genai_spans * MIB * 0.9
    service.stop()
    assert Counter(map(without_ours, service.kept.spans())) == spans_in([(Signal.TRACES, payload)])
    assert sum(len(batch.payload) for batch in service.kept.batches) < 70 * MIB
    assert service.pipeline.counts.unreadable_spans == 500 - service.pipeline.counts.genai_spans > 0
