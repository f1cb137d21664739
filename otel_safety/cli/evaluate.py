"""otel-safety evaluate and calibrate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from otel_safety.cli.options import config_option, read_config

if TYPE_CHECKING:
    from otel_safety.evaluation.predictions import Prediction
    from otel_safety.evaluation.report import Measured

_rows_file = click.Path(path_type=Path, exists=True, dir_okay=False)
_out_file = click.Path(path_type=Path, dir_okay=False)
_data_option = click.option(
    "--data",
    "files",
    type=_rows_file,
    multiple=True,
    required=True,
    help="Rows as JSON lines, also gzipped; may be given several times, and more files may follow.",
)
_more_files = click.argument("more_files", nargs=-1, type=_rows_file)
_detectors_option = click.option(
    "--detectors",
    "only",
    metavar="KEY,...",
    help="Judge rows of these detectors only, and by each of them the rows that name none.",
)


@click.command()
@_data_option
@_more_files
@config_option
@_detectors_option
@click.option("--predictions", "out", type=_out_file, help="Write one line per row.")
@click.option("--errors", type=_out_file, help="Write the rows that came out wrong, with what was said on them.")
@click.option("--output", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@click.option("--by", metavar="META_KEY", help="Divide each data set by the values of this key of meta.")
@click.option("--all", "with_ambiguous", is_flag=True, help="Count rows that are marked ambiguous too.")
def evaluate(
    *,
    files: tuple[Path, ...],
    more_files: tuple[Path, ...],
    config_path: Path | None,
    only: str | None,
    out: Path | None,
    errors: Path | None,
    output: Literal["table", "json", "markdown"],
    by: str | None,
    with_ambiguous: bool,
) -> None:
    """Measure the detectors on labelled rows: P, R, F1 with its interval, FPR, AUROC, per data set.

    Rows without a label are judged and only predicted. A row that is not assessed counts as not fired. Rows of the
    detector `refusal` have the answer read as a refusal, full or partial, whatever was asked.
    """
    from otel_safety.evaluation.report import as_json, as_markdown, counted, measure_each, print_figures  # noqa: PLC0415

    predictions = _predict((*files, *more_files), config_path, only, with_refusal=True)
    if out is not None:
        _write_lines(out, [item.as_json() for item in predictions])
    if errors is not None:
        wrong = [item.as_error() for item in counted(predictions, with_ambiguous=with_ambiguous)]
        _write_lines(errors, [line for line in wrong if line is not None])
    measured = measure_each(predictions, with_ambiguous=with_ambiguous, by=by)
    if output == "json":
        sys.stdout.buffer.write(_json(as_json(measured)))
    elif output == "markdown":
        click.echo(as_markdown(measured), nl=False)
    else:
        print_figures(measured)


@click.command()
@_data_option
@_more_files
@config_option
@_detectors_option
@click.option("--write", "out", type=_out_file, help="Write the result as JSON.")
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
    from otel_safety.errors import InputError  # noqa: PLC0415  keeps --help fast
    from otel_safety.evaluation.calibrate import calibrate as run  # noqa: PLC0415
    from otel_safety.evaluation.calibrate import provenance  # noqa: PLC0415
    from otel_safety.evaluation.report import measure_each  # noqa: PLC0415

    paths = (*files, *more_files)
    predictions = _predict(paths, config_path, only)
    calibrations = run(predictions)
    if not calibrations:
        raise InputError("no detector has labelled rows of both classes and of two prompts: nothing to calibrate on")
    click.echo("detectors:")
    for item in calibrations:
        click.echo(f"  {item.detector}: {{threshold: {item.threshold:g}}}")
        for line in measure_each(item.held_out):
            click.echo(f"    # held out: {_short(line)}")
        for line in measure_each(item.set_left_out):
            click.echo(f"    # set left out: {_short(line)}")
    if missing := {item.detector for item in predictions} - {item.detector for item in calibrations}:
        click.echo(f"no threshold for {', '.join(sorted(missing))}: rows of one class or one prompt only", err=True)
    if out is not None:
        detectors = {item.detector: item.as_json() for item in calibrations}
        out.write_bytes(_json({**provenance(paths, predictions), "detectors": detectors}))


def _short(line: Measured) -> str:
    figures = line.figures
    named = (
        ("F1", figures.f1),
        ("P", figures.precision),
        ("R", figures.recall),
        ("FPR", figures.false_positive_rate),
        ("always firing", figures.always_fire_f1),
    )
    values = ", ".join(f"{name} {value:.3f}" for name, value in named if value is not None)
    return f"{line.dataset} ({line.labelled_by}, n {figures.rows}): {values}"


def _json(document: object) -> bytes:
    import orjson  # noqa: PLC0415  keeps --help fast

    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    import orjson  # noqa: PLC0415  keeps --help fast

    path.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))


def _predict(
    files: tuple[Path, ...], config_path: Path | None, only: str | None, *, with_refusal: bool = False
) -> list[Prediction]:
    from detectors.registry import DETECTORS  # noqa: PLC0415  keeps --help fast
    from otel_safety.build import build_judge  # noqa: PLC0415
    from otel_safety.clock import SystemClock  # noqa: PLC0415
    from otel_safety.evaluation.predictions import Assessors, assessors_of, predict  # noqa: PLC0415
    from otel_safety.evaluation.refusal import REFUSAL, assess_refusal  # noqa: PLC0415
    from otel_safety.evaluation.rows import read_rows  # noqa: PLC0415
    from otel_safety.installed import installed_keys  # noqa: PLC0415
    from otel_safety.tuning import read_user_lexicons  # noqa: PLC0415

    keys = [key.strip() for key in (only or "").split(",") if key.strip()]
    if only is not None and not keys:
        raise click.BadParameter("names no detector", param_hint="--detectors")
    reads_refusal = with_refusal and (not keys or REFUSAL in keys)
    assessors: Assessors = {REFUSAL: assess_refusal} if reads_refusal else {}
    config = read_config(config_path)
    if not keys or set(keys) != set(assessors):
        judged = [key for key in keys if key not in assessors] or None
        judge = build_judge(config, SystemClock(), judged)
        assessors = {**assessors_of(judge), **assessors}
    else:
        read_user_lexicons(config.lexicons).install()
    switched_off = {REFUSAL, *(detector.spec.key for detector in DETECTORS), *installed_keys()}
    rows = [row for file in files for row in read_rows(file)]
    with _progress(len(rows)) as advance:
        predictions = predict(rows, assessors, only=keys, switched_off=switched_off, advance=advance)
    judged_rows = len({id(item.row) for item in predictions})
    left_out = f", {len(rows) - judged_rows} left out" if judged_rows < len(rows) else ""
    click.echo(f"{judged_rows} rows judged{left_out}.", err=True)
    return predictions


@contextmanager
def _progress(total: int) -> Generator[Callable[[], object] | None]:
    """Show a bar on standard error when that is a terminal; yields what is called after each row."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  keeps --help fast
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=total)
        yield lambda: bar.advance(task)
