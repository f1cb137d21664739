"""Who a name means in other languages than English.

Latin names are read as in English (``detectors.names``), with the words that make an organisation of a name in the
language. Chinese and Japanese write no capitals and no blanks: there a name is one of a list, or ends (in Japanese: or
begins) with a word such as "bank". Offsets are characters of normalised text.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from .names import Kind, Name, Standing, read_name
from .normalise import normalise

_COMPOUNDING: Final = frozenset({"de"})
_MAX_SIGNS: Final = 24
_MIN_STEM: Final = 2
# A desk joined to a name: "Amazon-Team".
_DESK: Final = re.compile(r"-(?:Team|Support|Kundenservice|Kundendienst|Service)$")
_SIGNS: Final = r"[A-Za-z0-9&\u30a1-\u30ff\u3400-\u9fff\u00b7\u30fb]"
_LETTER: Final = re.compile(r"[A-Za-z0-9]")
_LATIN_BEFORE: Final = re.compile(r"[A-Z][A-Za-z0-9&.' -]*$")


@dataclass(frozen=True, slots=True)
class ForeignNames:
    """The words and names of one language, folded for look-up."""

    organisation: frozenset[str]
    generic: frozenset[str]
    persons: tuple[str, ...]
    organisations: tuple[str, ...]
    shape: re.Pattern[str]
    shape_before: re.Pattern[str]


@cache
def foreign_names(language: str) -> ForeignNames:
    """Load what ``foreign_names.toml`` knows of ``language``."""
    text = files(__package__ or "detectors").joinpath("foreign_names.toml").read_text("utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)[language]
    listed = {
        group: tuple(sorted((normalise(word).text for word in words), key=len, reverse=True))
        for group, words in table.items()
    }
    ends = "|".join(map(re.escape, listed["organisation"]))
    return ForeignNames(
        organisation=frozenset(listed["organisation"]),
        generic=frozenset(listed["generic"]),
        persons=listed.get("persons", ()),
        organisations=listed.get("organisations", ()),
        # Japanese firms begin with their legal form as often as they end with it.
        shape=re.compile(rf"\u682a\u5f0f\u4f1a\u793e{_SIGNS}{{2,12}}|{_SIGNS}{{2,12}}?(?:{ends})+"),
        shape_before=re.compile(rf"(?:\u682a\u5f0f\u4f1a\u793e{_SIGNS}{{2,12}}|{_SIGNS}{{2,12}}?(?:{ends})+)$"),
    )


def read_latin_name(text: str, start: int, language: str) -> Name | None:
    """Read the name at ``start``; ``None`` when the phrase there names nobody in particular."""
    name = read_name(text, start)
    if name is None:
        return None
    desk = _DESK.search(name.text)
    if desk is not None:
        bare = read_name(text[: name.end - len(desk.group())], start)
        return bare if bare is not None and bare.standing is Standing.KNOWN else None
    if name.standing is not Standing.UNKNOWN:
        return name
    words = foreign_names(language)
    keys = [word.strip(".") for word in name.text.lower().split()]
    if all(key in words.generic for key in keys):
        return None
    if any(_makes_organisation(key, words, language) for key in keys) and (
        len(keys) > 1 or keys[0] not in words.organisation
    ):
        return replace(name, standing=Standing.SHAPE)
    return name


def read_sign_name(text: str, start: int, language: str) -> Name | None:
    """Read the name in Chinese or Japanese signs, or in Latin letters, that begins at ``start``."""
    if _LETTER.match(text, start) and (latin := read_name(text, start)) is not None:
        return latin if latin.standing is not Standing.UNKNOWN else None
    names = foreign_names(language)
    window = text[start : start + _MAX_SIGNS]
    shape = names.shape.match(text, start, start + _MAX_SIGNS)
    known = next((name for name in names.organisations if window.startswith(name)), None)
    if known is not None:
        end = start + len(known)
        if shape is not None and shape.end() > end and text[end : shape.end()] in names.organisation:
            end = shape.end()
        return _sign_name(text, start, end, Kind.ORGANISATION, Standing.KNOWN)
    person = next((name for name in names.persons if window.startswith(name)), None)
    if person is not None:
        return _sign_name(text, start, start + len(person), Kind.PERSON, Standing.KNOWN)
    if shape is None or any(shape.group().startswith(word) for word in names.generic):
        return None
    return _sign_name(text, start, shape.end(), Kind.ORGANISATION, Standing.SHAPE)


def read_sign_name_before(text: str, end: int, language: str) -> Name | None:
    """Read the name in Chinese or Japanese signs, or in Latin letters, that ends at ``end``."""
    names = foreign_names(language)
    first = max(0, end - _MAX_SIGNS)
    window = text[first:end]
    for listed, kind in ((names.organisations, Kind.ORGANISATION), (names.persons, Kind.PERSON)):
        known = next((name for name in listed if window.endswith(name)), None)
        if known is not None:
            return _sign_name(text, end - len(known), end, kind, Standing.KNOWN)
    latin = _LATIN_BEFORE.search(window)
    if latin is not None and (name := read_name(text, first + latin.start())) is not None:
        return name if name.standing is not Standing.UNKNOWN and name.end == end else None
    shape = names.shape_before.search(window)
    if shape is None or any(shape.group().startswith(word) for word in names.generic):
        return None
    # "Apple" with its legal form is the listed firm.
    bare = next((name for name in names.organisations if name in shape.group()), None)
    standing = Standing.KNOWN if bare is not None and len(shape.group()) <= len(bare) + 4 else Standing.SHAPE
    return _sign_name(text, first + shape.start(), end, Kind.ORGANISATION, standing)


def _makes_organisation(key: str, words: ForeignNames, language: str) -> bool:
    if key in words.organisation:
        return True
    return language in _COMPOUNDING and any(
        key.endswith(word) and len(key) >= len(word) + _MIN_STEM for word in words.organisation if len(word) > _MIN_STEM
    )


def _sign_name(text: str, start: int, end: int, kind: Kind, standing: Standing) -> Name:
    written = text[start:end]
    return Name(
        text=written,
        kind=kind,
        standing=standing,
        words=(written.lower(),),
        possessive=False,
        start=start,
        end=end,
    )
