"""How much of the calls of one trace is read, so that many hostile calls cost no more than one."""

from __future__ import annotations

from typing import Final

# Many times what the longest of the recorded runs takes; enough for 300 calls of five commands or a script each.
MAX_STEPS: Final = 14_000
# What one command or statement costs to be read, beside its words: one that only reads, by its program, and another.
PLAIN_COMMAND: Final = 2
COMMAND: Final = 8
# What it costs to go into a substitution or a subshell.
NESTING: Final = 8


class Budget:
    """What is left to be read, in steps: a plain word is one, a quoted one or an operator two, see ``COMMAND``.

    ``left`` may fall below 0; what was begun is read to its own limits.
    """

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def take(self, steps: int) -> None:
        """Note that ``steps`` were made."""
        self.left -= steps

    @property
    def is_spent(self) -> bool:
        """Whether no more is to be read."""
        return self.left <= 0
