"""What holds for one agent: detectors that are off, thresholds, permissions.

Overrides are applied in the order in which they are written; of two that set the same key for an agent, the later one
stands. Policies add up; of two declared scopes the later one stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from detectors.agent_trace import AgentTrace
from detectors.permissions import Permissions
from otel_safety.config import Config
from otel_safety.config.detectors import OverrideConfig, PolicyConfig
from otel_safety.tuning.selector import Selector

# Names come from telemetry: who makes them up must not fill the memory.
_AGENTS_KEPT: Final = 1024
_LONGEST_KEPT: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """The settings of one agent.

    Attributes:
        off: Keys of the detectors that do not judge it.
        thresholds: By detector key; without one the detector's own holds.
        permissions: What the operator permits it.
    """

    off: frozenset[str] = frozenset()
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])
    permissions: Permissions = field(default_factory=Permissions)

    def applied(self, trace: AgentTrace) -> AgentTrace:
        """Give the trace the permissions."""
        return trace if self.permissions == trace.permissions else replace(trace, permissions=self.permissions)


class AgentTuning:
    """Settings by agent, compiled once and remembered per agent."""

    def __init__(
        self,
        base: AgentSettings | None = None,
        overrides: Sequence[OverrideConfig] = (),
        policies: Sequence[PolicyConfig] = (),
    ) -> None:
        self._base = base or AgentSettings()
        self._overrides = [(Selector.of(item.service, item.agent), item) for item in overrides]
        self._policies = [(Selector.of(item.service, item.agent), item) for item in policies]
        self._kept = lru_cache(maxsize=_AGENTS_KEPT)(self._settings)

    @classmethod
    def of(cls, config: Config, keys: Sequence[str]) -> AgentTuning:
        """Compile what the configuration says of the detectors with these keys."""
        settings = {key: config.detectors.of(key) for key in keys}
        base = AgentSettings(
            off=frozenset(key for key, setting in settings.items() if not setting.enabled),
            thresholds={key: setting.threshold for key, setting in settings.items() if setting.threshold is not None},
        )
        return cls(base, config.overrides, config.policies)

    def settings(self, service: str, agent: str) -> AgentSettings:
        """Settings of an agent; a name that is not known is the empty text."""
        if not (self._overrides or self._policies):
            return self._base
        kept = len(service) + len(agent) <= _LONGEST_KEPT
        return self._kept(service, agent) if kept else self._settings(service, agent)

    def judges(self, key: str) -> bool:
        """Whether some agent is judged by this detector."""
        return key not in self._base.off or any(
            item.detectors[key].enabled is True for _, item in self._overrides if key in item.detectors
        )

    def _settings(self, service: str, agent: str) -> AgentSettings:
        off, thresholds = set(self._base.off), dict(self._base.thresholds)
        for selector, override in self._overrides:
            if not selector.match(service, agent):
                continue
            for key, setting in override.detectors.items():
                if setting.enabled is not None:
                    (off.discard if setting.enabled else off.add)(key)
                if setting.threshold is not None:
                    thresholds[key] = setting.threshold
        policies = [policy for selector, policy in self._policies if selector.match(service, agent)]
        scopes = [policy.declared_scope for policy in policies if policy.declared_scope is not None]
        return AgentSettings(
            off=frozenset(off),
            thresholds=thresholds,
            permissions=Permissions(
                categories=frozenset(category.value for policy in policies for category in policy.allowed_categories),
                tools=tuple(tool for policy in policies for tool in policy.allowed_tools),
                identities=tuple(name for policy in policies for name in policy.identities),
                declared_scope=scopes[-1] if scopes else None,
            ),
        )
