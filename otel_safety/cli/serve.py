"""otel-safety serve."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from otel_safety.cli.options import config_option, read_config


@click.command()
@config_option
def serve(config_path: Path | None) -> None:
    """Receive OTLP, judge agent runs, send every span on with its findings.

    SIGTERM drains: intake stops, what is held is judged, the queues are flushed.
    """
    import asyncio  # noqa: PLC0415  keeps --help fast

    from otel_safety.serve import serve as run  # noqa: PLC0415
    from otel_safety.telemetry.log import configure_logging  # noqa: PLC0415

    config = read_config(config_path)
    configure_logging(config.telemetry.logs.level, config.telemetry.logs.format)
    sys.exit(asyncio.run(run(config)))
