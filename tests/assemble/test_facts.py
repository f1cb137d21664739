from dataclasses import replace

import pytest

from otel_safety.assemble import Assembler, AssemblyLimits
from otel_safety.assemble.limits import TRACE_OVERHEAD
from tests.assemble.spans import TRACE, held, link, log, span_id

LIMITS = AssemblyLimits()


def trace_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


@pytest.fixture
def assembler() -> Assembler:
    return Assembler(LIMITS)


def test_logs_that_come_before_their_span_are_there_when_it_closes(assembler: Assembler) -> None:
    assert assembler.add_logs([log(1, sequence=2), log(1, sequence=1), log(9)], 0.0) == []
    assert assembler.is_open(TRACE)
    assembler.add_spans([held(1)], [], 50.0)
    (closed,) = assembler.tick(52.0)
    assert [item.content.sequence for item in closed.logs] == [1, 2]
    assert {item.span_id for item in closed.logs} == {span_id(1)}


def test_logs_of_a_remembered_span_reach_the_next_closing(assembler: Assembler) -> None:
    assembler.add_spans([held(1)], [], 0.0)
    assembler.tick(2.0)
    assert assembler.add_logs([log(1)], 3.0) == []
    assert assembler.tick(100.0) == []
    assembler.add_spans([held(2, 1)], [], 101.0)
    (closed,) = assembler.tick(103.0)
    assert [item.span_id for item in closed.logs] == [span_id(1)]


def test_logs_alone_expire(assembler: Assembler) -> None:
    assembler.add_logs([log(1, size=1000)], 0.0)
    assert assembler.remembered_bytes > 1000
    assert assembler.next_deadline() == LIMITS.remember_s
    assert assembler.tick(LIMITS.remember_s) == []
    assert assembler.remembered_bytes == 0
    assert not assembler.any_open
    assert assembler.next_deadline() is None


def test_links_are_kept_for_open_traces_only(assembler: Assembler) -> None:
    assembler.add_spans([], [link(1)], 0.0)
    assert not assembler.is_open(TRACE)
    assembler.add_spans([held(2, 1)], [], 1.0)
    assembler.add_spans([], [link(1)], 2.0)
    (closed,) = assembler.tick(4.0)
    assert [item.span_id for item in closed.links] == [span_id(1)]


def test_facts_are_forgotten_after_their_time(assembler: Assembler) -> None:
    assembler.add_spans([held(1)], [], 0.0)
    assembler.tick(2.0)
    assert assembler.is_open(TRACE)
    assert assembler.next_deadline() == 2.0 + LIMITS.remember_s
    assembler.tick(2.0 + LIMITS.remember_s)
    assert not assembler.is_open(TRACE)
    assembler.add_spans([held(2, 1)], [], 1000.0)
    (closed,) = assembler.tick(1010.0)
    assert closed.remembered == []
    assert not closed.forgotten


def test_the_trace_that_was_quiet_longest_loses_its_facts_first() -> None:
    assembler = Assembler(replace(LIMITS, max_remembered_bytes=12 * TRACE_OVERHEAD))
    for number in range(8):
        assembler.add_spans([held(1, trace=trace_id(number))], [], number * 3.0)
        assembler.tick(number * 3.0 + 2.0)
    assert assembler.remembered_bytes <= 12 * TRACE_OVERHEAD
    for number in (0, 7):
        assembler.add_spans([held(2, 1, trace=trace_id(number))], [], 30.0)
    first, last = sorted(assembler.tick(40.0), key=lambda closed: closed.trace_id)
    assert (first.forgotten, first.remembered) == (True, [])
    assert (last.forgotten, len(last.remembered)) == (False, 1)


def test_what_a_forgotten_trace_has_reported_stays_known() -> None:
    assembler = Assembler(replace(LIMITS, max_remembered_bytes=12 * TRACE_OVERHEAD))
    assembler.add_spans([held(1, trace=trace_id(0))], [], 0.0)
    assembler.tick(2.0)
    assembler.remember_findings(trace_id(0), ["deception:1"], 2.0)
    for number in range(1, 8):
        assembler.add_spans([held(1, trace=trace_id(number))], [], number * 3.0)
        assembler.tick(number * 3.0 + 2.0)
    assembler.add_spans([held(2, 1, trace=trace_id(0))], [], 30.0)
    (closed,) = assembler.tick(40.0)
    assert closed.forgotten
    assert closed.reported == {"deception:1"}


def test_one_trace_takes_no_more_than_its_share_of_the_facts() -> None:
    assembler = Assembler(replace(LIMITS, max_remembered_bytes=1 << 20))
    assembler.add_spans([held(1)], [], 0.0)
    for number in range(2, 2000):
        assembler.add_spans([], [link(number, 1)], 0.0)
        assembler.add_logs([log(number, size=200)], 0.0)
    assert assembler.remembered_bytes <= 1 << 18
    (closed,) = assembler.tick(2.0)
    assert closed.forgotten
    assert len(closed.spans) == 1


def test_held_spans_survive_when_nothing_may_be_remembered() -> None:
    assembler = Assembler(replace(LIMITS, max_remembered_bytes=0))
    assembler.add_spans([held(2, 1)], [link(1)], 0.0)
    assembler.add_logs([log(2)], 0.0)
    (closed,) = assembler.tick(10.0)
    assert len(closed.spans) == 1
    assert closed.forgotten
    assert assembler.remembered_bytes == 0
    assert not assembler.any_open


def test_traces_without_facts_do_not_crowd_out_those_with() -> None:
    assembler = Assembler(replace(LIMITS, max_remembered_bytes=40 * TRACE_OVERHEAD))
    for number in range(200):
        assembler.add_spans([held(1, trace=trace_id(number))], [], number * 0.01)
        assembler.tick(number * 0.01)
    assembler.tick(5.0)
    assert assembler.remembered_bytes <= 40 * TRACE_OVERHEAD
    assembler.add_spans([held(2, 1, trace=trace_id(199))], [], 6.0)
    (closed,) = assembler.tick(16.0)
    assert len(closed.remembered) == 1


def test_every_closing_is_in_the_same_order_whatever_the_order_of_arrival() -> None:
    spans = [held(1), held(2, 1), held(3, 1), held(3, 1, size=11)]
    links = [link(4, 1), link(5, 2)]
    logs = [log(1), log(3, sequence=1), log(3, sequence=2)]
    closings = []
    for step in (1, -1):
        assembler = Assembler(LIMITS)
        for span in spans[::step]:
            assembler.add_spans([span], [], 0.0)
        assembler.add_spans([], links[::step], 0.5)
        assembler.add_logs(logs[::step], 0.5)
        closings.append(assembler.tick(3.0))
    assert closings[0] == closings[1]
