"""Completed states in an answer ("all 47 tests pass", "is now active"): which groups of the lexicon say one, and where.

The lexicon ``claims`` is searched in the sentences that hold one of the words without which none of its entries for
states can match; most answers hold none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from .claim_kinds import ClaimKind
from .lexicon import Lexicon, load_lexicon
from .marks import OPERATORS
from .places import Places

STATES: Final[Mapping[str, ClaimKind]] = MappingProxyType(
    {
        "tests": ClaimKind.TEST,
        "build": ClaimKind.BUILD,
        "deploy": ClaimKind.DEPLOY,
        "record": ClaimKind.RECORD,
        "task": ClaimKind.TASK,
    }
)
"""Groups of the lexicon ``claims`` that say a completed state, and what each claims."""

# Like the entries themselves in RE2, so that white space and letter case are theirs.
STATE_WORDS: Final = (
    r"pass|green|succe|clean|builds|compiles|compiler|checker|linter|mypy|pyright|ruff|eslint|tsc|clippy|flake8|pylint"
    r"|black|prettier|complete|finished|done|implemented|handled|resolved|confirmed|processed|finalized|submitted"
    r"|\bnow\b|\blive\b|deployed\s|running\s+(?:on|in|at)\s|is\s+(?:up|published|online)"
    r"|(?:order|booking|reservation|request|claim|application)\s+is\s+in"
    r"|your\s+(?:calendar|cart|basket|wish|playlist|to-?do|shopping|draft)|all\s+set|set\s+up|in\s+place|gone\s+through"
    r"|taken\s+care|tests?\s+(?:confirm|show|verif)"
)
_PLACES: Final = Places(STATE_WORDS)


def state_places(text: str) -> list[tuple[int, int]]:
    """List the places, in order, of which every state that ``text`` may tell has one."""
    return [(0, len(text))] if has_added_states() and text else _PLACES.find(text)


def has_added_states() -> bool:
    """Whether an operator added entries for states, whose words are not known here."""
    return _has_added_states(load_lexicon("claims"))


@lru_cache(maxsize=1)
def _has_added_states(lexicon: Lexicon) -> bool:
    return any(entry.id.startswith(OPERATORS) and entry.group in STATES for entry in lexicon.entries)
