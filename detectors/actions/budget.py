"""How much of the calls of one trace is read, so that many hostile calls cost no more than one."""

from __future__ import annotations

from typing import Final

# Five times what the longest of the recorded runs takes; a run of 300 calls takes a third on average.
MAX_STEPS: Final = 10_000
# What one command, statement or call in code costs to be read, beside its words.
COMMAND: Final = 8


class Budget:
    """What is left to be read, in steps: a word or an operator of a command line is one, see ``COMMAND``.

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
