"""The texts in a tool call's arguments: each with its dotted path, and the text that stands at a path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple, cast

from .agent_trace import Arguments, TraceEvent

MAX_LEAVES = 500
_MAX_DEPTH = 8
_MAX_JSON = 1 << 18
_NUMBERS = (int, float)


class Leaf(NamedTuple):
    """One value in the arguments: a text, or a number as text.

    ``key`` is the lower-case name of the innermost member that holds it. ``start`` is its offset in the text at
    ``field``, -1 when it does not stand there letter for letter.
    """

    field: str
    key: str
    text: str
    start: int


def argument_leaves(arguments: Arguments | None) -> list[Leaf]:
    """List the values in ``arguments``, at most ``MAX_LEAVES``; a text that is a JSON object is read as one."""
    if isinstance(arguments, str):
        decoded = decode_object(arguments, _MAX_JSON)
        if decoded is None:
            return [Leaf("", "", arguments, 0)]
        return [
            Leaf("", leaf.key, leaf.text, arguments.find(leaf.text) if leaf.text else -1) for leaf in _leaves(decoded)
        ]
    return _leaves(arguments) if arguments else []


def argument_text(event: TraceEvent, field: str) -> str:
    """Return the text of the argument at the dotted path ``field``; the bare text for an empty path."""
    value: object = event.arguments
    if not field:
        return value if isinstance(value, str) else ""
    return _at(value, field)


def decode_object(text: str, longest: int) -> Mapping[str, object] | None:
    """Decode a JSON object of at most ``longest`` characters; ``None`` for anything else."""
    if text.lstrip()[:1] != "{" or len(text) > longest:
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _leaves(value: object) -> list[Leaf]:
    leaves: list[Leaf] = []
    _walk(value, "", "", 0, leaves)
    return leaves


def _walk(value: object, path: str, key: str, depth: int, leaves: list[Leaf]) -> None:
    """Add the values in ``value`` to ``leaves``, up to ``MAX_LEAVES``."""
    if len(leaves) >= MAX_LEAVES:
        return
    if isinstance(value, str):
        leaves.append(Leaf(path, key, value, 0))
    elif isinstance(value, _NUMBERS):
        if not isinstance(value, bool):
            leaves.append(Leaf(path, key, str(value) if abs(value) < 1 << 64 else "", -1))
    elif value is None or depth >= _MAX_DEPTH:
        return
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[object]", value)):
            if len(leaves) >= MAX_LEAVES:
                return
            _walk(item, f"{path}.{index}" if path else str(index), key, depth + 1, leaves)
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[object, object]", value).items():
            if len(leaves) >= MAX_LEAVES:
                return
            _walk(item, f"{path}.{name}" if path else str(name), str(name).lower(), depth + 1, leaves)


def _at(value: object, path: str) -> str:
    if isinstance(value, str):
        return value if not path else ""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[object, object]", value)
        # Keys may hold dots themselves: the longest prefix that is a key wins.
        for key, item in mapping.items():
            name = str(key)
            if path == name or path.startswith(name + "."):
                found = _at(item, path[len(name) + 1 :])
                if found:
                    return found
        return ""
    if isinstance(value, list | tuple):
        head, _, rest = path.partition(".")
        items = cast("list[object]", value)
        return _at(items[int(head)], rest) if head.isdigit() and int(head) < len(items) else ""
    return ""
