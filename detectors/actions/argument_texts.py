"""The texts in a tool call's arguments that show what it does, argv lists and arguments written as text among them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import NamedTuple, cast

from ..agent_trace import Arguments
from ..arguments import decode_object

MAX_LEAVES = 300
_MAX_JSON = 1 << 20
MAX_DEPTH = 8

COMMAND_KEYS = frozenset({"command", "cmd", "commands", "bash", "shell", "script", "command_line",
    "commandline", "bash_command",
                           "shell_command", "args", "argv"})  # fmt: skip
CODE_KEYS = frozenset({"code", "python", "python_code", "source", "script", "cell", "program"})
_SCRIPT_KEYS = COMMAND_KEYS | CODE_KEYS


class CallText(NamedTuple):
    """One text in the arguments; without ``exact`` it does not stand there literally and ``field`` is quoted whole."""

    field: str
    key: str
    text: str
    offset: int = 0
    exact: bool = True
    length: int = 0


def call_texts(arguments: Arguments | None) -> list[CallText]:
    """List the texts in ``arguments``, at most ``MAX_LEAVES``; one more of arguments that are one text."""
    leaves: list[CallText] = []
    if isinstance(arguments, str):
        _read_text(arguments, "", "", leaves)
    elif arguments is not None:
        _walk(arguments, "", "", 0, leaves)
        del leaves[MAX_LEAVES:]
    return leaves


def _read_text(text: str, path: str, key: str, leaves: list[CallText]) -> None:
    """Read a text that may itself be a JSON object, as many tools pass their arguments."""
    decoded = decode_object(text, _MAX_JSON)
    if decoded is None:
        leaves.append(CallText(path, key, text))
        return
    inner: list[CallText] = []
    _walk(decoded, "", "", 1, inner)
    for count, leaf in enumerate(inner[: MAX_LEAVES + 1]):
        at = text.find(leaf.text) if leaf.text and count < MAX_LEAVES else -1
        leaves.append(CallText(path, leaf.key, leaf.text, max(at, 0), at >= 0, min(len(text), 300)))


def _walk(value: object, path: str, key: str, depth: int, leaves: list[CallText]) -> None:
    """Add the texts in ``value`` to ``leaves``, a few more than ``MAX_LEAVES`` at most."""
    if isinstance(value, str):
        if depth < 2 and key not in _SCRIPT_KEYS and value.lstrip()[:1] == "{":
            _read_text(value, path, key, leaves)
        else:
            leaves.append(CallText(path, key, value))
    elif depth < MAX_DEPTH and isinstance(value, Mapping):
        for name, item in cast("Mapping[object, object]", value).items():
            if len(leaves) > MAX_LEAVES:
                return
            _walk(item, f"{path}.{name}" if path else str(name), str(name).lower(), depth + 1, leaves)
    elif depth < MAX_DEPTH and isinstance(value, list | tuple):
        items = cast("list[object]", value)
        if key in COMMAND_KEYS and items and all(isinstance(item, str) for item in items) and key != "commands":
            # An argv list: one command, whose words are not one text.
            argv = shlex.join(cast("list[str]", items))
            leaves.append(CallText(path + ".0", key, argv, exact=False, length=len(cast("str", items[0]))))
            return
        for index, item in enumerate(items):
            if len(leaves) > MAX_LEAVES:
                return
            _walk(item, f"{path}.{index}", key, depth + 1, leaves)
