"""otel-safety evaluate and calibrate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from otel_safety.cli.options import config_option, read_config

if TYPE_CHECKING:
    from otel_safety.evaluation.predictions import Prediction

_data_option = click.option(
    "--data",
    "files",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    required=True,
    help="Rows as JSON lines, also gzipped; may be given several times, and more files may follow.",
)
_more_files = click.argument("more_files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
_detectors_option = click.option("--detectors", "only", metavar="KEY,...", help="Judge with these detectors only.")


@click.command()
@_data_option
@_more_files
@config_option
@_detectors_option
@click.option("--predictions", "out", type=click.Path(path_type=Path, dir_okay=False), help="Write one line per row.")
@click.option("--output", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--all", "with_ambiguous", is_flag=True, help="Count rows that are marked ambiguous too.")
def evaluate(
    *,
    files: tuple[Path, ...],
    more_files: tuple[Path, ...],
    config_path: Path | None,
    only: str | None,
    out: Path | None,
    output: Literal["table", "json", "markdown"],
    with_ambiguous: bool,
) -> None:
    """Measure the detectors on labelled rows: P, R, F1 with its interval, FPR, AUROC, per data set.

    Rows without a label are judged and only predicted. A row that is not assessed counts as not fired.
    """
    import orjson  # noqa: PLC0415  keeps --help fast

    from otel_safety.evaluation.report import as_json, as_markdown, measure_each, print_figures  # noqa: PLC0415

    predictions = _predict((*files, *more_files), config_path, only)
    if out is not None:
        lines = b"".join(orjson.dumps(item.as_json(), option=orjson.OPT_APPEND_NEWLINE) for item in predictions)
        out.write_bytes(lines)
    measured = measure_each(predictions, with_ambiguous=with_ambiguous)
    if output == "json":
        sys.stdout.buffer.write(orjson.dumps(as_json(measured), option=orjson.OPT_INDENT_2) + b"\n")
    elif output == "markdown":
        click.echo(as_markdown(measured), nl=False)
    else:
        print_figures(measured)
    click.echo(f"{len(predictions)} rows judged.", err=True)


@click.command()
@_data_option
@_more_files
@config_option
@_detectors_option
@click.option("--write", "out", type=click.Path(path_type=Path, dir_okay=False), help="Write the result as JSON.")
def calibrate(
    *,
    files: tuple[Path, ...],
    more_files: tuple[Path, ...],
    config_path: Path | None,
    only: str | None,
    out: Path | None,
) -> None:
    """Choose thresholds on labelled rows, by 5-fold cross-validation with no prompt on both sides.

    Prints the threshold of each detector as it goes into the configuration, with what it reached on held-out rows.
    """
    import orjson  # noqa: PLC0415  keeps --help fast

    from otel_safety.errors import InputError  # noqa: PLC0415
    from otel_safety.evaluation.calibrate import calibrate as run  # noqa: PLC0415
    from otel_safety.evaluation.calibrate import provenance  # noqa: PLC0415

    paths = (*files, *more_files)
    calibrations = run(_predict(paths, config_path, only))
    if not calibrations:
        raise InputError("no detector has labelled rows of both classes: there is nothing to calibrate on")
    click.echo("detectors:")
    for item in calibrations:
        held_out = item.held_out
        click.echo(
            f"  {item.detector}: {{threshold: {item.threshold:g}}}"
            f"  # held out: F1 {held_out.f1:.3f}, n {held_out.rows}, always firing {held_out.always_fire_f1:.3f}"
        )
        for name, figures in sorted(item.set_left_out.items()):
            click.echo(f"    # {name} left out: n {figures.rows}, {_short(figures.f1, figures.false_positive_rate)}")
    if out is not None:
        document = {**provenance(paths), "detectors": {item.detector: item.as_json() for item in calibrations}}
        out.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _short(f1: float | None, false_positive_rate: float | None) -> str:
    parts = (("F1", f1), ("FPR", false_positive_rate))
    return ", ".join(f"{name} {value:.3f}" for name, value in parts if value is not None)


def _predict(files: tuple[Path, ...], config_path: Path | None, only: str | None) -> list[Prediction]:
    from otel_safety.build import build_judge  # noqa: PLC0415  keeps --help fast
    from otel_safety.clock import SystemClock  # noqa: PLC0415
    from otel_safety.evaluation.predictions import predict  # noqa: PLC0415
    from otel_safety.evaluation.rows import read_rows  # noqa: PLC0415

    keys = None if only is None else [key.strip() for key in only.split(",") if key.strip()]
    judge = build_judge(read_config(config_path).detectors, SystemClock(), keys)
    rows = [row for file in files for row in read_rows(file)]
    with _progress(len(rows)) as progress:
        return predict(rows, judge, progress=progress)


@contextmanager
def _progress(total: int) -> Generator[Callable[[int], None] | None]:
    """Show a bar on standard error when that is a terminal; yields what is called with each row's number."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label="judging", file=sys.stderr) as bar:
        yield lambda _: bar.update(1)
