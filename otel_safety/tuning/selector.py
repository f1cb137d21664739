"""Which agents a part of the configuration is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate


@dataclass(frozen=True, slots=True)
class Globs:
    """Shell patterns (``*``, ``?``, ``[abc]``), of which one must match a whole name; case counts."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, globs: Iterable[str]) -> Globs:
        """Compile ``globs``."""
        return cls(re.compile("|".join(f"(?:{translate(glob)})" for glob in globs)))

    def match(self, name: str) -> bool:
        """Whether one of the patterns matches ``name``."""
        return self.pattern.match(name) is not None


@dataclass(frozen=True, slots=True)
class Selector:
    """Agents by the name of their service and their own; without a name it is the empty text."""

    service: Globs
    agent: Globs

    @classmethod
    def of(cls, service: Iterable[str], agent: Iterable[str]) -> Selector:
        """Compile the globs of both names."""
        return cls(Globs.of(service), Globs.of(agent))

    def match(self, service: str, agent: str) -> bool:
        """Whether this agent of this service is meant."""
        return self.service.match(service) and self.agent.match(agent)
