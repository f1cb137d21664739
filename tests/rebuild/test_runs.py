"""Which spans make a run, whatever the tree looks like."""

from random import Random

import hypothesis
from hypothesis import settings
from hypothesis import strategies as st

from detectors.agent_trace import Gap
from otel_safety.rebuild import rebuild
from otel_safety.rebuild.tree import build_tree
from otel_safety.runs import AgentRun
from otel_safety.spans import Closed, CloseReason, HeldSpan
from semconv.operation import Operation, OperationKind
from tests.rebuild.made import (
    agent,
    answers,
    asks,
    chat,
    closed,
    held,
    link,
    other,
    ref,
    says,
    span_id,
    system,
    tool,
    user,
)

HELLO = chat([user("hello")], [says("hi")])


def names(run: AgentRun) -> set[str]:
    return {identifier.decode().rstrip("_") for identifier in run.span_ids}


def test_what_lies_under_an_agent_through_other_spans_is_its_run() -> None:
    runs = rebuild(
        closed(
            held("llm", HELLO, parent="http"),
            held("agent", agent("A"), parent="root"),
            links=[link("http", parent="agent"), link("root")],
        )
    )
    assert [(names(run), run.root_id, run.agent) for run in runs] == [({"llm", "agent"}, span_id("agent"), "A")]


def test_two_agents_side_by_side_are_two_runs() -> None:
    runs = rebuild(
        closed(
            held("b", agent("B", given=[user("b")], returned=[says("B")]), parent="root", at=(50, 90)),
            held("a", agent("A", given=[user("a")], returned=[says("A")]), parent="root", at=(1, 40)),
            links=[link("root")],
        )
    )
    assert [run.agent for run in runs] == ["A", "B"]
    assert [run.traces[0].output for run in runs] == ["A", "B"]


def test_model_calls_without_an_agent_are_one_run_per_service() -> None:
    runs = rebuild(
        closed(
            held("one", HELLO, parent="root", at=(1, 2), service="x"),
            held("two", HELLO, parent="root", at=(3, 4), service="y"),
            held("three", chat([user("more")], [says("ok")]), parent="root", at=(5, 6), service="x"),
            links=[link("root")],
        )
    )
    assert [(names(run), run.service) for run in runs] == [({"one", "three"}, "x"), ({"two"}, "y")]
    assert runs[0].root_id == span_id("one")


def test_an_orphan_in_the_time_of_the_one_agent_of_its_service_belongs_to_it() -> None:
    runs = rebuild(
        closed(
            held("agent", agent("A"), at=(0, 100)),
            held("llm", HELLO, parent="unseen", at=(10, 20)),
            held("far", HELLO, parent="unseen", at=(10, 20), service="other"),
        )
    )
    assert [names(run) for run in runs] == [{"agent", "llm"}, {"far"}]
    assert runs[0].traces[0].output == "hi"


def test_an_orphan_in_the_time_of_two_agents_belongs_to_neither() -> None:
    runs = rebuild(
        closed(
            held("a", agent("A"), at=(0, 100)),
            held("b", agent("B"), at=(0, 100)),
            held("llm", HELLO, parent="unseen", at=(10, 20)),
        )
    )
    assert {frozenset(names(run)) for run in runs} == {frozenset("a"), frozenset("b"), frozenset({"llm"})}


def test_a_workflow_above_an_agent_only_groups() -> None:
    (run,) = rebuild(closed(held("flow", other(OperationKind.WORKFLOW)), held("agent", agent("A"), parent="flow")))
    assert run.root_id == span_id("agent")
    assert names(run) == {"flow", "agent"}


def test_a_workflow_without_agents_is_the_root_of_its_run() -> None:
    (run,) = rebuild(
        closed(
            held("llm", HELLO, parent="flow", at=(1, 2)),
            held("flow", other(OperationKind.WORKFLOW), at=(0, 3)),
        )
    )
    assert run.root_id == span_id("flow")
    assert run.traces[0].output == "hi"


def test_spans_with_nothing_to_judge_are_no_run() -> None:
    assert rebuild(closed(held("embed", other()), held("plan", other()))) == []


