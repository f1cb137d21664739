"""OpenInference's flattened lists: ``llm.input_messages.N.message.*``, ``llm.tools.N.tool.*`` and their kin."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..messages import ContentReader, is_mapping, is_sequence, text_of
from ..operation import OperationMessage, ToolDefinition
from ..span_view import Attributes
from .openinference_frameworks import with_answer_as_text, without_step_frames
from .openinference_values import REDACTED, plain, present

_MESSAGE: Final = re.compile(r"llm\.(input|output)_messages\.(\d{1,6})\.message\.(.{1,300})")
_CALL: Final = re.compile(r"tool_calls\.(\d{1,6})\.tool_call\.(id|function\.name|function\.arguments)")
_PART: Final = re.compile(r"contents\.(\d{1,6})\.message_content\.(.{1,200})")
_COMPLETION: Final = re.compile(r"llm\.(prompts|choices)\.(\d{1,6})\.(?:prompt|completion)\.text")
_TOOL: Final = re.compile(r"llm\.tools\.(\d{1,6})\.tool\.(json_schema|name|description)")
# This instrumentation writes no arguments for a call without any.
_LEAVES_EMPTY_ARGUMENTS_OUT: Final = "openai_agents"


@dataclass(slots=True)
class Flattened:
    """The lists of one span: fields by index."""

    given: dict[int, dict[str, object]] = field(default_factory=dict[int, dict[str, object]])
    returned: dict[int, dict[str, object]] = field(default_factory=dict[int, dict[str, object]])
    prompts: dict[int, object] = field(default_factory=dict[int, object])
    completions: dict[int, object] = field(default_factory=dict[int, object])
    tools: dict[int, dict[str, object]] = field(default_factory=dict[int, dict[str, object]])


def flattened(attributes: Attributes) -> Flattened:
    """Sort the attributes ``llm.*`` into their lists."""
    lists = Flattened()
    for key, value in attributes.items():
        if not key.startswith("llm."):
            continue
        if match := _MESSAGE.fullmatch(key):
            side = lists.given if match[1] == "input" else lists.returned
            side.setdefault(int(match[2]), {})[match[3]] = value
        elif match := _TOOL.fullmatch(key):
            lists.tools.setdefault(int(match[1]), {})[match[2]] = value
        elif match := _COMPLETION.fullmatch(key):
            (lists.prompts if match[1] == "prompts" else lists.completions)[int(match[2])] = value
    return lists


def listed_messages(
    fields: Mapping[int, Mapping[str, object]], nested: object, role: str, reader: ContentReader, scope: str
) -> tuple[OperationMessage, ...] | None:
    """Read a list of messages; None when it does not occur or holds nothing but roles.

    Args:
        fields: Flattened messages by index.
        nested: The same list as one structured value or JSON text, as some write it by hand.
        role: Role of messages that name none.
        reader: Collects what could not be read.
        scope: Name of the instrumentation.
    """
    if fields:
        items: Sequence[object] = [_plain(fields[index], role, reader, scope) for index in sorted(fields)]
    else:
        structure = reader.structure(present(nested, reader))
        if not is_sequence(structure):
            return None
        items = [_plain(_undotted(item), role, reader, scope) if is_mapping(item) else item for item in structure]
    told = [item for item in items if item is not None]
    if items and not told:
        return None
    return tuple(map(with_answer_as_text, reader.messages(without_step_frames(told), role)))


def is_whole(fields: Mapping[int, object]) -> bool:
    """Tell whether no index is missing: a limit on attributes takes the first or the last ones away."""
    return not fields or max(fields) == len(fields) - 1


def completion_texts(
    texts: Mapping[int, object], role: str, reader: ContentReader
) -> tuple[OperationMessage, ...] | None:
    """Read the prompts or the answers of a completions API."""
    found = [present(texts[index], reader) for index in sorted(texts)]
    return reader.messages([text for text in found if isinstance(text, str)], role) or None


def offered_tools(lists: Flattened, attributes: Attributes) -> tuple[ToolDefinition, ...] | None:
    """Read the tools that were offered, from their schemas or from a framework's list of names."""
    reader = ContentReader()
    items = [
        reader.structure(tool.get("json_schema")) if "json_schema" in tool else tool
        for _, tool in sorted(lists.tools.items())
    ]
    items = [{"name": item.get("title"), **item} if is_mapping(item) else item for item in items]
    definitions = reader.tool_definitions(items)
    if definitions:
        return definitions
    names = attributes.get("smolagents.tools_names")
    listed = names if is_sequence(names) else ()
    return tuple(ToolDefinition(name=name) for name in listed if isinstance(name, str)) or None


