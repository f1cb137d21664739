"""The routing of collector-config.yaml knows every span and log record that otel-safety would read."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from semconv.reader import MARKERS
from tests.shared_material import shared_path

ROOT = Path(__file__).parents[2]
# Instrumented clients of HTTP or databases that run beside an agent are ordinary spans.
ORDINARY_SCOPES = ("myapp", "opentelemetry.instrumentation.httpx", "opentelemetry.instrumentation.urllib")


@cache
def _config() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "collector-config.yaml").read_text())
    return config


@cache
def _pattern(connector: str, target: str) -> re.Pattern[str]:
    """Return the regular expression that one IsMatch of a routing condition has."""
    condition = _config()["connectors"][connector]["table"][0]["condition"]
    match = re.search(rf'IsMatch\({re.escape(target)}, ("(?:[^"\\]|\\.)*")\)', condition)
    assert match is not None, target
    return re.compile(json.loads(match[1]))


def _goes_to_safety(keys: list[str], scope: str) -> bool:
    # OTTL writes the list of attribute names as JSON before it matches.
    keys_text = json.dumps(keys, separators=(",", ":"))
    by_key = _pattern("routing/traces", "Keys(span.attributes)").search(keys_text)
    by_scope = _pattern("routing/traces", "instrumentation_scope.name").search(scope)
    return bool(by_key or by_scope)


@pytest.mark.parametrize("marker", [marker.decode() for marker in MARKERS])
def test_every_marker_of_a_dialect_is_routed_to_otel_safety(marker: str) -> None:
    assert _goes_to_safety(["service.name", marker], "an.unknown.scope")


@pytest.mark.parametrize(
    "keys",
    [
        ["http.request.method", "url.path"],
        ["db.query.text", "db.system.name"],
        ["messaging.system", "xgen_ai.model"],
        [],
    ],
)
def test_ordinary_spans_are_not(keys: list[str]) -> None:
    assert not _goes_to_safety(keys, "shop.http")


@pytest.mark.shared
def test_every_span_of_the_captures_goes_where_it_belongs() -> None:
    for path in sorted(shared_path("captures").glob("*/*/*-traces.pb")):
        for resource_spans in ExportTraceServiceRequest.FromString(path.read_bytes()).resource_spans:
            for scope_spans in resource_spans.scope_spans:
                ordinary = scope_spans.scope.name in ORDINARY_SCOPES
                for span in scope_spans.spans:
                    keys = [one.key for one in span.attributes]
                    assert _goes_to_safety(keys, scope_spans.scope.name) is not ordinary, (
                        path.parent,
                        span.name,
                        scope_spans.scope.name,
                    )


@pytest.mark.shared
def test_every_log_record_with_genai_names_goes_to_otel_safety() -> None:
    by_key = _pattern("routing/logs", "Keys(log.attributes)")
    by_event = _pattern("routing/logs", "log.event_name")
    routed = 0
    for path in sorted(shared_path("captures").glob("*/*/*-logs.pb")):
        for resource_logs in ExportLogsServiceRequest.FromString(path.read_bytes()).resource_logs:
            for scope_logs in resource_logs.scope_logs:
                for record in scope_logs.log_records:
                    keys = [one.key for one in record.attributes]
                    matched = by_key.search(json.dumps(keys)) or by_event.search(record.event_name)
                    assert bool(matched) == (b"gen_ai." in record.SerializeToString()), path
                    routed += bool(matched)
    assert routed


def test_an_exporter_to_otel_safety_gives_its_errors_back() -> None:
    safety = _config()["exporters"]["otlp_http/safety"]
    assert safety["retry_on_failure"] == {"enabled": False}
    assert safety["sending_queue"] == {"enabled": False}
    assert safety["compression"] == "gzip"


def test_every_environment_variable_is_described_at_the_top() -> None:
    text = (ROOT / "collector-config.yaml").read_text()
    head = text.partition("\nreceivers:")[0]
    used = dict(re.findall(r"\$\{env:(\w+):-([^}]*)\}", text))
    described = dict(re.findall(r"^#   ([A-Z_]+)\s+(\[.*?\]|\S+)", head, re.MULTILINE))
    assert described == used
