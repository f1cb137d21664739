"""Deadlines: a heap in which a deadline may move at any time, at O(log n) per move at worst."""

from __future__ import annotations

import heapq
import math


class Timed:
    """Something with a deadline. ``due`` is infinite while there is none."""

    __slots__ = ("due", "queued")

    def __init__(self) -> None:
        self.due = math.inf
        self.queued = math.inf
        """Time of the one entry in the heap that counts; never later than ``due``."""


class Deadlines:
    """Everything that waits, ordered by deadline.

    A deadline that moves later keeps its entry, which is put right when it comes to the top: an arrival moves
    deadlines later far more often than one passes.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timed]] = []
        self._count = 0

    def set(self, timed: Timed, due: float) -> None:
        """Move the deadline of ``timed``; infinite removes it."""
        timed.due = due
        if due < timed.queued:
            timed.queued = due
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, timed))

    def next(self) -> float | None:
        """The earliest deadline, exactly; None when nothing waits."""
        heap = self._heap
        while heap:
            queued, _, timed = heap[0]
            if queued == timed.queued == timed.due:
                return queued
            heapq.heappop(heap)
            if queued == timed.queued:
                timed.queued = math.inf
                self.set(timed, timed.due)
        return None

    def pop_due(self, now: float) -> list[Timed]:
        """Take out everything whose deadline is not after ``now``, earliest first."""
        taken: list[Timed] = []
        while (earliest := self.next()) is not None and earliest <= now:
            timed = heapq.heappop(self._heap)[2]
            timed.due = timed.queued = math.inf
            taken.append(timed)
        return taken