def _undotted(item: Mapping[str, object]) -> Mapping[str, object]:
    """Return a message of an unflattened list with the keys that flattened ones have."""
    inner = item.get("message")
    if is_mapping(inner):
        return inner
    return {key.removeprefix("message."): value for key, value in item.items()}


def _plain(fields: Mapping[str, object], role: str, reader: ContentReader, scope: str) -> object:
    """Return one message in the shape of chat completions; None when nothing but its role is known."""
    calls = _calls(fields, reader, scope)
    contents = _contents(fields, reader)
    content = present(fields.get("content"), reader)
    hidden = REDACTED in (fields.get("content"), *(part.get("text") for part in contents))
    role = text_of(fields.get("role")) or role
    message: dict[str, object] = {"role": role, "finish_reason": fields.get("finish_reason")}
    texts = [part for part in contents if part.get("type") in (None, "text") and part.get("text") != REDACTED]
    identity = text_of(fields.get("tool_call_id"))
    if identity is not None or role in ("tool", "function"):
        # Anthropic's tool results are messages of the user.
        text = "\n".join(str(part.get("text") or "") for part in texts)
        content = text if texts and not isinstance(content, str) else content
        return {"role": "tool", "tool_call_id": identity, "name": fields.get("name"), "content": content}
    if calls:
        message["tool_calls"] = calls
    if texts or (contents and content is None):
        message["parts"] = [part for part in contents if part.get("text") != REDACTED]
    elif content is not None:
        message["content"] = content
    elif hidden or role == "assistant" or calls:
        # Empty texts are left out, hidden ones are marked.
        message["content"] = "" if not hidden else None
        if hidden:
            message["parts"] = []
    else:
        return None
    return plain(message)


def _contents(fields: Mapping[str, object], reader: ContentReader) -> list[dict[str, object]]:
    parts: dict[int, dict[str, object]] = {}
    for key, value in fields.items():
        if match := _PART.fullmatch(key):
            parts.setdefault(int(match[1]), {})[match[2]] = present(value, reader) or (
                REDACTED if value == REDACTED else value
            )
    nested = fields.get("contents")
    for index, item in enumerate(nested if is_sequence(nested) else ()):
        inner = item.get("message_content", item) if is_mapping(item) else None
        if is_mapping(inner):
            parts[index] = {key.removeprefix("message_content."): value for key, value in inner.items()}
    return [parts[index] for index in sorted(parts)]


def _calls(fields: Mapping[str, object], reader: ContentReader, scope: str) -> list[object]:
    calls: dict[int, dict[str, object]] = {}
    for key, value in fields.items():
        if match := _CALL.fullmatch(key):
            calls.setdefault(int(match[1]), {})[match[2].removeprefix("function.")] = present(value, reader)
    found: list[object] = []
    for index in sorted(calls):
        call: dict[str, object] = {"type": "function", **calls[index]}
        if "arguments" not in call and scope.endswith(_LEAVES_EMPTY_ARGUMENTS_OUT):
            call["arguments"] = {}
        found.append(call)
    nested = fields.get("tool_calls")
    for item in nested if is_sequence(nested) else ():
        inner = item.get("tool_call", item) if is_mapping(item) else None
        if is_mapping(inner):
            found.append(
                {"type": "function", **{key.removeprefix("tool_call."): value for key, value in inner.items()}}
            )
    if text_of(fields.get("function_call_name")):
        arguments = present(fields.get("function_call_arguments_json"), reader)
        found.append({"type": "function", "name": fields["function_call_name"], "arguments": arguments})
    return found
