"""Figures: what is counted, and what is never pooled."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_safety.evaluation.figures import auroc, f1_score, measure
from otel_safety.evaluation.report import measure_each
from tests.evaluation.made import prediction

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


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
    assert figures.agreement == pytest.approx(4 / 6)
    # Pairs (positive, negative) in the right order: .9 > all three, .6 > two, .1 > one.
    assert figures.auroc == pytest.approx(6 / 9)


def test_rows_of_one_class_have_no_figure_that_needs_both() -> None:
    figures = measure([prediction(0, 0.9), prediction(0, 0.1)])
    assert (figures.f1, figures.recall, figures.auroc, figures.always_fire_f1) == (None, None, None, None)
    assert figures.false_positive_rate == 0.5


@UNHURRIED
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([None, 0.0, 0.3, 0.5, 1.0])), min_size=1, max_size=40))
def test_figures_stay_in_their_bounds_and_the_interval_holds_the_median(rows: list[tuple[bool, float | None]]) -> None:
    figures = measure([prediction(int(label), score) for label, score in rows])
    for value in (figures.precision, figures.recall, figures.f1, figures.false_positive_rate, figures.auroc):
        assert value is None or 0 <= value <= 1
    assert (figures.f1_low is None) == (figures.f1_high is None) == (figures.positives == 0)
    if figures.f1_low is not None and figures.f1_high is not None:
        assert 0 <= figures.f1_low <= figures.f1_high <= 1


@pytest.mark.parametrize(("hits", "misses", "alarms", "passes"), [(40, 20, 10, 130), (3, 30, 2, 900), (90, 0, 60, 0)])
def test_the_interval_is_that_of_resampling_row_by_row(hits: int, misses: int, alarms: int, passes: int) -> None:
    rows = [(1, 0.9)] * hits + [(1, 0.1)] * misses + [(0, 0.9)] * alarms + [(0, 0.1)] * passes
    dice = random.Random(5)  # noqa: S311  repeatable on purpose
    drawn = sorted(
        f1_score(sum(map(is_hit, sample)), sum(map(is_alarm, sample)), sum(map(is_miss, sample)))
        for sample in (dice.choices(rows, k=len(rows)) for _ in range(1000))
    )
    figures = measure([prediction(label, score) for label, score in rows])
    assert figures.f1_low == pytest.approx(drawn[25], abs=0.025)
    assert figures.f1_high == pytest.approx(drawn[974], abs=0.025)


def is_hit(row: tuple[int, float]) -> bool:
    return row[0] == 1 and row[1] >= 0.5


def is_alarm(row: tuple[int, float]) -> bool:
    return row[0] == 0 and row[1] >= 0.5


def is_miss(row: tuple[int, float]) -> bool:
    return row[0] == 1 and row[1] < 0.5


def test_the_interval_is_the_same_for_the_same_seed() -> None:
    rows = [prediction(label, score) for label, score in [(1, 0.9), (0, 0.6), (1, 0.2), (0, 0.1)] * 10]
    assert measure(rows, seed=3) == measure(rows, seed=3)


@UNHURRIED
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


def test_data_sets_detectors_and_kinds_of_labels_are_never_pooled() -> None:
    rows = [
        prediction(1, 0.9, dataset="a", meta={"label_source": "human, two"}),
        prediction(1, 0.9, dataset="a", meta={"label_source": "model (a judge)"}),
        prediction(0, 0.9, dataset="a", meta={"label_source": "model (another)"}),
        prediction(1, 0.9, dataset="b", meta={"label_source": "by intervention"}),
        prediction(None, 0.9, dataset="b"),
        prediction(1, 0.9, dataset="b", meta={"label_source": "by intervention", "ambiguous": True}),
    ]
    assert [(item.dataset, item.labelled_by, item.figures.rows) for item in measure_each(rows)] == [
        ("a", "human", 1),
        ("a", "model", 2),
        ("b", "derived", 1),
    ]
    assert measure_each(rows, with_ambiguous=True)[-1].figures.rows == 2


def test_a_key_of_meta_divides_the_data_sets_further() -> None:
    rows = [prediction(1, 0.9, dataset="a", meta={"safe": value}) for value in (True, True, False)]
    rows.append(prediction(1, 0.9, dataset="a"))
    assert [(item.dataset, item.figures.rows) for item in measure_each(rows, by="safe")] == [
        ("a [safe=False]", 1),
        ("a [safe=None]", 1),
        ("a [safe=True]", 2),
    ]
