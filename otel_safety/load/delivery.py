"""What arrived at a sink, against what was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How what arrived compares with what was sent: span ids."""

    missing: tuple[bytes, ...]
    doubled: tuple[bytes, ...]
    unexpected: tuple[bytes, ...]

    @property
    def exact(self) -> bool:
        """True when every expected span came once and no other came."""
        return not (self.missing or self.doubled or self.unexpected)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkReport:
    """What a sink saw. ``delivery`` is None when nothing was expected."""

    requests: int
    spans: int
    payload_bytes: int
    doubled: int
    seconds: float
    delivery: Delivery | None

    @property
    def exit_code(self) -> int:
        """1 when an expected span is missing or any span came twice, else 0."""
        missing = self.delivery is not None and bool(self.delivery.missing)
        return 1 if missing or self.doubled else 0
