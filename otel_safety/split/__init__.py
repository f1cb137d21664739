"""Split a request on arrival: what is not GenAI leaves at once, GenAI spans are held."""

from otel_safety.split.logs import SplitLogs, split_logs
from otel_safety.split.traces import Split, split_traces

__all__ = ["Split", "SplitLogs", "split_logs", "split_traces"]
