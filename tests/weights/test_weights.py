"""The fitting finds what separates, forgets what does not, and the rows are what they say."""

import json
import random

from tests.weights.folds import fold_of
from tests.weights.ftrl import Fit, fit
from tests.weights.rows import OWN


def toy(count: int) -> tuple[list[frozenset[str]], list[int]]:
    dice = random.Random(7)  # noqa: S311  repeatable on purpose
    labels = [dice.randrange(2) for _ in range(count)]
    rows = [frozenset({"sign" if label else "other", f"noise{dice.randrange(40)}"}) for label in labels]
    return rows, labels


def test_what_separates_gets_the_weight_and_noise_gets_none() -> None:
    rows, labels = toy(400)

    weights = fit(rows, labels, [1.0] * len(rows), Fit(l1=3.0))

    assert weights.terms["sign"] > 1.0
    assert weights.terms["other"] < -1.0
    assert len([term for term in weights.terms if term.startswith("noise")]) < 20
    assert all(abs(weight) < 0.5 for term, weight in weights.terms.items() if term.startswith("noise"))
    assert weights.score({"sign"}) > 0 > weights.score({"other"})


def test_the_same_rows_give_the_same_weights() -> None:
    rows, labels = toy(100)

    assert fit(rows, labels, [1.0] * 100, Fit()) == fit(rows, labels, [1.0] * 100, Fit())


def test_a_row_of_no_importance_teaches_nothing() -> None:
    rows, labels = toy(200)
    wrong = [frozenset({"sign"})] * 200

    weights = fit([*rows, *wrong], [*labels, *[0] * 200], [1.0] * 200 + [0.0] * 200, Fit())

    assert weights.terms["sign"] > 1.0


def test_a_prompt_is_in_one_fold_however_it_is_written() -> None:
    assert fold_of("How do I  DO it?", 5) == fold_of("how do i do it?", 5)
    assert len({fold_of(f"prompt {number}", 5) for number in range(50)}) == 5


def test_our_requests_are_labelled_and_each_stands_once() -> None:
    lines = [line for line in (OWN / "requests.tsv").read_text("utf-8").splitlines() if not line.startswith("# ")]
    rows = [line.split("\t") for line in lines]

    assert {len(row) for row in rows} == {3}
    assert {row[0] for row in rows} == {"h", "s"}
    assert len({row[2].casefold() for row in rows}) == len(rows)


def test_our_answers_are_labelled_and_each_stands_once() -> None:
    rows = [json.loads(line) for line in (OWN / "answers.jsonl").read_text("utf-8").splitlines()]

    assert {row["label"] for row in rows} == {"full", "partial", "none"}
    assert len({(row["input"], row["output"]) for row in rows}) == len(rows)
