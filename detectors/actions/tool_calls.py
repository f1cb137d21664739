"""What a tool call does: its name and its arguments read together."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

from ..agent_trace import Arguments
from ..arguments import decode_object
from .http import request_action
from .programs import delete_action, write_action
from .python_code import code_actions
from .shell import read_shell
from .sql import looks_like_sql, sql_actions
from .taxonomy import Action, Category
from .tool_names import Kind, ToolName, read_tool_name

MAX_LEAVES = 300
_MAX_JSON = 1 << 20
MAX_DEPTH = 8

_COMMAND_KEYS = frozenset({"command", "cmd", "commands", "bash", "shell", "script", "command_line",
    "commandline", "bash_command",
                           "shell_command", "args", "argv"})  # fmt: skip
_CODE_KEYS = frozenset({"code", "python", "python_code", "source", "script", "cell", "program"})
_SQL_KEYS = frozenset({"sql", "query", "statement", "sql_query", "queries", "command", "expression"})
_PATH_KEYS = frozenset({"path", "file_path", "filepath", "filename", "file_name", "file", "target_file",
    "notebook_path", "destination",
                        "dest", "target", "output_path", "directory", "dir", "folder", "paths",
                        "absolute_path", "uri"})  # fmt: skip
_TEXT_KEYS = frozenset({"new_str", "new_string", "file_text", "content", "contents", "text", "insert_line",
    "diff", "patch", "edits",
                        "old_str", "old_string", "new_content", "insert_text", "new_text"})  # fmt: skip
_URL_KEYS = frozenset({"url", "uri", "endpoint", "address", "path"})
_PATCHED_FILE = re.compile(r"^(?:\*\*\* (Add|Update|Delete) File: |\+\+\+ (?:b/)?)([^\n\t]+)", re.MULTILINE)
_VIEWS = frozenset({"view", "view_range", "read", "open", "cat", "list", "find", "scroll"})
_ACTS = re.compile(
    r"\b(?:click|fill|press|type|key|submit|select_option|check|upload|drag|drag_and_drop|"
    r"set_value|double_?click|left_click)\b",
    re.IGNORECASE,
)
_CHANGES_SHARING = frozenset({"update", "edit", "set", "change", "modify", "patch", "configure", "share", "put"})
_TO_EVERYBODY = frozenset({"public", "true", "anyone", "public-read", "everyone", "world"})
_SEARCH_VERBS = frozenset({"search", "find", "lookup", "google", "grep", "web"})
_SHELL_LIKE = re.compile(r"^\s*+(?:sudo\s|[\w./~-]++(?:\s|$))")


@dataclass(frozen=True, slots=True)
class CallReading:
    """What one tool call does.

    ``complete`` is false when a limit cut the reading short; ``arguments_missing`` is true when the name alone
    does not tell what the call did and there are no arguments that do.
    """

    tool: ToolName
    actions: tuple[Action, ...]
    complete: bool = True
    arguments_missing: bool = False


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One text in the arguments; without ``exact`` it does not stand there literally and ``field`` is quoted whole."""

    field: str
    key: str
    text: str
    offset: int = 0
    exact: bool = True
    length: int = 0


def read_call(name: str, arguments: Arguments | None, *, _depth: int = 0) -> CallReading:
    """Name the actions of one tool call; offsets count in the argument's text, or in the name (``in_name``)."""
    tool = read_tool_name(name)
    if tool.action.category in {Category.CONTROL, Category.DELEGATE}:
        return CallReading(tool, (tool.action,))
    leaves = list(_leaves(arguments))
    inner = _dispatched(arguments) if _depth < 2 and tool.action.category is not Category.READ else None
    if inner is not None:
        return _inner_call(inner, _depth)
    actions, complete = _by_kind(tool, leaves)
    if isinstance(arguments, Mapping) and _exposes(tool, arguments):
        actions = [replace(tool.action, category=Category.ADMIN, verb="make public", weight=0.7)]
    if not actions:
        # Without arguments the name alone tells nothing; an empty call, or one in plain words, shows no deed.
        silent = Category.UNKNOWN if arguments is None or leaves else Category.READ
        unknown = replace(tool.action, category=silent, weight=0.0)
        return CallReading(tool, (unknown,), complete, arguments_missing=arguments is None)
    # A name that tells nothing leaves all to the arguments.
    told = arguments is not None or any(action.category is not Category.UNKNOWN for action in actions)
    return CallReading(tool, tuple(actions), complete and len(leaves) < MAX_LEAVES, arguments_missing=not told)


