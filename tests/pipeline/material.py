"""Captured requests taken apart into single spans and log records, and a destination that keeps what it gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from detectors.registry import DETECTORS
from otel_safety.annotate import EmitOptions
from otel_safety.assemble import Assembler, AssemblyLimits
from otel_safety.export import DestinationCounts
from otel_safety.judge import Judge
from otel_safety.pipeline import Pipeline
from otel_safety.runs import Verdict
from otel_safety.spans import Batch, Signal
from semconv import emitted

CAPTURES = Path(__file__).parents[1] / "captures"


@dataclass
class FakeClock:
    """Time that moves only when told to."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return int(self.now * 1e9)


@dataclass
class Kept:
    """A destination that keeps every batch; ``full`` can be set."""

    name: str = "kept"
    full: bool = False
    queued_bytes: int = 0
    capacity_bytes: int = 1 << 30
    batches: list[Batch] = field(default_factory=list[Batch])
    counts: dict[Signal, DestinationCounts] = field(default_factory=dict[Signal, DestinationCounts])
    seen: int = 0

    def offer(self, batch: Batch) -> None:
        self.batches.append(batch)

    async def start(self) -> None: ...

    async def run(self) -> None: ...

    async def close(self) -> None: ...

    async def drain(self, deadline_s: float) -> int:  # noqa: ARG002  a destination
        return 0

    def spans(self) -> list[Span]:
        """Every span that came, but for those that carry a finding on a span that had left."""
        return self._spans(self.batches)

    def new_spans(self) -> list[Span]:
        """Spans that came since the last call."""
        start, self.seen = self.seen, len(self.batches)
        return self._spans(self.batches[start:])

    @staticmethod
    def _spans(batches: Sequence[Batch]) -> list[Span]:
        return [
            span
            for batch in batches
            if batch.signal is Signal.TRACES
            for resource in ExportTraceServiceRequest.FromString(batch.payload).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.name != emitted.FINDING_SPAN
        ]


@dataclass
class Service:
    """The whole data path with a fake clock and one destination."""

    limits: AssemblyLimits = field(default_factory=AssemblyLimits)
    clock: FakeClock = field(default_factory=FakeClock)
    kept: Kept = field(default_factory=Kept)
    verdicts: list[Verdict] = field(default_factory=list[Verdict])

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(
            assembler=Assembler(self.limits),
            judge=Judge(DETECTORS, self.clock),
            destinations=[self.kept],
            options=EmitOptions(version="test"),
            clock=self.clock,
            on_verdict=self.verdicts.append,
        )

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.pipeline.tick()
        while self.pipeline.release():
            pass

    def stop(self) -> None:
        self.pipeline.close_all()
        while self.pipeline.release():
            pass

    def findings(self) -> Counter[tuple[str, str]]:
        """(trace id, detector) of every finding."""
        return Counter(
            (verdict.run.trace_id.hex(), finding.assessment.detector)
            for verdict in self.verdicts
            for finding in verdict.findings
        )


def captured(kind: str, scenario: str) -> list[tuple[Signal, bytes]]:
    """The requests of one capture, in order of arrival."""
    files = sorted((CAPTURES / kind / scenario).glob("*.pb"))
    return [(Signal(file.stem.partition("-")[2]), file.read_bytes()) for file in files]


def single_items(requests: Sequence[tuple[Signal, bytes]]) -> list[tuple[Signal, bytes]]:
    """The same content with one span or log record per request."""
    items: list[tuple[Signal, bytes]] = []
    for signal, payload in requests:
        if signal is Signal.TRACES:
            for resource in ExportTraceServiceRequest.FromString(payload).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        single = ExportTraceServiceRequest()
                        one = single.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url)
                        one.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url).spans.append(span)
                        items.append((signal, single.SerializeToString()))
        else:
            for log_resource in ExportLogsServiceRequest.FromString(payload).resource_logs:
                for log_scope in log_resource.scope_logs:
                    for record in log_scope.log_records:
                        logs = ExportLogsServiceRequest()
                        there = logs.resource_logs.add(resource=log_resource.resource)
                        there.scope_logs.add(scope=log_scope.scope).log_records.append(record)
                        items.append((signal, logs.SerializeToString()))
    return items


def without_ours(span: Span) -> bytes:
    """The span without what otel-safety adds, serialized."""
    plain = Span()
    plain.CopyFrom(span)
    kept = [item for item in plain.attributes if not item.key.startswith(emitted.PREFIX)]
    del plain.attributes[:]
    plain.attributes.extend(kept)
    events = [event for event in plain.events if event.name != emitted.EVALUATION_EVENT]
    del plain.events[:]
    plain.events.extend(events)
    return plain.SerializeToString(deterministic=True)
