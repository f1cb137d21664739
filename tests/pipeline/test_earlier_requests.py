"""Tools that answered in one trace and were requested in another: the request is found, for a while."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from detectors.agent_trace import TraceEvent
from otel_safety.earlier_requests import EarlierRequests
from otel_safety.rebuild import rebuild
from otel_safety.spans import Closed, HeldLog
from semconv.operation import LogContent, OperationMessage, ToolResult
from tests.rebuild.made import TRACE, answers, asks, chat, closed, held, says, span_id, user

ASKED = user("Tidy up.")


def model_call(given: Sequence[OperationMessage], returned: OperationMessage, service: str = "app") -> Closed:
    return closed(held("chat", chat(given, [returned]), service=service))


def events(earlier: EarlierRequests, trace: Closed) -> list[TraceEvent]:
    (run,) = rebuild(earlier.complete(trace))
    return list(run.traces[0].trace_events or ())


def after(*traces: Closed, keep_s: float = 60.0, max_bytes: int = 10_000) -> EarlierRequests:
    earlier = EarlierRequests(keep_s=keep_s, max_bytes=max_bytes)
    for trace in traces:
        earlier.remember(trace, 0.0)
    return earlier


REQUESTING = model_call([ASKED], asks("rm", "c1", path="a"))
ANSWERED = model_call([ASKED, answers("gone", "c1")], says("Done."))


def test_an_answer_is_joined_to_the_request_of_an_earlier_trace() -> None:
    (event,) = events(after(REQUESTING), ANSWERED)
    assert (event.name, event.arguments, event.result) == ("rm", {"path": "a"}, "gone")
    assert event.executed
    assert not event.prior


def test_each_call_is_judged_once_over_a_chain_of_traces() -> None:
    second = model_call([ASKED, answers("gone", "c1")], asks("ls", "c2"))
    third = model_call([ASKED, answers("gone", "c1"), answers("empty", "c2")], says("Done."))
    earlier = after(REQUESTING, second)
    judged = [
        event for trace in (second, third) for event in events(earlier, trace) if event.executed and not event.prior
    ]
    assert [event.name for event in judged] == ["rm", "ls"]


def test_an_unknown_request_stays_unknown() -> None:
    (event,) = events(EarlierRequests(), ANSWERED)
    assert (event.name, event.arguments, event.executed) == ("unknown", None, True)


def test_a_call_of_the_same_id_in_another_conversation_is_another_call() -> None:
    for other in (
        model_call([user("Something else.")], asks("rm", "c1", path="a")),
        model_call([ASKED], asks("rm", "c1", path="a"), service="another"),
    ):
        assert after(other).complete(ANSWERED) == ANSWERED


def test_an_answer_that_names_another_tool_is_left_alone() -> None:
    named = closed(held("chat", chat([ASKED, named_answer("ls")], [says("Done.")])))
    assert after(REQUESTING).complete(named) == named


def named_answer(name: str) -> OperationMessage:
    return OperationMessage(role="tool", parts=(ToolResult(id="c1", name=name, content="gone"),))


def test_a_history_with_its_requests_is_left_alone() -> None:
    whole = model_call([ASKED, asks("rm", "c1", path="b"), answers("gone", "c1")], says("Done."))
    assert after(REQUESTING).complete(whole) == whole


def test_histories_in_log_records_are_completed_too() -> None:
    def logged(*given: OperationMessage, returned: OperationMessage) -> Closed:
        content = LogContent(dialect="made", input=given, output=(returned,))
        log = HeldLog(trace_id=TRACE, span_id=span_id("chat"), content=content, size=1)
        return closed(held("chat", chat(None, None)), logs=[log])

    earlier = after(logged(ASKED, returned=asks("rm", "c1", path="a")))
    (event,) = events(earlier, logged(ASKED, answers("gone", "c1"), returned=says("Done.")))
    assert (event.name, event.arguments) == ("rm", {"path": "a"})


def test_requests_are_forgotten_after_a_while() -> None:
    earlier = after(REQUESTING, keep_s=60.0)
    earlier.remember(model_call([user("Later.")], says("Hi.")), 59.0)
    assert earlier.complete(ANSWERED) != ANSWERED
    earlier.remember(model_call([user("Later.")], says("Hi.")), 60.0)
    assert earlier.complete(ANSWERED) == ANSWERED
    assert earlier.held_bytes == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.text(max_size=300)), max_size=30))
def test_what_is_remembered_stays_within_its_bound(requests: list[tuple[int, str]]) -> None:
    earlier = EarlierRequests(max_bytes=2_000)
    for number, path in requests:
        earlier.remember(model_call([ASKED], asks("rm", f"c{number}", path=path)), 0.0)
        assert 0 <= earlier.held_bytes <= 2_000
