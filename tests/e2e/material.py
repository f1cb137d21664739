"""What is replayed: recorded captures with fresh trace ids and present times, and ordinary traces."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.shared_material import shared_path

OWN_CAPTURES: Final = Path(__file__).parents[1] / "captures"
# Captures in the dialects of today, that is the OpenTelemetry GenAI conventions and their older forms.
SHARED_CAPTURES: Final = (
    "agent-framework",
    "google-adk-default",
    "google-adk-logs",
    "otel-openai-v2-2.1b0-legacy",
    "otel-openai-v2-2.1b0-legacy-nocontent",
    "otel-openai-v2-latest-both",
    "otel-openai-v2-latest-event",
    "otel-openai-v2-latest-event-parented",
    "otel-openai-v2-latest-nocontent",
    "otel-openai-v2-latest-span",
    "otel-openai-v2-latest-span-parented",
    "otel-openai-v2-latest-span-parented-truncated256",
    "otel-openai-v2-upload-ref",
    "otel-util-genai-agent",
    "otlp-grpc-util-genai-agent",
    "pydantic-ai-v3",
    "pydantic-ai-v5",
)
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Request:
    """One OTLP request: ``signal`` is ``traces`` or ``logs``."""

    signal: str
    message: ExportTraceServiceRequest | ExportLogsServiceRequest


@dataclass(slots=True, kw_only=True)
class Scenario:
    """One user request to an agent: its requests in order of arrival and what must be found in it."""

    capture: str
    name: str
    requests: list[Request]
    expected: frozenset[str] = frozenset()
    may_abstain: frozenset[str] = frozenset()
    not_assessed: frozenset[str] = frozenset()
    trace_ids: list[bytes] = field(default_factory=list[bytes])

    @property
    def traces(self) -> list[ExportTraceServiceRequest]:
        """The trace requests."""
        return [request.message for request in self.requests if isinstance(request.message, ExportTraceServiceRequest)]

    @property
    def logs(self) -> list[ExportLogsServiceRequest]:
        """The log requests."""
        return [request.message for request in self.requests if isinstance(request.message, ExportLogsServiceRequest)]


def own_scenarios(capture: str) -> list[Scenario]:
    """Return a capture of this repository, fresh."""
    return [own_scenario(capture, name) for name in _own_expectations()]


def own_scenario(capture: str, name: str) -> Scenario:
    """Return one scenario of a capture of this repository, fresh."""
    scenario = Scenario(
        capture=capture,
        name=name,
        requests=_requests(sorted((OWN_CAPTURES / capture / name).glob("*.pb"))),
        expected=frozenset(_own_expectations()[name]),
    )
    return _fresh(scenario)


@cache
def _own_expectations() -> dict[str, list[str]]:
    expected: dict[str, list[str]] = yaml.safe_load((OWN_CAPTURES / "expected.yaml").read_text())
    return expected


def shared_scenarios(capture: str) -> list[Scenario]:
    """Return a capture of the material beside a development checkout, fresh."""
    directory = shared_path(f"captures/{capture}")
    scenarios: list[Scenario] = []
    for name, entry in _shared_expectations()[capture].items():
        files = sorted((directory / name).glob("*.pb"))
        if "per_file" in entry:
            scenarios += [
                _scenario(capture, entry["per_file"][file.name]["scenario"], [file], entry["per_file"][file.name])
                for file in files
            ]
        else:
            scenarios.append(_scenario(capture, name, files, entry))
    return [_fresh(scenario) for scenario in scenarios]


@cache
def _shared_expectations() -> dict[str, dict[str, dict[str, Any]]]:
    expected: dict[str, dict[str, dict[str, Any]]] = json.loads(shared_path("captures/expected.json").read_text())
    return expected


def _scenario(capture: str, name: str, files: Sequence[Path], entry: Mapping[str, Any]) -> Scenario:
    return Scenario(
        capture=capture,
        name=name,
        requests=_requests(files),
        expected=frozenset(entry["expected"]),
        may_abstain=frozenset(entry.get("may_abstain") or ()),
        not_assessed=frozenset(entry["not_evaluable"]),
    )


def _requests(files: Sequence[Path]) -> list[Request]:
    requests: list[Request] = []
    for file in files:
        signal = file.stem.rpartition("-")[2]
        kind = ExportTraceServiceRequest if signal == "traces" else ExportLogsServiceRequest
        requests.append(Request(signal, kind.FromString(file.read_bytes())))
    return requests


def _fresh(scenario: Scenario) -> Scenario:
    """Give trace ids of this replay and move all times so that the last span ends now.

    Backends keep what earlier replays left, and search by time; everything else stays as it was recorded.
    """
    ends = [span.end_time_unix_nano for request in scenario.traces for span in spans_of(request)]
    delta = time.time_ns() - max(ends)
    fresh: dict[bytes, bytes] = {}

    def trace_id(old: bytes) -> bytes:
        return fresh.setdefault(old, secrets.token_bytes(16)) if old else old

    for request in scenario.traces:
        for span in spans_of(request):
            span.trace_id = trace_id(span.trace_id)
            span.start_time_unix_nano += delta
            span.end_time_unix_nano += delta
            for event in span.events:
                event.time_unix_nano += delta
            for link in span.links:
                link.trace_id = trace_id(link.trace_id)
    for logs in scenario.logs:
        for record in records_of(logs):
            record.trace_id = trace_id(record.trace_id)
            record.time_unix_nano += delta if record.time_unix_nano else 0
            record.observed_time_unix_nano += delta if record.observed_time_unix_nano else 0
    scenario.trace_ids = sorted({span.trace_id for request in scenario.traces for span in spans_of(request)})
    return scenario


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Yield every span of a request."""
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            yield from scope_spans.spans


