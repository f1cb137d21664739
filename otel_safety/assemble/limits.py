"""Limits of the assembler, and what its state counts for in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Approximate size in memory, beside the wire bytes, of what the assembler keeps (CPython 3.11, 64 bit). They are
# counted so that many tiny spans cannot take a multiple of the configured memory.
HELD_SPAN_OVERHEAD: Final = 1024  # HeldSpan, its operation, its place in the lists
FACT_OVERHEAD: Final = 512  # a link, a remembered span or a log content
NODE_OVERHEAD: Final = 256  # one span id in the tree of its trace
TRACE_OVERHEAD: Final = 1024  # the state of a trace without any of these


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyLimits:
    """When a run is closed, and how much memory waiting and remembering may take.

    Attributes:
        settle_s: Seconds without an arrival after which a run whose root has been seen is closed.
        idle_s: Seconds without an arrival in the trace after which a run without a root is closed.
        hold_s: Seconds that no span ever waits beyond.
        max_held_bytes: Wire bytes of all held spans, and ``HELD_SPAN_OVERHEAD`` for each.
        max_run_bytes: Wire bytes of the held spans of one trace.
        max_run_spans: Held spans of one trace.
        remember_s: Seconds without an arrival after which the facts of a trace are forgotten.
        max_remembered_bytes: Facts of all traces: log contents, links, operations of spans that have left. One
            trace may take a quarter of it.
    """

    settle_s: float = 2.0
    idle_s: float = 10.0
    hold_s: float = 30.0
    max_held_bytes: int = 256 << 20
    max_run_bytes: int = 16 << 20
    max_run_spans: int = 10_000
    remember_s: float = 600.0
    max_remembered_bytes: int = 64 << 20
