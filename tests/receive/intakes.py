"""Intakes that stand behind a receiver in tests."""

from collections.abc import Callable

from otel_safety.otlp.wire import WireLimits, check_structure
from otel_safety.receive import Partial
from otel_safety.spans import Signal
from otel_safety.split import split_traces


class RecordingIntake:
    """Keeps what it is given; ``answer`` may refuse or answer with partial success."""

    def __init__(self, answer: Callable[[], Partial | None] = lambda: None) -> None:
        self.taken: list[tuple[Signal, bytes]] = []
        self.answer = answer

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        partial = self.answer()
        self.taken.append((signal, payload))
        return partial


class SplittingIntake:
    """Does what the pipeline does first: checks the structure and splits traces."""

    def __init__(self) -> None:
        self.items = 0

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        if signal is not Signal.TRACES:
            self.items += check_structure(payload, signal, WireLimits())
            return None
        split = split_traces(payload, lambda _: False, any_open=False)
        self.items += len(split.held) + (split.forward.items if split.forward else 0)
        return Partial(split.rejected, split.message) if split.rejected else None