def records_of(request: ExportLogsServiceRequest) -> Iterator[LogRecord]:
    """Yield every log record of a request."""
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            yield from scope_logs.log_records


def ordinary_trace(service: str, children: int = 4) -> ExportTraceServiceRequest:
    """Return a trace without any GenAI span, with every field that a span can have."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add(schema_url="https://opentelemetry.io/schemas/1.37.0")
    resource_spans.resource.attributes.append(_text("service.name", service))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "shop.http", "1.4.0"
    scope_spans.scope.attributes.append(_text("scope.kind", "server"))
    now = time.time_ns()
    trace_id, root_id = secrets.token_bytes(16), secrets.token_bytes(8)
    root = scope_spans.spans.add(
        trace_id=trace_id,
        span_id=root_id,
        name="GET /cart",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=now - _NS,
        end_time_unix_nano=now,
        trace_state="vendor=1",
        flags=0x101,
        dropped_attributes_count=2,
        status=Status(code=Status.STATUS_CODE_ERROR, message="cart is empty"),
    )
    root.attributes.extend(
        [
            _text("http.request.method", "GET"),
            KeyValue(key="http.response.status_code", value=AnyValue(int_value=409)),
            KeyValue(key="cart.total", value=AnyValue(double_value=12.5)),
            KeyValue(key="cart.empty", value=AnyValue(bool_value=False)),
            KeyValue(key="cart.items", value=_list("tea", "milk")),
            KeyValue(key="cart.digest", value=AnyValue(bytes_value=b"\x00\xff")),
        ]
    )
    root.events.add(name="exception", time_unix_nano=now - _NS // 2).attributes.append(
        _text("exception.type", "EmptyCart")
    )
    root.links.add(trace_id=secrets.token_bytes(16), span_id=secrets.token_bytes(8)).attributes.append(
        _text("link.reason", "retry")
    )
    for number in range(children):
        child = scope_spans.spans.add(
            trace_id=trace_id,
            span_id=secrets.token_bytes(8),
            parent_span_id=root_id,
            name="SELECT cart",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=now - _NS // 2,
            end_time_unix_nano=now - _NS // 4,
        )
        child.attributes.append(_text("db.query.text", f"select {number}"))
    return request


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _list(*values: str) -> AnyValue:
    return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=value) for value in values]))
