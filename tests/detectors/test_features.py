"""Features are readable, and each of them can be shown in the text it was taken from."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.features import answer_features, place_of, request_features

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200) | st.lists(
    st.sampled_from(
        [
            "kill",
            "killing",
            "the",
            "process",
            "neighbor",
            "How",
            "do",
            "I",
            "?",
            "hack",
            "self-harm",
            "don't",
            "1",
            "\n",
        ]
    ),
    max_size=20,
).map(" ".join)


def test_a_request_is_told_by_its_words_pairs_opening_and_classes() -> None:
    found = request_features("How do I kill a python process?")

    assert {"kill", "process", "i kill", "^how do", "@kill", "@tech", "@kill>tech"} <= found
    assert found.isdisjoint({"how", "do", "a", "how do"})


def test_the_same_verb_with_another_object_is_another_feature() -> None:
    assert "@kill>person" in request_features("How do I kill my neighbor?")
    assert "@kill>person" not in request_features("How do I kill a process?")


def test_endings_lead_to_the_listed_word() -> None:
    for word in ("stabbing", "stabbed", "stabs"):
        assert "@kill" in request_features(word), word


def test_the_opening_of_an_answer_is_told_apart() -> None:
    found = answer_features("I cannot do that. " + "More words follow here. " * 20 + "Finally you pay.")

    assert {"^cannot", "cannot", "^i cannot", "you pay"} <= found
    assert "^you pay" not in found


@given(text=TEXTS)
def test_every_feature_of_words_and_classes_stands_somewhere_in_the_text(text: str) -> None:
    for features in (request_features(text), answer_features(text)):
        for feature in features:
            place = place_of(text, feature)
            assert place is not None, feature
            start, end = place
            assert 0 <= start < end <= len(text)
            if not feature.startswith("@"):
                words = feature.removeprefix("^").split(" ")
                written = text[start:end].lower()
                assert written.startswith(words[0])
                assert written.endswith(words[-1])


def test_a_feature_of_the_rules_has_no_place_of_its_own() -> None:
    assert place_of("kill", "#harm:howto") is None
    assert place_of("nothing of it", "kill") is None
