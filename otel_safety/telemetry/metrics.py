"""Own metrics through the OpenTelemetry SDK, read by Prometheus.

The data path counts in plain numbers; the instruments here read them when they are asked. The names follow the
Collector's (``otel_safety_exporter_sent_items``); what is listed below is their documentation.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry

from otel_safety import __version__
from otel_safety.export import Destination
from otel_safety.pipeline import Pipeline
from otel_safety.tuning import Suppressions

Read = Callable[[], Iterable[Observation]]


class Instrument(NamedTuple):
    """One metric: how it is called, counted and read."""

    name: str
    kind: str  # counter | gauge
    unit: str
    description: str
    read: Read


class Receiver(Protocol):
    """What a receiver tells about itself."""

    @property
    def transport(self) -> str:
        """``grpc`` or ``http``."""
        ...

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Requests by outcome: ok, partial, or the name of a gRPC status code."""
        ...


def meter_provider(
    pipeline: Pipeline,
    receivers: Sequence[Receiver],
    destinations: Sequence[Destination],
    registry: CollectorRegistry,
) -> MeterProvider:
    """Put every metric into a Prometheus registry; shut the provider down to take them out."""
    provider = MeterProvider(
        metric_readers=[PrometheusMetricReader(scope_info_enabled=False, registry=registry)],
        resource=Resource.create({"service.name": "otel-safety", "service.version": __version__}),
    )
    meter = provider.get_meter("otel_safety", __version__)
    for item in instruments(pipeline, receivers, destinations):
        create = meter.create_observable_counter if item.kind == "counter" else meter.create_observable_gauge
        create(item.name, callbacks=[_callback(item.read)], unit=item.unit, description=item.description)
    return provider


def instruments(
    pipeline: Pipeline, receivers: Sequence[Receiver], destinations: Sequence[Destination]
) -> list[Instrument]:
    """List every metric of the service."""
    return [
        *_receive(pipeline, receivers),
        *_assembly(pipeline),
        *_judgement(pipeline),
        *_export(destinations),
        *_process(),
    ]


def _receive(pipeline: Pipeline, receivers: Sequence[Receiver]) -> list[Instrument]:
    counts = pipeline.counts
    return [
        Instrument(
            "otel_safety_receiver_accepted_items",
            "counter",
            "{item}",
            "Spans, log records and data points taken in, by signal.",
            lambda: [Observation(value, {"signal": signal}) for signal, value in list(counts.accepted.items())],
        ),
        Instrument(
            "otel_safety_receiver_requests",
            "counter",
            "{request}",
            "Requests, by transport and outcome: ok, partial, or the gRPC status of the refusal.",
            lambda: [
                Observation(value, {"transport": receiver.transport, "outcome": outcome})
                for receiver in receivers
                for outcome, value in receiver.outcomes.items()
            ],
        ),
        _counter("receiver_refused_requests", "{request}", "Requests refused with UNAVAILABLE: a queue was full.",
                 lambda: counts.refused_requests),
        _counter("receiver_rejected_spans", "{span}", "Spans that could not be forwarded (partial success).",
                 lambda: counts.rejected_spans),
        _counter("split_genai_spans", "{span}", "Spans recognised as GenAI.", lambda: counts.genai_spans),
        _counter("split_unreadable_spans", "{span}", "GenAI spans forwarded unread: their bytes do not parse.",
                 lambda: counts.unreadable_spans),
        _counter("split_stripped_attributes", "{attribute}", "Forged otel_safety.* attributes removed.",
                 lambda: counts.stripped_attributes),
    ]  # fmt: skip


def _assembly(pipeline: Pipeline) -> list[Instrument]:
    assembler, counts = pipeline.assembler, pipeline.counts
    return [
        _gauge("assembly_held_spans", "{span}", "Spans that wait for a verdict.", lambda: assembler.held_spans),
        _gauge("assembly_held_bytes", "By", "Bytes that wait for a verdict.", lambda: assembler.held_bytes),
        _gauge("assembly_held_traces", "{trace}", "Traces with a span that waits.", lambda: assembler.held_traces),
        _gauge("assembly_remembered_bytes", "By", "Facts kept of traces that have left.",
               lambda: assembler.remembered_bytes),
        _gauge("conversations_remembered_bytes", "By", "Facts kept of runs for later runs of their conversation.",
               lambda: pipeline.conversations.bytes),
        _gauge("assembly_pending_runs", "{run}", "Closed runs that wait for the judge.", lambda: pipeline.pending),
        Instrument(
            "otel_safety_assembly_closed",
            "counter",
            "{closing}",
            "Closings, by reason.",
            lambda: [Observation(value, {"reason": reason}) for reason, value in list(counts.closed.items())],
        ),
    ]  # fmt: skip


