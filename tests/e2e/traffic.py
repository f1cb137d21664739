"""Traffic that goes on while processes are stopped and started."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.material import ordinary_trace, own_scenario, spans_of
from tests.e2e.testbed import Testbed

_PAUSE_S = 0.03


@dataclass(slots=True, kw_only=True)
class Sent:
    """One trace that the Collector took (status 200), with the times around its request."""

    trace_id: bytes
    request: ExportTraceServiceRequest
    genai: bool
    started: float
    answered: float


class Traffic:
    """Sends one agent run and one ordinary trace after the other until stopped."""

    def __init__(self, testbed: Testbed) -> None:
        self.sent: list[Sent] = []
        self.refused: list[int] = []
        self._testbed = testbed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def let_run(self, seconds: float) -> None:
        """Let the traffic go on for a while."""
        time.sleep(seconds)

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE_S):
            (run,) = own_scenario("pydantic-ai", "weather").traces
            self._send(run, genai=True)
            self._send(ordinary_trace("shop"), genai=False)

    def _send(self, request: ExportTraceServiceRequest, *, genai: bool) -> None:
        started = time.monotonic()
        status = self._testbed.send("traces", request.SerializeToString())
        if status != 200:
            self.refused.append(status)
            return
        self.sent.append(
            Sent(
                trace_id=next(spans_of(request)).trace_id,
                request=request,
                genai=genai,
                started=started,
                answered=time.monotonic(),
            )
        )
