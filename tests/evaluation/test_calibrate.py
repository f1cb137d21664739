"""Calibration: no prompt on both sides, each data set for itself, thresholds that alarm least."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_safety.evaluation.calibrate import FOLDS, best_threshold, calibrate
from otel_safety.evaluation.folds import folds_of, groups_of
from otel_safety.evaluation.predictions import Prediction
from otel_safety.evaluation.report import measure_each
from otel_safety.evaluation.rows import Row
from tests.evaluation.made import prediction

PROMPTS = st.sampled_from(["How?", " how? ", "HOW?", "Why?", "Why  ?", "", None, *map(str, range(8))])
ROWS = st.lists(
    st.builds(
        lambda number, dataset, prompt, group: Row(id=number, dataset=dataset, input=prompt, meta={"group": group}),
        st.integers(0, 50),
        st.sampled_from("ab"),
        PROMPTS,
        st.sampled_from([None, 1, "1", "x", "y"]),
    ),
    max_size=60,
)

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def normal(prompt: str | None) -> str:
    return " ".join((prompt or "").casefold().split())


@UNHURRIED
@given(ROWS, st.integers(1, 7))
def test_no_prompt_and_no_group_is_on_both_sides(rows: list[Row], count: int) -> None:
    folds = folds_of(rows, count)
    by_prompt: defaultdict[str, set[int]] = defaultdict(set)
    by_group: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for row, fold in zip(rows, folds, strict=True):
        assert 0 <= fold < count
        if normal(row.input):
            by_prompt[normal(row.input)].add(fold)
        if row.meta["group"] is not None:
            by_group[row.dataset, str(row.meta["group"])].add(fold)
    assert all(len(found) == 1 for found in [*by_prompt.values(), *by_group.values()])


@UNHURRIED
@given(ROWS)
def test_the_order_of_the_rows_changes_no_fold(rows: list[Row]) -> None:
    distinct = [row.model_copy(update={"id": number}) for number, row in enumerate(rows)]
    turned = distinct[::-1]
    by_id = {row.id: fold for row, fold in zip(distinct, folds_of(distinct, FOLDS), strict=True)}
    assert by_id == {row.id: fold for row, fold in zip(turned, folds_of(turned, FOLDS), strict=True)}


@UNHURRIED
@given(st.integers(FOLDS, 80))
def test_folds_of_distinct_prompts_are_of_one_size(count: int) -> None:
    folds = folds_of([Row(id=number, input=str(number)) for number in range(count)], FOLDS)
    sizes = [folds.count(fold) for fold in range(FOLDS)]
    assert max(sizes) - min(sizes) <= 1


def test_a_chain_of_prompts_and_groups_stays_together() -> None:
    chain = [("a", 1), ("b", 1), ("b", 2), ("c", 2), ("d", None)]
    rows = [Row(id=number, input=prompt, meta={"group": group}) for number, (prompt, group) in enumerate(chain)]
    assert groups_of(rows) == [0, 0, 0, 0, 4]


def test_rows_without_prompt_and_group_stand_alone_and_groups_hold_within_their_data_set() -> None:
    rows = [Row(id=1), Row(id=2, input=" ")]
    rows += [Row(id=3, dataset=name, input=name, meta={"group": "g"}) for name in "ab"]
    assert groups_of(rows) == [0, 1, 2, 3]


def test_the_best_threshold_separates() -> None:
    assert best_threshold([prediction(1, 0.8), prediction(0, 0.7)]) == 0.75
    assert best_threshold([prediction(1, 0.3), prediction(0, 0.1)]) == 0.3


def test_rows_that_say_nothing_for_another_threshold_leave_the_one_in_force() -> None:
    assert best_threshold([prediction(1, 0.9), prediction(0, 0.1)]) == 0.5
    assert best_threshold([prediction(1, None), prediction(0, 0.2)]) == 0.5


def test_of_two_thresholds_as_near_and_as_good_the_higher_is_taken() -> None:
    # Above 0.5 one row is missed, below it two are false alarms: F1 is 2/3 at 0.55 and above, and at 0.45.
    rows = [
        prediction(label, score) for label, score in [(1, 0.9), (1, 0.45), (0, 0.46), (0, 0.47), (0, 0.5), (0, 0.54)]
    ]
    assert best_threshold(rows) == 0.55


def test_a_large_data_set_does_not_outvote_two_small_ones() -> None:
    large = [prediction(number % 2, 0.9 if number % 2 else 0.4, dataset="large") for number in range(100)]
    low = [prediction(label, 0.3 if label else 0.1, dataset=name) for name in ("b", "c") for label in (0, 1)]
    assert best_threshold(large) == 0.5
    assert best_threshold([*large, *low]) == pytest.approx(0.3)


def test_false_alarms_of_a_data_set_without_positives_count() -> None:
    hits = [prediction(1, 0.6, dataset="a"), prediction(1, 0.4, dataset="a"), prediction(0, 0.1, dataset="a")]
    assert best_threshold(hits) == 0.4
    assert best_threshold([*hits, *(prediction(0, 0.5, dataset="b") for _ in range(9))]) == 0.55


def test_held_out_rows_are_decided_by_the_threshold_of_the_others_and_sets_are_left_out() -> None:
    rows = [
        prediction(number % 2, 0.8 if number % 2 else 0.7, number=number, dataset="ab"[number % 3 == 0])
        for number in range(60)
    ]
    (found,) = calibrate(rows)
    assert (found.threshold, found.fold_thresholds) == (0.75, (0.75,) * FOLDS)
    for measured in (found.held_out, found.set_left_out):
        assert [(item.dataset, item.figures.f1) for item in measure_each(measured)] == [("a", 1.0), ("b", 1.0)]
    assert len(found.held_out) == 60


def test_a_set_left_out_is_decided_without_the_prompts_it_shares() -> None:
    # The rows of "b" on the prompts of "a" would pull the threshold to 0.2; without them "b" says 0.65.
    shared = [prediction(number % 2, 0.2 if number % 2 else 0.1, number=number, dataset="b") for number in range(40)]
    own = [prediction(number % 2, 0.7 if number % 2 else 0.6, number=100 + number, dataset="b") for number in range(4)]
    left = [prediction(number % 2, 0.9 if number % 2 else 0.62, number=number, dataset="a") for number in range(40)]
    (found,) = calibrate([*shared, *own, *left])
    (measured,) = [item for item in measure_each(found.set_left_out) if item.dataset == "a"]
    assert measured.figures.f1 == 1.0


def test_a_set_without_which_one_class_is_left_cannot_be_left_out() -> None:
    rows = [prediction(number % 2, 0.8, number=number, dataset="a") for number in range(20)]
    rows += [prediction(0, 0.1, number=100 + number, dataset="b") for number in range(20)]
    (found,) = calibrate(rows)
    assert {item.row.dataset for item in found.set_left_out} == {"b"}


@pytest.mark.parametrize(
    "rows",
    [
        [prediction(1, 0.9, number=number) for number in range(9)],
        [prediction(number % 2, 0.9, number=0) for number in range(9)],
        [prediction(number % 2, 0.9, number=number, meta={"ambiguous": True}) for number in range(9)],
        [prediction(None, 0.9, number=number) for number in range(9)],
    ],
    ids=["one class", "one prompt", "ambiguous", "unlabelled"],
)
def test_rows_that_can_teach_nothing_give_no_threshold(rows: list[Prediction]) -> None:
    assert calibrate(rows) == []
