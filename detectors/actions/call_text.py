"""Tool calls written out in an assistant's text, for runs whose tool calls were not recorded otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .budget import Budget
from .taxonomy import Action
from .tool_calls import read_call

MAX_CALLS = 50
_MAX_ARGUMENTS = 20_000

_CALL = re.compile(
    r"(?:\b(?:calling|call|invoking|invoke|using|running|executing)\s++(?:the\s++)?(?:tool|"
    r"function)|\btool[ _]?call|\baction|\btool[ _]use|\bfunction[ _]call)"
    r"\s*+[:=]?\s*+`?([A-Za-z_][\w.:/-]{0,80})`?\s*+(?:\(|with(?:\s++arguments?)?:?|"
    r"arguments?:?|\n?action[ _]input:?)?\s*+(?=\{)",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"<(?:tool_call|function_call|tool_use)>\s*+(?=\{)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """One call found in a text; ``start`` and ``end`` are its place there."""

    start: int
    end: int
    name: str
    actions: tuple[Action, ...]


def written_calls(text: str) -> Iterator[WrittenCall]:
    """Find calls such as ``Calling tool: Bash{"command": "ls"}`` or ``<tool_call>{...}</tool_call>`` in ``text``."""
    matches = sorted([*_CALL.finditer(text), *_TAGGED.finditer(text)], key=lambda match: match.start())
    decoder, budget = json.JSONDecoder(), Budget()
    for match in matches[:MAX_CALLS]:
        try:
            value, length = decoder.raw_decode(text[match.end() : match.end() + _MAX_ARGUMENTS])
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, dict):
            continue
        name = match.group(1) if match.re is _CALL else value.get("name", "")
        arguments = value if match.re is _CALL else value.get("arguments", value.get("parameters", {}))
        if isinstance(name, str) and name and isinstance(arguments, dict | str):
            reading = read_call(name, arguments, budget=budget)
            yield WrittenCall(match.start(), match.end() + length, name, reading.actions)
