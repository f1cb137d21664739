"""The detectors: on or off, thresholds, what differs between agents, and what operators permit them.

The keys of the detectors are checked where a document is read (``config.load``): third parties add some.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from detectors.actions import Category
from otel_safety.config.section import AgentSection, Duration, Section, Share, Text, Texts


class DetectorConfig(Section):
    """One detector: on or off, and the score from which an assessment is a finding (null: its own)."""

    enabled: bool = True
    threshold: Share | None = None


class DetectorsConfig(Section):
    """The detectors and the time that all of them may take on one run; installed ones have their keys too."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, DetectorConfig] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    scope_escalation: DetectorConfig = DetectorConfig()
    jailbreak_compliance: DetectorConfig = DetectorConfig()
    over_refusal: DetectorConfig = DetectorConfig()
    under_refusal: DetectorConfig = DetectorConfig()
    impersonation_risk: DetectorConfig = DetectorConfig()
    deception: DetectorConfig = DetectorConfig()
    budget: Duration = 0.25

    def of(self, key: str) -> DetectorConfig:
        """Settings of one detector; a detector that the section does not name has the defaults."""
        value = getattr(self, key, None)
        return value if isinstance(value, DetectorConfig) else DetectorConfig()


class DetectorOverride(Section):
    """What differs for one detector; null leaves it as it is."""

    enabled: bool | None = None
    threshold: Share | None = None


class OverrideConfig(AgentSection):
    """Detector settings of some agents."""

    detectors: Annotated[dict[str, DetectorOverride], Field(min_length=1)]


class PolicyConfig(AgentSection):
    """What the operator permits some agents, beyond what a task asks for."""

    allowed_categories: tuple[Category, ...] = ()
    allowed_tools: Texts = ()
    identities: Texts = ()
    declared_scope: Text | None = None
