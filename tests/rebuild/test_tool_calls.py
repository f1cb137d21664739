"""Which tools were called, which of them ran, and which are to be judged now."""

from dataclasses import replace

from detectors.agent_trace import AgentTrace, Gap
from otel_safety.rebuild import rebuild
from otel_safety.rebuild.tool_calls import same_tool
from otel_safety.spans import Closed, HeldSpan
from tests.rebuild.made import agent, answers, asks, chat, closed, held, link, ref, says, tool, user

ROOT = [link("root")]


def only_trace(some: Closed) -> AgentTrace:
    (run,) = rebuild(some)
    (trace,) = run.traces
    return trace


def states(trace: AgentTrace) -> list[tuple[str, str, bool]]:
    """(name, executed or requested, judged)"""
    return [
        (event.name, "executed" if event.executed else "requested", not event.prior)
        for event in trace.trace_events or ()
    ]


def one(given: list[object], returned: list[object]) -> AgentTrace:
    return only_trace(closed(held("llm", chat(given, returned))))  # type: ignore[arg-type]  # lists of messages


def test_a_requested_call_that_nothing_answers_is_only_requested() -> None:
    assert states(one([user("x")], [asks("t", "1")])) == [("t", "requested", True)]


def test_a_call_at_the_end_of_the_history_is_judged_with_its_answer() -> None:
    trace = one([user("x"), asks("t", "1"), answers("r", "1")], [says("y")])
    assert states(trace) == [("t", "executed", True)]


def test_a_call_further_up_the_history_backs_claims_only() -> None:
    trace = one([user("x"), asks("t", "1"), answers("r", "1"), asks("u", "2"), answers("r", "2")], [asks("v", "3")])
    assert states(trace) == [("t", "executed", False), ("u", "executed", True), ("v", "requested", True)]


def test_a_call_of_an_earlier_turn_backs_claims_only() -> None:
    trace = one([user("x"), asks("t", "1"), answers("r", "1"), says("y"), user("and now?")], [says("z")])
    assert states(trace) == [("t", "executed", False)]


def test_parallel_calls_are_all_judged_with_their_answers() -> None:
    trace = one([user("x"), asks("t", "1"), asks("u", "2"), answers("r", "1"), answers("s", "2")], [says("y")])
    assert states(trace) == [("t", "executed", True), ("u", "executed", True)]
    assert [event.result for event in trace.trace_events or ()] == ["r", "s"]


def test_a_call_without_an_id_is_recognised_by_name_and_arguments_in_order() -> None:
    first = chat([user("x")], [asks("t", None, n=1), asks("t", None, n=1)])
    second = chat([user("x"), asks("t", None, n=1), asks("t", None, n=1), answers("a"), answers("b")], [says("y")])
    trace = only_trace(
        closed(
            held("one", first, parent="root", at=(0, 1)),
            held("two", second, parent="root", at=(6, 7)),
            held("t1", tool("t", {"n": 1}), parent="root", at=(2, 3)),
            links=ROOT,
        )
    )
    assert {event.span_ref: event.result for event in trace.trace_events or ()} == {ref("t1"): "a", ref("one"): "b"}


def test_a_tool_span_and_its_request_are_one_call() -> None:
    trace = only_trace(
        closed(
            held("llm", chat([user("x")], [asks("bash", "1", command="ls")]), parent="root", at=(0, 1)),
            held("tool", tool("P-bash", call_id="1", error="denied"), parent="root", at=(2, 3)),
            links=ROOT,
        )
    )
    (event,) = trace.trace_events or ()
    assert (event.name, event.arguments, event.error, event.span_ref) == (
        "P-bash",
        {"command": "ls"},
        "denied",
        ref("tool"),
    )
    assert trace.completeness.gaps == frozenset()


def test_ids_that_a_model_counts_anew_each_turn_do_not_merge_calls() -> None:
    trace = one(
        [user("x"), asks("t", "call_0", n=1), answers("r", "call_0"), asks("t", "call_0", n=2), answers("s", "call_0")],
        [says("y")],
    )
    assert [(event.arguments, event.result) for event in trace.trace_events or ()] == [({"n": 1}, "r"), ({"n": 2}, "s")]


def test_two_instrumentations_of_one_execution_are_one_call() -> None:
    trace = only_trace(
        closed(
            held("agent", agent("A", given=[user("x")], returned=[says("y")])),
            held("tool", tool("search", {"q": "x"}, call_id="1"), parent="agent", at=(1, 9)),
            held("mcp", tool("search", None, result="found"), parent="tool", at=(2, 8)),
        )
    )
    (event,) = trace.trace_events or ()
    assert (event.arguments, event.result, event.span_ref) == ({"q": "x"}, "found", ref("tool"))


