"""Advice: which setting of which instrumentation mends what its telemetry lacks. The table is advice.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from otel_safety.doctor.missing import Missing
from otel_safety.doctor.observation import Instrumentation

_TABLE: Final = "advice.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One setting.

    Attributes:
        instrumentation: Whose setting it is.
        missing: What it mends.
        setting: Environment variables or code, ready to be copied.
        note: What else must hold, "" for nothing.
        source: Where its documentation says so.
    """

    instrumentation: str
    missing: frozenset[Missing]
    setting: str
    note: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Shell patterns of dialect, scope name and scope version, all of which must fit."""

    dialect: str = "*"
    scope: str = "*"
    version: str = "*"

    def fits(self, what: Instrumentation) -> bool:
        """Tell whether an instrumentation is meant."""
        return (
            fnmatchcase(what.dialect, self.dialect)
            and fnmatchcase(what.scope, self.scope)
            and fnmatchcase(what.version, self.version)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An instrumentation in the table: how it is recognised and its settings."""

    name: str
    matches: tuple[Match, ...]
    advice: tuple[Advice, ...]


@cache
def advice_table() -> tuple[Entry, ...]:
    """Read the table; the first entry that fits an instrumentation speaks for it, the last fits every one."""
    document = tomllib.loads(files(__package__ or "otel_safety.doctor").joinpath(_TABLE).read_text("utf-8"))
    return tuple(_entry(item) for item in document["instrumentation"])


def advice_for(what: Instrumentation, missing: Missing) -> Advice | None:
    """Give the setting that mends something in an instrumentation; None when no setting is known to."""
    table = advice_table()
    own = next(entry for entry in table if any(match.fits(what) for match in entry.matches))
    return next((item for entry in (own, table[-1]) for item in entry.advice if missing in item.missing), None)


def _entry(item: Mapping[str, Any]) -> Entry:
    name = str(item["name"])
    return Entry(
        name=name,
        matches=tuple(Match(**match) for match in item["match"]),
        advice=tuple(
            Advice(
                instrumentation=name,
                missing=frozenset(Missing(value) for value in advice["missing"]),
                setting=str(advice["setting"]).strip(),
                note=str(advice.get("note", "")),
                source=str(advice["source"]),
            )
            for advice in item["advice"]
        ),
    )
