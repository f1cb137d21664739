"""What tool calls do: categories of actions, read from tool names, shell, SQL, git, HTTP and code."""

from .event_readings import CallReadings, readings_of
from .taxonomy import OPAQUE, SIDE_EFFECTS, Action, Category
from .tool_calls import CallReading, read_call

__all__ = ["OPAQUE", "SIDE_EFFECTS", "Action", "CallReading", "CallReadings", "Category", "read_call", "readings_of"]
