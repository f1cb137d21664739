"""What was asked and answered, and which model calls belong together."""

import pytest

from detectors.agent_trace import AgentTrace, Gap, Message, Role
from otel_safety.rebuild import rebuild
from otel_safety.spans import HeldSpan
from semconv.operation import (
    ContentGap,
    Operation,
    OperationMessage,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from tests.rebuild.made import agent, answers, asks, chat, closed, held, link, ref, says, system, tool, user

ROOT = [link("root")]


def only_trace(*spans: HeldSpan) -> AgentTrace:
    (run,) = rebuild(closed(*spans, links=ROOT))
    (trace,) = run.traces
    return trace


def in_turn(*operations: Operation) -> list[HeldSpan]:
    """Spans one after another under one parent."""
    return [
        held(f"s{number}", operation, parent="root", at=(number * 10, number * 10 + 5))
        for number, operation in enumerate(operations)
    ]


def test_a_call_that_is_given_the_tool_calls_of_another_continues_it() -> None:
    trace = only_trace(
        *in_turn(
            chat([user("x")], [asks("t", "1", a=1)]),
            chat([user("rewritten"), asks("t", "1", a=1), answers("r", "1")], [says("y")]),
        )
    )
    assert trace.output == "y"
    assert [(event.name, event.result, event.prior) for event in trace.trace_events or ()] == [("t", "r", False)]


def test_a_call_that_is_given_only_the_answer_to_a_tool_call_continues_it() -> None:
    trace = only_trace(*in_turn(chat([user("x")], [asks("t", "1", a=1)]), chat([answers("r", "1")], [says("y")])))
    assert trace.input == "x"
    assert [(event.name, event.executed, event.result) for event in trace.trace_events or ()] == [("t", True, "r")]


def test_each_turn_of_a_conversation_is_judged_by_its_own_request() -> None:
    first = [user("delete a"), asks("rm", "1", path="a"), answers("ok", "1")]
    (run,) = rebuild(
        closed(
            *in_turn(
                chat([user("delete a")], [asks("rm", "1", path="a")]),
                chat(first, [says("deleted")]),
                chat([*first, says("deleted"), user("and the weather?")], [asks("weather", "2")]),
                chat(
                    [*first, says("deleted"), user("and the weather?"), asks("weather", "2"), answers("rain", "2")],
                    [says("It rains.")],
                ),
            ),
            held("rm", tool("rm", {"path": "a"}, call_id="1", result="ok"), parent="root", at=(6, 8)),
            links=ROOT,
        )
    )
    assert [(trace.input, trace.output) for trace in run.traces] == [
        ("delete a", "deleted"),
        ("and the weather?", "It rains."),
    ]
    assert [[(event.name, event.prior) for event in trace.trace_events or ()] for trace in run.traces] == [
        [("rm", False)],
        [("rm", True), ("weather", False)],
    ]
    assert [message.text for message in run.traces[1].messages] == [
        "delete a",
        "ok",
        "deleted",
        "and the weather?",
        "rain",
        "It rains.",
    ]


def test_a_call_that_is_given_all_that_another_was_given_and_more_continues_it() -> None:
    trace = only_trace(
        *in_turn(
            chat([system("s"), user("x")], None, error="timeout"),
            chat([system("s"), user("x"), user("hello?")], [says("y")]),
        )
    )
    assert trace.output == "y"


def test_calls_that_share_nothing_are_conversations_apart() -> None:
    (run,) = rebuild(
        closed(
            *in_turn(
                chat([system("s"), user("a")], [says("A")]),
                chat([system("s"), user("b")], [says("B")]),
                chat([system("s"), user("a")], [says("A2")]),
            ),
            links=ROOT,
        )
    )
    assert [(trace.input, trace.output) for trace in run.traces] == [("a", "A"), ("b", "B"), ("a", "A2")]


def test_tool_spans_go_to_the_conversation_that_requested_them() -> None:
    (run,) = rebuild(
        closed(
            held("a", chat([user("a")], [asks("t", "1", n=1)]), parent="root", at=(0, 5)),
            held("b", chat([user("b")], [asks("u", n=2)]), parent="root", at=(1, 6)),
            held("t", tool("t", {"n": 1}, call_id="1", result="r"), parent="root", at=(7, 8)),
            held("u", tool("u", {"n": 2}, result="r"), parent="root", at=(7, 8)),
            held("v", tool("v", {"n": 3}), parent="root", at=(9, 10)),
            links=ROOT,
        )
    )
    assert [[event.name for event in trace.trace_events or ()] for trace in run.traces] == [["t"], ["u", "v"]]


def test_tool_spans_alone_are_observed_without_content() -> None:
    trace = only_trace(held("t", tool("bash", {"command": "ls"}), parent="root"))
    assert [event.name for event in trace.trace_events or ()] == ["bash"]
    assert trace.completeness.gaps == {Gap.CONTENT_MISSING}


def test_calls_without_content_are_one_conversation_that_cannot_be_judged() -> None:
    (run,) = rebuild(closed(*in_turn(chat(None, None), chat([user("x")], [says("y")]), chat(None, None)), links=ROOT))
    assert [trace.completeness.gaps for trace in run.traces] == [frozenset(), {Gap.CONTENT_MISSING}]
    assert run.traces[1].trace_events is None


def test_tool_results_under_role_user_are_no_request() -> None:
    trace = only_trace(*in_turn(chat([user("x"), asks("t", "1"), answers("r", "1", role="user")], [says("y")])))
    assert trace.input == "x"
    assert Message(role=Role.TOOL, text="r", span_ref=ref("s0")) in trace.messages


def test_a_remark_beside_tool_results_is_no_request() -> None:
    remark = OperationMessage(role="user", parts=(ToolResult(id="1", content="r"), Text("Reminder: be brief.")))
    trace = only_trace(*in_turn(chat([user("x"), asks("t", "1"), remark], [says("y")])))
    assert trace.input == "x"
    assert [event.prior for event in trace.trace_events or ()] == [False]


def test_an_agent_is_judged_by_the_request_it_was_invoked_with() -> None:
    trace = only_trace(
        held("agent", agent("A"), parent="root"),
        held("one", chat([user("x")], [says("{bad json")]), parent="agent", at=(1, 2)),
        held(
            "two",
            chat([user("x"), says("{bad json"), user("Fix the errors and try again.")], [says("y")]),
            parent="agent",
            at=(3, 4),
        ),
    )
    assert (trace.input, trace.output) == ("x", "y")


def test_the_answer_of_a_run_is_the_last_text_of_its_last_assistant_message() -> None:
    run = [
        asks("t", "1"),
        answers("r", "1", role="user"),
        says("on the way"),
        asks("u", "2"),
        answers("s", "2"),
        says("done"),
    ]
    trace = only_trace(held("agent", agent("A", given=[user("x")], returned=run), parent="root"))
    assert trace.output == "done"
    assert [(event.name, event.result, event.executed, event.prior) for event in trace.trace_events or ()] == [
        ("t", "r", True, False),
        ("u", "s", True, False),
    ]


def test_a_run_in_one_message_is_answered_by_what_follows_its_last_tool_call() -> None:
    message = OperationMessage(
        role="assistant",
        parts=(Text("Let me look."), ToolCall(name="t", id="1"), ToolResult(id="1", content="r"), Text("Done.")),
    )
    trace = only_trace(held("agent", agent("A", given=[user("x")], returned=[message]), parent="root"))
    assert trace.output == "Done."


def test_a_remark_beside_a_tool_call_is_no_answer() -> None:
    remark = OperationMessage(role="assistant", parts=(Text("I will look."), ToolCall(name="t", id="1")))
    trace = only_trace(*in_turn(chat([user("x")], [remark])))
    assert trace.output is None
    assert [event.executed for event in trace.trace_events or ()] == [False]


def test_reasoning_is_no_answer() -> None:
    message = OperationMessage(role="assistant", parts=(Reasoning("I refuse."), Text("Here it is.")))
    trace = only_trace(*in_turn(chat([user("x")], [message])))
    assert trace.output == "Here it is."
    assert "I refuse." not in [message.text for message in trace.messages]


def test_an_empty_answer_is_not_a_missing_one() -> None:
    empty = OperationMessage(role="assistant", parts=(), finish_reason="content_filter")
    assert only_trace(*in_turn(chat([user("x")], [empty]))).output == ""
    assert only_trace(*in_turn(chat([user("x")], []))).output == ""
    assert only_trace(*in_turn(chat([user("x")], None))).output is None
    missing = chat([user("x")], [empty], gaps=frozenset({ContentGap.MISSING}))
    assert only_trace(*in_turn(missing)).output is None


def test_a_failed_last_call_leaves_the_answer_before_it() -> None:
    trace = only_trace(
        held("agent", agent("A"), parent="root"),
        held("one", chat([user("x")], [says("y")]), parent="agent", at=(1, 2)),
        held("two", chat([user("x")], None, error="timeout"), parent="agent", at=(3, 4)),
    )
    assert trace.output == "y"


def test_an_answer_that_the_agent_span_cut_off_is_read_from_its_model_call() -> None:
    cut = agent("A", given=[user("x")], returned=[says("The answ")])
    cut = Operation(
        kind=cut.kind,
        dialect=cut.dialect,
        agent_name="A",
        input=cut.input,
        output=cut.output,
        gaps=frozenset({ContentGap.TRUNCATED}),
    )
    trace = only_trace(
        held("agent", cut, parent="root"),
        held("llm", chat([user("x")], [says("The answer is 4.")]), parent="agent", at=(1, 2)),
    )
    assert trace.output == "The answer is 4."
    assert trace.completeness.gaps == {Gap.CONTENT_TRUNCATED}


def test_an_answer_that_the_framework_worded_anew_is_the_answer() -> None:
    trace = only_trace(
        held("agent", agent("A", given=[user("x")], returned=[says("Final: y")]), parent="root"),
        held("llm", chat([user("x")], [says("y")]), parent="agent", at=(1, 2)),
    )
    assert (trace.output, trace.output_ref) == ("Final: y", ref("agent"))


def test_instructions_written_in_two_places_count_once() -> None:
    trace = only_trace(*in_turn(chat([system("Be kind."), user("x")], [says("y")], instructions="Be kind.")))
    assert trace.system_prompt == "Be kind."


def test_the_same_words_said_twice_stand_twice() -> None:
    trace = only_trace(*in_turn(chat([user("yes"), says("sure?"), user("yes")], [says("ok")])))
    assert [message.text for message in trace.messages] == ["yes", "sure?", "yes", "ok"]


@pytest.mark.parametrize(("written", "role"), [("human", Role.USER), ("Model", Role.ASSISTANT), ("critic", Role.TOOL)])
def test_roles_are_read_by_their_meaning(written: str, role: Role) -> None:
    message = OperationMessage(role=written, parts=(Text("hm"),))
    trace = only_trace(*in_turn(chat([user("x"), message], [says("y")])))
    assert Message(role=role, text="hm", span_ref=ref("s0")) in trace.messages


def test_an_agent_that_shows_only_its_answer_does_not_show_its_tools() -> None:
    trace = only_trace(held("agent", agent("A", given=[user("x")], returned=[says("y")]), parent="root"))
    assert trace.trace_events is None
