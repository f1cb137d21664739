"""otel-safety analyze."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from otel_safety.cli.options import config_option, read_config

_SEVERITIES = ["low", "medium", "high", "critical"]


@click.command()
@click.argument("path", metavar="FILE|DIR|-", type=click.Path(path_type=Path))
@config_option
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice([*_SEVERITIES, "never"]),
    default="low",
    show_default=True,
    help="Exit with 1 when there is a finding of at least this severity.",
)
@click.option("--fail-on-unassessed", is_flag=True, help="Exit with 1 when a detector could not judge a run.")
@click.option("--detectors", "only", metavar="KEY,...", help="Judge with these detectors only.")
def analyze(
    *,
    path: Path,
    config_path: Path | None,
    output: Literal["table", "json"],
    fail_on: str,
    fail_on_unassessed: bool,
    only: str | None,
) -> None:
    """Judge the agent runs in recorded OTLP: protobuf, JSON or JSON lines, found by content.

    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or input that could not be read.
    """
    import orjson  # noqa: PLC0415  keeps --help fast

    from detectors.assessment import Severity  # noqa: PLC0415
    from otel_safety.analyze.report import analyze as run  # noqa: PLC0415
    from otel_safety.analyze.table import print_report  # noqa: PLC0415
    from otel_safety.build import build_judge  # noqa: PLC0415
    from otel_safety.clock import SystemClock  # noqa: PLC0415

    keys = None if only is None else [key.strip() for key in only.split(",") if key.strip()]
    judge = build_judge(read_config(config_path), SystemClock(), keys)
    for sentence in judge.suppressions.warnings():
        click.echo(f"otel-safety: {sentence}", err=True)
    if sys.stderr.isatty():
        from otel_safety.analyze.table import progress_bar  # noqa: PLC0415

        with progress_bar() as progress:
            report = run(path, judge=judge, progress=progress)
    else:
        report = run(path, judge=judge)
    if output == "json":
        sys.stdout.buffer.write(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print_report(report)
    for sentence in report.unreadable:
        click.echo(f"otel-safety: {sentence}", err=True)
    failed = fail_on != "never" and bool(report.at_or_above(Severity(fail_on)))
    if failed or (fail_on_unassessed and report.not_assessed):
        sys.exit(1)
    sys.exit(2 if report.unreadable else 0)
