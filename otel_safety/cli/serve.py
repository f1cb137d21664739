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
    loop = asyncio.new_event_loop()
    try:
        code = loop.run_until_complete(run(config))
    except ExceptionGroup as broken:
        # A task of the service died. The types only: a message or a traceback could quote the content of a span.
        names = ", ".join(sorted({type(error).__name__ for error in broken.exceptions}))
        click.echo(f"otel-safety: a task of the service ended with {names}", err=True)
        code = 1
    loop.close()
    # Python's own exit waits for its threads, and one that writes to a disk or terminal that hangs never ends. What
    # was written has been flushed where it was written.
    os._exit(code)