def test_a_workflow_alone_is_a_run_of_which_nothing_was_seen() -> None:
    (run,) = rebuild(closed(held("flow", other(OperationKind.WORKFLOW))))
    (trace,) = run.traces
    assert (trace.input, trace.output, trace.trace_events) == (None, None, None)
    assert trace.completeness.gaps == {Gap.CONTENT_MISSING}


def test_a_workflow_beside_a_run_is_no_run_of_its_own() -> None:
    flow = held("flow", other(OperationKind.WORKFLOW))
    beside = held("agent", agent("A", given=[user("a")], returned=[says("b")]))
    assert [run.agent for run in rebuild(closed(flow, beside))] == ["A"]


def test_a_run_whose_spans_have_all_left_is_not_judged_again() -> None:
    left = [held("agent", agent("A", given=[user("a")], returned=[says("A")]))]
    new = held("b", agent("B", given=[user("b")], returned=[says("B")]))
    assert [run.agent for run in rebuild(closed(new, before=left))] == ["B"]


def test_an_agent_that_a_tool_called_is_judged_apart() -> None:
    outer = agent(given=[user("Plan my trip.")], returned=[says("Booked.")])
    inner = agent(given=[user("Find hotels.")], returned=[says("Two hotels.")])
    (run,) = rebuild(
        closed(
            held("outer", outer, at=(0, 9)),
            held("tool", tool("research", {"q": "hotels"}), parent="outer", at=(1, 5)),
            held("inner", inner, parent="tool", at=(2, 4)),
        )
    )
    assert [(trace.input, trace.output) for trace in run.traces] == [
        ("Plan my trip.", "Booked."),
        ("Find hotels.", "Two hotels."),
    ]


def test_a_nested_agent_with_another_name_is_judged_with_its_own_instructions() -> None:
    inner = agent("Inner", instructions="Be inner.", given=[user("do it")], returned=[says("done")])
    outer = agent("Outer", instructions="Be outer.", given=[user("please")], returned=[says("It is done.")])
    (run,) = rebuild(
        closed(
            held("outer", outer),
            held("call", tool("ask_inner", {}, result="done"), parent="outer", at=(5, 50)),
            held("inner", inner, parent="call", at=(6, 49)),
            held("rm", tool("bash", {"command": "rm"}, result="ok"), parent="inner", at=(7, 8)),
        )
    )
    first, second = run.traces
    assert (first.system_prompt, first.input, first.output) == ("Be outer.", "please", "It is done.")
    assert (second.system_prompt, second.input, second.output) == ("Be inner.", "do it", "done")
    assert [(event.name, event.prior) for event in first.trace_events or ()] == [
        ("ask_inner", False),
        ("bash", True),
    ]
    assert [(event.name, event.prior) for event in second.trace_events or ()] == [("bash", False)]


def test_a_nested_agent_of_the_same_name_with_other_instructions_is_another_agent() -> None:
    (run,) = rebuild(
        closed(
            held("outer", agent("A", instructions="One.", given=[user("x")], returned=[says("y")])),
            held("inner", agent("A", instructions="Two.", given=[user("x")], returned=[says("y")]), parent="outer"),
        )
    )
    assert [trace.system_prompt for trace in run.traces] == ["One.", "Two."]


def test_an_agent_reported_three_times_nested_is_judged_once() -> None:
    given, returned = [user("x")], [says("y")]
    (run,) = rebuild(
        closed(
            held("one", agent("A", given=given, returned=returned)),
            held("two", agent("a", instructions="Be A.", given=given, returned=returned), parent="one", at=(1, 99)),
            held("three", agent(None, given=given, returned=returned), parent="two", at=(2, 98)),
            held("llm", chat([system("Be A."), user("x")], [says("y")]), parent="three", at=(3, 4)),
            held("tool", tool("t", {}), parent="three", at=(2, 3)),
        )
    )
    (trace,) = run.traces
    assert (trace.agent, trace.system_prompt, trace.input, trace.output) == ("A", "Be A.", "x", "y")
    assert [event.name for event in trace.trace_events or ()] == ["t"]
    assert [message.text for message in trace.messages] == ["Be A.", "x", "y"]


