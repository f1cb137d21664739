"""Processes of the testbed: started on free loopback ports, waited for by condition, ended by their own id."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
_POLL_S = 0.1


def free_ports(count: int) -> list[int]:
    """Return ports that are free now; all are bound at once, so none comes twice."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Poll until ``condition`` holds; TimeoutError names ``what`` did not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}")
        time.sleep(_POLL_S)


def http_get(port: int, path: str, timeout_s: float = 10.0) -> tuple[int, bytes]:
    """Return status and body; status 0 when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def http_post(port: int, path: str, body: bytes, timeout_s: float = 30.0) -> int:
    """Post OTLP protobuf and return the status; raises OSError when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


class Running:
    """One started process with its log in a file."""

    def __init__(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str], directory: Path
    ) -> None:
        self.name = name
        self.log_path = directory / f"{name}.log"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=directory,
            )

    def wait_ready(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait for ``condition``; RuntimeError with the end of the log when the process ends or is too slow."""

        def ready_or_gone() -> bool:
            return self._process.poll() is not None or condition()

        try:
            wait_until(ready_or_gone, f"{self.name} ready", timeout_s)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{self.log_end()}") from None
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}\n{self.log_end()}")

    def log_end(self, lines: int = 30) -> str:
        """Return the last lines of the log."""
        text = self.log_path.read_text(errors="replace")
        return "\n".join(line[:500] for line in text.splitlines()[-lines:])

    def terminate(self, timeout_s: float = 30.0) -> int:
        """Send SIGTERM and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._wait(timeout_s)

    def kill(self) -> int:
        """Send SIGKILL and return the exit code."""
        if self._process.poll() is None:
            self._process.kill()
        return self._wait(10.0)

    def _wait(self, timeout_s: float) -> int:
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10.0)
            raise RuntimeError(f"{self.name} did not end within {timeout_s:g} s\n{self.log_end()}") from None
