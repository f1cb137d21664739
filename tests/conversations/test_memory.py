"""The memory of conversations keeps its bounds and lets nothing over from one conversation to another."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.agent_trace import AgentTrace, Arguments, Message, Role, TraceEvent
from otel_safety.conversations import ConversationMemory
from otel_safety.conversations.facts import MAX_RESULT
from otel_safety.conversations.memory import MAX_EVENTS, SHARE
from otel_safety.rebuild import rebuild
from otel_safety.runs import AgentRun
from otel_safety.spans import CloseReason
from semconv.operation import Operation
from tests.rebuild.made import agent, chat, closed, held, link, says, system, tool, user

REMEMBER_S = 100.0


def run_of(
    number: int,
    *events: TraceEvent,
    request: str = "x",
    service: str = "a",
    conversation: str | None = "c",
    start: int | None = None,
    observed: bool = True,
) -> AgentRun:
    messages = (Message(role=Role.USER, text=request, span_ref="ab"),)
    trace = AgentTrace(input=request, messages=messages, trace_events=events if observed else None)
    return AgentRun(
        trace_id=number.to_bytes(16, "big"),
        root_id=b"r" * 8,
        service=service,
        agent=None,
        span_ids=frozenset({b"r" * 8}),
        traces=(trace,),
        reason=CloseReason.ROOT,
        addressed=frozenset({0}),
        conversation_id=conversation,
        start_ns=number if start is None else start,
    )


def call(name: str, arguments: Arguments | None = None, *, result: str = "ok", prior: bool = False) -> TraceEvent:
    return TraceEvent(name=name, arguments=arguments, result=result, prior=prior, span_ref="cd")


def calls_in(run: AgentRun) -> list[str]:
    return [event.name for event in run.traces[0].trace_events or ()]


@dataclass(frozen=True)
class Step:
    run: AgentRun
    passed_s: float


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 25))):
        service, conversation = draw(st.sampled_from("ab")), draw(st.sampled_from(["c", "d", "", None]))
        size = draw(st.sampled_from([0, 10, 500, 3000]))
        # The name of each call tells where it belongs and when it was made.
        start = draw(st.integers(0, 50))
        name = f"{service}/{conversation}/{start}/{number}"
        run = run_of(
            number, call(name, result="r" * size), request=name, service=service, conversation=conversation, start=start
        )
        steps.append(Step(run, draw(st.sampled_from([0.0, 1.0, REMEMBER_S / 2, REMEMBER_S]))))
    return steps


@given(steps=histories(), max_bytes=st.sampled_from([0, 3_000, 60_000, 1 << 20]))
@settings(max_examples=60, deadline=None)
def test_memory_is_bounded_and_expires_and_leaks_nothing(steps: list[Step], max_bytes: int) -> None:
    memory = ConversationMemory(max_bytes=max_bytes, remember_s=REMEMBER_S)
    now, last_use = 0.0, dict[tuple[str, str | None], float]()
    for step in steps:
        now += step.passed_s
        run = step.run
        told = memory.recall(run, now)
        place = run.service, run.conversation_id
        earlier = [name for name in calls_in(told) if name != calls_in(run)[0]]
        for name in earlier + [message.text for message in told.traces[0].messages[:-1]]:
            service, conversation, start, _ = name.split("/")
            assert (service, conversation) == place
            assert int(start) <= run.start_ns
        if earlier:
            assert now < last_use[place] + REMEMBER_S
        memory.remember(run, now)
        last_use[place] = now
        assert 0 <= memory.bytes <= max_bytes
    memory.expire(now + REMEMBER_S)
    assert (memory.bytes, len(memory)) == (0, 0)


@given(steps=histories())
@settings(max_examples=30, deadline=None)
def test_a_run_that_is_judged_again_changes_nothing(steps: list[Step]) -> None:
    memory = ConversationMemory(remember_s=REMEMBER_S)
    for step in steps:
        memory.remember(step.run, 0.0)
        size, known = memory.bytes, memory.recall(step.run, 0.0)
        memory.remember(step.run, 0.0)
        assert (memory.bytes, memory.recall(step.run, 0.0)) == (size, known)


def test_a_run_whose_root_comes_late_is_no_earlier_run_of_itself() -> None:
    memory = ConversationMemory(remember_s=REMEMBER_S)
    first = replace(run_of(5, call("t")), root_id=b"a" * 8, span_ids=frozenset({b"a" * 8}))
    whole = replace(first, root_id=b"r" * 8, span_ids=frozenset({b"a" * 8, b"r" * 8}))
    memory.remember(first, 0.0)
    size = memory.bytes
    assert calls_in(memory.recall(whole, 0.0)) == ["t"]
    memory.remember(whole, 0.0)
    assert (memory.bytes, calls_in(memory.recall(run_of(6), 0.0))) == (size, ["t"])


def test_the_conversation_that_was_quiet_longest_is_forgotten_first() -> None:
    memory = ConversationMemory(max_bytes=SHARE * 4_000, remember_s=REMEMBER_S)
    for number in range(1, 60):
        memory.remember(run_of(number, call(f"t{number}"), conversation=f"c{number}"), 0.0)
        memory.remember(run_of(100 + number, call("more"), conversation="c1"), 0.0)
    assert calls_in(memory.recall(run_of(1000, conversation="c2"), 0.0)) == []
    assert "more" in calls_in(memory.recall(run_of(1000, conversation="c1"), 0.0))


def test_one_conversation_takes_a_share_of_the_memory_and_forgets_its_beginning() -> None:
    memory = ConversationMemory(max_bytes=SHARE * 20_000, remember_s=REMEMBER_S)
    for number in range(1, 50):
        memory.remember(run_of(number, call(f"t{number}", result="r" * 3000)), 0.0)
        assert memory.bytes <= 20_000
    told = memory.recall(run_of(1000), 0.0)
    assert calls_in(told)[-1] == "t49"
    assert "t1" not in calls_in(told)


def test_a_run_with_very_many_calls_leaves_the_latest() -> None:
    memory = ConversationMemory(remember_s=REMEMBER_S)
    memory.remember(run_of(1, *(call(f"t{number}") for number in range(MAX_EVENTS + 5))), 0.0)
    told = calls_in(memory.recall(run_of(2), 0.0))
    assert len(told) <= MAX_EVENTS
    assert told[-1] == f"t{MAX_EVENTS + 4}"


@pytest.mark.parametrize(
    "arguments",
    [
        "x" * 100_000,
        {"content": "x" * 100_000},
        {f"k{number}": "x" * 5_000 for number in range(1000)},
        {"rows": [["x" * 100] * 100] * 100},
    ],
)
def test_large_arguments_and_results_are_kept_by_their_ends(arguments: Arguments) -> None:
    memory = ConversationMemory(remember_s=REMEMBER_S)
    memory.remember(run_of(1, call("t", arguments, result="begin" + "r" * 100_000 + "end")), 0.0)
    events = memory.recall(run_of(2), 0.0).traces[0].trace_events or ()
    for event in events:
        assert event.result is not None
        assert len(event.result) <= MAX_RESULT + 3
        assert (event.result[:5], event.result[-3:]) == ("begin", "end")
    assert memory.bytes <= (16 << 20) // SHARE


def test_deep_arguments_end_somewhere() -> None:
    nested: dict[str, object] = {}
    for _ in range(500):
        nested = {"a": nested}
    memory = ConversationMemory(remember_s=REMEMBER_S)
    memory.remember(run_of(1, call("t", nested)), 0.0)
    assert calls_in(memory.recall(run_of(2), 0.0)) == ["t"]


def test_tools_that_were_not_observable_stay_so() -> None:
    memory = ConversationMemory(remember_s=REMEMBER_S)
    memory.remember(run_of(1, call("t")), 0.0)
    assert memory.recall(run_of(2, observed=False), 0.0).traces[0].trace_events is None


def test_what_another_agent_was_told_by_an_agent_is_no_word_of_the_user() -> None:
    def turn(at: int, *, trace: int) -> AgentRun:
        outer = agent("outer", instructions="o", given=[user(f"ask {trace}")], returned=[says("yes")])
        inner = agent("inner", instructions="i", given=[user("delete everything")], returned=[says("no")])
        (run,) = rebuild(
            closed(
                held("out", _with_id(outer), at=(at, at + 9)),
                held("in", _with_id(inner), parent="out", at=(at + 1, at + 5)),
                held("t", tool("rm", {"path": f"{trace}"}, result="ok"), parent="in", at=(at + 2, at + 3)),
            )
        )
        assert [trace.agent for trace in run.traces] == ["outer", "inner"]
        return replace(run, trace_id=trace.to_bytes(16, "big"))

    memory = ConversationMemory(remember_s=REMEMBER_S)
    memory.remember(turn(0, trace=1), 0.0)
    told = memory.recall(turn(20, trace=2), 0.0)
    assert [message.text for message in told.traces[0].messages if message.role is not Role.SYSTEM] == [
        "ask 1",
        "yes",
        "ask 2",
        "yes",
    ]
    assert "ask 1" not in [message.text for message in told.traces[1].messages]
    assert [(event.arguments, event.prior) for event in told.traces[1].trace_events or ()] == [
        ({"path": "1"}, True),
        ({"path": "2"}, False),
    ]


def test_turns_that_share_a_trace_know_of_each_other_when_they_share_a_conversation() -> None:
    def turns(*ids: str) -> AgentRun:
        (run,) = rebuild(
            closed(
                held("a", _with_id(chat([system("s"), user("a")], [says("A")]), ids[0]), parent="p", at=(0, 5)),
                held("b", _with_id(chat([system("s"), user("b")], [says("B")]), ids[1]), parent="p", at=(10, 15)),
                links=[link("p")],
            )
        )
        return ConversationMemory().recall(run, 0.0)

    def texts(run: AgentRun) -> list[str]:
        return [message.text for message in run.traces[1].messages]

    assert texts(turns("c", "c")) == ["s", "a", "A", "b", "B"]
    assert texts(turns("c", "d")) == ["s", "b", "B"]


def _with_id(operation: Operation, conversation: str = "c") -> Operation:
    return replace(operation, conversation_id=conversation)
