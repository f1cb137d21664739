"""What the calls of a trace do, read once for all detectors that ask: they judge a trace one after the other."""

from __future__ import annotations

from collections import deque
from typing import Final

from ..agent_trace import TraceEvent
from .taxonomy import Action, Category
from .tool_calls import CallReading, read_call
from .tool_names import read_tool_name

MAX_ACTIONS: Final = 2_000
# Traces of one run, whose calls are held as long as no others are judged.
_TRACES_KEPT: Final = 2


class CallReadings:
    """The readings of the calls ``events``, each made when it is asked for.

    Once ``MAX_ACTIONS`` actions were read, the calls behind are not: their readings are incomplete, and what they do
    is unknown.
    """

    def __init__(self, events: tuple[TraceEvent, ...]) -> None:
        self.events = events
        self._made: dict[int, CallReading] = {}
        self._actions = 0

    def __getitem__(self, index: int) -> CallReading:
        """Read the call at ``index``."""
        reading = self._made.get(index)
        if reading is None:
            reading = self._made[index] = self._read(self.events[index])
            self._actions += len(reading.actions)
        return reading

    def _read(self, event: TraceEvent) -> CallReading:
        if self._actions < MAX_ACTIONS:
            return read_call(event.name, event.arguments)
        tool = read_tool_name(event.name)
        return CallReading(tool, (Action(category=Category.UNKNOWN, verb=tool.action.verb),), complete=False)


_kept: Final[deque[CallReadings]] = deque(maxlen=_TRACES_KEPT)


def readings_of(events: tuple[TraceEvent, ...]) -> CallReadings:
    """Give the readings of a trace's calls; the same ones for the same ``events`` while few others are asked for."""
    for readings in tuple(_kept):
        if readings.events is events:
            return readings
    readings = CallReadings(events)
    _kept.append(readings)
    return readings
