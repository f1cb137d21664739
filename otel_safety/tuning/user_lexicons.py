"""Rules and allow-list terms of an operator: read, checked, put into the lexicons, and tested on their own lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import re2

from detectors.entries import Entry, phrase_pattern
from detectors.lexicon import Lexicon, extend_lexicons, lexicon_names, load_lexicon
from detectors.marks import ALLOW, CANCELLING, mark_text
from detectors.normalise import normalise
from otel_safety.config.lexicon_file import read_lexicon_file
from otel_safety.config.lexicons import AllowConfig, LexiconFile, LexiconsConfig, RuleConfig
from otel_safety.config.sentences import hint
from otel_safety.errors import ConfigError

# Those of which every match is a mark, with exceptions that cancel it; the others are read in other ways.
CANCELLABLE: Final = ("adversarial", "compliance", "harm", "policy", "refusal", "topics")
# The detectors search these in the text as it is; all others in the normalised one.
_READ_AS_WRITTEN: Final = frozenset({"claims", "scope"})


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry with where it stands: the file and the key, for messages."""

    where: str
    section: RuleConfig | AllowConfig
    entry: Entry

    @property
    def lexicons(self) -> tuple[str, ...]:
        named = self.section.lexicon
        return (named,) if isinstance(named, str) else named or CANCELLABLE


@dataclass(frozen=True, slots=True)
class UserLexicons:
    """Entries that fit the lexicons; they hold once ``install`` has been called."""

    placed: tuple[_Placed, ...] = ()

    def install(self) -> None:
        """Have the lexicons of this process hold these entries, and no others that were installed before."""
        added: defaultdict[str, list[Entry]] = defaultdict(list)
        for item in self.placed:
            for name in item.lexicons:
                added[name].append(item.entry)
        extend_lexicons({name: tuple(entries) for name, entries in added.items()})

    def failures(self) -> list[str]:
        """Say of each line that fires and must not, or the other way round, where it stands; after ``install``."""
        return [sentence for item in self.placed for sentence in _failures(item)]


def read_user_lexicons(section: LexiconsConfig) -> UserLexicons:
    """Read the section and its files.

    Raises:
        ConfigError: Something cannot be used; the message names the file and the key.
    """
    placed = [*_placed("lexicons.", section)]
    for file in section.files:
        placed += _placed(f"{file}: ", read_lexicon_file(Path(file)))
    seen: dict[str, str] = {}
    for item in placed:
        if item.entry.id in seen:
            raise ConfigError(f"{item.where}.id: {item.section.id!r} is taken by {seen[item.entry.id]}")
        seen[item.entry.id] = item.where
    return UserLexicons(tuple(placed))


def _placed(source: str, file: LexiconFile) -> Iterator[_Placed]:
    for index, rule in enumerate(file.rules):
        where = f"{source}rules[{index}]"
        _check_name(f"{where}.lexicon", rule.lexicon, "lexicon", lexicon_names())
        groups = {entry.group for entry in load_lexicon(rule.lexicon).entries} - CANCELLING
        _check_name(f"{where}.group", rule.group, f"group of the lexicon {rule.lexicon}", tuple(groups))
        yield _Placed(where, rule, _entry(where, rule, rule.group, rule.weight, rule.lang))
    for index, term in enumerate(file.allow):
        where = f"{source}allow[{index}]"
        for name in term.lexicon or ():
            _check_name(f"{where}.lexicon", name, "lexicon that can be cancelled in", CANCELLABLE)
        yield _Placed(where, term, _entry(where, term, ALLOW, 0.0, "*"))


def _check_name(key: str, name: str, what: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ConfigError(f"{key}: there is no {what} {name!r}, {hint(name, known)}")


def _entry(where: str, section: RuleConfig | AllowConfig, group: str, weight: float, lang: str) -> Entry:
    pattern = section.pattern or ""
    if section.phrase is not None:
        as_written = isinstance(section, RuleConfig) and section.lexicon in _READ_AS_WRITTEN
        pattern = phrase_pattern(section.phrase if as_written else normalise(section.phrase).text)
    entry = Entry(
        id=f"user.{group}.{section.id}",
        pattern=pattern,
        weight=weight,
        lang=lang,
        examples=section.must_fire,
        note=section.note,
        source=where,
    )
    key = f"{where}.{'pattern' if section.phrase is None else 'phrase'}"
    try:
        Lexicon([entry])
    except ValueError as error:
        raise ConfigError(f"{key}: {error}") from error
    if re2.compile(pattern).search("") is not None:
        raise ConfigError(f"{key}: it matches the empty text, and so everywhere")
    return entry


def _failures(item: _Placed) -> Iterator[str]:
    wrong = _wrong_rule if isinstance(item.section, RuleConfig) else _wrong_term
    lines = (("must_fire", item.section.must_fire), ("must_not_fire", item.section.must_not_fire))
    for kind, texts in lines:
        for index, line in enumerate(texts):
            sentence = wrong(item, line, must_fire=kind == "must_fire")
            if sentence is not None:
                yield f"{item.where}.{kind}[{index}]: {sentence}: {line!r}"


def _wrong_rule(item: _Placed, line: str, *, must_fire: bool) -> str | None:
    rule = item.entry.id
    fires = any(rule in _fired(name, line) for name in item.lexicons)
    if fires is must_fire:
        return None
    return f"{rule} does not fire on" if must_fire else f"{rule} fires on"


def _wrong_term(item: _Placed, line: str, *, must_fire: bool) -> str | None:
    """A term keeps a line from firing when it cancels a mark there; it must leave the others as they are."""
    term = item.entry.id
    cancels = any(_cancels(term, name, line) for name in item.lexicons)
    if must_fire is False:
        return None if cancels else f"there is nothing that {term} cancels in"
    if cancels:
        return f"{term} cancels what fires on"
    return None if any(_fired(name, line) for name in item.lexicons) else "nothing fires on"


def _fired(lexicon: str, line: str) -> set[str]:
    if lexicon in _READ_AS_WRITTEN:
        return {hit.entry.id for hit in load_lexicon(lexicon).search(line)}
    return {mark.rule for mark in mark_text(lexicon, line).marks}


def _cancels(term: str, lexicon: str, line: str) -> bool:
    hits = load_lexicon(lexicon).search(normalise(line).text)
    own = [hit for hit in hits if hit.entry.id == term]
    others = [hit for hit in hits if hit.entry.group not in CANCELLING]
    return any(mine.start < hit.end and hit.start < mine.end for mine in own for hit in others)
