"""make captures: every recorded capture through the running service, as one table capture by scenario.

Bytes go to the receivers of a real ``otel-safety serve`` process as they were recorded, and what is compared is on the
spans that leave it: the findings, and what the run's root says was not assessed. A cell is ``ok`` when it is exactly
what the capture's expectations say, else it names the difference. Needs the captures beside the checkout.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from rich.console import Console
from rich.table import Table

from otel_safety.analyze.recording import read_recording
from otel_safety.load import Sink, SinkConfig
from otel_safety.spans import Signal
from semconv import emitted
from tests.serve.service import RunningService, running
from tests.shared_material import SHARED


@dataclass
class Seen:
    """What left the service about one scenario."""

    findings: list[str] = field(default_factory=list[str])
    not_assessed: set[str] = field(default_factory=set[str])

    def difference(self, expected: dict[str, Any]) -> str:
        """Say how this differs from the expectations; "" when it does not."""
        wanted, may_abstain = set(expected["expected"]), set(expected.get("may_abstain", ()))
        found = set(self.findings)
        parts = [f"+{key}" for key in sorted(found - wanted)]
        parts += [f"-{key}" for key in sorted(wanted - found) if not (key in may_abstain and key in self.not_assessed)]
        parts += [f"2x{key}" for key in sorted(found) if self.findings.count(key) > 1]
        parts += [f"clean:{key}" for key in sorted(set(expected["not_evaluable"]) - self.not_assessed)]
        return " ".join(parts)


async def main() -> int:
    """Print the table; returns 0 when every cell is as expected."""
    page = SHARED / "captures" / "expected.json"
    if not page.exists():
        print("make captures: ../shared/captures is not there")
        return 2
    expected: dict[str, dict[str, dict[str, Any]]] = json.loads(page.read_text("utf-8"))
    sink = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", keep_payloads=True))
    await sink.start()
    exporter = f"{{otlp_grpc: {{endpoint: '{sink.grpc_endpoint}', tls: {{insecure: true}}}}}}"
    origins: dict[bytes, tuple[str, str]] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with running(Path(folder), exporter) as service, aiohttp.ClientSession() as session:
                for capture, scenarios in expected.items():
                    for scenario in scenarios:
                        await _send(session, service, capture, scenario, origins)
                if await service.stop() != 0:
                    print(service.log.decode())
                    return 1
    finally:
        await sink.stop()
    return _show(expected, _seen(sink.payloads, origins))


async def _send(
    session: aiohttp.ClientSession,
    service: RunningService,
    capture: str,
    scenario: str,
    origins: dict[bytes, tuple[str, str]],
) -> None:
    for file in sorted((SHARED / "captures" / capture / scenario).iterdir()):
        for signal, payload in read_recording(file):
            if signal is Signal.TRACES:
                request = ExportTraceServiceRequest.FromString(payload)
                for resource in request.resource_spans:
                    for scope in resource.scope_spans:
                        origins.update((span.trace_id, (capture, scenario)) for span in scope.spans)
            url = f"http://localhost:{service.http}/v1/{signal.value}"
            headers = {"Content-Type": "application/x-protobuf"}
            async with session.post(url, data=payload, headers=headers) as answer:
                answer.raise_for_status()


def _seen(
    payloads: Sequence[tuple[Signal, bytes]], origins: dict[bytes, tuple[str, str]]
) -> dict[tuple[str, str], Seen]:
    seen: defaultdict[tuple[str, str], Seen] = defaultdict(Seen)
    for signal, payload in payloads:
        if signal is not Signal.TRACES:
            continue
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                cell = seen[origins[span.trace_id]]
                for event in span.events:
                    if event.name == emitted.EVALUATION_EVENT:
                        cell.findings.append(_value(event.attributes, emitted.EVALUATION_NAME))
                for item in _values(span.attributes, emitted.RUN_NOT_ASSESSED):
                    cell.not_assessed.add(item.partition(":")[0])
    return seen


def _value(attributes: Sequence[KeyValue], key: str) -> str:
    return next(item.value.string_value for item in attributes if item.key == key)


def _values(attributes: Sequence[KeyValue], key: str) -> list[str]:
    return [value.string_value for item in attributes if item.key == key for value in item.value.array_value.values]


def _show(expected: dict[str, dict[str, dict[str, Any]]], seen: dict[tuple[str, str], Seen]) -> int:
    scenarios = list(dict.fromkeys(scenario for cells in expected.values() for scenario in cells))
    table = Table(title="Findings and not assessed, through the running service", title_justify="left", box=None)
    for heading in ("capture", *scenarios):
        table.add_column(heading, no_wrap=True)
    wrong = cells = 0
    for capture, found in expected.items():
        row = [capture]
        for scenario in scenarios:
            if scenario not in found:
                row.append("")
                continue
            # Once per behaviour holds for one request; "all" is eight of them in one folder.
            difference = seen.get((capture, scenario), Seen()).difference(found[scenario])
            cells += 1
            wrong += bool(difference)
            row.append(difference or "ok")
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    print(f"{cells - wrong} of {cells} cells exactly as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
