"""otel-safety doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from otel_safety.cli.options import DURATION, config_option, read_config

if TYPE_CHECKING:
    from otel_safety.doctor import Diagnosis
    from otel_safety.doctor.listen import Heard, ListenOptions
    from otel_safety.judge import Judge


@click.command()
@click.argument("path", metavar="[FILE|DIR|-]", required=False, type=click.Path(path_type=Path))
@config_option
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--detectors", "only", metavar="KEY,...", help="Ask for these detectors only.")
@click.option("--listen", "duration", type=DURATION, metavar="DURATION", help="Listen on the OTLP ports, such as 30s.")
@click.option("--grpc-endpoint", default="localhost:4317", show_default=True, help="Where to listen; none closes it.")
@click.option("--http-endpoint", default="localhost:4318", show_default=True, help="Where to listen; none closes it.")
@click.option(
    "--forward",
    metavar="ENDPOINT",
    help="Pass everything on, unchanged: host:port for gRPC, base URL for HTTP. With --listen.",
)
def doctor(
    *,
    path: Path | None,
    config_path: Path | None,
    output: Literal["table", "json"],
    only: str | None,
    duration: float | None,
    grpc_endpoint: str,
    http_endpoint: str,
    forward: str | None,
) -> None:
    """Say what agents' telemetry lacks, which detectors that stops, and which setting mends it.

    Reads recorded OTLP, as analyze does, or listens with --listen.

    Exit codes: 0 every detector can work, 1 something is missing, 2 usage or input that could not be read.
    """
    if (path is None) == (duration is None):
        raise click.UsageError("give a recording to read or --listen DURATION, one of the two")
    if forward is not None and duration is None:
        raise click.UsageError("--forward needs --listen")

    import orjson  # noqa: PLC0415  keeps --help fast

    from otel_safety.build import build_judge  # noqa: PLC0415
    from otel_safety.clock import SystemClock  # noqa: PLC0415

    keys = None if only is None else [key.strip() for key in only.split(",") if key.strip()]
    judge = build_judge(read_config(config_path), SystemClock(), keys)
    undelivered = 0
    if path is not None:
        diagnosis = _read(path, judge)
    else:
        from otel_safety.doctor.listen import ListenOptions  # noqa: PLC0415

        options = ListenOptions(
            duration_s=duration or 0.0,
            grpc_endpoint=_open(grpc_endpoint),
            http_endpoint=_open(http_endpoint),
            forward=forward,
        )
        heard = _listen(options, judge)
        diagnosis, undelivered = heard.diagnosis, heard.undelivered
    if output == "json":
        sys.stdout.buffer.write(orjson.dumps(diagnosis.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        from otel_safety.doctor.table import print_diagnosis  # noqa: PLC0415

        print_diagnosis(diagnosis)
    for sentence in diagnosis.unreadable:
        click.echo(f"otel-safety: {sentence}", err=True)
    if undelivered:
        click.echo(f"otel-safety: {undelivered} items could not be passed on to {forward}", err=True)
    if diagnosis.unreadable:
        sys.exit(2)
    sys.exit(0 if diagnosis.healthy else 1)


def _open(endpoint: str) -> str | None:
    return None if endpoint == "none" else endpoint


def _read(path: Path, judge: Judge) -> Diagnosis:
    from otel_safety.doctor import diagnose  # noqa: PLC0415

    if not sys.stderr.isatty():
        return diagnose(path, judge=judge)
    from otel_safety.analyze.table import progress_bar  # noqa: PLC0415

    with progress_bar() as progress:
        return diagnose(path, judge=judge, progress=progress)


def _listen(options: ListenOptions, judge: Judge) -> Heard:
    import asyncio  # noqa: PLC0415
    import signal  # noqa: PLC0415
    from contextlib import ExitStack  # noqa: PLC0415

    from otel_safety.clock import SystemClock  # noqa: PLC0415
    from otel_safety.doctor.listen import listen  # noqa: PLC0415
    from otel_safety.doctor.table import listening_bar  # noqa: PLC0415

    def say(addresses: list[str]) -> None:
        click.echo(f"listening on {', '.join(addresses)} for {options.duration_s:g} s; Ctrl-C ends it early", err=True)

    async def run() -> Heard:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        with ExitStack() as stack:
            bar = stack.enter_context(listening_bar(options.duration_s)) if sys.stderr.isatty() else None
            return await listen(options, judge=judge, clock=SystemClock(), stop=stop, on_ready=say, progress=bar)

    return asyncio.run(run())
