"""load: a load generator and a counting sink, to show that every span arrives once, and how fast."""

from otel_safety.load.delivery import Delivery, SinkReport
from otel_safety.load.fault import Fault
from otel_safety.load.loadgen import LoadConfig, LoadReport, run_loadgen
from otel_safety.load.sink import Sink, SinkConfig, run_sink

__all__ = [
    "Delivery",
    "Fault",
    "LoadConfig",
    "LoadReport",
    "Sink",
    "SinkConfig",
    "SinkReport",
    "run_loadgen",
    "run_sink",
]
