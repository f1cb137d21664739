"""What tracers record of a function's inputs and outputs, read as words of a conversation or as a tool call.

Decorators (LangSmith's ``traceable``, Langfuse's ``observe``) and callbacks write whatever a function was given
and gave back: messages, a text, an object with the text under some name, or ``{"args": [...], "kwargs": {...}}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .json_text import to_json_value, to_text
from .message_shapes import message_items, plain_message
from .messages import ContentReader, is_mapping, is_sequence, result_text, text_of
from .operation import JsonValue, OperationMessage, Text, ToolExecution

_REQUEST_NAMES: Final = (
    "input",
    "inputs",
    "question",
    "query",
    "prompt",
    "message",
    "user_input",
    "user_message",
    "user_prompt",
    "request",
    "task",
    "text",
)
_ANSWER_NAMES: Final = (
    "output",
    "outputs",
    "answer",
    "response",
    "result",
    "text",
    "final_output",
    "final_answer",
    "completion",
)
_MESSAGE_NAMES: Final = ("role", "content", "parts", "tool_calls", "kwargs", "generation_info")
_TOOL_NAMES: Final = ("tool_name", "tool", "name", "function_name")
_ARGUMENT_NAMES: Final = ("arguments", "args", "tool_args", "tool_input", "tool_arguments", "parameters", "input")
# Words of a function that calls whatever tool it is told to, as run_tool, execute_function or dispatchToolCall.
_DISPATCH_WORDS: Final = (
    *("run", "call", "calls", "execute", "exec", "invoke", "dispatch", "use", "perform", "handle", "do"),
    *("tool", "tools", "function", "func", "fn", "action", "by", "name"),
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w.:/-]{0,127}")
_MAX_UNWRAPPED: Final = 3


def spoken(value: object, role: str, reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    """Read what was said to (``role`` user) or by (``role`` assistant) a model or an agent.

    An answer of unknown shape is its JSON text. None: a request cannot be told from the other inputs.
    """
    names = _REQUEST_NAMES if role == "user" else _ANSWER_NAMES
    for _ in range(_MAX_UNWRAPPED):
        value = message_items(reader.structure(value))
        if is_call_record(value):
            value = _told(value)
            if value is None:
                return None
            continue
        if not is_mapping(value) or _is_message(value):
            break
        inner = next((value[name] for name in names if value.get(name) not in (None, "")), None)
        if inner is None or (is_mapping(inner) and not inner):
            break
        value = inner
    if value == "null" or (is_mapping(value) and not value):
        return None  # nothing was given, or it was hidden
    if _is_said(value):
        return reader.messages(value, role)
    if role == "user" or value is None:
        return None
    text = to_text(value)
    return (OperationMessage(role=role, parts=(Text(text),)),) if text else None


def is_call_record(value: object) -> bool:
    """Tell ``{"args": [...], "kwargs": {...}}``, what a decorator records of one call."""
    return (
        is_mapping(value)
        and set(value) == {"args", "kwargs"}
        and is_sequence(value["args"])
        and is_mapping(value["kwargs"])
    )


def _told(record: object) -> object:
    """Return the input of a recorded call that is the request; None when several could be."""
    if not is_mapping(record) or not is_mapping(record["kwargs"]) or not is_sequence(record["args"]):
        return None
    kwargs = record["kwargs"]
    named = next((kwargs[name] for name in ("messages", *_REQUEST_NAMES) if kwargs.get(name)), None)
    if named is not None:
        return named
    given = [*record["args"], *kwargs.values()]
    listed = [item for item in given if is_sequence(item) and item and all(map(_is_message, item))]
    texts = [item for item in given if isinstance(item, str) and item.strip()]
    candidates = listed or texts
    return candidates[0] if len(candidates) == 1 else None


def _is_message(value: object) -> bool:
    if not is_mapping(value):
        return False
    plain = plain_message(value)
    return any(plain.get(name) is not None for name in _MESSAGE_NAMES)


def _is_said(value: object) -> bool:
    """Tell words: a text, a message, or a list of such."""
    if isinstance(value, str) or _is_message(value):
        return True
    return is_sequence(value) and all(isinstance(item, str) or _is_message(item) for item in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledTool:
    """A tool's name and arguments, as far as its recorded inputs tell."""

    name: str | None
    arguments: Mapping[str, JsonValue] | str | None


def called_tool(function: str, value: object, reader: ContentReader) -> CalledTool:
    """Read the call of a tool from what the traced function ``function`` was given.

    A function that runs any tool by name (``run_tool("bash", {...})``) is not the tool: its inputs tell it.
    """
    value = reader.structure(value)
    if is_mapping(value) and value.get("type") == "tool_call" and "args" in value:
        return CalledTool(name=text_of(value.get("name")), arguments=reader.arguments(value["args"]))
    if not is_mapping(value) or not is_call_record(value):
        return CalledTool(name=None, arguments=reader.arguments(value))
    args, kwargs = value["args"], value["kwargs"]
    if not is_sequence(args) or not is_mapping(kwargs):
        return CalledTool(name=None, arguments=None)
    if _is_dispatcher(function):
        told = _dispatched(args, kwargs, reader)
        if told is not None:
            return told
    if kwargs or not args:
        plain: dict[str, JsonValue] = {key: to_json_value(item) for key, item in kwargs.items()}
        if args:
            plain["args"] = [to_json_value(item) for item in args]
        return CalledTool(name=None, arguments=plain)
    only = args[0] if len(args) == 1 else args
    return CalledTool(name=None, arguments=reader.arguments(only))


def _is_dispatcher(function: str) -> bool:
    words = [word.lower() for word in _WORD.findall(function[:200])]
    return bool(words) and all(word in _DISPATCH_WORDS for word in words)


def _dispatched(args: Sequence[object], kwargs: Mapping[str, object], reader: ContentReader) -> CalledTool | None:
    name = next((kwargs[key] for key in _TOOL_NAMES if isinstance(kwargs.get(key), str)), None)
    rest = list(args)
    if name is None and rest and isinstance(rest[0], str):
        name = rest.pop(0)
    if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
        return None
    given = next((kwargs[key] for key in _ARGUMENT_NAMES if kwargs.get(key) is not None), None)
    if given is None and rest:
        given = rest[0]
    if given is None:
        given = {key: item for key, item in kwargs.items() if key not in _TOOL_NAMES}
    return CalledTool(name=name, arguments=reader.arguments(given))


def answered(tool: ToolExecution, value: object, reader: ContentReader) -> ToolExecution:
    """Complete a tool's call with what it gave back: a text, an object, or a LangChain tool message."""
    decoded = reader.structure(value)
    if is_mapping(decoded) and set(decoded) == {"output"}:
        decoded = decoded["output"]
        value = decoded
    message = plain_message(decoded) if is_mapping(decoded) else {}
    is_tool_message = message.get("role") == "tool" or "tool_call_id" in message
    if not is_tool_message:
        single = is_mapping(decoded) and len(decoded) == 1
        return _with_answer(tool, result_text(decoded if single else value), None, failed=False)
    text = result_text(message.get("content"))
    return _with_answer(tool, text, text_of(message.get("tool_call_id")), failed=message.get("status") == "error")


def _with_answer(tool: ToolExecution, text: str | None, call_id: str | None, *, failed: bool) -> ToolExecution:
    return ToolExecution(
        name=tool.name,
        call_id=tool.call_id or call_id,
        arguments=tool.arguments,
        result=text if text is not None else tool.result,
        error=tool.error or ((text or "error") if failed else None),
    )