def _judgement(pipeline: Pipeline) -> list[Instrument]:
    counts, judge = pipeline.counts, pipeline.judge
    return [
        Instrument(
            "otel_safety_detector_assessments",
            "counter",
            "{run}",
            "Runs judged, by detector and answer (finding, suppressed, off, clean, or the reason for not assessed).",
            lambda: [
                Observation(value, {"detector": detector, "answer": answer})
                for (detector, answer), value in list(judge.assessed.items())
            ],
        ),
        Instrument(
            "otel_safety_findings",
            "counter",
            "{finding}",
            "Findings, by detector and severity.",
            lambda: [
                Observation(value, {"detector": detector, "severity": severity})
                for (detector, severity), value in list(counts.findings.items())
            ],
        ),
        Instrument(
            "otel_safety_suppressed_findings",
            "counter",
            "{finding}",
            "Findings that a suppression kept from flagging, by detector.",
            lambda: [Observation(value, {"detector": detector}) for detector, value in list(counts.suppressed.items())],
        ),
        Instrument(
            "otel_safety_suppressions",
            "gauge",
            "{suppression}",
            "Suppressions of the configuration, by state: active or expired.",
            lambda: _suppressions(judge.suppressions),
        ),
        Instrument(
            "otel_safety_detector_duration",
            "counter",
            "s",
            "Time spent in each detector.",
            lambda: [Observation(value, {"detector": key}) for key, value in list(judge.seconds.items())],
        ),
        _counter("finding_spans", "{span}", "Findings sent as a new span because the flagged one had left.",
                 lambda: counts.finding_spans),
        _counter("unjudged_spans", "{span}", "Spans forwarded without judgement: it failed or took too long.",
                 lambda: counts.unjudged_spans),
    ]  # fmt: skip


def _suppressions(suppressions: Suppressions) -> list[Observation]:
    expired = len(suppressions.expired)
    states = {"active": len(suppressions.all) - expired, "expired": expired}
    return [Observation(number, {"state": state}) for state, number in states.items()]


def _export(destinations: Sequence[Destination]) -> list[Instrument]:
    def read(field: str) -> Read:
        return lambda: [
            Observation(getattr(counts, field), {"exporter": destination.name, "signal": signal.value})
            for destination in destinations
            for signal, counts in destination.counts.items()
        ]

    counters = (
        ("sent_items", "{item}", "Items delivered."),
        ("failed_items", "{item}", "Items given up: a permanent answer, or retried too long."),
        ("rejected_items", "{item}", "Items that the destination refused in a partial success."),
        ("enqueue_dropped", "{item}", "Items dropped because the queue was full (on_full: drop)."),
        ("retries", "{request}", "Requests sent again."),
    )
    return [
        *(
            Instrument(f"otel_safety_exporter_{field}", "counter", unit, description, read(field))
            for field, unit, description in counters
        ),
        Instrument(
            "otel_safety_exporter_queue_size",
            "gauge",
            "By",
            "Bytes that wait or are being sent.",
            lambda: [Observation(item.queued_bytes, {"exporter": item.name}) for item in destinations],
        ),
        Instrument(
            "otel_safety_exporter_queue_capacity",
            "gauge",
            "By",
            "Bytes from which on the queue is full.",
            lambda: [Observation(item.capacity_bytes, {"exporter": item.name}) for item in destinations],
        ),
    ]


def _process() -> list[Instrument]:
    started = time.monotonic()
    page = os.sysconf("SC_PAGE_SIZE")

    def resident_bytes() -> int:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  a proc file
            return int(statm.read().split()[1]) * page

    def cpu_seconds() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    return [
        _counter("process_cpu_seconds", "s", "CPU time of the process.", cpu_seconds),
        _gauge("process_memory_rss", "By", "Resident memory of the process.", resident_bytes),
        _gauge("process_uptime_seconds", "s", "Time since the start.", lambda: time.monotonic() - started),
    ]


def _counter(name: str, unit: str, description: str, value: Callable[[], float]) -> Instrument:
    return Instrument(f"otel_safety_{name}", "counter", unit, description, lambda: [Observation(value())])


def _gauge(name: str, unit: str, description: str, value: Callable[[], float]) -> Instrument:
    return Instrument(f"otel_safety_{name}", "gauge", unit, description, lambda: [Observation(value())])


def _callback(read: Read) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: read()
