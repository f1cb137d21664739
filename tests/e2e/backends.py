"""Query APIs of the backends."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.comparison import from_otlp_json
from tests.e2e.processes import http_get

_WINDOW_S = 3600


def _get(port: int, path: str, query: Mapping[str, str | int]) -> tuple[int, Any]:
    status, body = http_get(port, f"{path}?{urlencode(query)}" if query else path)
    return status, json.loads(body) if status == 200 else body


@dataclass(slots=True)
class Jaeger:
    """Jaeger's query API."""

    port: int

    def trace(self, trace_id: bytes) -> ExportTraceServiceRequest:
        """Return a trace as it is stored; empty when it is not there (yet)."""
        status, answer = _get(self.port, f"/api/v3/traces/{trace_id.hex()}", {"raw_traces": "true"})
        if status != 200:
            return ExportTraceServiceRequest()
        return from_otlp_json(json.dumps(answer["result"]))

    def search(self, service: str, tags: Mapping[str, str]) -> set[bytes]:
        """Return the ids of the traces that Jaeger's tag search finds."""
        now_us = time.time_ns() // 1000
        status, answer = _get(
            self.port,
            "/api/traces",
            {
                "service": service,
                "tags": json.dumps(dict(tags)),
                "start": now_us - _WINDOW_S * 1_000_000,
                "end": now_us + 60_000_000,
                "limit": 5000,
            },
        )
        assert status == 200, answer
        return {bytes.fromhex(trace["traceID"].zfill(32)) for trace in answer["data"]}


@dataclass(slots=True)
class Tempo:
    """Tempo's query API."""

    port: int

    def trace(self, trace_id: bytes) -> ExportTraceServiceRequest:
        """Return a trace; empty when it is not there (yet)."""
        status, answer = _get(self.port, f"/api/v2/traces/{trace_id.hex()}", {})
        if status != 200 or "trace" not in answer:
            return ExportTraceServiceRequest()
        return _from_tempo(answer["trace"])

    def search(self, query: str) -> set[bytes]:
        """Return the ids of the traces that a TraceQL query finds."""
        now = int(time.time())
        status, answer = _get(
            self.port,
            "/api/search",
            {"q": query, "limit": 5000, "spss": 1, "start": now - _WINDOW_S, "end": now + 60},
        )
        assert status == 200, answer
        return {bytes.fromhex(trace["traceID"].zfill(32)) for trace in answer.get("traces", ())}


def _from_tempo(trace: Any) -> ExportTraceServiceRequest:
    """Tempo writes ids in base64, as the JSON mapping of protobuf does."""
    return json_format.ParseDict(trace, ExportTraceServiceRequest(), ignore_unknown_fields=True)
