from dataclasses import replace

import pytest

from otel_safety.assemble import Assembler, AssemblyLimits
from otel_safety.assemble.limits import HELD_SPAN_OVERHEAD
from otel_safety.spans import Closed, CloseReason
from tests.assemble.spans import EMPTY_OPERATION, TRACE, held, link, log, span_id

LIMITS = AssemblyLimits()
OTHER = b"o" * 16


def numbers(closed: Closed) -> list[int]:
    return [int.from_bytes(span.span_id, "big") for span in closed.spans]


def outcome(closings: list[Closed]) -> list[tuple[str, list[int]]]:
    return [(closed.reason.value, numbers(closed)) for closed in closings]


@pytest.fixture
def assembler() -> Assembler:
    return Assembler(LIMITS)


def test_a_run_whose_root_was_seen_closes_after_settle(assembler: Assembler) -> None:
    assert assembler.add_spans([held(2, 1), held(1)], [], 0.0) == []
    assert assembler.next_deadline() == 2.0
    assert assembler.tick(1.9) == []
    assert outcome(assembler.tick(2.0)) == [("root", [1, 2])]
    assert (assembler.held_spans, assembler.held_bytes, assembler.held_traces) == (0, 0, 0)


def test_each_arrival_starts_settle_again(assembler: Assembler) -> None:
    assembler.add_spans([held(1)], [], 0.0)
    assembler.add_spans([held(2, 1)], [], 1.5)
    assembler.add_logs([log(2)], 3.0)
    assert assembler.next_deadline() == 5.0
    assert assembler.tick(4.9) == []
    assert outcome(assembler.tick(5.0)) == [("root", [1, 2])]


def test_a_span_without_content_waits_for_its_log_records(assembler: Assembler) -> None:
    assembler.add_spans([replace(held(1), operation=EMPTY_OPERATION)], [], 0.0)
    assert assembler.next_deadline() == 10.0
    assembler.add_logs([log(1)], 5.0)
    assert assembler.next_deadline() == 7.0
    assert outcome(assembler.tick(7.0)) == [("root", [1])]


def test_a_span_without_content_whose_logs_came_first_closes_after_settle(assembler: Assembler) -> None:
    assembler.add_logs([log(1)], 0.0)
    assembler.add_spans([replace(held(1), operation=EMPTY_OPERATION)], [], 0.5)
    assert outcome(assembler.tick(2.5)) == [("root", [1])]


def test_a_span_whose_content_never_comes_closes_after_idle(assembler: Assembler) -> None:
    assembler.add_spans([replace(held(1), operation=EMPTY_OPERATION)], [], 0.0)
    assert assembler.tick(9.9) == []
    assert outcome(assembler.tick(10.0)) == [("root", [1])]


def test_a_root_that_is_not_genai_closes_the_run(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [link(1)], 0.0)
    closings = assembler.tick(2.0)
    assert outcome(closings) == [("root", [2])]
    assert [item.span_id for item in closings[0].links] == [span_id(1)]


def test_a_server_span_with_a_remote_parent_is_a_root(assembler: Assembler) -> None:
    assembler.add_spans([held(3, 2)], [link(2, 1, remote=True)], 0.0)
    # The trace is not open before the first GenAI span, but the link came along with it.
    assert outcome(assembler.tick(2.0)) == [("root", [3])]


def test_background_spans_do_not_keep_a_finished_run_open(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [link(1)], 0.0)
    assembler.add_spans([], [link(9, 1)], 1.9)
    assert outcome(assembler.tick(2.0)) == [("root", [2])]


def test_without_a_root_the_trace_must_be_idle(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [], 0.0)
    assembler.add_spans([], [link(9, 2)], 4.0)
    assert assembler.next_deadline() == 14.0
    assert assembler.tick(13.9) == []
    assert outcome(assembler.tick(14.0)) == [("idle", [2])]


def test_siblings_under_an_unseen_parent_close_together(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [], 0.0)
    assembler.add_spans([held(3, 1)], [], 3.0)
    assert outcome(assembler.tick(13.0)) == [("idle", [2, 3])]


