"""otel-safety loadgen and sink: traffic to measure with, and the place that counts what arrives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from otel_safety.cli.options import DURATION


@click.command()
@click.option("--endpoint", default="127.0.0.1:4317", show_default=True, help="host:port for gRPC, base URL for HTTP.")
@click.option("--protocol", type=click.Choice(["grpc", "http"]), default="grpc", show_default=True)
@click.option(
    "--kind",
    type=click.Choice(["genai", "ordinary", "mixed"]),
    default="genai",
    show_default=True,
    help="Agent runs (spans of about 4 kB), HTTP and database spans, or one GenAI span in twenty.",
)
@click.option("--spans", type=click.IntRange(min=1), help="How many spans, rounded up to whole requests.")
@click.option("--duration", type=DURATION, metavar="DURATION", help="How long, such as 30s.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Spans per second; without it, unlimited.")
@click.option("--batch", type=click.IntRange(min=1), default=100, show_default=True, help="Spans per request.")
@click.option("--concurrency", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--misbehaving", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Part of the runs.")
@click.option("--compression", type=click.Choice(["none", "gzip"]), default="none", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--ids", "ids_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the sent span ids here."
)
def loadgen(
    *,
    endpoint: str,
    protocol: Literal["grpc", "http"],
    kind: Literal["genai", "ordinary", "mixed"],
    spans: int | None,
    duration: float | None,
    rate: float | None,
    batch: int,
    concurrency: int,
    misbehaving: float,
    compression: Literal["none", "gzip"],
    seed: int,
    ids_path: Path | None,
) -> None:
    """Send realistic agent traces and ordinary ones at a given rate.

    Exit code 1 when a span was not acknowledged.
    """
    import asyncio  # noqa: PLC0415  keeps --help fast

    from otel_safety.load import LoadConfig, run_loadgen  # noqa: PLC0415

    if spans is None and duration is None:
        raise click.UsageError("one of --spans and --duration is needed")
    config = LoadConfig(
        endpoint=endpoint,
        protocol=protocol,
        kind=kind,
        spans=spans,
        duration_s=duration,
        rate=rate,
        batch_spans=batch,
        concurrency=concurrency,
        misbehaving=misbehaving,
        compression=compression,
        seed=seed,
        ids_path=ids_path,
    )
    report = asyncio.run(run_loadgen(config, show=click.echo))
    sys.exit(1 if report.failed_spans or report.rejected_spans else 0)


@click.command()
@click.option("--grpc-endpoint", default="127.0.0.1:4317", show_default=True)
@click.option("--http-endpoint", help="Opens OTLP/HTTP too, with GET /counts and POST /expect.")
@click.option(
    "--expect",
    "expect_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File of span ids, as loadgen --ids writes it, that must arrive once each.",
)
@click.option("--idle", type=DURATION, metavar="DURATION", help="End when nothing has come for so long.")
def sink(*, grpc_endpoint: str, http_endpoint: str | None, expect_path: Path | None, idle: float | None) -> None:
    """Receive OTLP, count every span id, and tell what is missing or doubled.

    Ends at --idle, SIGTERM or SIGINT. Exit code 1 when a span is missing or doubled.
    """
    import asyncio  # noqa: PLC0415  keeps --help fast
    import signal  # noqa: PLC0415

    from otel_safety.load import SinkConfig, run_sink  # noqa: PLC0415

    async def run() -> int:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        config = SinkConfig(
            grpc_endpoint=grpc_endpoint, http_endpoint=http_endpoint, expect_path=expect_path, idle_s=idle
        )
        return (await run_sink(config, stop=stop, show=click.echo)).exit_code

    sys.exit(asyncio.run(run()))