def test_an_agent_span_that_only_wraps_another_adds_no_trace() -> None:
    (run,) = rebuild(
        closed(
            held("outer", agent("Graph")),
            held("inner", agent("A", given=[user("x")], returned=[says("y")]), parent="outer"),
        )
    )
    assert [trace.agent for trace in run.traces] == ["A"]
    assert run.root_id == span_id("outer")


def test_a_model_call_that_a_tool_makes_is_a_conversation_of_its_own() -> None:
    (run,) = rebuild(
        closed(
            held("agent", agent("A")),
            held("llm", chat([user("sum it up")], [says("summed up")]), parent="agent", at=(50, 60)),
            held("tool", tool("summarize", {"text": "t"}, result="s"), parent="agent", at=(10, 20)),
            held("sub", chat([user("Summarize: t")], [says("s")]), parent="tool", at=(11, 19)),
        )
    )
    assert [(trace.input, trace.output) for trace in run.traces] == [("sum it up", "summed up"), ("Summarize: t", "s")]


def test_the_content_less_twin_of_a_model_call_is_no_gap() -> None:
    (run,) = rebuild(closed(held("outer", HELLO), held("sdk", chat(None, None), parent="outer", at=(1, 99))))
    (trace,) = run.traces
    assert trace.completeness.gaps == frozenset()


def test_a_cycle_of_parents_is_opened_at_its_earliest_span() -> None:
    spans = [
        held("a", agent("A", given=[user("x")], returned=[says("y")]), parent="c", at=(1, 90)),
        held("b", HELLO, parent="a", at=(2, 80)),
        held("c", HELLO, parent="b", at=(3, 70)),
    ]
    (run,) = rebuild(closed(*spans))
    assert run.root_id == span_id("a")
    assert names(run) == {"a", "b", "c"}
    assert [node.span_id for node in build_tree(closed(*reversed(spans)))] == [span_id(name) for name in "abc"]


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    (run,) = rebuild(closed(held("self", HELLO, parent="self"), reason=CloseReason.HOLD))
    assert run.traces[0].output == "hi"
    assert run.traces[0].completeness.gaps == {Gap.INCOMPLETE}


def test_a_span_id_that_occurs_twice_counts_once() -> None:
    twice = [
        held("llm", chat([user("a")], [says(text)]), at=(start, 50)) for text, start in (("later", 2), ("first", 1))
    ]
    (run,) = rebuild(closed(*twice, links=[link("llm", at=(0, 9))], before=[twice[0]]))
    assert [trace.output for trace in run.traces] == ["first"]


def test_behind_an_unseen_parent_there_may_be_more() -> None:
    orphan = held("llm", chat([user("x")], [asks("t", "1")]), parent="unseen")
    for reason in CloseReason:
        gaps = rebuild(closed(orphan, reason=reason))[0].traces[0].completeness.gaps
        assert gaps == (frozenset() if reason is CloseReason.ROOT else {Gap.INCOMPLETE})


def test_a_conversation_with_its_answer_is_complete_after_a_silence_and_at_the_end() -> None:
    orphan = held("llm", HELLO, parent="unseen")
    complete = {
        reason for reason in CloseReason if not rebuild(closed(orphan, reason=reason))[0].traces[0].completeness.gaps
    }
    assert complete == {CloseReason.ROOT, CloseReason.IDLE, CloseReason.LATE, CloseReason.SHUTDOWN}


def test_a_complete_tree_is_complete_whatever_closed_it() -> None:
    for reason in CloseReason:
        (run,) = rebuild(closed(held("llm", HELLO), reason=reason))
        assert run.reason is reason
        assert run.traces[0].completeness.closed_by == reason.value
        assert run.traces[0].completeness.gaps == frozenset()


def test_forgotten_facts_make_a_run_incomplete() -> None:
    (run,) = rebuild(closed(held("llm", HELLO), forgotten=True))
    assert run.traces[0].completeness.gaps == {Gap.INCOMPLETE}


