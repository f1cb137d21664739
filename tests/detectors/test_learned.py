"""Weight files are strict, scores are sums, and what weighed most is quoted literally."""

from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.assessment import Source
from detectors.features import request_features
from detectors.learned import LinearModel, load_model, parse_model, probability, score_above_even
from detectors.marks import mark_text

MODEL = parse_model(
    "toy", "# a comment\n-1.0\t\n2.0\tsteal\n1.5\t@hack>account\n-3.0\tyour own\n0.5\t#harm:howto\n0.4\tis\n"
)


def test_the_log_odds_are_the_sum_of_the_weights_of_the_features() -> None:
    assert MODEL.log_odds(frozenset()) == -1.0
    assert MODEL.log_odds({"steal", "your own", "unknown"}) == -2.0
    assert probability(0.0) == 0.5
    assert [score_above_even(chance) for chance in (0.2, 0.5, 0.75, 1.0)] == [0.0, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(("text", "told"), [("1.0 steal\n0.1\t\n", "no tab"), ("1.0\tsteal\n", "no bias")])
def test_a_malformed_weight_file_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_model("toy", text)


def test_what_weighed_most_is_quoted_with_its_place_in_the_original() -> None:
    text = "Please st\u200beal it, then hack her e-mail account."
    marked = mark_text("harm", text)
    features = request_features(marked.text)

    quotes = MODEL.quotes(features, marked, Source.INPUT, "span")

    assert [item.quote for item in quotes] == ["st\u200beal", "hack her e-mail account"]
    assert all(item.quote == text[item.start : item.end] for item in quotes)
    assert {item.rule for item in quotes} == {"learned.toy"}
    assert [item.quote for item in MODEL.quotes(features | {"your own"}, marked, Source.INPUT, None, sign=-1)] == []


@given(
    words=st.lists(
        st.sampled_from(["steal", "hack", "account", "your", "own", "\u00e9", "\u200b", "is", "x" * 9]), max_size=30
    )
)
def test_quotes_are_literal_and_do_not_overlap(words: list[str]) -> None:
    marked = mark_text("harm", " ".join(words))
    for sign in (1, -1):
        quotes = MODEL.quotes(request_features(marked.text), marked, Source.INPUT, None, sign=sign, count=5)
        assert all(item.quote == marked.original[item.start : item.end] for item in quotes)
        places = sorted((item.start, item.end) for item in quotes)
        assert all(first[1] <= second[0] for first, second in pairwise(places))


@pytest.mark.parametrize("name", ["request", "answer"])
def test_a_shipped_model_says_where_it_comes_from_and_is_small_and_in_order(name: str) -> None:
    text = files("detectors").joinpath("weights", f"{name}.tsv").read_text("utf-8")
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    model: LinearModel = load_model(name)
    weights = [abs(weight) for weight in model.weights.values()]

    assert "own" in comments[1]
    assert "NOTICE.md" in comments[0]
    assert len(text) < 200_000
    assert weights == sorted(weights, reverse=True)
