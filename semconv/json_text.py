"""JSON as instrumentations write it into attributes: bounded, readable up to the place where it was cut."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from .operation import JsonValue

MAX_CHARS: Final = 4_000_000
MAX_DEPTH: Final = 64
# A broken text is read token by token in Python: this keeps the worst case at tens of milliseconds.
MAX_TOLERANT_TOKENS: Final = 50_000

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<open>[\[{])
      | (?P<close>[\]}])
      | (?P<comma>,)
      | (?P<colon>:)
      | (?P<string>"[^"\\]*+(?>(?:\\.[^"\\]*+)*)")
      | (?P<cut>"[^"\\]*+(?>(?:\\.[^"\\]*+)*)\\?)\Z  # a string that the end of the text cut
      | (?P<rest>-?[0-9a-zA-Z.+-]*+)\Z  # a literal at the end: more of it may have been cut
      | (?P<literal>-?[0-9][0-9.eE+-]*|true|false|null|NaN|-?Infinity)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER_START = re.compile(r"-?[0-9.eE+-]*")
_LITERALS: Final = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_CUT_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{0,3})$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSER: Final = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded text. ``truncated``: the text was cut off or too long, ``value`` is what stood before."""

    value: JsonValue
    truncated: bool = False


def decode_json(text: str) -> Decoded | None:
    """Decode a JSON array or object, whole or cut off; None when the text is neither.

    Text over ``MAX_CHARS`` characters is read up to there. NaN, Infinity and raw control characters are
    accepted, as Python's own writer emits them. Time is linear in the text.
    """
    if text.lstrip(" \t\r\n")[:1] not in ("[", "{"):
        return None
    if len(text) <= MAX_CHARS:
        try:
            return Decoded(orjson.loads(text))
        except orjson.JSONDecodeError:
            pass  # cut, or written by a more tolerant writer: read it token by token
    return _decode_tolerantly(text[:MAX_CHARS], over=len(text) > MAX_CHARS)


def _decode_tolerantly(text: str, *, over: bool) -> Decoded | None:
    prefix = _longest_prefix(text)
    if prefix is None:
        return None
    repaired, truncated = prefix
    try:
        value = json.loads(repaired, strict=False)
    except ValueError:  # an escape or number that no reader accepts
        return None
    return Decoded(_without_surrogates(value), truncated or over)


def _longest_prefix(text: str) -> tuple[str, bool] | None:
    """Return the text closed into valid JSON and whether that was needed; None when it is not JSON."""
    open_containers: list[str] = []
    expected = "value"  # value, first (value or end), key, first_key (key or end), colon, next (comma or end)
    good_end, good_closers = 0, ""  # up to here the text is valid once these closers follow
    position = 0
    for _ in range(MAX_TOLERANT_TOKENS):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        kind = match.lastgroup or ""
        position = match.end()
        if kind in ("cut", "rest"):
            token = match.group(kind)
            if token and not _may_be_cut(kind, token, expected):
                return None
            if kind == "cut" and expected in ("value", "first"):
                return text[: match.start("cut")] + _closed(token) + _closers(open_containers), True
            return text[:good_end] + good_closers, True
        step = _step(kind, match.group(kind), expected, open_containers)
        if step is None:
            return None
        expected = step
        if kind in ("open", "close", "string", "literal") and expected != "colon":
            good_end, good_closers = position, _closers(open_containers)
            if not open_containers:
                trailing = bool(text[position:].strip(" \t\r\n"))
                return None if trailing else (text[:position], False)
    return text[:good_end] + good_closers, True  # the token budget ended before the text


def _step(kind: str, lexeme: str, expected: str, open_containers: list[str]) -> str | None:
    """Return what may follow ``lexeme``, None when it may not stand here."""
    if kind == "open" and expected in ("value", "first"):
        open_containers.append(lexeme)
        if len(open_containers) > MAX_DEPTH:
            return None
        return "first" if lexeme == "[" else "first_key"
    if kind == "close" and expected in ("next", "first", "first_key"):
        if not open_containers or _CLOSER[open_containers.pop()] != lexeme:
            return None
        return "next"
    if kind == "comma" and expected == "next" and open_containers:
        return "value" if open_containers[-1] == "[" else "key"
    if kind == "colon" and expected == "colon":
        return "value"
    if kind == "string" and expected in ("key", "first_key"):
        return "colon"
    if kind in ("string", "literal") and expected in ("value", "first"):
        return "next"
    return None


def _may_be_cut(kind: str, token: str, expected: str) -> bool:
    """Tell whether ``token`` at the very end of the text can be the beginning of what is expected there."""
    if kind == "cut":
        return expected in ("value", "first", "key", "first_key")
    is_literal = _NUMBER_START.fullmatch(token) or any(word.startswith(token) for word in _LITERALS)
    return expected in ("value", "first") and bool(is_literal)


def _closers(open_containers: Sequence[str]) -> str:
    return "".join(_CLOSER[token] for token in reversed(open_containers))


def _closed(cut_string: str) -> str:
    """Close a JSON string that was cut, without the escape sequence that the cut went through."""
    backslashes = len(cut_string) - len(cut_string.rstrip("\\"))
    if backslashes % 2:
        cut_string = cut_string[:-1]
    match = _CUT_ESCAPE.search(cut_string)
    if match:
        before = cut_string[: match.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            cut_string = before
    return cut_string + '"'


def _without_surrogates(value: JsonValue) -> JsonValue:
    """Replace lone surrogates, which no UTF-8 output can carry. ``value`` is at most ``MAX_DEPTH`` deep."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _without_surrogates(item) for key, item in value.items()}
    return value


def to_json_value(value: object, depth: int = 32) -> JsonValue:
    """Copy an attribute value as plain JSON; what is nested deeper than ``depth`` becomes None."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if depth <= 0:
        return None
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item, depth - 1) for key, item in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # keys and values of a foreign mapping
    if isinstance(value, Sequence):
        return [to_json_value(item, depth - 1) for item in value]  # pyright: ignore[reportUnknownVariableType]  # items of a foreign sequence
    return None


def to_text(value: object) -> str | None:
    """Return a text as it is, anything else as compact JSON; None for None and for what cannot be written."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(to_json_value(value)).decode()
    except (orjson.JSONEncodeError, ValueError):  # a lone surrogate, an integer over 64 bits
        return None
