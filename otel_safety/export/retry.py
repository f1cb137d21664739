"""When a batch is sent again: exponential backoff with jitter, as the Collector's ``retry_on_failure``."""

from __future__ import annotations

from random import Random

from otel_safety.clock import Clock
from otel_safety.export.options import RetryOptions

# A destination that asks for more would, with unlimited retries, stop the queue for good.
_MAX_ASKED_DELAY_S = 3600.0


class Backoff:
    """The delays of one batch, from its first attempt on."""

    def __init__(self, options: RetryOptions, clock: Clock, random: Random) -> None:
        self._options = options
        self._clock = clock
        self._random = random
        self._interval_s = options.initial_interval_s
        self._started = clock.monotonic()

    def next_delay(self, asked_s: float | None = None) -> float | None:
        """Seconds until the next attempt; None when no more is to be made.

        Args:
            asked_s: What the destination asked for (RetryInfo, Retry-After): the delay is never shorter, and
                the following intervals grow from it.

        The last delay is cut so that one more attempt falls on the end of ``max_elapsed_time``.
        """
        options = self._options
        if not options.enabled:
            return None
        spread = options.randomization_factor * (2.0 * self._random.random() - 1.0)
        delay_s = self._interval_s * (1.0 + spread)
        if asked_s is not None:
            asked_s = min(asked_s, _MAX_ASKED_DELAY_S)
            delay_s = max(delay_s, asked_s)
            self._interval_s = max(self._interval_s, asked_s)
        ceiling_s = max(options.max_interval_s, asked_s or 0.0)
        self._interval_s = min(self._interval_s * options.multiplier, ceiling_s)
        if options.max_elapsed_time_s <= 0:
            return delay_s
        remaining_s = options.max_elapsed_time_s - (self._clock.monotonic() - self._started)
        return min(delay_s, remaining_s) if remaining_s > 0 else None
