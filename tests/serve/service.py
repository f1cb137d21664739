"""otel-safety as a process on free ports."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.processes import free_port, otel_safety

_PATIENCE_S = 30.0


@dataclass
class RunningService:
    """A service process; ``log`` is complete once it has ended."""

    process: asyncio.subprocess.Process
    grpc: int
    http: int
    health: int
    metrics: int
    log: bytes = b""

    async def get(self, port: int, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://localhost:{port}{path}") as answer:
            return answer.status, await answer.text()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(_PATIENCE_S):
            _, self.log = await self.process.communicate()
        return self.process.returncode or 0


@asynccontextmanager
async def running(folder: Path, exporters: str, **sections: str) -> AsyncIterator[RunningService]:
    """Run the service with the given ``exporters`` and other sections, as YAML; stops it at the end."""
    grpc, http, health, metrics = (free_port() for _ in range(4))
    config = folder / "config.yaml"
    lines = {
        "receivers": f"{{otlp: {{grpc: {{endpoint: 'localhost:{grpc}'}}, http: {{endpoint: 'localhost:{http}'}}}}}}",
        "telemetry": f"{{health: {{endpoint: 'localhost:{health}'}}, metrics: {{endpoint: 'localhost:{metrics}'}}}}",
        "exporters": exporters,
        **sections,
    }
    config.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), "utf-8")
    process = await asyncio.create_subprocess_exec(
        otel_safety(),
        "serve",
        "--config",
        str(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    service = RunningService(process, grpc, http, health, metrics)
    try:
        await wait_ready(service)
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def wait_ready(service: RunningService) -> None:
    """Poll readiness, with a bound."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            if service.process.returncode is not None:
                _, log = await service.process.communicate()
                raise AssertionError(f"the service ended at its start: {log.decode()}")
            try:
                if (await service.get(service.health, "/healthz/ready"))[0] == 200:
                    return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)
