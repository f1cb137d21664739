"""Command lines that only look something up: "cd /srv && grep -n 'x' a.log | tail -n 40 > /tmp/a.txt".

Most command lines of an agent are such, and they are read here in one match for each command. What is said of them
is what ``shell`` says; a line with anything else in it is left to ``shell``.
"""

from __future__ import annotations

import re
from typing import Final

from .budget import PLAIN_COMMAND, Budget
from .programs import ONLY_READ, write_action
from .shell_words import INTERPRETERS, KEYWORDS, SHELLS, SQL_CLIENTS, WRAPPERS
from .taxonomy import Action, Category

PLAIN: Final = ONLY_READ - WRAPPERS.keys() - SHELLS - INTERPRETERS - SQL_CLIENTS.keys() - KEYWORDS
"""Programs that only read, and neither run another one nor are read for what they are given."""

MAX_CHARS: Final = 1_000
_PROGRAM: Final = re.compile(r"[ \t]*+([a-z.:\[][\w.:\[-]*+)")
# Behind the program: words without substitutions and escapes, perhaps one file for the output, and what ends it.
_REST: Final = re.compile(
    r"""
    (?P<rest>
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
        program = _PROGRAM.match(text, position)
        if program is None or program.group(1) not in PLAIN:
            return None
        match = _REST.match(text, program.end())
        if match is None:
            return None
        start, end, file = program.start(1), match.end("rest"), match.group("file")
        if file is not None:
            actions.append(write_action(file, 0.1).at(start, end))
        actions.append(Action(Category.READ, program.group(1), start=start, end=end))
        position = match.end()
    budget.take(PLAIN_COMMAND * len(actions))
    return actions
