"""What leaves the Collector, as its file exporter writes it: every span and log record once and unchanged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.comparison import comparable_records, from_otlp_json, logs_from_otlp_json
from tests.e2e.processes import wait_until
from tests.e2e.replay import ARRIVAL_S, Replayed, changes
from tests.e2e.testbed import Testbed

pytestmark = pytest.mark.e2e


def _written(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_every_span_leaves_once_with_all_its_fields_and_schemas(testbed: Testbed, replayed: Replayed) -> None:
    by_trace: dict[bytes, ExportTraceServiceRequest] = {}
    for line in _written(testbed.traces_path):
        for resource_spans in from_otlp_json(line).resource_spans:
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    one = by_trace.setdefault(span.trace_id, ExportTraceServiceRequest()).resource_spans.add(
                        resource=resource_spans.resource, schema_url=resource_spans.schema_url
                    )
                    one.scope_spans.add(scope=scope_spans.scope, schema_url=scope_spans.schema_url, spans=[span])
    sent = replayed.sent()
    for trace_id, requests in sent.items():
        assert changes(by_trace[trace_id], requests, trace_id, ignoring=frozenset()) == []


def test_every_log_record_leaves_once_and_unchanged(testbed: Testbed, replayed: Replayed) -> None:
    sent: Counter[tuple[object, ...]] = Counter()
    for scenario in replayed.scenarios:
        sent += comparable_records(scenario.logs)
    assert sent

    def left() -> Counter[tuple[object, ...]]:
        return comparable_records(logs_from_otlp_json(line) for line in _written(testbed.logs_path))

    wait_until(lambda: left().total() >= sent.total(), "every log record", ARRIVAL_S)
    assert left() == sent
