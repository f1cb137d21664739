"""Durations as the Collector writes them: 500ms, 5s, 1m30s, 2h."""

from __future__ import annotations

import re

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def parse_duration(value: object) -> float:
    """Read a duration as seconds; ``0`` is the only bare number that is accepted.

    Raises:
        ValueError: The value is not a duration.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(_sentence(value))  # noqa: TRY004  pydantic reports ValueError only
    if isinstance(value, int | float):
        if value == 0:
            return 0.0
        raise ValueError(_sentence(value))
    text = value.strip()
    if text == "0":
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(_sentence(value))
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def format_duration(seconds: float) -> str:
    """Write a duration in its largest exact unit, e.g. 90.0 as 90s and 0.2 as 200ms."""
    if seconds and seconds < 1:
        return f"{round(seconds * 1e3, 6):.9g}ms"
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.9g}{unit}"
    return f"{seconds:.9g}s"


def _sentence(value: object) -> str:
    return f"{value!r} is not a duration; write a number with a unit, such as 500ms, 5s or 1m30s"