def test_evidence_goes_to_a_span_that_is_still_here() -> None:
    left = [held("llm", chat([user("x")], [asks("t", "1")]), parent="agent", at=(1, 2))]
    (run,) = rebuild(
        closed(
            held("agent", agent("A", given=[user("x")], returned=[says("y")])),
            held("last", chat([user("x"), asks("t", "1"), answers("r", "1")], [says("y")]), parent="agent", at=(3, 4)),
            before=left,
        )
    )
    (trace,) = run.traces
    assert trace.output_ref == ref("last")
    assert {message.span_ref for message in trace.messages} <= {ref("agent"), ref("last")}
    assert [event.span_ref for event in trace.trace_events or ()] == [ref("last")]


def test_deep_and_wide_trees_cost_linear_time() -> None:
    deep = [
        held(f"d{number}", agent(f"A{number}"), parent=f"d{number - 1}" if number else "") for number in range(3000)
    ]
    same = [held(f"e{number}", agent(), parent=f"e{number - 1}" if number else "") for number in range(3000)]
    wide = [held(f"w{number}", tool("t", {"n": number % 7}), parent="unseen") for number in range(3000)]
    runs = rebuild(closed(*deep, *same, *wide))
    assert sum(len(run.span_ids) for run in runs) == 9000


OPERATIONS = st.sampled_from(
    [
        agent("A"),
        agent("B", instructions="Be B.", given=[user("x")], returned=[says("y")]),
        agent(None, given=[user("x")], returned=[asks("t", "1", a=1), answers("r", "1"), says("z")]),
        HELLO,
        chat([system("s"), user("x"), asks("t", "1", a=1), answers("r", "1")], [says("y")]),
        chat([user("x")], [asks("t", "1", a=1)]),
        chat([user("x"), asks("t", a=1), answers("r"), says("y"), user("z")], [asks("t", a=1)]),
        chat(None, None),
        tool("t", {"a": 1}, call_id="1", result="r"),
        tool("t"),
        other(),
        other(OperationKind.WORKFLOW),
    ]
)
NAMES = st.sampled_from([f"s{number}" for number in range(8)])
MAYBE_NAMES = st.sampled_from(["", "unseen", *(f"s{number}" for number in range(8))])
TIMES = st.tuples(st.integers(0, 5), st.integers(0, 5))


@st.composite
def held_spans(draw: st.DrawFn) -> HeldSpan:
    operation: Operation = draw(OPERATIONS)
    service = draw(st.sampled_from(["x", "y"]))
    return held(draw(NAMES), operation, parent=draw(MAYBE_NAMES), at=draw(TIMES), service=service)


@st.composite
def any_closed(draw: st.DrawFn) -> Closed:
    links = st.builds(lambda name, parent, at: link(name, parent=parent, at=at), NAMES, MAYBE_NAMES, TIMES)
    return closed(
        *draw(st.lists(held_spans(), min_size=1, max_size=8)),
        links=draw(st.lists(links, max_size=4)),
        before=draw(st.lists(held_spans(), max_size=4)),
        reason=draw(st.sampled_from(CloseReason)),
        forgotten=draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None)
@hypothesis.given(any_closed(), st.randoms(use_true_random=False))
def test_any_tree_in_any_order_gives_the_same_runs(some: Closed, order: Random) -> None:
    expected = rebuild(some)
    order.shuffle(some.spans)
    order.shuffle(some.remembered)
    order.shuffle(some.links)
    assert rebuild(some) == expected


@settings(max_examples=150, deadline=None)
@hypothesis.given(any_closed())
def test_every_judged_span_is_in_one_run_and_runs_have_a_span_that_is_here(some: Closed) -> None:
    runs = rebuild(some)
    members = [identifier for run in runs for identifier in run.span_ids]
    assert len(members) == len(set(members))
    here = {span.span_id for span in some.spans}
    judged = {
        node.span_id
        for node in build_tree(some)
        if node.here and node.kind in (OperationKind.LLM, OperationKind.TOOL, OperationKind.AGENT)
    }
    assert judged <= set(members)
    for run in runs:
        assert run.span_ids & here
        assert run.root_id in run.span_ids
        assert run.traces
