"""One line of figures for each data set, detector and kind of labels; nothing is pooled across them."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from otel_safety.evaluation.figures import Figures, measure
from otel_safety.evaluation.predictions import Prediction

_TABLE_WIDTH = 160


class Measured(NamedTuple):
    """Figures and what they were taken on."""

    dataset: str
    detector: str
    labelled_by: str
    figures: Figures


def measure_each(
    predictions: Sequence[Prediction], *, with_ambiguous: bool = False, by: str | None = None
) -> list[Measured]:
    """Measure the labelled predictions of each data set, detector and kind of labels apart.

    Args:
        predictions: The predictions; those without a label count nowhere.
        with_ambiguous: Whether rows with ``meta.ambiguous`` count.
        by: Key of ``meta`` whose values divide each data set further.
    """
    groups: defaultdict[tuple[str, str, str], list[Prediction]] = defaultdict(list)
    for item in counted(predictions, with_ambiguous=with_ambiguous):
        row = item.row
        name = row.dataset if by is None else f"{row.dataset} [{by}={row.meta.get(by)}]"
        groups[name, item.detector, row.labelled_by].append(item)
    return [Measured(*key, measure(group)) for key, group in sorted(groups.items())]


def counted(predictions: Iterable[Prediction], *, with_ambiguous: bool = False) -> list[Prediction]:
    """The predictions that figures are made of: labelled, and not ambiguous unless asked for."""
    return [item for item in predictions if item.row.label is not None and (with_ambiguous or not item.row.ambiguous)]


def print_figures(measured: Sequence[Measured], console: Console | None = None) -> None:
    """Print a row of figures per group."""
    table = Table(title="Figures by data set (never pooled)", title_justify="left", box=None)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in HEADINGS[:3] else "right", no_wrap=True)
    for item in measured:
        table.add_row(*cells(item))
    # Folded figures cannot be read: what has no width of its own, such as a pipe, gets enough.
    (console or Console(width=None if sys.stdout.isatty() else _TABLE_WIDTH)).print(table)


HEADINGS = (
    "data set", "detector", "labels", "n", "pos", "P", "R", "F1", "95 %", "FPR", "AUROC", "not assessed", "always fire",
)  # fmt: skip


def cells(item: Measured) -> tuple[str, ...]:
    """The cells of one line under ``HEADINGS``; "-" where a figure does not exist."""
    figures = item.figures
    interval = "-" if figures.f1_low is None else f"{figures.f1_low:.3f}-{figures.f1_high:.3f}"
    return (
        item.dataset,
        item.detector,
        item.labelled_by,
        str(figures.rows),
        str(figures.positives),
        _number(figures.precision),
        _number(figures.recall),
        _number(figures.f1),
        interval,
        _number(figures.false_positive_rate),
        _number(figures.auroc),
        f"{figures.not_assessed:.1%}",
        _number(figures.always_fire_f1),
    )


def as_markdown(measured: Sequence[Measured]) -> str:
    """The figures as a Markdown table."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *map(cells, measured)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_json(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """The figures for programs."""
    return [
        {
            "dataset": item.dataset,
            "detector": item.detector,
            "labelled_by": item.labelled_by,
            **item.figures.as_json(),
        }
        for item in measured
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
