"""What the calls of a trace do, read once for all detectors that ask: they judge a trace one after the other."""

from __future__ import annotations

from ..agent_trace import TraceEvent
from ..remembered import remembered_object
from .budget import Budget
from .taxonomy import Action, Category
from .tool_calls import CallReading, read_call
from .tool_names import read_tool_name


class CallReadings:
    """The readings of the calls ``events``, each made when it is asked for.

    Once their common ``Budget`` is spent, the calls behind are not read: their readings are incomplete, and what they
    do is unknown.
    """

    def __init__(self, events: tuple[TraceEvent, ...]) -> None:
        self.events = events
        self._made: dict[int, CallReading] = {}
        self._budget = Budget()

    def __getitem__(self, index: int) -> CallReading:
        """Read the call at ``index``."""
        reading = self._made.get(index)
        if reading is None:
            reading = self._made[index] = self._read(self.events[index])
        return reading

    def _read(self, event: TraceEvent) -> CallReading:
        if not self._budget.is_spent:
            return read_call(event.name, event.arguments, budget=self._budget)
        tool = read_tool_name(event.name)
        return CallReading(tool, (Action(category=Category.UNKNOWN, verb=tool.action.verb),), complete=False)


@remembered_object
def readings_of(events: tuple[TraceEvent, ...]) -> CallReadings:
    """Give the readings of a trace's calls; the same ones for the same ``events`` while few others are asked for."""
    return CallReadings(events)
