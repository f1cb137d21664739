"""Messages and their parts, in every shape seen in telemetry.

The conventions' schema (``parts`` with ``type``) and the chat-completions shape (``content`` and
``tool_calls``) are both read, because instrumentations mix them. What cannot be read is left out and leaves
a gap, it never raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

from .json_text import decode_json, to_json_value, to_text
from .message_shapes import message_items, plain_message, plain_part
from .operation import (
    ContentGap,
    JsonValue,
    OperationMessage,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from .wrapped_parts import unwrapped

MAX_MESSAGES: Final = 5_000
MAX_PARTS: Final = 20_000

_CALL_TYPES: Final = frozenset({"tool_call", "server_tool_call", "tool_use", "function_call", "function"})
_RESULT_TYPES: Final = frozenset(
    {"tool_call_response", "server_tool_call_response", "tool_result", "tool_response", "function_response"}
)
_REASONING_TYPES: Final = frozenset({"reasoning", "thinking", "redacted_thinking"})
# Content that is not text (images, files, compaction summaries), as parts of unknown type are taken to be:
# nothing to judge, and nothing is missing.
_OTHER_TYPES: Final = frozenset({"blob", "file", "uri", "compaction", "image", "image_url", "input_audio"})

_PART_TYPES: Final = (
    _CALL_TYPES | _RESULT_TYPES | _REASONING_TYPES | _OTHER_TYPES | {"text", "input_text", "output_text", "refusal"}
)


class ContentReader:
    """Reads the content of one span or log record and collects what could not be read.

    ``gaps`` grows while reading. At most ``MAX_PARTS`` parts are read; the rest counts as truncated.
    """

    __slots__ = ("_parts_left", "gaps")

    def __init__(self) -> None:
        self.gaps: set[ContentGap] = set()
        self._parts_left = MAX_PARTS

    def structure(self, value: object) -> object:
        """Return a JSON text decoded (also when it was encoded twice), anything else as it is."""
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if not isinstance(value, str):
            return value
        text = _unquoted(value)
        decoded = decode_json(text)
        if decoded is None:
            return text
        if decoded.truncated:
            self.gaps.add(ContentGap.TRUNCATED)
        return decoded.value

    def messages(self, value: object, default_role: str) -> tuple[OperationMessage, ...]:
        """Read a list of messages, one message, or a bare text as one message of ``default_role``."""
        value = message_items(self.structure(value))
        if value == "":
            return ()
        items: Sequence[object] = value if is_sequence(value) else (value,)
        if len(items) > MAX_MESSAGES:
            # The tail holds the current request, the head the system prompt.
            self.gaps.add(ContentGap.TRUNCATED)
            items = [*items[:100], *items[100 - MAX_MESSAGES :]]
        messages: list[OperationMessage] = []
        for item in items:
            message = self.message(item, default_role)
            if message is not None:
                messages.append(message)
        return tuple(messages)

    def message(self, value: object, default_role: str) -> OperationMessage | None:
        """Read one message; None when the value is no message."""
        if isinstance(value, str):
            return OperationMessage(role=default_role, parts=(Text(value),))
        if not is_mapping(value):
            return None
        value = plain_message(value)
        role = text_of(value.get("role")) or default_role
        parts = self._message_parts(value, role)
        calls = value.get("tool_calls")
        if is_sequence(calls):
            # Some list a call among the parts of the content and in the list of calls.
            known = {part.id for part in parts if isinstance(part, ToolCall) and part.id}
            listed = [self._tool_call(plain_part(call)) for call in calls if is_mapping(call)]
            parts += [call for call in listed if call is not None and call.id not in known]
        if any(not isinstance(part, Text) for part in parts):
            # A streamed answer can carry an empty text before its tool calls.
            parts = [part for part in parts if not isinstance(part, Text) or part.content]
        return OperationMessage(role=role, parts=tuple(parts), finish_reason=text_of(value.get("finish_reason")))

    def _message_parts(self, value: Mapping[str, object], role: str) -> list[Part]:
        content = value.get("parts")
        if content is None:
            content = value.get("content")
            if isinstance(content, str) and content.lstrip()[:2] in ("[{", "[]"):
                content = self._parts_text(content)
            if role in ("tool", "function") and not _has_parts(content):
                call_id = text_of(value.get("tool_call_id")) or text_of(value.get("id"))
                return [ToolResult(id=call_id, name=text_of(value.get("name")), content=result_text(content))]
        if content is None:
            if not is_sequence(value.get("tool_calls")):
                self._note_missing()
            return []
        return self.parts(content)

    def _parts_text(self, content: str) -> object:
        """Decode a content text that is a JSON list of typed parts; any other text is the content itself."""
        decoded = decode_json(content)
        if decoded is None or not _has_parts(decoded.value):
            return content
        if decoded.truncated:
            self.gaps.add(ContentGap.TRUNCATED)
        return decoded.value

    def parts(self, value: object) -> list[Part]:
        """Read a list of parts, one part or a bare text."""
        items: Sequence[object] = value if is_sequence(value) else (value,)
        if len(items) > self._parts_left:
            self.gaps.add(ContentGap.TRUNCATED)
            items = items[: self._parts_left]
        self._parts_left -= len(items)
        return [part for part in map(self._part, items) if part is not None]

    def _part(self, value: object) -> Part | None:
        if isinstance(value, str):
            return Text(value)
        if not is_mapping(value):
            return None
        value = plain_part(unwrapped(value))
        kind = text_of(value.get("type")) or ""
        if kind in _CALL_TYPES:
            return self._tool_call(value)
        if kind in _RESULT_TYPES:
            return self._tool_result(value)
        if kind == "blob":
            transcript = text_of(value.get("transcript"))
            return Text(transcript) if transcript else None
        if (kind and kind not in _PART_TYPES) or kind in _OTHER_TYPES:
            return None
        text = _first_text(value, ("content", "text", "refusal", "thinking"))
        if text is None:
            self._note_missing()
            return None
        return Reasoning(text) if kind in _REASONING_TYPES else Text(text)

    def _note_missing(self) -> None:
        # Behind a cut nothing was left out on purpose.
        if ContentGap.TRUNCATED not in self.gaps:
            self.gaps.add(ContentGap.MISSING)

    def _tool_call(self, value: Mapping[str, object]) -> ToolCall | None:
        nested = value.get("function")
        function = nested if is_mapping(nested) else value
        name = text_of(function.get("name"))
        if not name:
            return None
        arguments = _first(function, ("arguments", "input", "args", "server_tool_call"))
        call_id = text_of(value.get("id")) or text_of(value.get("call_id"))
        return ToolCall(name=name, id=call_id, arguments=self.arguments(arguments))

    def _tool_result(self, value: Mapping[str, object]) -> ToolResult:
        content = _first(value, ("response", "result", "content", "output", "server_tool_call_response"))
        call_id = _first_text(value, ("id", "tool_call_id", "tool_use_id", "call_id"))
        return ToolResult(id=call_id, name=text_of(value.get("name")), content=result_text(content))

    def arguments(self, value: object) -> dict[str, JsonValue] | str | None:
        """Read tool arguments: an object, also as JSON text, or the bare text; None for none captured."""
        value = self.structure(value)
        if is_mapping(value):
            return {str(key): to_json_value(item) for key, item in value.items()}
        return to_text(value)

    def instructions(self, value: object) -> tuple[str, ...]:
        """Read system instructions: a list of parts, or of messages, or a bare text."""
        value = self.structure(value)
        items: Sequence[object] = value if is_sequence(value) else (value,)
        texts: list[str] = []
        for item in items:
            if is_mapping(item) and ("parts" in item or "role" in item):
                message = self.message(item, "system")
                texts += [message.text] if message and message.text else []
            else:
                texts += [part.content for part in self.parts(item) if isinstance(part, Text) and part.content]
        return tuple(texts)

    def tool_definitions(self, value: object) -> tuple[ToolDefinition, ...]:
        """Read the tools that were offered."""
        value = self.structure(value)
        items: Sequence[object] = value if is_sequence(value) else (value,)
        definitions: list[ToolDefinition] = []
        for item in items[:MAX_MESSAGES]:
            if not is_mapping(item):
                continue
            nested = item.get("function")
            function = nested if is_mapping(nested) else item
            name = text_of(function.get("name"))
            if name:
                description = text_of(function.get("description")) or ""
                definitions.append(ToolDefinition(name=name, description=description))
        return tuple(definitions)


def finish_reasons(value: object) -> tuple[str, ...]:
    """Read finish reasons: a list of texts, a JSON text of one, or one bare text."""
    if isinstance(value, str):
        decoded = decode_json(value)
        value = decoded.value if decoded is not None else (value,)
    if not is_sequence(value):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def result_text(value: object) -> str | None:
    """Return a tool's answer as text: wrappers of one text and lists of text parts are unwrapped."""
    if is_mapping(value) and len(value) == 1:
        inner = _first(value, ("result", "output", "content"))
        if isinstance(inner, str):
            return inner
        if is_sequence(inner):
            value = inner
    if is_sequence(value) and value and all(is_mapping(item) and _is_text_part(item) for item in value):
        return "\n".join(_first_text(item, ("text", "content")) or "" for item in value if is_mapping(item))
    return to_text(value)


