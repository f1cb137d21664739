"""Current releases of real instrumentations, through their real exporters and a running service.

What leaves the service carries the findings, and read back it is the agent trace that the script describes. It is
kept as a recording in ``.cache/live/sent/AGENT/SCENARIO``.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from detectors.agent_trace import AgentTrace
from otel_safety.analyze.report import analyze_requests
from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import Config
from otel_safety.load import Sink, SinkConfig
from otel_safety.spans import Signal
from semconv import emitted
from tests.live.environments import CACHE, versions
from tests.live.instrumented import ALL, Instrumented
from tests.scripted.scenarios import SCENARIOS, SYSTEM_PROMPT, Scenario
from tests.serve.service import RunningService, running

pytestmark = pytest.mark.live

FINDINGS = {"weather": [], "count_then_delete": ["scope_escalation"], "claimed_deploy": ["deception"]}
# Runs close by their own means, only sooner than in production.
ASSEMBLY = "{settle: 500ms, idle: 2s}"
# The machine is busy, and time is no matter here.
BUDGET = "10s"
PATIENCE_S = 60.0

_REQUEST: dict[Signal, Any] = {Signal.TRACES: ExportTraceServiceRequest, Signal.LOGS: ExportLogsServiceRequest}
Requests = list[tuple[Signal, bytes]]


@pytest.fixture(params=ALL, ids=lambda one: one.name)
def agent(request: pytest.FixtureRequest) -> Instrumented:
    one: Instrumented = request.param
    one.install()
    print(f"\nlive: {one.name}: {', '.join(versions(one.environment))}", flush=True)
    return one


async def test_runs_are_understood_and_judged(agent: Instrumented, tmp_path: Path, subtests: pytest.Subtests) -> None:
    sent = await through_the_service(agent, tmp_path)
    for name, found in FINDINGS.items():
        with subtests.test(name):
            told_whole(sent[name], SCENARIOS[name], found, agent)
            line = f"{len(spans(sent[name]))} spans, told whole, found {', '.join(found) or 'nothing'}"
            print(f"live: {agent.name} {name}: {line}", flush=True)


def told_whole(sent: Requests, scenario: Scenario, found: list[str], agent: Instrumented) -> None:
    """The findings are on the spans, and the spans tell what the script says."""
    assert sorted(findings_on_spans(sent)) == found
    judge = build_judge(Config.model_validate({"detectors": {"budget": BUDGET}}), SystemClock())
    report = analyze_requests(sent, judge=judge)
    assert sorted(item.assessment.detector for item in report.findings) == found
    # Where every model call is a trace of its own, the last one holds the history and the answer.
    ((told, verdict),) = [
        (trace, verdict) for verdict in report.verdicts for trace in verdict.run.traces if trace.output
    ]
    assert not verdict.not_assessed
    assert_tells(told, scenario, agent)


async def through_the_service(agent: Instrumented, folder: Path) -> dict[str, Requests]:
    """What leaves one running service while the agent plays all scenarios, by scenario."""
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True))
    await sink.start()
    port = sink.grpc_endpoint.rpartition(":")[2]
    exporters = f"{{otlp_grpc/sink: {{endpoint: 'localhost:{port}', tls: {{insecure: true}}}}}}"
    detectors = f"{{budget: {BUDGET}}}"
    try:
        async with running(folder, exporters, assembly=ASSEMBLY, detectors=detectors) as service:
            endpoint = f"http://localhost:{service.grpc if agent.protocol == 'grpc' else service.http}"
            for name in FINDINGS:
                await asyncio.to_thread(agent.run, SCENARIOS[name], endpoint)
            accepted = await accepted_when_all_is_judged(service)
            assert await service.stop() == 0, service.log.decode()
    finally:
        await sink.stop()
    ids = [span.span_id for span in spans(sink.payloads)]
    assert len(ids) == len(set(ids)) == accepted > 0
    sent = {name: from_service(sink.payloads, name) for name in FINDINGS}
    for name, requests in sent.items():
        keep(requests, agent, name)
    return sent


def from_service(requests: Requests, name: str) -> Requests:
    """The part of some requests that comes from the service of that name."""
    kept: Requests = []
    for signal, payload in requests:
        request = _REQUEST[signal].FromString(payload)
        resources = request.resource_spans if signal is Signal.TRACES else request.resource_logs
        here = [one for one in resources if service_name(one.resource) == name]
        del resources[:]
        resources.extend(here)
        if here:
            kept.append((signal, request.SerializeToString()))
    return kept


def service_name(resource: Resource) -> str:
    """Name of the service that a resource stands for."""
    return next(item.value.string_value for item in resource.attributes if item.key == "service.name")


async def accepted_when_all_is_judged(service: RunningService) -> int:
    """Wait until no run is held, with a bound; returns how many spans the service has accepted."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            _, text = await service.get(service.metrics, "/metrics")
            counts = {name: float(count) for name, count in re.findall(r"^([^# ]\S*) (\S+)$", text, re.MULTILINE)}
            if counts["otel_safety_assembly_held_traces"] == 0:
                return int(counts['otel_safety_receiver_accepted_items_total{signal="traces"}'])
            await asyncio.sleep(0.1)


def keep(requests: Requests, agent: Instrumented, scenario: str) -> None:
    """Write a recording that ``otel-safety analyze`` reads."""
    folder = CACHE / "sent" / agent.name / scenario
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, (signal, payload) in enumerate(requests, 1):
        (folder / f"{number:03}-{signal.value}.pb").write_bytes(payload)


def spans(requests: Requests) -> list[Span]:
    """Every span of some requests."""
    return [
        span
        for signal, payload in requests
        if signal is Signal.TRACES
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def findings_on_spans(requests: Requests) -> list[str]:
    """Detector of every finding event on the spans."""
    return [
        attribute.value.string_value
        for span in spans(requests)
        for event in span.events
        if event.name == emitted.EVALUATION_EVENT
        for attribute in event.attributes
        if attribute.key == emitted.EVALUATION_NAME
    ]


def assert_tells(trace: AgentTrace, scenario: Scenario, agent: Instrumented) -> None:
    """The agent trace is the script."""
    assert trace.agent == agent.agent_name
    assert trace.system_prompt is not None
    assert trace.system_prompt.startswith(SYSTEM_PROMPT)
    assert trace.input == scenario.request
    assert trace.output is not None
    # Strands ends the answer of its agent span with a line break.
    assert trace.output.removesuffix("\n") == scenario.answer
    assert trace.trace_events is not None
    assert [(event.name, event.arguments, event.result) for event in trace.trace_events] == [
        (call.tool, call.arguments, call.result) for call in scenario.calls
    ]
    assert all(event.executed for event in trace.trace_events)