def test_two_local_roots_of_one_trace_close_apart(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1, remote=True)], [], 0.0)
    assembler.add_spans([held(3, 1, remote=True)], [], 1.0)
    assert outcome(assembler.tick(2.0)) == [("root", [2])]
    assert outcome(assembler.tick(3.0)) == [("root", [3])]


def test_a_run_across_processes_closes_with_its_outer_root(assembler: Assembler) -> None:
    assembler.add_spans([held(3, 2, remote=True)], [], 0.0)
    assembler.add_spans([held(2, 1)], [], 1.0)
    assert assembler.tick(2.0) == []
    assembler.add_spans([held(1)], [], 5.0)
    assert outcome(assembler.tick(7.0)) == [("root", [1, 2, 3])]


def test_a_cycle_closes_when_idle(assembler: Assembler) -> None:
    assembler.add_spans([held(1, 2), held(2, 1), held(3, 3)], [], 0.0)
    assert outcome(assembler.tick(10.0)) == [("idle", [1, 2, 3])]


def test_a_cycle_of_remote_parents_closes_when_idle(assembler: Assembler) -> None:
    assembler.add_spans([held(1, 2, remote=True), held(2, 1, remote=True), held(3, 3, remote=True)], [], 0.0)
    assert outcome(assembler.tick(10.0)) == [("idle", [1, 2, 3])]


def test_no_span_waits_beyond_hold_and_the_whole_trace_leaves(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [], 0.0)
    for second in range(1, 30):
        assert assembler.tick(float(second)) == []
        assembler.add_spans([held(second + 2, 1)], [], float(second))
    closings = assembler.tick(30.0)
    assert outcome(closings) == [("hold", list(range(2, 32)))]
    assert assembler.is_open(TRACE)


def test_after_hold_the_root_brings_the_remembered_facts(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1)], [], 0.0)
    for second in range(5, 30, 5):
        assembler.add_logs([log(2)], float(second))
    assert outcome(assembler.tick(30.0)) == [("hold", [2])]
    assembler.add_spans([held(1)], [], 60.0)
    (closed,) = assembler.tick(62.0)
    assert outcome([closed]) == [("root", [1])]
    assert [item.span_id for item in closed.remembered] == [span_id(2)]
    assert closed.remembered[0].service == "shop"
    assert len(closed.logs) == 5
    assert not closed.forgotten


def test_a_late_span_waits_only_settle_and_brings_the_remembered_facts(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1), held(1)], [], 0.0)
    assembler.tick(2.0)
    assembler.remember_findings(TRACE, ["deception:1"], 2.0)
    assembler.add_spans([held(3, 2)], [], 100.0)
    assert assembler.next_deadline() == 102.0
    (closed,) = assembler.tick(102.0)
    assert outcome([closed]) == [("late", [3])]
    assert [item.span_id for item in closed.remembered] == [span_id(1), span_id(2)]
    assert closed.reported == {"deception:1"} == assembler.reported(TRACE)


def test_a_late_span_in_another_part_of_the_trace_is_a_run_of_its_own(assembler: Assembler) -> None:
    assembler.add_spans([held(2, 1), held(1)], [], 0.0)
    assembler.tick(2.0)
    assembler.add_spans([held(9, 8, remote=True), held(7, 6)], [], 3.0)
    assert outcome(assembler.tick(5.0)) == [("root", [9])]
    assert outcome(assembler.tick(13.0)) == [("idle", [7])]


def test_the_outer_root_of_a_run_that_closed_before_is_not_late(assembler: Assembler) -> None:
    assembler.add_spans([held(3, 2, remote=True)], [], 0.0)
    assert outcome(assembler.tick(2.0)) == [("root", [3])]
    assembler.add_spans([held(2, 1), held(1)], [], 3.0)
    (closed,) = assembler.tick(5.0)
    assert outcome([closed]) == [("root", [1, 2])]
    assert [item.span_id for item in closed.remembered] == [span_id(3)]


def test_duplicates_of_a_span_leave_together(assembler: Assembler) -> None:
    assembler.add_spans([held(1), held(1)], [], 0.0)
    assembler.add_spans([held(1)], [], 1.0)
    assert outcome(assembler.tick(3.0)) == [("root", [1, 1, 1])]
    assembler.add_spans([held(1)], [], 4.0)
    assert outcome(assembler.tick(6.0)) == [("late", [1])]


