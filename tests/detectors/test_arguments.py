"""The texts in a call's arguments: paths, offsets, limits."""

from __future__ import annotations

from detectors.agent_trace import TraceEvent
from detectors.arguments import MAX_LEAVES, Leaf, argument_leaves, argument_text


def test_each_value_has_its_path_and_its_key() -> None:
    arguments = {"to": ["a", "b"], "File": {"Id": 13, "public": True, "note": None}}

    assert argument_leaves(arguments) == [
        Leaf("to.0", "to", "a", 0),
        Leaf("to.1", "to", "b", 0),
        Leaf("File.Id", "id", "13", -1),
    ]


def test_a_text_that_is_a_json_object_is_read_as_one_with_offsets_into_the_text() -> None:
    text = '{"to": "a@b.example", "n": 2, "q": "\\u00e9"}'

    leaves = argument_leaves(text)

    assert [(leaf.key, leaf.text) for leaf in leaves] == [("to", "a@b.example"), ("n", "2"), ("q", "\u00e9")]
    assert text[leaves[0].start :].startswith("a@b.example")
    assert leaves[2].start == -1, "it stands there only as an escape"


def test_other_texts_are_one_value() -> None:
    for text in ("rm a", "{not json", "[1]"):
        assert argument_leaves(text) == [Leaf("", "", text, 0)]
    assert argument_leaves(None) == []


def test_there_is_a_limit_to_values_and_depth() -> None:
    deep: object = "x"
    for _ in range(50):
        deep = [deep]

    assert len(argument_leaves({"a": ["x"] * 10_000})) == MAX_LEAVES
    assert argument_leaves({"a": deep}) == []
    assert [leaf.text for leaf in argument_leaves({"a": 1 << 9_000, "b": 1.5})] == ["", "1.5"]


def test_the_text_at_a_path_is_found_though_keys_hold_dots() -> None:
    event = TraceEvent(name="x", arguments={"a.b": {"c": ["d"]}, "e": 1})

    assert argument_text(event, "a.b.c.0") == "d"
    assert argument_text(event, "a.b.c.7") == argument_text(event, "e") == argument_text(event, "") == ""
    assert argument_text(TraceEvent(name="x", arguments="all"), "") == "all"
