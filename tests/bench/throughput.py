"""Spans and bytes per CPU second of otel-safety and of the real Collector, on the same load on the same machine.

Both get OTLP/gRPC in batches of 100 spans as fast as they take them and send OTLP/gRPC to the same counting sink; the
Collector runs its otlp receiver, batch processor and otlp exporter, otel-safety its whole path with all six detectors.
They run one after the other, in turns, so that a noisy neighbour meets both. CPU time is user and system time of the
server process alone. The ratio is the figure to read: absolute numbers are those of the machine.

The Collector is taken from OTELCOL_BIN, else from where ``deploy/testbed/build`` puts it. Without one, only
otel-safety is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import yaml

from otel_safety.load import LoadConfig, LoadReport, run_loadgen
from tests.processes import free_port, otel_safety

ROOT = Path(__file__).resolve().parents[2]
Kind: TypeAlias = Literal["ordinary", "genai"]
SPANS: dict[Kind, int] = {"ordinary": 300_000, "genai": 40_000}
TITLES: dict[Kind, str] = {
    "ordinary": "Ordinary spans",
    "genai": "GenAI spans of about 4 kB, all six detectors on",
}
_WARM_UP_SPANS = 3000
_START_S = 30.0
# Longer than otel-safety may hold a span.
_ARRIVAL_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Something to measure: its name, and the command for a configuration that it writes into a folder."""

    name: str
    command: Callable[[Path, int, str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run of one server on one load."""

    spans: int
    payload_bytes: int
    cpu_s: float
    wall_s: float
    peak_rss_mib: float
    missing: int
    doubled: int
    unsent: int


def main() -> int:
    """Measure and print Markdown; exit code 1 when otel-safety lost or doubled a span."""
    arguments = _arguments()
    servers = [Server(name="otel-safety", command=_otel_safety)]
    binary = Path(os.environ.get("OTELCOL_BIN") or ROOT / ".cache/testbed/bin/collector")
    if binary.is_file():
        servers.append(Server(name="Collector", command=lambda *place: _collector(binary, *place)))
    else:
        _say(f"No Collector at {binary} (deploy/testbed/build makes one): otel-safety alone is measured.\n")
    _say(f"{arguments.rounds} rounds in turns, OTLP/gRPC in and out, batches of 100 spans, no compression.\n")
    wrong = 0
    for kind, spans in SPANS.items():
        results: dict[str, list[Measurement]] = {server.name: [] for server in servers}
        for _ in range(arguments.rounds):
            for server in servers:
                results[server.name].append(measure(server, kind, max(1000, int(spans * arguments.scale))))
        _print_table(kind, results)
        wrong += sum(item.missing + item.doubled for item in results["otel-safety"])
    return 1 if wrong else 0


def measure(server: Server, kind: Kind, spans: int) -> Measurement:
    """Start the server and a sink, send the load, and wait until all of it has arrived."""
    with tempfile.TemporaryDirectory(prefix="otel-safety-bench-") as name:
        folder = Path(name)
        sink_grpc, sink_http, port = free_port(), free_port(), free_port()
        sink_command = [otel_safety(), "sink", "--grpc-endpoint", f"127.0.0.1:{sink_grpc}"]
        sink_url = f"http://127.0.0.1:{sink_http}"
        with (
            _process([*sink_command, "--http-endpoint", f"127.0.0.1:{sink_http}"], sink_http, folder / "sink.log"),
            _process(server.command(folder, port, f"127.0.0.1:{sink_grpc}"), port, folder / "server.log") as process,
        ):
            warm_up, _ = _load(port, kind, _WARM_UP_SPANS, folder / "warm-up", seed=2)
            _wait_for(sink_url, warm_up.sent_spans)
            cpu_before, started = _cpu_seconds(process.pid), time.monotonic()
            report, ids = _load(port, kind, spans, folder / "ids", seed=1)
            arrived_s = _wait_for(sink_url, warm_up.sent_spans + report.sent_spans)
            cpu_s = _cpu_seconds(process.pid) - cpu_before
            answer = _post(f"{sink_url}/expect", (folder / "warm-up").read_bytes() + ids)
            return Measurement(
                spans=report.sent_spans,
                payload_bytes=report.payload_bytes,
                cpu_s=cpu_s,
                wall_s=max(report.seconds, arrived_s - started),
                peak_rss_mib=_peak_rss_mib(process.pid),
                missing=len(answer["missing"]),
                doubled=len(answer["doubled"]),
                unsent=report.failed_spans + report.rejected_spans,
            )


def _load(port: int, kind: Kind, spans: int, ids_path: Path, *, seed: int) -> tuple[LoadReport, bytes]:
    config = LoadConfig(
        endpoint=f"127.0.0.1:{port}", kind=kind, spans=spans, seed=seed, ids_path=ids_path, concurrency=8
    )
    report = asyncio.run(run_loadgen(config, show=lambda _: None))
    return report, ids_path.read_bytes()


@contextmanager
def _process(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens on ``port``, ended with SIGTERM."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + _START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read_text('utf-8', 'replace')}")
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(sink_url: str, spans: int) -> float:
    """Wait until the sink has so many spans, or no more come; the time of that."""
    deadline = time.monotonic() + _ARRIVAL_S
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{sink_url}/counts") as response:  # noqa: S310  loopback
            if json.load(response)["unique_spans"] >= spans:
                break
        time.sleep(0.1)
    return time.monotonic()


def _post(url: str, body: bytes) -> dict[str, list[str]]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "text/plain"})  # noqa: S310  loopback
    with urllib.request.urlopen(request) as response:  # noqa: S310  loopback
        answer: dict[str, list[str]] = json.load(response)
        return answer


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    # The second field is the command in parentheses and may hold blanks; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _peak_rss_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _otel_safety(folder: Path, port: int, sink: str) -> list[str]:
    path = folder / "otel-safety.yaml"
    config = {
        "receivers": {"otlp": {"grpc": {"endpoint": f"127.0.0.1:{port}"}, "http": None}},
        "exporters": {"otlp_grpc/sink": {"endpoint": sink, "tls": {"insecure": True}, "compression": "none"}},
        "telemetry": {
            "metrics": {"endpoint": f"127.0.0.1:{free_port()}"},
            "health": {"endpoint": f"127.0.0.1:{free_port()}"},
        },
    }
    path.write_text(yaml.safe_dump(config), "utf-8")
    return [otel_safety(), "serve", "--config", str(path)]


def _collector(binary: Path, folder: Path, port: int, sink: str) -> list[str]:
    path = folder / "collector.yaml"
    prometheus = {"host": "127.0.0.1", "port": free_port()}
    config = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
        "processors": {"batch": {}},
        "exporters": {"otlp_grpc": {"endpoint": sink, "tls": {"insecure": True}, "compression": "none"}},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["otlp_grpc"]}},
            "telemetry": {
                "logs": {"level": "warn"},
                "metrics": {"readers": [{"pull": {"exporter": {"prometheus": prometheus}}}]},
            },
        },
    }
    path.write_text(yaml.safe_dump(config), "utf-8")
    return [str(binary), "--config", str(path)]


def _print_table(kind: Kind, results: dict[str, list[Measurement]]) -> None:
    _say(f"\n**{TITLES[kind]}** ({_average_span(results):.0f} bytes on average)\n")
    _say(
        "| | spans per CPU second (each round) | MB per CPU second | spans/s | peak RSS MiB | lost | doubled | unsent |"
    )
    _say("|---|---|---|---|---|---|---|---|")
    for name, rounds in results.items():
        cpu_s = sum(item.cpu_s for item in rounds)
        each = ", ".join(f"{item.spans / item.cpu_s:,.0f}" for item in rounds)
        spans, size = sum(item.spans for item in rounds), sum(item.payload_bytes for item in rounds)
        _say(
            f"| {name} | **{spans / cpu_s:,.0f}** ({each}) | {size / cpu_s / 1e6:,.1f} "
            f"| {spans / sum(item.wall_s for item in rounds):,.0f} | {max(item.peak_rss_mib for item in rounds):,.0f} "
            f"| {sum(item.missing for item in rounds)} | {sum(item.doubled for item in rounds)} "
            f"| {sum(item.unsent for item in rounds)} |"
        )
    if len(results) == 2:
        ours, theirs = (
            sum(item.spans for item in rounds) / sum(item.cpu_s for item in rounds) for rounds in results.values()
        )
        _say(f"\nRATIO otel-safety/Collector, spans per CPU second: **{ours / theirs:.3f}**")


def _average_span(results: dict[str, list[Measurement]]) -> float:
    rounds = [item for items in results.values() for item in items]
    return sum(item.payload_bytes for item in rounds) / max(1, sum(item.spans for item in rounds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2, help="turns of each server, at least 1")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual number of spans")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
