"""docs/accuracy.md: what its goals are held against, and that nothing on it is pooled or left unsaid."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from otel_safety.evaluation.figures import measure
from otel_safety.evaluation.report import Measured
from otel_safety.evaluation.rows import Row
from tests.accuracy.__main__ import PAGE, main
from tests.accuracy.derived import refusal_rows
from tests.accuracy.goals import GOALS
from tests.accuracy.learned import LearnedFigures, read_learned
from tests.accuracy.page import Measurements, accuracy_page
from tests.detectors.case_files import CASE_FILES, load_cases
from tests.evaluation.made import prediction

GPTFUZZ = ("gptfuzz_labeled", "jailbreak_compliance", "human")
LEARNED = LearnedFigures(
    dataset="gptfuzz_labeled",
    detector="jailbreak_compliance",
    labels="human",
    n=10,
    pos=5,
    precision=0.9,
    recall=0.7,
    f1=0.787,
    low=0.6,
    high=0.9,
    fpr=0.1,
    auroc=None,
    left_out="prompt",
)


def line(f1: float, key: tuple[str, str, str] = GPTFUZZ) -> Measured:
    figures = measure([prediction(1, 0.9), prediction(0, 0.1)])
    return Measured(*key, replace(figures, f1=f1, precision=f1, recall=f1, false_positive_rate=1 - f1))


def page(
    shipped: Sequence[Measured],
    *,
    held_out: Sequence[Measured] = (),
    set_left_out: Sequence[Measured] = (),
    learned: Sequence[LearnedFigures] = (),
) -> str:
    return accuracy_page(
        Measurements(
            files=[("rows.jsonl", 2, "abc")],
            shipped=shipped,
            held_out=held_out,
            set_left_out=set_left_out,
            learned=learned,
        )
    )


def goal_cells(text: str, what: str) -> list[str]:
    goals = text.partition("## Goals")[2].partition("\n## ")[0]
    (found,) = [line for line in goals.splitlines() if line.startswith(f"| {what} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


WHAT = "jailbreak_compliance, GPTFuzz-style human labels"


def test_a_goal_shows_every_way_it_was_measured() -> None:
    learned = [LEARNED, LEARNED.model_copy(update={"left_out": "set", "f1": 0.5})]
    text = page([line(0.9)], held_out=[line(0.8)], set_left_out=[line(0.7)], learned=learned)
    assert goal_cells(text, WHAT) == [
        WHAT, "F1 ≥ 0.75", ".625", "gptfuzz_labeled (human, 1 of 2)",
        "F1 0.900", "F1 0.800", "F1 0.700", "F1 0.787", "F1 0.500", "yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("held_out", "learned", "reached"),
    [
        ([], [], "yes"),
        ([line(0.7)], [], "no: F1"),
        ([line(0.7)], [LEARNED], "yes"),
        ([line(0.9)], [LEARNED.model_copy(update={"left_out": "set", "f1": 0.6})], "no: F1"),
    ],
    ids=["as shipped", "other prompts", "learned, prompt out", "learned, set out"],
)
def test_a_goal_is_held_against_the_figure_furthest_apart_from_its_rows(
    held_out: list[Measured], learned: list[LearnedFigures], reached: str
) -> None:
    assert goal_cells(page([line(0.8)], held_out=held_out, learned=learned), WHAT)[-1] == reached


def test_every_bound_of_a_goal_must_be_kept_and_a_low_rate_of_alarms_is_the_better_one() -> None:
    key = ("xstest_ext", "refusal", "human")
    assert goal_cells(page([line(0.96, key)]), "refusal as such, full or partial")[-1] == "yes"
    assert goal_cells(page([line(0.94, key)]), "refusal as such, full or partial")[-1] == "no: FPR"
    assert goal_cells(page([line(0.92, key)]), "refusal as such, full or partial")[-1] == "no: F1, FPR"


def test_a_goal_that_no_row_measures_says_so() -> None:
    text = page([])
    assert goal_cells(text, WHAT)[3:] == ["not among the rows given", *["-"] * 6]
    assert "not in the development data" in text


def test_figures_of_another_kind_of_labels_are_never_a_goal_s() -> None:
    text = page([line(0.8)], learned=[LEARNED.model_copy(update={"labels": "model"})])
    assert goal_cells(text, WHAT)[7:] == ["-", "-", "yes"]


def test_every_data_set_is_described_and_one_that_is_not_is_named() -> None:
    known = tomllib.loads(Path(__file__).with_name("data_sets.toml").read_text("utf-8"))
    assert {line.dataset.partition(" [")[0] for goal in GOALS for line in goal.lines} <= known.keys()
    assert all(set(entry) == {"source", "labels", "ours"} for entry in known.values())
    assert "| of_mine | not described" in page([line(0.5, ("of_mine", "deception", "human"))])


def test_the_page_counts_our_own_cases() -> None:
    total = sum(len(load_cases(path)) for path in CASE_FILES)
    table = page([]).partition("| detector | must fire |")[2].partition("\n\n")[0].splitlines()[2:]
    assert sum(int(cell) for row in table for cell in row.strip("| ").split(" | ")[1:4]) == total


@pytest.mark.parametrize("damage", [{"left_out": "row"}, {"labels": "mixed"}, {"n": None}, {"accuracy": 0.9}])
def test_learned_figures_that_are_not_as_described_are_refused(tmp_path: Path, damage: dict[str, object]) -> None:
    file = tmp_path / "learned.json"
    file.write_text(json.dumps([{**LEARNED.model_dump(), **damage}]))
    with pytest.raises(ValueError, match=next(iter(damage))):
        read_learned(file)


def test_refusal_rows_are_what_annotators_said_of_the_answer() -> None:
    rows = [
        Row(id=1, dataset="xstest_ext", label=0, meta={"original_label": "3_partial_refusal", "ambiguous": True}),
        Row(id=1, dataset="xstest_ext", label=1, meta={"original_label": "3_partial_refusal"}),
        Row(id=2, dataset="xstest_ext", label=1, meta={"original_label": "1_full_compliance"}),
        Row(id=3, dataset="do_not_answer", label=0, meta={"original_action": "0"}),
        Row(id=4, dataset="do_not_answer", label=0, meta={"original_action": 5}),
        Row(id=5, dataset="do_not_answer", label=0, meta={"original_action": "4"}),
        Row(id=6, dataset="another", label=1),
    ]
    assert [(row.id, row.detector, row.label, row.ambiguous) for row in refusal_rows(rows)] == [
        (1, "refusal", 1, False),
        (2, "refusal", 0, False),
        (3, "refusal", 1, False),
        (4, "refusal", 0, False),
    ]


def test_the_page_is_written_from_rows_and_the_same_rows_give_the_same_page(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"{number}",
            "dataset": "xstest_ext",
            "detector": "over_refusal",
            "label": number % 2,
            "input": f"What is the capital of country {number}?",
            "output": "I'm sorry, but I can't help with that." if number % 2 else "It is the large city in its middle.",
            "meta": {
                "label_source": "human",
                "prompt_safe": True,
                "original_label": "2_full_refusal" if number % 2 else "1_full_compliance",
            },
        }
        for number in range(10)
    ]
    data, learned = tmp_path / "rows.jsonl", tmp_path / "learned.json"
    data.write_text("\n".join(map(json.dumps, rows)))
    learned.write_text(json.dumps([LEARNED.model_dump()]))
    pages = [tmp_path / "one.md", tmp_path / "other.md"]
    for written in pages:
        main([str(data), "--learned", str(learned)], written)
    text = pages[0].read_text("utf-8")
    assert text == pages[1].read_text("utf-8")
    assert goal_cells(text, "refusal as such, full or partial")[4:] == ["F1 1.000, FPR 0.000", *["-"] * 4, "yes"]
    assert goal_cells(text, "over_refusal, safe prompts")[4:6] == ["F1 1.000", "F1 1.000"]
    assert "| prompt | gptfuzz_labeled | jailbreak_compliance | human | 10 | 5 | 0.900" in text
    assert "{" not in text


def test_the_page_of_the_repository_was_made_by_the_generator() -> None:
    text = PAGE.read_text("utf-8")
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [line for line in page([]).splitlines() if line.startswith("#")]
    for goal in GOALS:
        assert goal_cells(text, goal.what)[1:3] == [goal.wanted, goal.public]
