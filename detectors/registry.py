"""The detectors that ship, in the order of their definition; one explicit tuple, no scanning."""

from __future__ import annotations

from typing import Final

from . import (
    deception,
    impersonation_risk,
    jailbreak_compliance,
    over_refusal,
    scope_escalation,
    under_refusal,
)
from .assessment import Detector

DETECTORS: Final[tuple[Detector, ...]] = (
    scope_escalation.DETECTOR,
    jailbreak_compliance.DETECTOR,
    over_refusal.DETECTOR,
    under_refusal.DETECTOR,
    impersonation_risk.DETECTOR,
    deception.DETECTOR,
)

_BY_KEY: Final = {item.spec.key: item for item in DETECTORS}


def detector(key: str) -> Detector:
    """Give the detector with this key.

    Raises:
        KeyError: There is none; the message names those there are.
    """
    if key not in _BY_KEY:
        raise KeyError(f"no detector {key!r}; there are {', '.join(_BY_KEY)}")
    return _BY_KEY[key]
