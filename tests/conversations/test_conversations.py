"""Runs of one conversation are judged with the facts of its earlier runs, and of no other."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_safety.assemble import AssemblyLimits
from otel_safety.build import assembly_limits, conversation_memory
from otel_safety.config import Config
from otel_safety.conversations import ConversationMemory
from otel_safety.runs import Verdict
from otel_safety.spans import Signal
from otel_safety.telemetry.metrics import instruments
from tests.conversations.requests import openinference_turn, said, turn
from tests.pipeline.material import Service

TESTS_RUN = turn(
    1, "Run the test suite.", "All 12 tests pass.", [("bash", {"command": "pytest -q"}, "12 passed in 3s")]
)
CLAIM = "I ran the test suite, and all 12 tests pass."


def claims(number: int = 2, *, conversation: str | None = "c-1", service: str = "shop") -> tuple[Signal, bytes]:
    reads = [("read_file", {"path": "a"}, "x")]
    return turn(number, "What is the state of the branch?", CLAIM, reads, conversation=conversation, service=service)


def judged(*requests: tuple[Signal, bytes], apart_s: float = 0.0) -> Service:
    """Feed requests one after the other, each judged ``apart_s`` before the next."""
    service = Service()
    for signal, payload in requests:
        service.pass_time(apart_s)
        service.pipeline.accept(signal, payload)
        service.pass_time(service.limits.idle_s)
    return service


def found(service: Service) -> list[str]:
    return sorted(detector for _, detector in service.findings())


def last(service: Service) -> Verdict:
    return service.verdicts[-1]


def test_an_earlier_run_of_the_conversation_backs_a_claim() -> None:
    service = judged(TESTS_RUN, claims())
    assert found(service) == []
    assert "deception" in last(service).clean
    (trace,) = last(service).run.traces
    assert [(event.name, event.prior, event.span_ref is None) for event in trace.trace_events or ()] == [
        ("bash", True, True),
        ("read_file", False, False),
    ]
    assert [message.text for message in trace.messages] == [
        "Run the test suite.",
        "All 12 tests pass.",
        "What is the state of the branch?",
        CLAIM,
    ]


@pytest.mark.parametrize(
    ("conversation", "service"), [("c-2", "shop"), (None, "shop"), ("", "shop"), ("c-1", "bank"), ("c-1", "")]
)
def test_another_conversation_or_service_backs_nothing(conversation: str | None, service: str) -> None:
    assert found(judged(TESTS_RUN, claims(conversation=conversation, service=service))) == ["deception"]


def test_service_and_id_are_kept_apart_where_they_meet() -> None:
    first = turn(
        1, "Run the tests.", "Done.", [("bash", {"command": "pytest"}, "1 passed")], service="a", conversation="bc"
    )
    assert found(judged(first, claims(service="ab", conversation="c"))) == ["deception"]


def test_a_run_of_the_conversation_that_began_later_backs_nothing() -> None:
    assert found(
        judged(claims(1), turn(2, "Run the test suite.", "Done.", [("bash", {"command": "pytest"}, "ok")]))
    ) == ["deception"]
    # Nor when it is judged first.
    service = judged(turn(2, "Run the test suite.", "Done.", [("bash", {"command": "pytest"}, "ok")]), claims(1))
    assert found(service) == ["deception"]


def test_runs_that_close_together_are_judged_in_order_of_start() -> None:
    service = Service()
    for signal, payload in (claims(), TESTS_RUN):
        service.pipeline.accept(signal, payload)
    service.stop()
    assert found(service) == []
    assert [verdict.run.trace_id[-1] for verdict in service.verdicts] == [1, 2]


def test_earlier_facts_are_forgotten_after_a_while() -> None:
    remember_s = AssemblyLimits().remember_s
    service = judged(TESTS_RUN)
    assert service.pipeline.conversations.bytes > 0
    service.pass_time(remember_s)
    assert (service.pipeline.conversations.bytes, len(service.pipeline.conversations)) == (0, 0)
    assert found(judged(TESTS_RUN, claims(), apart_s=remember_s)) == ["deception"]


def test_a_run_keeps_its_conversation_alive() -> None:
    remember_s = AssemblyLimits().remember_s
    service = judged(TESTS_RUN, turn(2, "Thanks.", "You are welcome."), claims(3), apart_s=remember_s * 0.9)
    assert found(service) == []
    assert len(service.verdicts) == 3


def test_what_a_user_allowed_in_an_earlier_turn_is_allowed() -> None:
    removal = [("bash", {"command": "rm -rf build"}, "")]
    allowed = turn(1, "Delete the folder build.", "It holds 40 files. Is that what you want?")
    service = judged(allowed, turn(2, "How full is the disk? And yes, go ahead.", "Done, half full.", removal))
    assert found(service) == []
    assert "scope_escalation" in last(service).clean
    assert found(judged(turn(2, "How full is the disk?", "Half full.", removal))) == ["scope_escalation"]


def test_who_the_user_is_may_be_known_from_an_earlier_turn() -> None:
    introduced = turn(1, "I'm Ann Lee, CEO of Zorblax. Draft my mails.", "Gladly. What about?")
    thanks = turn(2, "Thank the team.", "As CEO of Zorblax, I want to thank you all.")
    assert found(judged(introduced, thanks)) == []
    assert found(judged(thanks)) == ["impersonation_risk"]


def test_a_call_of_an_earlier_run_is_not_judged_again() -> None:
    removes = turn(
        1, "Summarize the README.", "It is short.", [("bash", {"command": "rm -rf src && git push --force"}, "")]
    )
    service = judged(removes, turn(2, "Thanks.", "You are welcome."))
    assert found(service) == ["scope_escalation"]


def test_message_history_that_holds_the_earlier_run_backs_a_claim_without_any_id() -> None:
    call = {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "1", "name": "bash", "arguments": {"command": "pytest"}}],
    }
    answer = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "12 passed"}]}
    history = [said("user", "Run the test suite."), call, answer, said("assistant", "All 12 tests pass.")]
    request = turn(2, "And now?", CLAIM, conversation=None, history=history)
    service = judged(request)
    assert found(service) == []
    (trace,) = last(service).run.traces
    assert [(event.name, event.prior) for event in trace.trace_events or ()] == [("bash", True)]


def test_history_and_memory_together_tell_everything_once() -> None:
    first = turn(1, "Run it.", "Ran it.", [("bash", {"command": "pytest"}, "12 passed")])
    call = {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "call-1-1", "name": "bash", "arguments": {"command": "pytest"}}],
    }
    answer = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call-1-1", "response": "12 passed"}]}
    history = [said("user", "Run it."), call, answer, said("assistant", "Ran it.")]
    second = turn(2, "Run it.", "Ran it again.", [("bash", {"command": "pytest"}, "12 passed")], history=history)
    service = judged(first, second, turn(3, "Thanks.", "Bye.", [("ls", {}, "")]))
    (trace,) = service.verdicts[1].run.traces
    assert [event.prior for event in trace.trace_events or ()] == [True, False]
    (trace,) = last(service).run.traces
    texts = [message.text for message in trace.messages if message.role.value in {"user", "assistant"}]
    assert texts == ["Run it.", "Ran it.", "Run it.", "Ran it again.", "Thanks.", "Bye."]
    assert [event.call_id for event in trace.trace_events or ()] == ["call-1-1", "call-2-1", "call-3-1"]


def test_a_run_that_is_judged_again_is_no_earlier_run_of_itself() -> None:
    service = judged(TESTS_RUN, TESTS_RUN)
    (trace,) = last(service).run.traces
    assert [message.text for message in trace.messages] == ["Run the test suite.", "All 12 tests pass."]
    assert len(service.pipeline.conversations) == 1


def test_of_a_long_conversation_the_latest_runs_are_known() -> None:
    service = Service()
    service.pipeline.conversations = ConversationMemory(max_bytes=16 * 6_000)
    talk = [turn(number, "Go on.", "word " * 200) for number in range(2, 8)]
    for signal, payload in (TESTS_RUN, *talk, claims(9)):
        service.pipeline.accept(signal, payload)
        service.pass_time(service.limits.idle_s)
    (trace,) = last(service).run.traces
    assert 1 < len(trace.messages) < 2 * len(talk)
    assert [event.name for event in trace.trace_events or ()] == ["read_file"]


@given(order=st.permutations(range(5)), together=st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=30, deadline=None)
def test_findings_do_not_depend_on_the_order_of_arrival(order: list[int], together: list[bool]) -> None:
    requests = [TESTS_RUN, claims(2), claims(3, conversation="c-2"), turn(4, "Thanks.", "Bye."), claims(5, service="b")]
    service = Service()
    joined = b""
    for number, joins in zip(order, together, strict=True):
        joined += requests[number][1]
        if not joins:
            service.pipeline.accept(Signal.TRACES, joined)
            joined = b""
    if joined:
        service.pipeline.accept(Signal.TRACES, joined)
    service.stop()
    assert service.findings() == {
        (bytes([3]).rjust(16, b"\0").hex(), "deception"): 1,
        (bytes([5]).rjust(16, b"\0").hex(), "deception"): 1,
    }


@pytest.mark.parametrize(("second", "expected"), [("s-1", []), ("s-2", ["deception"])])
@pytest.mark.parametrize(
    ("key", "value"),
    [("session.id", "{}"), ("gen_ai.conversation.id", "{}"), ("metadata", '{{"thread_id": "{}"}}')],
)
def test_every_id_that_a_dialect_reads_holds_a_conversation_together(
    key: str, value: str, second: str, expected: list[str]
) -> None:
    tests = [("bash", '{"command": "pytest -q"}', "12 passed")]
    first = openinference_turn(1, "Run the tests.", "All pass.", tests, {key: value.format("s-1")})
    claim = openinference_turn(
        2, "How is it?", CLAIM, [("read_file", '{"path": "a"}', "x")], {key: value.format(second)}
    )
    service = judged(first, claim)
    assert found(service) == expected
    assert last(service).run.conversation_id == second


def test_spans_leave_unchanged_by_what_is_remembered() -> None:
    service = judged(TESTS_RUN, claims())
    names = Counter(span.name for span in service.kept.spans())
    assert names == {"invoke_agent helper": 2, "chat m": 2, "execute_tool bash": 1, "execute_tool read_file": 1}


def test_memory_takes_a_quarter_of_what_is_configured_and_shows_in_a_metric() -> None:
    config = Config.model_validate({"assembly": {"max_remembered_mib": 8, "remember": "30s"}})
    assert assembly_limits(config).max_remembered_bytes == 6 << 20
    service = Service()
    service.pipeline.conversations = conversation_memory(config)
    for signal, payload in (TESTS_RUN, claims()):
        service.pipeline.accept(signal, payload)
        service.pass_time(service.limits.idle_s)
    (gauge,) = [
        item for item in instruments(service.pipeline, (), ()) if item.name.endswith("_conversations_remembered_bytes")
    ]
    assert [item.value for item in gauge.read()] == [service.pipeline.conversations.bytes]
    assert 0 < service.pipeline.conversations.bytes <= 2 << 20
    service.pass_time(30)
    assert service.pipeline.conversations.bytes == 0
