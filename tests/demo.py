"""make demo: real captured traces through the running service, and the findings that come out on the spans.

Starts ``otel-safety serve`` with its defaults (only the ports are free ones, and a file exporter stands for the
backend), sends every capture of ``tests/captures`` over OTLP/HTTP as an instrumented application would, stops the
service with SIGTERM, and shows what is on the spans that left.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.processes import free_port, otel_safety

CAPTURES = Path(__file__).parent / "captures"
EXPECTED = yaml.safe_load((CAPTURES / "expected.yaml").read_text("utf-8"))


def main() -> int:
    """Run the demo; returns the exit code: 0 when each capture shows exactly its expected findings."""
    console = Console()
    http, health = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="otel-safety-demo-") as folder:
        out = Path(folder, "spans.jsonl")
        config = Path(folder, "config.yaml")
        config.write_text(
            f"receivers: {{otlp: {{grpc: null, http: {{endpoint: 'localhost:{http}'}}}}}}\n"
            f"exporters: {{file: {{path: '{out}'}}}}\n"
            f"telemetry: {{metrics: null, health: {{endpoint: 'localhost:{health}'}}, logs: {{level: warning}}}}\n",
            "utf-8",
        )
        service = subprocess.Popen([otel_safety(), "serve", "--config", str(config)])
        try:
            wait_ready(f"http://localhost:{health}/healthz/ready", service)
            sent = sum(send(http, path) for path in sorted(CAPTURES.rglob("*.pb")))
            console.print(f"Sent {sent} OTLP requests, 2 instrumentations x {len(EXPECTED)} scenarios.\n")
        finally:
            service.send_signal(signal.SIGTERM)
            code = service.wait(30)
        spans = list(read_spans(out)) if out.exists() else []
    right = show(console, spans)
    console.print(f"\n{len(spans)} spans came out, the service left with exit code {code}.")
    return 0 if right and code == 0 else 1


def wait_ready(url: str, service: subprocess.Popen[bytes]) -> None:
    """Ask until the service is ready, a minute at most: it compiles what it matches with first."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310  our own service
        except (urllib.error.URLError, OSError):
            if service.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise SystemExit("demo: the service did not become ready")


def send(port: int, path: Path) -> int:
    """Send one captured request the way its exporter did."""
    signal_name = path.stem.partition("-")[2]
    request = urllib.request.Request(
        f"http://localhost:{port}/v1/{signal_name}",
        data=path.read_bytes(),
        headers={"Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return int(answer.status == 200)


def read_spans(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read (service name, span) from OTLP JSON lines."""
    for line in path.read_text("utf-8").splitlines():
        for resource in json.loads(line).get("resourceSpans", []):
            service = attributes(resource.get("resource", {})).get("service.name", "")
            for scope in resource.get("scopeSpans", []):
                for span in scope.get("spans", []):
                    yield str(service), span


def attributes(holder: dict[str, Any]) -> dict[str, object]:
    """Flatten OTLP JSON attributes of scalar type."""
    return {
        item["key"]: next(iter(item["value"].values()), None) for item in holder.get("attributes", []) if item["value"]
    }


def show(console: Console, spans: list[tuple[str, dict[str, Any]]]) -> bool:
    """Print the findings and what each run was judged; returns whether it is what the captures' page expects."""
    table = Table(title="Findings on the spans that left", title_justify="left", show_lines=True)
    for heading in ("service, span", "detector", "severity", "score", "why, and the quoted evidence"):
        table.add_column(heading, overflow="fold")
    found: list[tuple[str, str]] = []
    for service, span in spans:
        for event in span.get("events", []):
            if event["name"] != "gen_ai.evaluation.result":
                continue
            facts = attributes(event)
            found.append((service, str(facts["gen_ai.evaluation.name"])))
            why = Text(str(facts.get("gen_ai.evaluation.explanation", "")))
            why.append(f"\n“{facts.get('otel_safety.evidence', '')}”", style="italic")
            table.add_row(
                f"{service}\n{span['name']}",
                str(facts["gen_ai.evaluation.name"]),
                str(facts["otel_safety.severity"]),
                f"{float(str(facts['gen_ai.evaluation.score.value'])):.2f}",
                why,
            )
    console.print(table)
    services = sorted({service for service, _ in spans})
    expected = sorted((service, key) for service in services for keys in EXPECTED.values() for key in keys)
    unflagged = sum(not keys for keys in EXPECTED.values()) * len(services)
    if sorted(found) == expected:
        console.print(f"Exactly the expected findings; the {unflagged} harmless runs carry none.")
        return True
    console.print(f"Expected {expected}\ngot      {sorted(found)}")
    return False


if __name__ == "__main__":
    sys.exit(main())
