"""The testbed: Collector, otel-safety, Jaeger and Tempo as processes, wired by collector-config.yaml."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.processes import Running, free_ports, http_get, http_post

ROOT: Final = Path(__file__).parents[2]
TESTBED: Final = ROOT / "deploy" / "testbed"
COLLECTOR_CONFIG: Final = ROOT / "collector-config.yaml"
_BUILT: Final = ROOT / ".cache" / "testbed" / "bin"
_STOP_S: Final = 40.0
# In the order in which they are started; they end in the opposite one.
_SENDERS: Final = ("collector", "otel-safety")


def binary(name: str) -> Path:
    """Return the path of a built neighbour.

    ``COLLECTOR_BIN``, ``JAEGER_BIN`` and ``TEMPO_BIN`` win over what deploy/testbed/build left. A missing one
    skips the test, or fails it under OTEL_SAFETY_REQUIRE_TESTBED=1.
    """
    given = os.environ.get(f"{name.upper()}_BIN")
    path = Path(given) if given else _BUILT / name
    if shutil.which(path) is None:
        sentence = f"{name} is not built: run deploy/testbed/build {name}"
        if os.environ.get("OTEL_SAFETY_REQUIRE_TESTBED") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@dataclass(slots=True)
class Ports:
    """Free ports, one per address of the testbed."""

    collector_grpc: int
    collector_http: int
    collector_return: int
    collector_health: int
    collector_metrics: int
    safety_grpc: int
    safety_http: int
    safety_health: int
    safety_metrics: int
    jaeger_otlp: int
    jaeger_query: int
    jaeger_query_grpc: int
    jaeger_health: int
    tempo_http: int
    tempo_grpc: int
    tempo_otlp: int
    tempo_gossip: int

    @staticmethod
    def free() -> Ports:
        """Return ports that are free now."""
        return Ports(*free_ports(len(Ports.__dataclass_fields__)))


@dataclass(slots=True)
class Testbed:
    """Processes of one testbed; each is started when asked for and stopped by ``close``."""

    __test__ = False

    directory: Path
    settle: str = "1s"
    idle: str = "3s"
    hold: str = "15s"
    with_tempo: bool = False
    ports: Ports = field(default_factory=Ports.free)
    running: dict[str, Running] = field(default_factory=dict[str, Running])

    @property
    def traces_path(self) -> Path:
        """OTLP JSON lines of the spans that left the Collector."""
        return self.directory / "traces.jsonl"

    @property
    def logs_path(self) -> Path:
        """OTLP JSON lines of the log records that left the Collector."""
        return self.directory / "logs.jsonl"

    def start_all(self) -> None:
        """Start every process, backends first, and wait until each is ready."""
        self.start_jaeger()
        if self.with_tempo:
            self.start_tempo()
        self.start_collector()
        self.start_safety()

    def start_jaeger(self) -> None:
        """Start Jaeger with storage in memory."""
        ports = self.ports
        environment = {
            "JAEGER_OTLP_PORT": str(ports.jaeger_otlp),
            "JAEGER_QUERY_PORT": str(ports.jaeger_query),
            "JAEGER_QUERY_GRPC_PORT": str(ports.jaeger_query_grpc),
            "JAEGER_HEALTH_PORT": str(ports.jaeger_health),
        }
        command: list[str | Path] = [binary("jaeger"), "--config", TESTBED / "jaeger" / "config.yaml"]
        self._start("jaeger", command, environment, ports.jaeger_health, "/status")

    def start_tempo(self) -> None:
        """Start Tempo as one process with local storage."""
        ports = self.ports
        environment = {
            "TEMPO_HTTP_PORT": str(ports.tempo_http),
            "TEMPO_GRPC_PORT": str(ports.tempo_grpc),
            "TEMPO_OTLP_PORT": str(ports.tempo_otlp),
            "TEMPO_GOSSIP_PORT": str(ports.tempo_gossip),
            "TEMPO_DIRECTORY": str(self.directory / "tempo"),
        }
        config = TESTBED / "tempo" / "config.yaml"
        command: list[str | Path] = [
            binary("tempo"),
            "-target=all",
            f"-config.file={config}",
            "-config.expand-env=true",
        ]
        self._start("tempo", command, environment, ports.tempo_http, "/ready")

    def start_collector(self) -> None:
        """Start the Collector with the top-level configuration; only files are added."""
        ports = self.ports
        exporters = ["otlp_grpc/jaeger", "file/traces"]
        if self.with_tempo:
            exporters.append("otlp_grpc/tempo")
        environment = {
            "COLLECTOR_GRPC_PORT": str(ports.collector_grpc),
            "COLLECTOR_HTTP_PORT": str(ports.collector_http),
            "COLLECTOR_RETURN_PORT": str(ports.collector_return),
            "COLLECTOR_HEALTH_PORT": str(ports.collector_health),
            "COLLECTOR_METRICS_PORT": str(ports.collector_metrics),
            "OTEL_SAFETY_ENDPOINT": f"http://localhost:{ports.safety_http}",
            "OTEL_SAFETY_RETRY": "1s",
            "JAEGER_ENDPOINT": f"localhost:{ports.jaeger_otlp}",
            "TEMPO_ENDPOINT": f"localhost:{ports.tempo_otlp}",
            "TRACES_EXPORTERS": f"[{', '.join(exporters)}]",
            "LOGS_EXPORTERS": "[file/logs]",
            "TESTBED_TRACES_PATH": str(self.traces_path),
            "TESTBED_LOGS_PATH": str(self.logs_path),
        }
        command: list[str | Path] = [
            binary("collector"),
            f"--config={COLLECTOR_CONFIG}",
            f"--config={TESTBED / 'collector-to-files.yaml'}",
        ]
        self._start("collector", command, environment, ports.collector_health, "/")

    def start_safety(self) -> None:
        """Start ``otel-safety serve`` as it is installed beside this Python."""
        ports = self.ports
        environment = {
            "SAFETY_GRPC_PORT": str(ports.safety_grpc),
            "SAFETY_HTTP_PORT": str(ports.safety_http),
            "SAFETY_HEALTH_PORT": str(ports.safety_health),
            "SAFETY_METRICS_PORT": str(ports.safety_metrics),
            "SAFETY_RETURN_ENDPOINT": f"localhost:{ports.collector_return}",
            "SAFETY_SETTLE": self.settle,
            "SAFETY_IDLE": self.idle,
            "SAFETY_HOLD": self.hold,
        }
        program = Path(sys.executable).parent / "otel-safety"
        command: list[str | Path] = [program, "serve", "--config", TESTBED / "otel-safety.yaml"]
        self._start("otel-safety", command, environment, ports.safety_health, "/healthz/ready")

    def _start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: dict[str, str],
        health_port: int,
        health_path: str,
    ) -> None:
        process = Running(name, command, environment, self.directory)
        self.running[name] = process
        process.wait_ready(lambda: http_get(health_port, health_path)[0] == 200)

    def send(self, signal: str, payload: bytes) -> int:
        """Send one OTLP request to the Collector's HTTP receiver and return the status."""
        return http_post(self.ports.collector_http, f"/v1/{signal}", payload)

    def held_spans(self) -> int:
        """Spans that otel-safety holds now, by its own metrics."""
        _, page = http_get(self.ports.safety_metrics, "/metrics")
        for line in page.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name.partition("{")[0] == "otel_safety_assembly_held_spans":
                return int(float(value))
        return 0

    def stop_safety(self) -> int:
        """SIGTERM to otel-safety; returns its exit code."""
        return self.running.pop("otel-safety").terminate(_STOP_S)

    def kill_safety(self) -> int:
        """SIGKILL to otel-safety; returns its exit code."""
        return self.running.pop("otel-safety").kill()

    def close(self) -> None:
        """End every process that still runs: senders drain in order, backends have nothing worth keeping."""
        with ExitStack() as stack:  # what is registered last goes first, and each goes whatever the others did
            for name, process in self.running.items():
                if name not in _SENDERS:
                    stack.callback(process.kill)
            for name in _SENDERS:
                if name in self.running:
                    stack.callback(self.running[name].terminate, _STOP_S)
        self.running.clear()
