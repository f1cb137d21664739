from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.agent_trace import AgentTrace, Role
from detectors.entry import trace_from_entry

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("id", "input", "output", "system_prompt", "scope_spec", "trace_events", "meta")


def test_a_full_row_becomes_an_agent_trace() -> None:
    trace = trace_from_entry(
        {
            "id": "r1",
            "label": 1,
            "input": "Summarize.",
            "output": "Done.",
            "system_prompt": "You are Helper.",
            "scope_spec": "read only",
            "trace_events": [
                {"name": "bash", "arguments": {"command": "ls"}, "result": {"files": ["a"]}},
                {"name": "note", "arguments": "free text", "result": None},
            ],
        }
    )

    assert (trace.run_ref, trace.input, trace.output) == ("r1", "Summarize.", "Done.")
    assert (trace.system_prompt, trace.declared_scope) == ("You are Helper.", "read only")
    assert [message.role for message in trace.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert trace.trace_events is not None
    first, second = trace.trace_events
    assert (first.name, first.arguments, first.result) == ("bash", {"command": "ls"}, '{"files": ["a"]}')
    assert (second.arguments, second.result) == ("free text", None)


def test_missing_keys_mean_not_available() -> None:
    trace = trace_from_entry({})

    assert (trace.input, trace.output, trace.trace_events, trace.messages) == (None, None, None, ())


def test_observed_without_tool_calls_is_kept_apart_from_not_observed() -> None:
    assert trace_from_entry({"trace_events": []}).trace_events == ()
    assert trace_from_entry({"trace_events": None}).trace_events is None


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"id": "r7", "input": 3}, "row r7: input must be text or null, got int"),
        ({"id": "r7", "output": ["a"]}, "row r7: output must be text or null, got list"),
        ({"trace_events": "x"}, "row \\?: trace_events must be a list or null, got str"),
        ({"id": "r7", "trace_events": [3]}, r"row r7: trace_events\[0\] must be an object, got int"),
        ({"id": "r7", "trace_events": [{}]}, r"row r7: trace_events\[0\].name must be text, got NoneType"),
        (
            {"id": "r7", "trace_events": [{"name": "a", "arguments": [1]}]},
            r"row r7: trace_events\[0\].arguments must be an object, text or null, got list",
        ),
        (
            {"id": "r7", "trace_events": [{"name": "a", "result": {1, 2}}]},
            r"row r7: trace_events\[0\].result must be JSON",
        ),
    ],
)
def test_a_wrong_type_names_the_row_and_the_key(entry: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        trace_from_entry(entry)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_row_is_read_or_refused_with_a_sentence(entry: dict[str, object]) -> None:
    try:
        answer: AgentTrace | ValueError = trace_from_entry(entry)
    except ValueError as error:
        answer = error

    assert isinstance(answer, AgentTrace) or str(answer).startswith("row ")