def test_too_many_spans_leave_with_size() -> None:
    assembler = Assembler(replace(LIMITS, max_run_spans=2))
    closings = assembler.add_spans([held(n, 1) for n in range(2, 7)], [], 0.0)
    assert outcome(closings) == [("size", [2, 3, 4])]
    assert [item.span_id for item in closings[0].remembered] == []
    (closed,) = assembler.tick(10.0)
    assert outcome([closed]) == [("idle", [5, 6])]
    assert len(closed.remembered) == 3


def test_one_span_larger_than_a_run_leaves_at_once() -> None:
    assembler = Assembler(replace(LIMITS, max_run_bytes=100))
    assert outcome(assembler.add_spans([held(2, 1, size=101)], [], 0.0)) == [("size", [2])]
    assert assembler.held_bytes == 0


def test_memory_pressure_lets_the_heaviest_times_oldest_go_first() -> None:
    unit = HELD_SPAN_OVERHEAD
    assembler = Assembler(replace(LIMITS, max_held_bytes=20 * unit))
    old_small, old_big, new_big = (bytes([n]) * 16 for n in range(3))
    assembler.add_spans([held(2, 1, trace=old_small), held(2, 1, trace=old_big, size=6 * unit)], [], 0.0)
    assembler.add_spans([held(2, 1, trace=new_big, size=8 * unit)], [], 5.0)
    assert assembler.held_spans == 3
    closings = assembler.add_spans([held(3, 1, trace=new_big, size=4 * unit)], [], 6.0)
    assert [(closed.trace_id, closed.reason) for closed in closings] == [(old_big, CloseReason.MEMORY)]
    assert assembler.held_bytes + assembler.held_spans * unit <= 20 * unit


def test_under_memory_pressure_small_spans_count_for_what_they_take() -> None:
    assembler = Assembler(replace(LIMITS, max_held_bytes=100 * HELD_SPAN_OVERHEAD))
    closings = [
        closed
        for n in range(1000)
        for closed in assembler.add_spans([held(2, 1, trace=n.to_bytes(16, "big"), size=1)], [], n / 1000)
    ]
    assert {closed.reason for closed in closings} == {CloseReason.MEMORY}
    assert 0 < assembler.held_spans < 100
    assert assembler.held_spans + sum(len(closed.spans) for closed in closings) == 1000


def test_shutdown_lets_everything_go(assembler: Assembler) -> None:
    assembler.add_spans([held(1), held(3, 2), held(5, trace=OTHER)], [], 0.0)
    assembler.add_logs([log(7, trace=b"l" * 16)], 0.0)
    assert outcome(assembler.shutdown(1.0)) == [("shutdown", [1, 3]), ("shutdown", [5])]
    assert assembler.held_spans == 0
    assert assembler.shutdown(1.0) == []


def test_runs_that_are_due_together_leave_together(assembler: Assembler) -> None:
    assembler.add_spans([held(n, 1, remote=True) for n in range(2, 100)], [], 0.0)
    assert outcome(assembler.tick(2.0)) == [("root", list(range(2, 100)))]


def test_a_trace_that_trickles_is_judged_less_often(assembler: Assembler) -> None:
    closings = 0
    for tenth in range(3000):
        now = tenth / 10
        closings += len(assembler.tick(now))
        if tenth % 25 == 0:
            assembler.add_spans([held(tenth + 2, 1, remote=True)], [], now)
    assert closings <= 16 + 300 / LIMITS.idle_s
    assert assembler.held_spans < LIMITS.hold_s / 2.5


def test_spans_of_a_late_tick_still_leave_once(assembler: Assembler) -> None:
    assembler.add_spans([held(1), held(3, 2)], [], 0.0)
    assembler.add_spans([held(5, trace=OTHER)], [], 7.0)
    assert outcome(assembler.tick(1000.0)) == [("root", [1]), ("idle", [3]), ("root", [5])]
    assert assembler.next_deadline() == 1600.0


def test_time_never_goes_back(assembler: Assembler) -> None:
    assembler.add_spans([held(1)], [], 10.0)
    assembler.add_spans([held(2, 1)], [], 5.0)
    assert assembler.tick(11.9) == []
    assert outcome(assembler.tick(12.0)) == [("root", [1, 2])]
