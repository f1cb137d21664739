"""Shows a report to people, and how far the reading has come."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from detectors.assessment import Evidence
from otel_safety.analyze.report import Report
from otel_safety.runs import Finding, Verdict

_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_QUOTE_CHARACTERS = 160
_QUOTES = 3


def print_report(report: Report, console: Console | None = None) -> None:
    """Print a row per finding with its evidence, then what could not be judged and why."""
    console = console or Console()
    flagged = [verdict for verdict in report.verdicts if verdict.findings]
    if flagged:
        table = Table(title="Findings", title_justify="left", show_lines=True)
        for heading in ("run", "detector", "severity", "score", "why and evidence"):
            table.add_column(heading, overflow="fold")
        for verdict in flagged:
            for finding in verdict.findings:
                table.add_row(*_row(verdict, finding))
        console.print(table)
    if report.suppressed:
        console.print(_suppressed(report))
    if report.not_assessed:
        table = Table(title="Not assessed (which is not the same as clean)", title_justify="left")
        for heading in ("detector", "because", "runs"):
            table.add_column(heading)
        for (detector, reason), runs in sorted(report.not_assessed.items()):
            table.add_row(detector, reason, str(runs))
        console.print(table)
    found, accepted = len(report.findings), len(report.suppressed)
    console.print(
        f"{len(report.verdicts)} runs judged, {len(flagged)} flagged, {found} finding{'' if found == 1 else 's'}"
        f"{f', {accepted} suppressed' if accepted else ''}."
    )
    if not report.verdicts:
        console.print("No GenAI span was recognised: there was nothing to judge.")


def _suppressed(report: Report) -> Table:
    table = Table(title="Suppressed (found, and accepted by the configuration)", title_justify="left", show_lines=True)
    for heading in ("run", "detector", "accepted because", "until", "why and evidence"):
        table.add_column(heading, overflow="fold")
    for verdict in report.verdicts:
        for item in verdict.suppressed:
            run, detector, *_, why = _row(verdict, item.finding)
            table.add_row(run, detector, Text(printable(item.reason)), Text(item.expires.isoformat()), why)
    return table


@contextmanager
def progress_bar() -> Generator[Callable[[Path, int, int], None]]:
    """Show a bar on standard error; yields what ``analyze`` calls before each file."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def advance(file: Path, number: int, total: int) -> None:
            progress.update(task, completed=number, total=total, description=printable(file.name))

        yield advance


def printable(text: str) -> str:
    """Escape control characters: content of a trace must not steer the reader's terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _row(verdict: Verdict, finding: Finding) -> tuple[Text, ...]:
    run, assessment = verdict.run, finding.assessment
    name = run.agent or run.service or "agent"
    why = Text(printable(assessment.explanation))
    for item in assessment.evidence[:_QUOTES]:
        why.append(f"\n{_place(item)}: ", style="dim")
        why.append(f"“{_shortened(printable(item.quote))}”", style="italic")
    if len(assessment.evidence) > _QUOTES:
        why.append(f"\nand {len(assessment.evidence) - _QUOTES} more", style="dim")
    return (
        Text(f"{printable(name)}\n{run.trace_id.hex()}"),
        Text(assessment.detector),
        Text(assessment.severity.value, style=_COLOURS[assessment.severity.value]),
        Text(f"{assessment.score:.2f}"),
        why,
    )


def _place(item: Evidence) -> str:
    field = f".{item.field}" if item.field else ""
    span = f" span {item.span_ref}" if item.span_ref else ""
    return f"{item.rule} {item.source.value}{field} [{item.start}:{item.end}]{span}"


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTE_CHARACTERS else text[: _QUOTE_CHARACTERS - 1] + "…"
