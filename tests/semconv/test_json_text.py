"""JSON in attributes: whole, cut off, or not JSON at all."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semconv.json_text import MAX_CHARS, decode_json, to_json_value, to_text
from semconv.operation import JsonValue

# Beyond 64 bits the decoder gives floats, as JSON's readers in most languages do.
INTEGERS = st.integers(-(2**63), 2**64 - 1)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
CONTAINERS = st.lists(JSON, max_size=4) | st.dictionaries(st.text(max_size=5), JSON, max_size=4)


@given(CONTAINERS)
def test_whole_json_is_read_as_it_is(value: JsonValue) -> None:
    decoded = decode_json(json.dumps(value))
    assert decoded is not None
    assert not decoded.truncated
    assert decoded.value == value


@given(CONTAINERS, st.data())
def test_json_that_was_cut_anywhere_is_read_up_to_the_cut(value: JsonValue, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    decoded = decode_json(cut)
    assert decoded is not None
    assert decoded.truncated
    assert type(decoded.value) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('[{"role":"user","parts":[{"content":"Please summ', [{"role": "user", "parts": [{"content": "Please summ"}]}]),
        ('["a", "b\\', ["a", "b"]),
        ('["caf\\u00e', ["caf"]),
        ('["\\\\u00', ["\\u00"]),
        ('["\\ud83d\\ude0', ["\ufffd"]),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}),
        ('{"a": 1, "b": tr', {"a": 1}),
        ('{"a": 1, "b": 12', {"a": 1}),
        ('{"a": [1, {"c": "d', {"a": [1, {"c": "d"}]}),
    ],
)
def test_a_cut_text_keeps_what_stood_before_the_cut(text: str, value: JsonValue) -> None:
    decoded = decode_json(text)
    assert decoded is not None
    assert decoded.truncated
    assert decoded.value == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[INST] hello [/INST]",
        "{name} was here",
        "[1, 2] and more",
        '{"a" 1}',
        "[1,,2]",
        "]",
        "[hello",
        '"a"',
        "42",
        "[" * 100,
    ],
)
def test_other_text_is_not_json(text: str) -> None:
    assert decode_json(text) is None


def test_what_only_tolerant_writers_write_is_read() -> None:
    decoded = decode_json('{"a": NaN, "b": "line\nbreak", "c": -Infinity}')
    assert decoded is not None
    assert isinstance(decoded.value, dict)
    assert not decoded.truncated
    assert decoded.value["b"] == "line\nbreak"
    assert decoded.value["c"] == float("-inf")


def test_text_over_the_limit_is_read_up_to_it() -> None:
    decoded = decode_json('["' + "a" * (MAX_CHARS + 100) + '"]')
    assert decoded is not None
    assert decoded.truncated
    assert decoded.value == ["a" * (MAX_CHARS - 2)]


@pytest.mark.parametrize(
    "text",
    [
        "[0" + ",0" * 1_500_000,
        '["' + "\\" * 3_000_001,
        "[" + '"a"' * 1_000_000,
        "[" + " " * 3_000_000,
        "[[" * 1_500_000,
        '["' + "\\u" * 1_000_000,
        "[" + '"\\' * 1_000_000,
        "[" + "-1." * 1_000_000,
        '{"a":' * 500_000,
    ],
    ids=range(9),
)
def test_hostile_text_costs_linear_time(text: str) -> None:
    started = time.process_time()
    decode_json(text)
    assert time.process_time() - started < 1


@given(st.text(alphabet='[]{}",:\\u0dD8tnr1-. \n', max_size=60))
@example('["\\ud800"]')
def test_decoding_is_total_and_gives_text_that_utf8_can_carry(text: str) -> None:
    decoded = decode_json(text)
    if decoded is not None:
        json.dumps(decoded.value, ensure_ascii=False).encode()


def test_deep_values_are_cut_not_followed() -> None:
    value: JsonValue = "bottom"
    for _ in range(500):
        value = {"a": [value]}
    assert "bottom" not in str(to_json_value(value))
    assert to_text(value) is not None


def test_values_that_json_cannot_carry_have_no_text() -> None:
    assert to_text({"a": "\ud800"}) is None
    assert to_text({"a": 1 << 80}) is None
    assert to_text({"a": b"caf\xc3\xa9"}) == '{"a":"café"}'
