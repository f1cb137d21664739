"""Figures, folds and rows: what is counted, and what is never pooled."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from detectors.assessment import Answers, Assessment, DetectorSpec, Evidence, NotAssessed, Severity, Source
from otel_safety.cli import cli
from otel_safety.errors import InputError
from otel_safety.evaluation.calibrate import FOLDS, GRID, _fold, best_threshold, calibrate
from otel_safety.evaluation.figures import auroc, f1_score, measure
from otel_safety.evaluation.predictions import Prediction
from otel_safety.evaluation.report import measure_each
from otel_safety.evaluation.rows import Row, read_rows

SPEC = DetectorSpec(
    key="d", title="d", severity=Severity.HIGH, threshold=0.5, mast="", catches="", ignores=(), needs=(), remediation=""
)
QUOTE = Evidence(rule="r", source=Source.OUTPUT, quote="x", start=0, end=1)


def answer(score: float | None) -> Assessment:
    if score is None:
        return Answers(SPEC).not_assessed(NotAssessed.LANGUAGE)
    return Answers(SPEC).found(score, "", (QUOTE,))


def prediction(label: int | None, score: float | None, *, number: int = 0, **row: object) -> Prediction:
    fields = {"id": str(number), "detector": "d", "label": label, "input": f"prompt {number}", **row}
    return Prediction(Row.model_validate(fields), answer(score))


def test_the_figures_of_a_small_table_are_those_of_the_textbook() -> None:
    rows = [(1, 0.9), (1, 0.6), (1, 0.1), (0, 0.7), (0, 0.2), (0, None)]
    figures = measure([prediction(label, score) for label, score in rows])
    assert (figures.rows, figures.positives) == (6, 3)
    assert figures.precision == pytest.approx(2 / 3)
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.f1 == pytest.approx(2 / 3)
    assert figures.false_positive_rate == pytest.approx(1 / 3)
    assert figures.not_assessed == pytest.approx(1 / 6)
    assert figures.always_fire_f1 == pytest.approx(2 / 3)
    # Pairs (positive, negative) in the right order: .9 > all three, .6 > two, .1 > one.
    assert figures.auroc == pytest.approx(6 / 9)


def test_rows_of_one_class_have_no_figure_that_needs_both() -> None:
    figures = measure([prediction(0, 0.9), prediction(0, 0.1)])
    assert (figures.f1, figures.recall, figures.auroc, figures.always_fire_f1) == (None, None, None, None)
    assert figures.false_positive_rate == 0.5


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, 0.0, 0.3, 0.5, 1.0])), min_size=1, max_size=40))
def test_figures_stay_in_their_bounds_and_the_interval_holds_the_median(rows: list[tuple[bool, float | None]]) -> None:
    figures = measure([prediction(int(label), score) for label, score in rows])
    for value in (figures.precision, figures.recall, figures.f1, figures.false_positive_rate, figures.auroc):
        assert value is None or 0 <= value <= 1
    assert (figures.f1_low is None) == (figures.f1_high is None) == (figures.positives == 0)
    if figures.f1_low is not None and figures.f1_high is not None:
        assert 0 <= figures.f1_low <= figures.f1_high <= 1


def test_the_interval_is_the_same_for_the_same_seed() -> None:
    rows = [prediction(label, score) for label, score in [(1, 0.9), (0, 0.6), (1, 0.2), (0, 0.1)] * 10]
    assert measure(rows, seed=3) == measure(rows, seed=3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=20))
def test_auroc_is_the_share_of_pairs_in_the_right_order(scored: list[tuple[float, bool]]) -> None:
    above = [score for score, label in scored if label]
    below = [score for score, label in scored if not label]
    if not above or not below:
        assert auroc(scored) is None
        return
    wins = sum((high > low) + (high == low) / 2 for high in above for low in below)
    assert auroc(scored) == pytest.approx(wins / (len(above) * len(below)))


def test_f1_of_nothing_is_zero() -> None:
    assert f1_score(0, 0, 0) == 0.0


def test_data_sets_and_detectors_are_never_pooled_and_say_who_labelled() -> None:
    rows = [
        prediction(1, 0.9, dataset="a", meta={"label_source": "human, two"}),
        prediction(1, 0.9, dataset="a", meta={"label_source": "model (a judge)"}),
        prediction(1, 0.9, dataset="b", meta={"label_source": "by intervention"}),
        prediction(None, 0.9, dataset="b"),
        prediction(1, 0.9, dataset="b", meta={"label_source": "human", "ambiguous": True}),
    ]
    assert [(item.dataset, item.labelled_by, item.figures.rows) for item in measure_each(rows)] == [
        ("a", "human+model", 2),
        ("b", "derived", 1),
    ]
    assert measure_each(rows, with_ambiguous=True)[-1].figures.rows == 2


def test_the_best_threshold_separates_and_prefers_fewer_alarms() -> None:
    assert best_threshold([prediction(1, 0.6), prediction(0, 0.4)]) == 0.6
    assert best_threshold([prediction(1, 0.6), prediction(0, None)]) == 0.6
    assert best_threshold([prediction(0, 0.6)]) == GRID[-1]


def test_a_prompt_is_never_on_both_sides_of_a_fold() -> None:
    assert _fold("How?") == _fold("  how? ")
    assert {_fold(f"prompt {number}") for number in range(200)} == set(range(FOLDS))


def test_calibration_needs_both_classes_and_leaves_sets_out() -> None:
    rows = [
        prediction(number % 2, 0.8 if number % 2 else 0.3, number=number, dataset="ab"[number % 3 == 0])
        for number in range(60)
    ]
    (found,) = calibrate(rows)
    assert (found.threshold, found.held_out.f1) == (0.8, 1.0)
    assert {name: figures.f1 for name, figures in found.set_left_out.items()} == {"a": 1.0, "b": 1.0}
    assert calibrate([row for row in rows if row.row.label == 1]) == []


ROW = {
    "id": "1",
    "detector": "over_refusal",
    "label": 1,
    "input": "What's the capital of France?",
    "output": "I refuse.",
}


def write(path: Path, *rows: object) -> Path:
    path.write_bytes("\n".join(json.dumps(row) for row in rows).encode())
    return path


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"id": "1"}', "line 1: detector: Field required"),
        ('{"id": "1", "detector": "d", "label": 2}', "line 1: label"),
        ("{", "line 1: the line: Invalid JSON"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(line)
    with pytest.raises(InputError) as caught:
        list(read_rows(file))
    assert sentence in str(caught.value)


def test_gzipped_rows_are_read_too(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_bytes(gzip.compress(json.dumps(ROW).encode()))
    assert [row.id for row in read_rows(file)] == ["1"]


def test_evaluate_writes_a_prediction_per_row_and_counts_the_labelled_ones(tmp_path: Path) -> None:
    unlabelled = {"id": "2", "detector": "deception", "output": "I ran the tests.", "trace_events": None}
    data, out = write(tmp_path / "rows.jsonl", ROW, unlabelled), tmp_path / "out.jsonl"
    result = CliRunner().invoke(cli, ["evaluate", "--data", str(data), "--predictions", str(out), "--output", "json"])
    assert result.exit_code == 0, result.output
    (figures,) = json.loads(result.stdout)
    assert (figures["detector"], figures["rows"], figures["f1"]) == ("over_refusal", 1, 1.0)
    first, second = map(json.loads, out.read_text().splitlines())
    assert (first["id"], first["detected"], first["rules"] != []) == ("1", True, True)
    quote = first["evidence"][0]
    assert quote["quote"] == str(ROW["output"])[quote["start"] : quote["end"]]
    assert (second["detected"], second["score"], second["reason"]) == (None, None, "tools_unobserved")


def test_calibrate_prints_a_config_section_and_writes_its_provenance(tmp_path: Path) -> None:
    rows = [
        {**ROW, "id": str(number), "label": number % 2, "input": f"What is {number}?", "output": output}
        for number in range(20)
        for output in ["I can't help with that request." if number % 2 else "It is a number, and a nice one."]
    ]
    data, out = write(tmp_path / "rows.jsonl", *rows), tmp_path / "out.json"
    result = CliRunner().invoke(cli, ["calibrate", "--data", str(data), "--write", str(out)])
    assert result.exit_code == 0, result.output
    assert "over_refusal: {threshold: " in result.stdout
    written = json.loads(out.read_text())
    assert written["detectors"]["over_refusal"]["held_out"]["f1"] == 1.0
    assert list(written["files"]) == [str(data)]


def test_rows_of_one_class_cannot_calibrate(tmp_path: Path) -> None:
    data = write(tmp_path / "rows.jsonl", ROW)
    result = CliRunner().invoke(cli, ["calibrate", "--data", str(data)])
    assert isinstance(result.exception, InputError)
