"""docs/accuracy.md: what is measured, on what, and how far the goals are reached."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from otel_safety import __version__
from otel_safety.evaluation.report import Measured, as_markdown
from tests.accuracy.goals import GOALS, Goal, Line
from tests.accuracy.learned import HEADINGS as LEARNED_HEADINGS
from tests.accuracy.learned import LearnedFigures
from tests.detectors.case_files import CASE_FILES, detector_of, load_cases
from tests.detectors.clean_traces import CAPTURES, ROW_FILES, listed_findings

_HERE: Final = Path(__file__).parent
Named = Mapping[str, float | None]
"""Figures by the names that the goals use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Everything that the page shows.

    Attributes:
        files: Name of each rows file, its number of rows and its SHA-256.
        shipped: The detectors as they ship, parts of data sets included.
        held_out: Thresholds chosen on folds without the prompt.
        set_left_out: Thresholds chosen on other data sets.
        learned: The learned part, from its fitting command.
    """

    files: Sequence[tuple[str, int, str]]
    shipped: Sequence[Measured]
    held_out: Sequence[Measured]
    set_left_out: Sequence[Measured]
    learned: Sequence[LearnedFigures]


def accuracy_page(measurements: Measurements) -> str:
    """Render the page."""
    text = (_HERE / "page.md").read_text("utf-8")
    parts = {
        "goals": _goals(measurements),
        "shipped": as_markdown([item for item in measurements.shipped if "[" not in item.dataset]),
        "parts": as_markdown([item for item in measurements.shipped if "[" in item.dataset]),
        "held_out": as_markdown(measurements.held_out),
        "set_left_out": as_markdown(measurements.set_left_out),
        "learned": _learned(measurements.learned),
        "sources": _sources({item.dataset for item in measurements.shipped}),
        "files": _table(("file", "rows", "SHA-256"), measurements.files),
        "cases": _cases(),
        "clean": _clean_traces(),
        "version": __version__,
    }
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part.rstrip("\n"))
    return text


def _goals(measurements: Measurements) -> str:
    headings = (
        "goal", "wanted", "best public figure", "data set (labels, positives)", "as shipped",
        "thresholds of other prompts", "thresholds of other sets", "learned part, prompt out", "learned part, set out",
        "reached",
    )  # fmt: skip
    lines: list[tuple[str, ...]] = []
    for goal in GOALS:
        rows = [row for line in goal.lines for row in _goal_rows(goal, line, measurements)]
        rows = rows or [(goal.note or "not among the rows given", *("-",) * 6)]
        for number, row in enumerate(rows):
            stated = (goal.what, goal.wanted, goal.public) if number == 0 else ("", "", "")
            lines.append((*stated, *row))
    return _table(headings, lines)


def _goal_rows(goal: Goal, line: Line, measurements: Measurements) -> list[tuple[str, ...]]:
    """One row for each kind of labels that the data set has."""
    names = line.figures or tuple(goal.bounds)
    rows: list[tuple[str, ...]] = []
    for item in measurements.shipped:
        if (item.dataset, item.detector) != (line.dataset, line.detector):
            continue
        if line.labels not in {None, item.labelled_by}:
            continue
        key = (item.dataset, item.detector, item.labelled_by)
        ways = [
            _named(item),
            *(
                next((_named(one) for one in measured if one[:3] == key), None)
                for measured in (measurements.held_out, measurements.set_left_out)
            ),
            *(
                next((_learned_named(one) for one in measurements.learned if _is(one, key, left_out)), None)
                for left_out in ("prompt", "set")
            ),
        ]
        shown = ["-" if way is None else _figures(way, names) for way in ways]
        counts = f"{item.figures.positives} of {item.figures.rows}"
        rows.append((f"{item.dataset} ({item.labelled_by}, {counts})", *shown, _reached(goal, names, _decisive(ways))))
    return rows


def _decisive(ways: Sequence[Named | None]) -> Named:
    """The figures that a goal is held against: the most that stood apart from the rows, of what there is."""
    shipped, other_prompts, _, learned_prompt, learned_set = ways
    return next(way for way in (learned_prompt, learned_set, other_prompts, shipped) if way is not None)


def _is(one: LearnedFigures, key: tuple[str, ...], left_out: str) -> bool:
    return (one.dataset, one.detector, one.labels) == key and one.left_out == left_out


def _named(item: Measured) -> Named:
    figures = item.figures
    return {
        "F1": figures.f1,
        "P": figures.precision,
        "R": figures.recall,
        "FPR": figures.false_positive_rate,
        "agreement": figures.agreement,
    }


def _learned_named(item: LearnedFigures) -> Named:
    return {"F1": item.f1, "P": item.precision, "R": item.recall, "FPR": item.fpr}


def _figures(named: Named, names: Iterable[str]) -> str:
    values = ((name, named.get(name)) for name in names)
    return ", ".join(f"{name} {value:.3f}" for name, value in values if value is not None) or "-"


def _reached(goal: Goal, names: Sequence[str], named: Named) -> str:
    held = [name for name in names if name in goal.bounds and named.get(name) is not None]
    missed = [name for name in held if not _keeps(goal.bounds[name], name, named[name])]
    if not held:
        return "-"
    return f"no: {', '.join(missed)}" if missed else "yes"


def _keeps(bound: float, name: str, value: float | None) -> bool:
    return value is not None and (value <= bound if name == "FPR" else value >= bound)


def _learned(figures: Sequence[LearnedFigures]) -> str:
    if not figures:
        return "No figures were given (`--learned FILE`)."
    return _table(LEARNED_HEADINGS, [item.cells() for item in figures])


def _sources(measured: Iterable[str]) -> str:
    known: dict[str, dict[str, str]] = tomllib.loads((_HERE / "data_sets.toml").read_text("utf-8"))
    names = sorted({name.partition(" [")[0] for name in measured})
    unknown = {"source": "not described in `tests/accuracy/data_sets.toml`", "labels": "-", "ours": "-"}
    rows = [(name, *(known.get(name, unknown)[key] for key in ("source", "labels", "ours"))) for name in names]
    return _table(("data set", "source", "labels", "ours in it"), rows)


def _cases() -> str:
    rows: list[tuple[str, ...]] = []
    for key in sorted({detector_of(path) for path in CASE_FILES}):
        cases = [case for path in CASE_FILES if detector_of(path) == key for case in load_cases(path)]
        expected = Counter(case.expect for case in cases)
        known = Counter(case.known for case in cases)
        counts = (expected[True], expected[False], expected[None], known["miss"], known["false_alarm"])
        rows.append((key, *map(str, counts)))
    headings = ("detector", "must fire", "must not fire", "not assessed", "known misses", "known false alarms")
    return _table(headings, rows)


def _clean_traces() -> str:
    listed = [f"- `{item.trace}`, {item.detector}: {item.reason}\n" for item in listed_findings()]
    files = ", ".join(f"`{name}`" for name in ROW_FILES)
    scenarios = [f"`{name}`" for names in CAPTURES.values() for name in names]
    captured = f"the recorded scenarios {', '.join(scenarios)}"
    return f"the real runs of {files}, and {captured}.\nListed: {len(listed)}.\n\n{''.join(listed)}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