def test_a_tool_that_calls_another_tool_is_two_calls() -> None:
    trace = only_trace(
        closed(
            held("agent", agent("A", given=[user("x")], returned=[says("y")])),
            held("outer", tool("deploy", {"to": "prod"}), parent="agent", at=(1, 9)),
            held("inner", tool("bash", {"command": "ssh"}), parent="outer", at=(2, 8)),
        )
    )
    assert [event.name for event in trace.trace_events or ()] == ["deploy", "bash"]


def test_answers_whose_requests_were_left_out_still_show_that_tools_ran() -> None:
    trace = one([user("x"), answers("47 passed", "1")], [says("All tests pass.")])
    assert states(trace) == [("unknown", "executed", True)]
    assert trace.completeness.gaps == {Gap.ARGUMENTS_MISSING}


def test_tool_spans_that_left_are_not_judged_again() -> None:
    left: list[HeldSpan] = [
        held("llm", chat([user("x")], [asks("t", "1")]), parent="agent", at=(1, 2)),
        held("t", tool("t", {}, call_id="1"), parent="agent", at=(3, 4)),
    ]
    trace = only_trace(
        closed(
            held("agent", agent("A", given=[user("x")], returned=[asks("t", "1"), answers("r", "1"), says("y")])),
            held("u", tool("u", {}), parent="agent", at=(5, 6)),
            before=left,
        )
    )
    assert states(trace) == [("t", "executed", False), ("u", "executed", True)]


def test_a_request_that_left_is_judged_when_its_answer_comes() -> None:
    left = [held("one", chat([user("x")], [asks("t", "1")]), parent="agent", at=(1, 2))]
    two = held("two", chat([user("x"), asks("t", "1"), answers("r", "1")], [asks("u", "2")]), parent="agent", at=(3, 4))
    three = held(
        "three",
        chat([user("x"), asks("t", "1"), answers("r", "1"), asks("u", "2"), answers("s", "2")], [says("y")]),
        parent="agent",
        at=(5, 6),
    )
    root = held("agent", agent("A"))
    assert states(only_trace(closed(root, two, before=left))) == [("t", "executed", True), ("u", "requested", True)]
    assert states(only_trace(closed(root, three, before=[*left, two]))) == [
        ("t", "executed", False),
        ("u", "executed", True),
    ]


def test_captured_messages_without_tool_calls_mean_that_there_were_none() -> None:
    assert one([user("x")], [says("y")]).trace_events == ()


def test_messages_that_have_no_place_for_calls_say_nothing_about_them() -> None:
    operation = replace(chat([user("x")], [says("y")]), shows_calls=False)
    assert only_trace(closed(held("llm", operation))).trace_events is None


def test_a_plugin_name_in_front_makes_no_other_tool() -> None:
    assert same_tool("P-bash", "bash")
    assert same_tool("read_file", "fs.read_file")
    assert not same_tool("rebash", "bash")
    assert not same_tool("bash", "bashful")


def test_a_call_that_the_history_lists_under_another_id_than_its_answer_is_one_call() -> None:
    question = user("x")
    history = [question, asks("t", "item-1", n=1), answers("r", "call-1")]
    later = [*history, asks("u", "item-2"), asks("u", "item-3"), answers("r", "call-2"), answers("s", "call-3")]
    trace = only_trace(
        closed(
            held("one", chat([question], [asks("t", "call-1", n=1)]), parent="root", at=(0, 1)),
            held("two", chat(history, [asks("u", "call-2"), asks("u", "call-3")]), parent="root", at=(2, 3)),
            held("three", chat(later, [says("y")]), parent="root", at=(4, 5)),
            links=ROOT,
        )
    )
    assert states(trace) == [("t", "executed", True), ("u", "executed", True), ("u", "executed", True)]
    assert [event.result for event in trace.trace_events or ()] == ["r", "r", "s"]


def test_an_answer_with_a_foreign_id_is_no_answer_to_a_call_before_somebody_spoke() -> None:
    trace = one([user("x"), asks("t", "1"), says("never mind"), user("and now?"), answers("r", "2")], [says("y")])
    assert [(event.name, event.executed) for event in trace.trace_events or ()] == [("t", False), ("unknown", True)]
