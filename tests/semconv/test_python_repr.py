"""Python representations: read without running them, as far as they can be read, in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semconv.operation import JsonValue
from semconv.python_repr import MAX_CHARS, decode_repr

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(LITERALS, max_size=4) | st.dictionaries(st.text(max_size=5), LITERALS, max_size=4))
def test_what_python_writes_is_read_back(value: JsonValue) -> None:
    decoded = decode_repr(repr(value))
    assert decoded is not None
    assert (decoded.value, decoded.truncated) == (value, False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1, 2.5, -3)", [1, 2.5, -3]),
        ("{1, 2}", [1, 2]),
        ("['it\\'s', \"say \\\"hi\\\"\", 'a\\x41\\u00e9\\n']", ["it's", 'say "hi"', "aA\u00e9\n"]),
        ("[b'raw', r'\\d']", ["raw", "\\d"]),
        ("Answer(t='x', kind=<Kind.RAW: 'raw'>, ok=True)", {"class": "Answer", "t": "x", "kind": None, "ok": True}),
        ("[Outer(i=a.Inner(x=[{'k': (1,)}]))]", [{"class": "Outer", "i": {"class": "a.Inner", "x": [{"k": [1]}]}}]),
        ("[Process.sequential, inf]", ["Process.sequential", "inf"]),
        ("[1e999]", ["1e999"]),
        ("['\\ud800']", ["\ufffd"]),
    ],
)  # fmt: skip
def test_objects_names_and_escapes_become_plain_values(text: str, value: JsonValue) -> None:
    decoded = decode_repr(text)
    assert decoded is not None
    assert (decoded.value, decoded.truncated) == (value, False)


@pytest.mark.parametrize("text", ["", "rm -rf node_modules", "'text'", "42", "None", "<object>", "]", "$["])
def test_what_is_no_container_is_not_read(text: str) -> None:
    assert decode_repr(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[{'a': 'b', 'c': 'd", [{"a": "b", "c": "d"}]),
        ("[{'a': 'b', 'c': 'd\\", [{"a": "b", "c": "d"}]),
        ("[Task(x=1, y=$)]", [{"class": "Task", "x": 1}]),
        ("[1] [2]", [1]),
        ("[1}", [1]),
    ],
)
def test_what_stands_before_a_cut_or_a_flaw_is_kept(text: str, value: JsonValue) -> None:
    decoded = decode_repr(text)
    assert decoded is not None
    assert (decoded.value, decoded.truncated) == (value, True)


@given(st.text(st.sampled_from("[]{}(),:='\"\\xuUbr1.e-<>aN \n"), max_size=60))
def test_reading_is_total(text: str) -> None:
    decode_repr(text)


@pytest.mark.parametrize(
    "piece", ["[", "['a',", "[<", "{'", "\\", "[a(", "'", " ", "9", "a", "-", "[1", "<[", "b", "=", "['\\x"]
)
def test_hostile_texts_cost_linear_time(piece: str) -> None:
    text = "[" + piece * (MAX_CHARS // len(piece))
    started = time.perf_counter()
    decode_repr(text)
    assert time.perf_counter() - started < 2.0


def test_a_text_that_is_too_long_is_read_in_part() -> None:
    decoded = decode_repr("[" + "'a', " * MAX_CHARS + "]")
    assert decoded is not None
    assert decoded.truncated
