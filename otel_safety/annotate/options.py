"""What the operator chose about how findings are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detectors.assessment import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitOptions:
    """How findings are written.

    Attributes:
        evidence: ``quote``: short quotes and where they stand; ``offsets``: where they stand, no text of the run
            anywhere; ``off``: neither.
        mark_error: Severity from which on a flagged span gets status ERROR, None for never.
        log_records: Emit each finding as an OTLP log record, too.
        openinference: Write each finding as OpenInference ``evaluations.*`` attributes, too.
        version: Version of this project.
    """

    evidence: Literal["quote", "offsets", "off"] = "quote"
    mark_error: Severity | None = None
    log_records: bool = False
    openinference: bool = False
    version: str
