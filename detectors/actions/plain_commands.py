"""Command lines that only look something up: "cd /srv && grep -n 'x' a.log | tail -n 40 > /tmp/a.txt".

Most command lines of an agent are such, and they are read here in one match for each command. What is said of them
is what ``shell`` says; a line with anything else in it is left to ``shell``.
"""

from __future__ import annotations

import re
from typing import Final

from .budget import COMMAND, Budget
from .programs import ONLY_READ, write_action
from .shell_words import INTERPRETERS, KEYWORDS, SHELLS, SQL_CLIENTS, WRAPPERS
from .taxonomy import Action, Category

PLAIN: Final = ONLY_READ - WRAPPERS.keys() - SHELLS - INTERPRETERS - SQL_CLIENTS.keys() - KEYWORDS
"""Programs that only read, and neither run another one nor are read for what they are given."""

MAX_CHARS: Final = 1_000
# The program, its words without substitutions and escapes, perhaps one file for the output, and what ends it.
_COMMAND: Final = re.compile(
    r"""
    [ \t]*+ (?P<command>
        (?P<program>[a-z.:\[][\w.:\[-]*+)
        (?>(?:[ \t]++ (?!\#|\d++[<>]) (?>(?:[^\s"'\\`;|&<>()$]++|\$(?![('"])|'[^']*+'|"[^"\\$`]*+")+) )*)
        (?:[ \t]++ (?:\d++|&)?>>?[ \t]*+ (?P<file>(?!\#|/dev/)(?>(?:[^\s"'\\`;|&<>()$]++)))|)
    )
    [ \t]*+ (?:\|\|?|&&|[;\n]|\Z)
    """,
    re.VERBOSE,
)


def plain_actions(text: str, budget: Budget) -> list[Action] | None:
    """Read ``text`` where all of its commands are plain; ``None`` where one is not."""
    if len(text) > MAX_CHARS:
        return None
    actions: list[Action] = []
    position, size = 0, len(text)
    while position < size:
        match = _COMMAND.match(text, position)
        if match is None:
            return None
        program, file = match.group("program", "file")
        if program not in PLAIN:
            return None
        start, end = match.span("command")
        if file is not None:
            actions.append(write_action(file, 0.1).at(start, end))
        actions.append(Action(Category.READ, program, start=start, end=end))
        position = match.end()
    budget.take(COMMAND * len(actions))
    return actions
