"""Backoff, with a clock that stands still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_safety.export import RetryOptions
from otel_safety.export.retry import Backoff
from tests.export.support import FakeClock, seeded

STEADY = RetryOptions(randomization_factor=0.0, max_elapsed_time_s=0.0)


def delays(options: RetryOptions, asked: list[float | None]) -> list[float | None]:
    """The delays that follow one another when each is waited for."""
    clock = FakeClock()
    backoff = Backoff(options, clock, seeded(1))
    result: list[float | None] = []
    for wish in asked:
        delay = backoff.next_delay(wish)
        result.append(delay)
        clock.now += delay or 0.0
    return result


def test_intervals_grow_to_the_longest() -> None:
    assert delays(STEADY, [None] * 7) == [5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0]


def test_a_delay_is_never_shorter_than_asked_for() -> None:
    assert delays(STEADY, [1.0, 20.0]) == [5.0, 20.0]


def test_intervals_grow_from_what_was_asked_for() -> None:
    assert delays(STEADY, [12.0, None, None, None]) == [12.0, 18.0, 27.0, 30.0]


def test_a_long_wish_does_not_stay_the_longest_interval() -> None:
    assert delays(STEADY, [100.0, None, None]) == [100.0, 100.0, 30.0]


def test_an_absurd_wish_is_cut() -> None:
    assert delays(STEADY, [1e12]) == [3600.0]


def test_the_last_attempt_falls_on_the_end_of_the_elapsed_time() -> None:
    options = RetryOptions(randomization_factor=0.0, max_elapsed_time_s=20.0)
    assert delays(options, [None] * 4) == [5.0, 7.5, 7.5, None]


def test_zero_elapsed_time_never_gives_up() -> None:
    assert None not in delays(STEADY, [None] * 1000)


def test_disabled_retries_give_up_at_once() -> None:
    assert delays(RetryOptions(enabled=False), [3.0]) == [None]


@given(seed=st.integers(0, 1000))
def test_jitter_stays_within_its_factor_and_spreads(seed: int) -> None:
    options = RetryOptions(multiplier=1.0, max_elapsed_time_s=0.0)
    backoff = Backoff(options, FakeClock(), seeded(seed))
    spread = [backoff.next_delay() or 0.0 for _ in range(50)]
    assert all(2.5 <= delay <= 7.5 for delay in spread)
    assert max(spread) - min(spread) > 1.0


@given(
    asked=st.lists(st.none() | st.floats(0, 1e9), max_size=30),
    elapsed=st.floats(1, 1000),
    seed=st.integers(0, 100),
)
def test_retries_end_with_the_elapsed_time(asked: list[float | None], elapsed: float, seed: int) -> None:
    clock = FakeClock()
    backoff = Backoff(RetryOptions(max_elapsed_time_s=elapsed), clock, seeded(seed))
    for wish in asked:
        delay = backoff.next_delay(wish)
        if delay is None:
            break
        clock.now += delay
    assert clock.now - 1000.0 <= elapsed + 1e-6


@pytest.mark.parametrize("wish", [0.0, None])
def test_no_wish_is_no_wish(wish: float | None) -> None:
    assert delays(STEADY, [wish]) == [5.0]
