"""otel-safety serve."""

from __future__ import annotations

import os
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
    code = asyncio.new_event_loop().run_until_complete(run(config))
    # Python's own exit waits for its threads, and one that writes to a disk or terminal that hangs never ends. What
    # was written has been flushed where it was written.
    os._exit(code)