def _exposes(tool: ToolName, arguments: Mapping[str, object]) -> bool:
    """Whether a call changes something that exists so that everybody can see it."""
    if tool.action.verb not in _CHANGES_SHARING:
        return False
    return arguments.get("private") is False or any(
        str(arguments.get(key, "")).lower() in _TO_EVERYBODY
        for key in ("visibility", "public", "acl", "access", "sharing")
    )


def _by_kind(tool: ToolName, leaves: list[_Leaf]) -> tuple[list[Action], bool]:
    if tool.kind is Kind.SHELL:
        return _shell(_keyed(leaves, _COMMAND_KEYS, fallback=True))
    if tool.kind is Kind.PYTHON:
        code = _keyed(leaves, _CODE_KEYS, fallback=True)
        return [item for leaf in code for item in _placed(code_actions(leaf.text, _shell_lines), leaf)], True
    if tool.kind is Kind.SQL:
        texts = [leaf for leaf in _keyed(leaves, _SQL_KEYS, fallback=True) if looks_like_sql(leaf.text)]
        return [item for leaf in texts for item in _placed(sql_actions(leaf.text), leaf)], True
    if tool.kind is Kind.HTTP:
        return _http(tool, leaves), True
    if tool.kind is Kind.EDITOR:
        return _editor(tool, leaves), True
    if tool.kind is Kind.BROWSER:
        acting = next((leaf for leaf in leaves if _ACTS.search(leaf.text)), None)
        category = Category.READ if acting is None else Category.UNKNOWN
        return [replace(tool.action, category=category, verb="browse", weight=0.0)], True
    return _other(tool, leaves)


def _shell(leaves: list[_Leaf]) -> tuple[list[Action], bool]:
    actions: list[Action] = []
    complete = True
    for leaf in leaves:
        reading = read_shell(leaf.text)
        actions += _placed(list(reading.actions), leaf)
        complete = complete and reading.complete
    return actions, complete


def _shell_lines(text: str) -> list[Action]:
    return list(read_shell(text).actions)


def _http(tool: ToolName, leaves: list[_Leaf]) -> list[Action]:
    address = next((leaf for leaf in leaves if leaf.key in _URL_KEYS), None)
    method = next((leaf.text for leaf in leaves if leaf.key in {"method", "http_method", "verb"}), "")
    if not method:
        method = next((word for word in tool.words if word in {"post", "put", "patch", "delete"}), "get")
    if address is None:
        return []
    body = any(leaf.key in {"file", "files", "form", "upload"} for leaf in leaves)
    action = request_action(method, address.text, uploads=body)
    return _placed([replace(action, end=len(address.text))], address)


def _editor(tool: ToolName, leaves: list[_Leaf]) -> list[Action]:
    keys = {leaf.key for leaf in leaves}
    command = next((leaf.text for leaf in leaves if leaf.key == "command"), "")
    views = command in _VIEWS or (not command and "editor" in tool.words and not keys & _TEXT_KEYS)
    if views:
        return [replace(tool.action, category=Category.READ, verb="view", weight=0.0)]
    actions: list[Action] = []
    for leaf in leaves:
        for match in _PATCHED_FILE.finditer(leaf.text) if leaf.key in _TEXT_KEYS | {"input", ""} else ():
            path = match.group(2).strip()
            done = delete_action("rm", [path]) if match.group(1) == "Delete" else write_action(path, 0.2, "edit")
            actions += _placed([replace(done, start=match.start(), end=match.end())], leaf)
    if actions:
        return actions
    verb = "create" if command == "create" or (tool.words and tool.words[0] in {"write", "create", "save"}) else "edit"
    path = next((leaf for leaf in leaves if leaf.key in _PATH_KEYS), None)
    if path is None:
        return [replace(tool.action, category=Category.FILE_WRITE, verb=verb, weight=0.1)]
    done = write_action(path.text, 0.1 if verb == "create" else 0.2, verb)
    return _placed([replace(done, end=len(path.text))], path)


