"""Real processes for tests: where the commands are, and ports that nobody uses."""

import socket
import sys
from pathlib import Path


def otel_safety() -> str:
    """Path of the command of this environment."""
    return str(Path(sys.executable).parent / "otel-safety")


def free_port() -> int:
    """Give a TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
