"""What reading and judging an agent run cost: ``python -m tests.bench.judge_cost``.

Microseconds of CPU time on one core. What several detectors share (languages, marks, the reading of calls) is paid
by the first of them that asks. Between two rounds on one run lie all the other runs, and a hostile text is never
judged twice, so that nothing which a cache kept makes a figure look better than it is.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from detectors.agent_trace import AgentTrace
from detectors.registry import DETECTORS
from otel_safety.rebuild import rebuild
from tests.bench.agent_runs import AGENTS, closed_run, ten_span_request
from tests.detectors.hostile_texts import FILLINGS, MANY_CALLS, PLACES, hostile_text

RUNS = 200
ROUNDS = 3
HOSTILE_CHARS = 100_000
GOAL_RUN_MS = 0.5
GOAL_HOSTILE_MS = 20.0

_T = TypeVar("_T")


def main() -> None:
    """Print both tables as Markdown."""
    _print_runs()
    _print_hostile()


def _print_runs() -> None:
    requests = [ten_span_request(number) for number in range(RUNS)]
    for request in requests[:5]:
        _run_costs(request)  # loads the lexicons
    # The shortest of some rounds for each run: what a busy machine adds is not the run's.
    rounds = [[_run_costs(request) for request in requests] for _ in range(ROUNDS)]
    runs = [{row: min(costs[row] for costs in turns) for row in turns[0]} for turns in zip(*rounds, strict=True)]
    medians = {row: statistics.median(costs[row] for costs in runs) for row in runs[0]}
    means = {row: statistics.fmean(costs[row] for costs in runs) for row in runs[0]}
    whole = means["reading"] + means["rebuild"] + means["judging"]
    _say(f"\n**One run of ten spans with 2 kB messages** ({RUNS} different runs of {AGENTS} agents)\n")
    _say("| | microseconds, median | mean | share of all three |")
    _say("|---|---|---|---|")
    for row, cost in medians.items():
        _say(f"| {row} | {cost:,.0f} | {means[row]:,.0f} | {100 * means[row] / whole:.0f} % |")
    _say(f"\nAll six detectors: median **{medians['judging'] / 1000:.2f} ms**, goal under {GOAL_RUN_MS} ms")


def _run_costs(request: bytes) -> dict[str, float]:
    closed, reading = _timed(lambda: closed_run(request))
    runs, rebuilding = _timed(lambda: rebuild(closed))
    traces = [trace for run in runs for trace in run.traces]
    costs = {"reading": reading, "rebuild": rebuilding, "judging": 0.0}
    costs |= _detector_costs(traces)
    costs["judging"] = sum(costs[f"  {item.spec.key}"] for item in DETECTORS)
    return costs


def _detector_costs(traces: Iterable[AgentTrace]) -> dict[str, float]:
    costs = dict.fromkeys((f"  {item.spec.key}" for item in DETECTORS), 0.0)
    for trace in traces:
        for item in DETECTORS:
            costs[f"  {item.spec.key}"] += _timed(lambda item=item, trace=trace: item.assess(trace))[1]  # type: ignore[misc]  # defaults of the lambda
    return costs


def _print_hostile() -> None:
    _say(f"\n**{HOSTILE_CHARS:,} characters of hostile text, all six detectors** ({len(FILLINGS)} texts)\n")
    _say("| place | median ms | worst ms | worst text | slowest detector there | growth from half of it |")
    _say("|---|---|---|---|---|---|")
    worst: dict[str, float] = {}
    for place, trace_with in PLACES.items():
        costs = {filling: _hostile_costs(trace_with, filling, HOSTILE_CHARS) for filling in FILLINGS}
        sums = {filling: sum(cost.values()) / 1000 for filling, cost in costs.items()}
        filling = max(sums, key=lambda item: sums[item])
        half = sum(_hostile_costs(trace_with, filling, HOSTILE_CHARS // 2).values()) / 1000
        slowest = max(costs[filling], key=lambda item: costs[filling][item]).strip()
        worst[place] = sums[filling]
        _say(
            f"| {place} | {statistics.median(sums.values()):.1f} | {sums[filling]:.1f} | `{filling!r}` | {slowest} "
            f"| {sums[filling] / half:.2f} |"
        )
    calls = worst.pop(MANY_CALLS)
    _say(f"\nWorst of all in one text: **{max(worst.values()):.1f} ms**, goal under {GOAL_HOSTILE_MS:.0f} ms")
    _say(f"\nSpread over the arguments and results of many calls: {calls:.1f} ms")


def _hostile_costs(trace_with: Callable[[str], AgentTrace], filling: str, size: int) -> dict[str, float]:
    # One character more each time: another text, which no cache knows.
    rounds = [_detector_costs([trace_with(hostile_text(filling, size + turn))]) for turn in range(ROUNDS)]
    return min(rounds, key=lambda costs: sum(costs.values()))


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    started = time.process_time_ns()
    result = work()
    return result, (time.process_time_ns() - started) / 1000


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
