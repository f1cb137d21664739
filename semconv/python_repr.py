"""Python object representations, which some instrumentations write in place of JSON; read without running anything."""

from __future__ import annotations

import math
import re
from typing import Final

from .json_text import Decoded
from .operation import JsonValue

MAX_CHARS: Final = 1_000_000
MAX_TOKENS: Final = 50_000
MAX_DEPTH: Final = 64

# Key under which the class of a constructed object stands: no keyword argument can have this name.
CLASS: Final = "class"

_TOKEN = re.compile(
    r"""\s*+(?:
        (?P<string>[rbuRBU]{0,2}(?:'(?>(?:[^'\\]|\\.)*)'|"(?>(?:[^"\\]|\\.)*)"))
      | (?P<number>[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?)
      | (?P<construct>[A-Za-z_][\w.]{0,200}+\()
      | (?P<keyword>[A-Za-z_]\w{0,200}+=)
      | (?P<name>[A-Za-z_][\w.]{0,200}+)
      | (?P<opaque><[^<>]{0,500}+>)
      | (?P<open>[\[{(])
      | (?P<close>[\]})])
      | (?P<comma>,)
      | (?P<colon>:)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(\n)|(.))", re.DOTALL)
_PLAIN_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NAMES: Final[dict[str, JsonValue]] = {"None": None, "True": True, "False": False}
_CLOSER: Final = {"[": "]", "{": "}", "(": ")"}
_CUT_STRING = re.compile(r"""\s*+[rbuRBU]{0,2}(['"])((?>(?:[^\\]|\\.)*))\\?\Z""", re.DOTALL)


class _Container:
    """A list, tuple, set, dict or constructor call that is still open."""

    __slots__ = ("_fields", "_items", "_key", "closer", "constructed")

    def __init__(self, closer: str, name: str | None = None) -> None:
        self.closer = closer
        self.constructed = name is not None
        self._items: list[JsonValue] = []
        self._fields: dict[str, JsonValue] = {} if name is None else {CLASS: name}
        self._key: str | None = None

    def name_next(self, key: str) -> None:
        """Keep the next value under ``key``."""
        self._key = key

    def name_by_last(self) -> bool:
        """Take the value before a colon as the key of the one behind it; False when there is none."""
        if self.closer != "}" or not self._items:
            return False
        self._key = str(self._items.pop())
        return True

    def take(self, value: JsonValue) -> None:
        """Add a finished value."""
        if self._key is None:
            self._items.append(value)
        else:
            self._fields[self._key] = value
            self._key = None

    def finished(self) -> JsonValue:
        """Return what was built. Positional arguments are left out, and ``{}`` is a dict."""
        if self.constructed or self._fields or (self.closer == "}" and not self._items):
            return self._fields
        return self._items


class _Reading:
    """Builds a value from tokens."""

    __slots__ = ("opened", "value")

    def __init__(self) -> None:
        self.opened: list[_Container] = []
        self.value: JsonValue = None

    def feed(self, kind: str, lexeme: str) -> bool:
        """Take one token; False when it cannot stand here."""
        if kind in ("open", "construct"):
            name = lexeme[:-1] if kind == "construct" else None
            self.opened.append(_Container(_CLOSER[lexeme[-1]], name))
            return len(self.opened) <= MAX_DEPTH
        if not self.opened:
            return False
        inner = self.opened[-1]
        if kind == "close":
            if inner.closer != lexeme:
                return False
            self._close()
        elif kind == "colon":
            return inner.name_by_last()
        elif kind == "keyword":
            inner.name_next(lexeme[:-1])
            return inner.constructed
        elif kind != "comma":
            inner.take(_value(kind, lexeme))
        return True

    def close_all(self) -> None:
        """Close what the end of the text left open."""
        while self.opened:
            self._close()

    def _close(self) -> None:
        value = self.opened.pop().finished()
        if self.opened:
            self.opened[-1].take(value)
        else:
            self.value = value


def decode_repr(text: str) -> Decoded | None:
    """Decode the representation of a list, tuple, set, dict or constructed object; None when it is none.

    ``Name(a=1)`` becomes ``{"class": "Name", "a": 1}``; positional arguments are left out. Other names become text and
    ``<...>`` None. What cannot be read ends the reading: what stood before is the value, and it counts as
    truncated, as do texts over ``MAX_CHARS`` or ``MAX_TOKENS``. Never raises; time is linear in the text.
    """
    readable = text[:MAX_CHARS]
    reading = _Reading()
    position = 0
    for _ in range(MAX_TOKENS):
        match = _TOKEN.match(readable, position)
        if match is None:
            break
        kind = match.lastgroup or ""
        if not reading.feed(kind, match.group(kind)):
            break
        position = match.end()
        if not reading.opened:
            return Decoded(reading.value, truncated=bool(text[position:].strip()))
    if not reading.opened:
        return None
    cut = _CUT_STRING.fullmatch(readable, position)
    if cut is not None:
        reading.opened[-1].take(_unescaped(cut[2]))
    reading.close_all()
    return Decoded(reading.value, truncated=True)


def _value(kind: str, lexeme: str) -> JsonValue:
    if kind == "string":
        quote = min(place for place in (lexeme.find("'"), lexeme.find('"')) if place >= 0)
        inner = lexeme[quote + 1 : -1]
        return inner if "r" in lexeme[:quote].lower() else _unescaped(inner)
    if kind == "number":
        return _number(lexeme)
    return _NAMES.get(lexeme, lexeme) if kind == "name" else None


def _number(lexeme: str) -> JsonValue:
    if lexeme.lstrip("+-").isdecimal():
        return int(lexeme)
    number = float(lexeme)
    return number if math.isfinite(number) else lexeme


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    number = int(code, 16) if code else int(match[4], 8) if match[4] else None
    if number is not None:
        # A lone surrogate cannot be written as UTF-8.
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    if match[5]:
        return ""
    return _PLAIN_ESCAPES.get(match[6], match[6] if match[6] in "\\'\"" else match[0])
