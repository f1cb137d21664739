"""One testbed for the session through which every capture is replayed once, and fresh ones for what stops processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.backends import Jaeger, Tempo
from tests.e2e.findings import FoundOnSpan
from tests.e2e.material import SHARED_CAPTURES, ordinary_trace, own_scenarios, shared_scenarios
from tests.e2e.replay import Replayed, replay, span_counts, wait_for_spans
from tests.e2e.testbed import Testbed
from tests.shared_material import SHARED

OWN = ("openai-v2-events", "pydantic-ai")
CAPTURES = [
    *(pytest.param(capture, id=capture) for capture in OWN),
    *(pytest.param(capture, id=capture, marks=pytest.mark.shared) for capture in SHARED_CAPTURES),
]
_FLAGGED = pytest.StashKey[list[tuple[str, str, FoundOnSpan]]]()


@pytest.fixture(scope="session")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testbed]:
    """Everything runs: Collector, otel-safety, Jaeger and Tempo."""
    with ExitStack() as stack:
        bed = Testbed(tmp_path_factory.mktemp("testbed"), with_tempo=True)
        stack.callback(bed.close)
        bed.start_all()
        yield bed


@pytest.fixture
def new_testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Testbed]]:
    """Make a testbed of one's own, for tests that stop processes; ``held`` is how long runs are held."""
    with ExitStack() as stack:

        def make(held: str | None = None) -> Testbed:
            bed = Testbed(tmp_path_factory.mktemp("testbed"))
            if held is not None:
                bed.settle = bed.idle = bed.hold = held
            stack.callback(bed.close)
            return bed

        yield make


@pytest.fixture(scope="session")
def jaeger(testbed: Testbed) -> Jaeger:
    """Jaeger of the session's testbed."""
    return Jaeger(testbed.ports.jaeger_query)


@pytest.fixture(scope="session")
def tempo(testbed: Testbed) -> Tempo:
    """Tempo of the session's testbed."""
    return Tempo(testbed.ports.tempo_http)


@pytest.fixture(scope="session")
def replayed(testbed: Testbed, jaeger: Jaeger) -> Replayed:
    """Everything that was sent through the session's testbed; Jaeger has all of it."""
    scenarios = [scenario for capture in OWN for scenario in own_scenarios(capture)]
    if SHARED.exists():
        scenarios += [scenario for capture in SHARED_CAPTURES for scenario in shared_scenarios(capture)]
    everything = Replayed(scenarios, [ordinary_trace("shop") for _ in range(20)])
    replay(testbed, everything)
    wait_for_spans(jaeger, span_counts(everything))
    return everything


@pytest.fixture(scope="session")
def flagged_log(pytestconfig: pytest.Config) -> list[tuple[str, str, FoundOnSpan]]:
    """What Jaeger returned for flagged traces; printed at the end of the session."""
    return pytestconfig.stash.setdefault(_FLAGGED, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Print the flagged traces as Jaeger returned them."""
    del exitstatus
    rows = config.stash.get(_FLAGGED, [])
    if not rows:
        return
    terminalreporter.section(f"flagged traces, as Jaeger returned them ({len(rows)} findings)")
    for capture, scenario, found in sorted(rows, key=lambda row: row[:2]):
        evidence = found.evidence.replace("\n", " ")
        terminalreporter.write_line(
            f"{capture:<34} {scenario:<18} {found.trace_id.hex()} {found.span_name[:26]:<26} "
            f"{found.detector:<21} {found.severity:<8} {found.score:.2f} {evidence[:90]!r}"
        )
