"""What an operator permits an agent, whatever its task, as the configuration has it in a policy.

Categories, tools and identities widen what was asked for. They lift neither a prohibition that the request or the
instructions state in so many words, nor the suspicion of a call that carries out an instruction planted in a tool
result.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """One agent's permissions.

    Attributes:
        categories: Values of ``actions.Category`` that its tool calls may be of.
        tools: Globs of tool names whose calls may do anything.
        identities: Names of persons and organisations that it may speak as.
        declared_scope: What its actions must keep to, whoever asks for more; ``None`` when its task decides.
    """

    categories: frozenset[str] = frozenset()
    tools: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    declared_scope: str | None = None

    def permits(self, tool: str, category: str) -> bool:
        """Whether a call of ``tool`` may do something of this ``category``."""
        return category in self.categories or any(fnmatchcase(tool, glob) for glob in self.tools)
