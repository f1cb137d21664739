"""What a tool call does: its name and its arguments read together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, cast

from ..agent_trace import Arguments
from .argument_texts import CODE_KEYS, COMMAND_KEYS, MAX_LEAVES, CallText, call_texts
from .budget import Budget
from .http import request_action
from .programs import delete_action, write_action
from .python_code import code_actions
from .shell import read_shell
from .sql import looks_like_sql, sql_actions
from .taxonomy import Action, Category
from .tool_names import Kind, ToolName, read_tool_name

_SQL_KEYS = frozenset({"sql", "query", "statement", "sql_query", "queries", "command", "expression"})
_PATH_KEYS = frozenset({"path", "file_path", "filepath", "filename", "file_name", "file", "target_file",
    "notebook_path", "destination",
                        "dest", "target", "output_path", "directory", "dir", "folder", "paths",
                        "absolute_path", "uri"})  # fmt: skip
_TEXT_KEYS = frozenset({"new_str", "new_string", "file_text", "content", "contents", "text", "insert_line",
    "diff", "patch", "edits",
                        "old_str", "old_string", "new_content", "insert_text", "new_text"})  # fmt: skip
_URL_KEYS = frozenset({"url", "uri", "endpoint", "address", "path"})
_INNER_NAMES = ("tool_name", "toolName", "function_name")
_NUMBERS = (int, float)
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


class CallReading(NamedTuple):
    """What one tool call does.

    ``complete`` is false when a limit cut the reading short; ``arguments_missing`` is true when the name alone
    does not tell what the call did and there are no arguments that do.
    """

    tool: ToolName
    actions: tuple[Action, ...]
    complete: bool = True
    arguments_missing: bool = False


def read_call(name: str, arguments: Arguments | None, *, budget: Budget | None = None, _depth: int = 0) -> CallReading:
    """Name the actions of one tool call; offsets count in the argument's text, or in the name (``in_name``).

    ``budget`` is drawn on; without one the call has its own.
    """
    tool = read_tool_name(name)
    category = tool.action.category
    if category is Category.CONTROL or category is Category.DELEGATE:
        return CallReading(tool, (tool.action,))
    if category is Category.READ and tool.kind is Kind.OTHER and _says_no_more(arguments):
        return CallReading(tool, (tool.action,))
    budget = Budget() if budget is None else budget
    leaves = call_texts(arguments)
    inner = _dispatched(arguments) if _depth < 2 and category is not Category.READ else None
    if inner is not None:
        return _inner_call(inner, _depth, budget)
    actions, complete = _by_kind(tool, leaves, budget)
    complete = complete and not budget.is_spent
    if tool.action.verb in _CHANGES_SHARING and isinstance(arguments, Mapping) and _exposes(arguments):
        actions = [tool.action._replace(category=Category.ADMIN, verb="make public", weight=0.7)]
    if not actions:
        # Without arguments the name alone tells nothing; an empty call, or one in plain words, shows no deed.
        silent = Category.UNKNOWN if arguments is None or leaves else Category.READ
        unknown = tool.action._replace(category=silent, weight=0.0)
        return CallReading(tool, (unknown,), complete, arguments_missing=arguments is None)
    # A name that tells nothing leaves all to the arguments.
    told = arguments is not None or any(action.category is not Category.UNKNOWN for action in actions)
    return CallReading(tool, tuple(actions), complete and len(leaves) < MAX_LEAVES, arguments_missing=not told)


def _says_no_more(arguments: Arguments | None) -> bool:
    """Whether plain ``arguments`` leave a call, which by its name only reads, what its name says.

    Most calls are such: their values need not be looked at.
    """
    # Looked at for every call: no ``Mapping``, whose test takes longer than all the rest.
    if not isinstance(arguments, dict) or len(arguments) >= MAX_LEAVES:
        return False
    for key, value in arguments.items():
        if isinstance(value, str):
            # A text may hold arguments of its own.
            if value.lstrip()[:1] == "{":
                return False
        elif not (value is None or isinstance(value, _NUMBERS)):
            return False
        if str(key).lower() in _SQL_KEYS:
            return False
    return True


def _exposes(arguments: Mapping[str, object]) -> bool:
    """Whether a call that changes something which exists has everybody see it."""
    return arguments.get("private") is False or any(
        str(arguments.get(key, "")).lower() in _TO_EVERYBODY
        for key in ("visibility", "public", "acl", "access", "sharing")
    )


def _by_kind(tool: ToolName, leaves: list[CallText], budget: Budget) -> tuple[list[Action], bool]:
    if tool.kind is Kind.SHELL:
        return _shell(_keyed(leaves, COMMAND_KEYS, fallback=True), budget)
    if tool.kind is Kind.PYTHON:
        code = _keyed(leaves, CODE_KEYS, fallback=True)

        def shell(line: str) -> list[Action]:
            return list(read_shell(line, budget).actions)

        return [item for leaf in code for item in _placed(code_actions(leaf.text, shell, budget), leaf)], True
    if tool.kind is Kind.SQL:
        texts = [leaf for leaf in _keyed(leaves, _SQL_KEYS, fallback=True) if looks_like_sql(leaf.text)]
        return [item for leaf in texts for item in _placed(sql_actions(leaf.text, budget), leaf)], True
    if tool.kind is Kind.HTTP:
        return _http(tool, leaves), True
    if tool.kind is Kind.EDITOR:
        return _editor(tool, leaves), True
    if tool.kind is Kind.BROWSER:
        acting = next((leaf for leaf in leaves if _ACTS.search(leaf.text)), None)
        category = Category.READ if acting is None else Category.UNKNOWN
        return [tool.action._replace(category=category, verb="browse", weight=0.0)], True
    return _other(tool, leaves, budget)


def _shell(leaves: list[CallText], budget: Budget) -> tuple[list[Action], bool]:
    actions: list[Action] = []
    complete = True
    for leaf in leaves:
        reading = read_shell(leaf.text, budget)
        actions += _placed(list(reading.actions), leaf)
        complete = complete and reading.complete
    return actions, complete


def _http(tool: ToolName, leaves: list[CallText]) -> list[Action]:
    address = next((leaf for leaf in leaves if leaf.key in _URL_KEYS), None)
    method = next((leaf.text for leaf in leaves if leaf.key in {"method", "http_method", "verb"}), "")
    if not method:
        method = next((word for word in tool.words if word in {"post", "put", "patch", "delete"}), "get")
    if address is None:
        return []
    body = any(leaf.key in {"file", "files", "form", "upload"} for leaf in leaves)
    action = request_action(method, address.text, uploads=body)
    return _placed([action._replace(end=len(address.text))], address)


def _editor(tool: ToolName, leaves: list[CallText]) -> list[Action]:
    keys = {leaf.key for leaf in leaves}
    command = next((leaf.text for leaf in leaves if leaf.key == "command"), "")
    views = command in _VIEWS or (not command and "editor" in tool.words and not keys & _TEXT_KEYS)
    if views:
        return [tool.action._replace(category=Category.READ, verb="view", weight=0.0)]
    actions: list[Action] = []
    for leaf in leaves:
        for match in _PATCHED_FILE.finditer(leaf.text) if leaf.key in _TEXT_KEYS | {"input", ""} else ():
            path = match.group(2).strip()
            done = delete_action("rm", [path]) if match.group(1) == "Delete" else write_action(path, 0.2, "edit")
            actions += _placed([done._replace(start=match.start(), end=match.end())], leaf)
    if actions:
        return actions
    verb = "create" if command == "create" or (tool.words and tool.words[0] in {"write", "create", "save"}) else "edit"
    path = next((leaf for leaf in leaves if leaf.key in _PATH_KEYS), None)
    if path is None:
        return [tool.action._replace(category=Category.FILE_WRITE, verb=verb, weight=0.1)]
    done = write_action(path.text, 0.1 if verb == "create" else 0.2, verb)
    return _placed([done._replace(end=len(path.text))], path)


def _other(tool: ToolName, leaves: list[CallText], budget: Budget) -> tuple[list[Action], bool]:
    action = tool.action
    if action.category in {Category.FILE_WRITE, Category.FILE_DESTROY}:
        path = next((leaf for leaf in leaves if leaf.key in _PATH_KEYS), None)
        if path is not None:
            done = write_action(path.text, action.weight, action.verb)
            if action.category is Category.FILE_DESTROY:
                options = ["-r"] if {"directory", "folder", "dir"} & set(tool.words) else []
                done = delete_action("rm", [*options, path.text])
            return _placed([done._replace(objects=action.objects, end=len(path.text))], path), True
        return [action], True
    if action.category is Category.READ and tool.words and _SEARCH_VERBS & set(tool.words):
        return [action], True
    commands = [leaf for leaf in _keyed(leaves, COMMAND_KEYS, fallback=False) if _SHELL_LIKE.match(leaf.text)]
    if commands and action.category in {Category.UNKNOWN, Category.EXECUTE, Category.TEST, Category.BUILD}:
        actions, complete = _shell(commands, budget)
        return [action, *actions], complete
    statements = [leaf for leaf in _keyed(leaves, _SQL_KEYS, fallback=False) if looks_like_sql(leaf.text)]
    found = [item for leaf in statements for item in _placed(sql_actions(leaf.text, budget), leaf) if item.changes]
    method = next((leaf.text for leaf in leaves if leaf.key == "method"), "")
    if method and action.category in {Category.UNKNOWN, Category.EXECUTE}:
        found += _http(tool, leaves)
    return [action, *found], True


def _keyed(leaves: list[CallText], keys: frozenset[str], *, fallback: bool) -> list[CallText]:
    chosen = [leaf for leaf in leaves if leaf.key in keys]
    return chosen or (leaves if fallback else [])


def _placed(actions: list[Action], leaf: CallText) -> list[Action]:
    if not leaf.exact:
        return [item.at(0, leaf.length, leaf.field) for item in actions]
    return [item.at(item.start + leaf.offset, item.end + leaf.offset, leaf.field) for item in actions]


def _dispatched(arguments: Arguments | None) -> tuple[str, str, Arguments] | None:
    """Find the call inside a call: ``use_mcp_tool {tool_name, arguments}``."""
    if arguments is None or isinstance(arguments, str):
        return None
    name = next((arguments[key] for key in _INNER_NAMES if key in arguments), None)
    if not isinstance(name, str):
        return None
    for key in ("arguments", "args", "parameters", "params", "tool_input", "input", "tool_args"):
        inner = arguments.get(key)
        if isinstance(inner, Mapping | str):
            return name, key, cast("Arguments", inner)
    return None


def _inner_call(inner: tuple[str, str, Arguments], depth: int, budget: Budget) -> CallReading:
    name, key, arguments = inner
    reading = read_call(name, arguments, budget=budget, _depth=depth + 1)
    actions = tuple(
        action._replace(field=f"{key}.{action.field}" if action.field else key) if not action.in_name else action
        for action in reading.actions
    )
    return reading._replace(actions=actions)
