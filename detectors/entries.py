"""The entries of a lexicon file, which is a list of ``[[entry]]`` tables in TOML.

An entry::

    id       = "refusal.inability.en.001"      # unique, sorted, dotted: lexicon.group.language.number
    pattern  = "i(?:'m| am) not able to"       # RE2 syntax, matched without case; or
    phrase   = "i'm not able to"               # literal text, word boundaries added here
    weight   = 0.8                             # 0..1, what one hit is worth
    lang     = "en"
    example  = "I'm not able to do that."      # the entry must match it; a list is allowed
    note     = "weaker than 'i refuse'"        # optional: why it is here, what it must not catch
    source   = "hand-written 2026-11"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reviewed pattern of a lexicon."""

    id: str
    pattern: str
    weight: float
    lang: str
    examples: tuple[str, ...]
    note: str = ""
    source: str = ""
    group: str = field(init=False)
    """The second part of the id: what kind of entry this is."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", self.id.split(".")[1])


def parse_entries(text: str) -> tuple[Entry, ...]:
    """Read the entries of one lexicon file.

    Raises:
        ValueError: The text is not TOML, or an entry lacks a key or has a wrong one.
    """
    tables = tomllib.loads(text).get("entry", [])
    return tuple(_entry(table) for table in tables)


def _entry(table: dict[str, Any]) -> Entry:
    identity = str(table.get("id", "?"))
    if ("phrase" in table) == ("pattern" in table):
        raise ValueError(f"lexicon entry {identity}: exactly one of phrase and pattern is needed")
    unknown = set(table) - {"id", "phrase", "pattern", "weight", "lang", "example", "note", "source"}
    if unknown:
        raise ValueError(f"lexicon entry {identity}: unknown key {min(unknown)}")
    examples = table.get("example", ())
    return Entry(
        id=identity,
        pattern=phrase_pattern(table["phrase"]) if "phrase" in table else str(table["pattern"]),
        weight=float(table.get("weight", 1.0)),
        lang=str(table.get("lang", "en")),
        examples=(examples,) if isinstance(examples, str) else tuple(examples),
        note=str(table.get("note", "")),
        source=str(table.get("source", "")),
    )


def phrase_pattern(phrase: str) -> str:
    """Make the pattern of a literal text, with word boundaries and any white space between its words."""
    # \b only where the phrase begins or ends with a word character, which for RE2 is an ASCII one: "c++" has no
    # boundary after "+".
    start = r"\b" if re.match(r"\w", phrase, re.ASCII) else ""
    end = r"\b" if re.search(r"\w$", phrase, re.ASCII) else ""
    return start + re.escape(phrase).replace(r"\ ", r"\s+") + end
