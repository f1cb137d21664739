"""Replays scenarios through the Collector and waits until a backend has what was sent."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.comparison import comparable_spans, differences
from tests.e2e.material import Scenario, spans_of
from tests.e2e.processes import wait_until
from tests.e2e.testbed import Testbed

ARRIVAL_S: Final = 60.0
_SENDERS: Final = 6
_QUIET_S: Final = 2.0


class Backend(Protocol):
    """What both backends can do."""

    def trace(self, trace_id: bytes) -> ExportTraceServiceRequest:
        """Return a trace by its id."""
        ...


@dataclass(slots=True)
class Replayed:
    """What went in: scenarios and ordinary traces, by trace id."""

    scenarios: list[Scenario] = field(default_factory=list[Scenario])
    ordinary: list[ExportTraceServiceRequest] = field(default_factory=list[ExportTraceServiceRequest])

    def sent(self) -> dict[bytes, list[ExportTraceServiceRequest]]:
        """Return the requests of each trace; one request may hold spans of several."""
        by_trace: dict[bytes, list[ExportTraceServiceRequest]] = {}
        for request in self._requests():
            for trace_id in {span.trace_id for span in spans_of(request)}:
                by_trace.setdefault(trace_id, []).append(request)
        return by_trace

    def _requests(self) -> Iterable[ExportTraceServiceRequest]:
        for scenario in self.scenarios:
            yield from scenario.traces
        yield from self.ordinary


def send(testbed: Testbed, scenario: Scenario) -> None:
    """Send a scenario's requests in their order."""
    for request in scenario.requests:
        status = testbed.send(request.signal, request.message.SerializeToString())
        assert status == 200, f"{scenario.capture}/{scenario.name}: {status}"


def replay(testbed: Testbed, replayed: Replayed) -> None:
    """Send everything, several scenarios at the same time."""
    with ThreadPoolExecutor(_SENDERS) as senders:
        sending = [senders.submit(send, testbed, scenario) for scenario in replayed.scenarios]
        sending += [senders.submit(_send_traces, testbed, request.SerializeToString()) for request in replayed.ordinary]
        for one in sending:
            one.result()


def _send_traces(testbed: Testbed, payload: bytes) -> None:
    assert testbed.send("traces", payload) == 200


def changes(
    stored: ExportTraceServiceRequest,
    sent: Sequence[ExportTraceServiceRequest],
    trace_id: bytes,
    *,
    ignoring: frozenset[str],
) -> list[str]:
    """Say what differs between a trace as stored and as sent; empty when nothing does."""
    of_trace = [pair for request in sent for pair in comparable_spans(request) if pair[0].trace_id == trace_id]
    return differences(comparable_spans(stored), of_trace, ignoring)


def span_counts(replayed: Replayed) -> dict[bytes, int]:
    """Count the spans of each trace that was sent."""
    return {
        trace_id: sum(1 for request in requests for span in spans_of(request) if span.trace_id == trace_id)
        for trace_id, requests in replayed.sent().items()
    }


def wait_for_spans(backend: Backend, counts: dict[bytes, int], timeout_s: float = ARRIVAL_S) -> None:
    """Wait until the backend has at least so many spans of each trace, then until nothing more comes."""
    missing = dict(counts)

    def complete() -> bool:
        for trace_id in list(missing):
            if sum(1 for _ in spans_of(backend.trace(trace_id))) >= missing[trace_id]:
                del missing[trace_id]
            else:
                return False
        return True

    try:
        wait_until(complete, "every span sent", timeout_s)
    except TimeoutError as error:
        ids = ", ".join(trace_id.hex() for trace_id in list(missing)[:5])
        raise TimeoutError(f"{error}; {len(missing)} traces incomplete: {ids}") from None
    # A doubled span would come now.
    time.sleep(_QUIET_S)
