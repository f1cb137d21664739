"""otel-safety: OTLP in, OTLP out, and on the way every agent run is judged.

The public API; what it names is imported when it is first used, so that the command line starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import detectors as _detectors
import semconv as _semconv

if TYPE_CHECKING:
    from detectors.agent_trace import AgentTrace, Completeness, Gap, Message, Role, TraceEvent
    from detectors.assessment import (
        Answers,
        Assessment,
        Detector,
        DetectorSpec,
        Evidence,
        NotAssessed,
        Severity,
        Source,
    )
    from otel_safety.analyze.report import Report, analyze, analyze_requests
    from otel_safety.errors import ConfigError, InputError, OtelSafetyError
    from otel_safety.runs import AgentRun, Finding, SuppressedFinding, Verdict

__version__ = "0.1.0"

__all__ = [
    "AgentRun",
    "AgentTrace",
    "Answers",
    "Assessment",
    "Completeness",
    "ConfigError",
    "Detector",
    "DetectorSpec",
    "Evidence",
    "Finding",
    "Gap",
    "InputError",
    "Message",
    "NotAssessed",
    "OtelSafetyError",
    "Report",
    "Role",
    "Severity",
    "Source",
    "SuppressedFinding",
    "TraceEvent",
    "Verdict",
    "__version__",
    "analyze",
    "analyze_requests",
]

_HOMES = {
    "detectors.agent_trace": ("AgentTrace", "Completeness", "Gap", "Message", "Role", "TraceEvent"),
    "detectors.assessment": (
        "Answers",
        "Assessment",
        "Detector",
        "DetectorSpec",
        "Evidence",
        "NotAssessed",
        "Severity",
        "Source",
    ),
    "otel_safety.analyze.report": ("Report", "analyze", "analyze_requests"),
    "otel_safety.errors": ("ConfigError", "InputError", "OtelSafetyError"),
    "otel_safety.runs": ("AgentRun", "Finding", "SuppressedFinding", "Verdict"),
}

for _package in (_detectors, _semconv):
    if getattr(_package, "DISTRIBUTION", None) != "otel-safety":
        raise ImportError(
            f"otel-safety needs its own package {_package.__name__!r}, but Python found another one at "
            f"{getattr(_package, '__file__', 'an unknown place')}; uninstall that package, or install otel-safety "
            "into an environment of its own"
        )


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