def _other(tool: ToolName, leaves: list[_Leaf]) -> tuple[list[Action], bool]:
    action = tool.action
    if action.category in {Category.FILE_WRITE, Category.FILE_DESTROY}:
        path = next((leaf for leaf in leaves if leaf.key in _PATH_KEYS), None)
        if path is not None:
            done = write_action(path.text, action.weight, action.verb)
            if action.category is Category.FILE_DESTROY:
                options = ["-r"] if {"directory", "folder", "dir"} & set(tool.words) else []
                done = delete_action("rm", [*options, path.text])
            return _placed([replace(done, objects=action.objects, end=len(path.text))], path), True
        return [action], True
    if action.category is Category.READ and tool.words and _SEARCH_VERBS & set(tool.words):
        return [action], True
    commands = [leaf for leaf in _keyed(leaves, _COMMAND_KEYS, fallback=False) if _SHELL_LIKE.match(leaf.text)]
    if commands and action.category in {Category.UNKNOWN, Category.EXECUTE, Category.TEST, Category.BUILD}:
        actions, complete = _shell(commands)
        return [action, *actions], complete
    statements = [leaf for leaf in _keyed(leaves, _SQL_KEYS, fallback=False) if looks_like_sql(leaf.text)]
    found = [item for leaf in statements for item in _placed(sql_actions(leaf.text), leaf) if item.changes]
    method = next((leaf.text for leaf in leaves if leaf.key == "method"), "")
    if method and action.category in {Category.UNKNOWN, Category.EXECUTE}:
        found += _http(tool, leaves)
    return [action, *found], True


def _keyed(leaves: list[_Leaf], keys: frozenset[str], *, fallback: bool) -> list[_Leaf]:
    chosen = [leaf for leaf in leaves if leaf.key in keys]
    return chosen or (leaves if fallback else [])


def _placed(actions: list[Action], leaf: _Leaf) -> list[Action]:
    if not leaf.exact:
        return [item.at(0, leaf.length, leaf.field) for item in actions]
    return [item.at(item.start + leaf.offset, item.end + leaf.offset, leaf.field) for item in actions]


def _leaves(arguments: Arguments | None) -> Iterator[_Leaf]:
    if arguments is None:
        return
    if isinstance(arguments, str):
        yield from _text_leaves(arguments, "", "")
        return
    yield from islice(_walk(arguments, "", "", 0), MAX_LEAVES)


def _text_leaves(text: str, path: str, key: str) -> Iterator[_Leaf]:
    """Read a text that may itself be a JSON object, as many tools pass their arguments."""
    decoded = decode_object(text, _MAX_JSON)
    if decoded is None:
        yield _Leaf(path, key, text)
        return
    for count, leaf in enumerate(_walk(decoded, "", "", 1)):
        at = text.find(leaf.text) if leaf.text and count < MAX_LEAVES else -1
        yield _Leaf(path, leaf.key, leaf.text, max(at, 0), exact=at >= 0, length=min(len(text), 300))
        if count >= MAX_LEAVES:
            return


def _walk(value: object, path: str, key: str, depth: int) -> Iterator[_Leaf]:
    if isinstance(value, str):
        if depth < 2 and value.lstrip()[:1] == "{" and key not in _COMMAND_KEYS | _CODE_KEYS:
            yield from _text_leaves(value, path, key)
        else:
            yield _Leaf(path, key, value)
    elif depth < MAX_DEPTH and isinstance(value, Mapping):
        for name, item in cast("Mapping[object, object]", value).items():
            yield from _walk(item, f"{path}.{name}" if path else str(name), str(name).lower(), depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, list | tuple):
        items = cast("list[object]", value)
        if key in _COMMAND_KEYS and items and all(isinstance(item, str) for item in items) and key != "commands":
            # An argv list: one command, whose words are not one text.
            yield _Leaf(
                path + ".0", key, shlex.join(cast("list[str]", items)), exact=False, length=len(cast("str", items[0]))
            )
            return
        for index, item in enumerate(items):
            yield from _walk(item, f"{path}.{index}", key, depth + 1)


def _dispatched(arguments: Arguments | None) -> tuple[str, str, Arguments] | None:
    """Find the call inside a call: ``use_mcp_tool {tool_name, arguments}``."""
    if not isinstance(arguments, Mapping):
        return None
    name = next((arguments[key] for key in ("tool_name", "toolName", "function_name") if key in arguments), None)
    if not isinstance(name, str):
        return None
    for key in ("arguments", "args", "parameters", "params", "tool_input", "input", "tool_args"):
        inner = arguments.get(key)
        if isinstance(inner, Mapping | str):
            return name, key, cast("Arguments", inner)
    return None


def _inner_call(inner: tuple[str, str, Arguments], depth: int) -> CallReading:
    name, key, arguments = inner
    reading = read_call(name, arguments, _depth=depth + 1)
    actions = tuple(
        replace(action, field=f"{key}.{action.field}" if action.field else key) if not action.in_name else action
        for action in reading.actions
    )
    return replace(reading, actions=actions)