def text_of(value: object) -> str | None:
    """Return a non-empty text, or an integer as text; None for anything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**40 else None
    return None


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Tell a JSON object or key-value list."""
    # The plain types first: asking an abstract one costs ten times as much, and this is asked of every value.
    return isinstance(value, (dict, Mapping))


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Tell a JSON array; texts and bytes are none."""
    return isinstance(value, (list, Sequence)) and not isinstance(value, (str, bytes))


def _has_parts(content: object) -> bool:
    """Tell a list of message parts from a tool's answer or a pasted text that happens to be a list."""
    return is_sequence(content) and bool(content) and all(map(_is_part, content[:100]))


def _is_part(item: object) -> bool:
    if not is_mapping(item):
        return False
    item = plain_part(unwrapped(item))
    if "type" in item:
        return text_of(item["type"]) in _PART_TYPES
    return isinstance(item.get("text"), str)


def _is_text_part(item: Mapping[str, object]) -> bool:
    kind = item.get("type")
    return kind in (None, "text") and isinstance(_first(item, ("text", "content")), str)


def _first(value: Mapping[str, object], keys: Sequence[str]) -> object:
    for key in keys:
        if value.get(key) is not None:
            return value[key]
    return None


def _first_text(value: Mapping[str, object], keys: Sequence[str]) -> str | None:
    for key in keys:
        item = value.get(key)
        if isinstance(item, str):
            return item
    return None


def _unquoted(text: str) -> str:
    """Return what a JSON text literal quotes when that is JSON again, else the text as it is."""
    if not text.startswith('"[') and not text.startswith('"{'):
        return text
    decoded = decode_json(f"[{text}]")
    if decoded is None or not is_sequence(decoded.value) or len(decoded.value) != 1:
        return text
    inner = decoded.value[0]
    return inner if isinstance(inner, str) else text
