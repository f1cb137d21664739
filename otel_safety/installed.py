"""Detectors of other packages: entry points of the group ``otel_safety.detectors``.

The name of an entry point is the key of its detector; its object is the detector. What one of them answers is checked,
so that a mistake in it costs its own answer and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from detectors.agent_trace import AgentTrace
from detectors.assessment import Assessment, Detector, DetectorSpec, Evidence, NotAssessed, Severity
from otel_safety.errors import ConfigError

GROUP: Final = "otel_safety.detectors"
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SPAN_ID: Final = re.compile(r"[0-9a-f]{16}")
# These stand beside the keys of detectors in the configuration or in the names of attributes.
_TAKEN: Final = frozenset({"budget", "evidence", "run"})


def installed_keys() -> frozenset[str]:
    """Name the detectors of other packages; none of them is imported."""
    return frozenset(point.name for point in entry_points(group=GROUP))


def installed_detectors(shipped: Collection[str], wanted: Callable[[str], bool]) -> tuple[Detector, ...]:
    """Import the detectors of other packages that are wanted, in the order of their keys.

    Args:
        shipped: Keys that are taken.
        wanted: Whether the detector with a key is to be imported at all.

    Raises:
        ConfigError: One cannot be used; the message names it and its package.
    """
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    count = Counter(point.name for point in points)
    for point in points:
        if point.name in shipped or count[point.name] > 1:
            others = [_named(other) for other in points if other.name == point.name and other is not point]
            raise ConfigError(
                f"{_named(point)}: there is another detector {point.name!r}: {(others or ['our own'])[0]}"
            )
    return tuple(_Checked(_load(point)) for point in points if wanted(point.name))


def _load(point: EntryPoint) -> Detector:
    try:
        loaded = point.load()
    except Exception as error:
        raise ConfigError(f"{_named(point)} cannot be imported: {type(error).__name__}: {error}") from error
    detector: Detector = loaded
    spec: Any = getattr(loaded, "spec", None)
    if isinstance(loaded, type) or not isinstance(spec, DetectorSpec) or not callable(getattr(loaded, "assess", None)):
        raise ConfigError(f"{_named(point)} is no detector: an object with spec (a DetectorSpec) and assess is needed")
    if spec.key != point.name:
        raise ConfigError(f"{_named(point)}: the key of its spec is {spec.key!r}; both must be the same")
    if not _KEY.fullmatch(spec.key) or spec.key in _TAKEN:
        raise ConfigError(f"{_named(point)}: the key must be snake_case and none of {', '.join(sorted(_TAKEN))}")
    severity: Any = spec.severity
    if not isinstance(severity, Severity) or not _is_share(spec.threshold):
        raise ConfigError(f"{_named(point)}: its spec needs a Severity and a threshold between 0 and 1")
    return detector


def _named(point: EntryPoint) -> str:
    package = f" of the package {point.dist.name} {point.dist.version}" if point.dist is not None else ""
    return f"the detector {point.name!r} ({point.value}){package}"


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


@dataclass(frozen=True, slots=True)
class _Checked:
    """A detector of another package whose answers are checked before anything relies on them."""

    detector: Detector

    @property
    def spec(self) -> DetectorSpec:
        return self.detector.spec

    def assess(self, trace: AgentTrace) -> Assessment:
        """Judge one agent trace.

        Raises:
            ValueError: The answer is not well-formed.
        """
        answer: Any = self.detector.assess(trace)
        if not isinstance(answer, Assessment) or answer.detector != self.spec.key:
            raise ValueError("no assessment of this detector")
        if answer.score is None:
            if not isinstance(answer.not_assessed, NotAssessed):
                raise ValueError("no score and no reason")
        elif not _is_share(answer.score) or not _is_share(answer.threshold):
            raise ValueError("a score or threshold out of range")
        severity: Any = answer.severity
        if not isinstance(severity, Severity) or not all(map(_is_sound, answer.evidence)):
            raise ValueError("a severity or evidence that is none")
        return answer


def _is_sound(item: Any) -> bool:
    return isinstance(item, Evidence) and (item.span_ref is None or bool(_SPAN_ID.fullmatch(item.span_ref)))
