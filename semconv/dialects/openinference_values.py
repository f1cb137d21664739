"""What stands in OpenInference's ``input.value`` and ``output.value``: bare text, or JSON of the framework's own.

Read by shape: requests and answers of model providers (chat completions, responses, messages, generateContent),
LangChain's message forms, graph states and updates, and the arguments of an instrumented function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..message_shapes import plain_message
from ..messages import MAX_MESSAGES, ContentReader, is_mapping, is_sequence, result_text, text_of
from ..operation import ContentGap, OperationMessage
from ..python_repr import decode_repr
from ..span_view import Attributes

# What OpenInference writes in the place of content that its configuration hides.
REDACTED: Final = "__REDACTED__"

_MAX_DEPTH: Final = 4
# Where messages stand in the objects of frameworks and providers, the most telling first.
_MESSAGE_KEYS: Final = (
    "messages", "input_messages", "generations", "choices", "candidates", "message", "contents", "content", "output",
    "input", "update", "response", "result",
)  # fmt: skip
_REQUEST_KEYS: Final = (
    "task",
    "input",
    "question",
    "query",
    "prompt",
    "request",
    "user_input",
    "user_msg",
    "user_message",
    "message",
    "content",
    "text",
)
_ANSWER_KEYS: Final = (
    "output", "answer", "response", "final_output", "final_answer", "result", "raw", "return_values", "message",
    "content", "text", "completion",
)  # fmt: skip
_ITEM_TYPES: Final = frozenset({"function_call", "function_call_output", "message", "reasoning"})
_CALL_WRAPPER: Final = frozenset({"args", "kwargs", "sanitize_inputs_outputs"})
_TOOL_CALL: Final = frozenset({"name", "args", "id", "type"})


def present(value: object, reader: ContentReader) -> object:
    """Return a value; None when there is none or when it was hidden, which leaves a gap."""
    if value == REDACTED:
        reader.gaps.add(ContentGap.MISSING)
        return None
    return value


def spoken(attributes: Attributes, side: str, reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    """Read the messages of ``input.value`` or ``output.value``; ``side`` is input or output.

    Returns:
        None when there are none, or when what stands there is no conversation and no text.
    """
    role = "user" if side == "input" else "assistant"
    written = present(attributes.get(f"{side}.value"), reader)
    if written is None:
        return None
    value = reader.structure(written)
    found = _conversation(value, 0)
    if found is not None:
        if len(found) > MAX_MESSAGES:
            reader.gaps.add(ContentGap.TRUNCATED)
            found = [*found[:100], *found[100 - MAX_MESSAGES :]]
        return reader.messages([plain(item) for item in found], role)
    text = _only_text(value, _REQUEST_KEYS if role == "user" else _ANSWER_KEYS, 0)
    if text is None and isinstance(written, str) and attributes.get(f"{side}.mime_type") == "text/plain":
        text = written
    if text is None:
        return None
    return reader.messages([text], role) if text else ()


def plain(item: object) -> object:
    """Return one message of any form with its role and content side by side."""
    if not is_mapping(item):
        return item
    candidate = item.get("content")
    if is_mapping(candidate) and "role" not in item:  # of Gemini
        return {"role": "assistant", **candidate}
    blocks = item.get("blocks")
    if is_sequence(blocks) and isinstance(item.get("role"), str):  # of LlamaIndex
        return {**item, "parts": [{"type": block.get("block_type"), **block} for block in blocks if is_mapping(block)]}
    message = plain_message(item)
    if message is item and "role" not in item and isinstance(item.get("text"), str):  # of a completions API
        return {"role": "assistant", "content": item["text"]}
    return message


def _conversation(value: object, depth: int) -> list[object] | None:
    """Find the messages in a decoded value; None when it holds none."""
    if depth > _MAX_DEPTH:
        return None
    if is_sequence(value):
        if not value:
            return []
        if all(map(_is_message, value[:100])):
            return list(value)
        # LangChain works in batches, of which a traced run is one; a graph node gives back one update.
        return _conversation(value[0], depth + 1) if len(value) == 1 and not isinstance(value[0], str) else None
    if not is_mapping(value):
        return None
    if _is_message(value):
        return [value]
    for key in _MESSAGE_KEYS:
        inner = value.get(key)
        if is_mapping(inner) or (is_sequence(inner) and inner):
            found = _conversation(inner, depth + 1)
            if found:
                return [*_instructions(value), *found]
    return None


def system_prompt_beside(attributes: Attributes) -> tuple[str, ...] | None:
    """Return the system prompt that stands apart from the messages, in a model call's parameters or its request."""
    for key in ("llm.invocation_parameters", "input.value"):
        value = attributes.get(key)
        if not isinstance(value, str) or ("system" not in value and "instructions" not in value):
            continue
        request = ContentReader().structure(value)
        config = request.get("config") if is_mapping(request) else None
        for holder in (request, config):
            found = _instructions(holder) if is_mapping(holder) else []
            texts = ContentReader().instructions(found)
            if texts:
                return texts
    return None


def _instructions(value: Mapping[str, object]) -> list[object]:
    """Return the system prompt that stands beside the messages of a provider's request."""
    for key in ("instructions", "system", "system_instruction", "systemInstruction", "system_prompt"):
        text = value.get(key)
        if is_mapping(text):
            return [{"role": "system", **text}] if "parts" in text else []
        if text and (isinstance(text, str) or is_sequence(text)):
            return [{"role": "system", "content": text}]
    return []


def _is_message(item: object) -> bool:
    if not is_mapping(item):
        return False
    if isinstance(item.get("role"), str) or text_of(item.get("type")) in _ITEM_TYPES:
        return True
    inner = item.get("message")
    if is_mapping(inner):
        return _is_message(inner)
    if plain_message(item) is not item:
        return True
    candidate = item.get("content")
    if is_mapping(candidate) and "parts" in candidate:
        return True
    return isinstance(item.get("text"), str) and ("generation_info" in item or "finish_reason" in item)


def _only_text(value: object, keys: Sequence[str], depth: int) -> str | None:
    """Find the one text that a value is about, by the name of its field; None when that is not clear."""
    if isinstance(value, str):
        return value
    if not is_mapping(value) or depth > _MAX_DEPTH:
        return None
    for key in keys:
        inner = value.get(key)
        if isinstance(inner, str) or is_mapping(inner):
            text = _only_text(inner, keys, depth + 1)
            if text:
                return text
    wrapped = value.get("kwargs")
    if is_mapping(wrapped) and depth == 0:
        return _only_text(wrapped, keys, depth + 1)
    texts = [item for item in value.values() if isinstance(item, str) and item]
    return texts[0] if len(texts) == 1 and len(value) == 1 else None


def tool_arguments(value: object, names: Sequence[str], reader: ContentReader) -> object:
    """Return a tool's arguments as they were given to it: an object by name, or the one bare value.

    Wrappers of instrumented functions and of tool calls are taken off; ``names``: the tool's parameters in
    order, for arguments that were given without names.
    """
    value = present(value, reader)
    if value is None:
        return None
    structure = reader.structure(value)
    if isinstance(structure, str):
        structure = _printed_object(structure) or structure
    if not is_mapping(structure):
        return {names[0]: structure} if len(names) == 1 and isinstance(structure, str) else structure
    if structure.keys() <= _CALL_WRAPPER:
        return _without_wrapper(structure, names)
    inner = structure.get("args")
    if structure.keys() <= _TOOL_CALL and "name" in structure and is_mapping(inner):
        return inner
    return structure


def _without_wrapper(call: Mapping[str, object], names: Sequence[str]) -> object:
    positional, named = call.get("args"), call.get("kwargs")
    given = list(positional) if is_sequence(positional) else []
    by_name = dict(named) if is_mapping(named) else {}
    if "kwargs" not in call and not is_sequence(positional):
        return call  # a tool whose own parameter is called so
    if len(given) == 1 and not by_name and is_mapping(given[0]):
        return given[0]
    if len(given) <= len(names):
        return {**dict(zip(names, given, strict=False)), **by_name}
    if len(given) == 1 and not by_name:
        return given[0]
    return {"args": given, **by_name}


def parameter_names(schema: object) -> tuple[str, ...]:
    """Return the names of a tool's parameters from ``tool.parameters`` or a JSON schema."""
    structure = ContentReader().structure(schema)
    for key in ("function", "parameters", "properties"):
        if is_mapping(structure) and is_mapping(structure.get(key)):
            structure = structure[key]
    return tuple(str(name) for name in structure) if is_mapping(structure) else ()


def tool_answer(value: object, reader: ContentReader) -> tuple[str | None, str | None, bool]:
    """Read what a tool gave back: its text, the id of the call that it answers, and whether it failed."""
    value = present(value, reader)
    if isinstance(value, str):
        if value.startswith("content=") and "tool_call_id=" in value:
            return _printed_tool_message(value)
        # An answer is kept to the letter unless it is a framework's wrapper.
        structure = ContentReader().structure(value) if value[:1] in ("{", "[") else value
    else:
        structure = value
    message = _tool_message(structure)
    if message is not None:
        text = result_text(message.get("content"))
        return text, text_of(message.get("tool_call_id")), message.get("status") == "error"
    if is_mapping(structure) and len(structure) == 1:
        return result_text(structure), None, False
    return result_text(value), None, False


def _tool_message(structure: object) -> Mapping[str, object] | None:
    """Return the LangChain tool message that a value is, or that a graph update ends with."""
    if not is_mapping(structure):
        return None
    message = plain_message(structure)
    if message is not structure:
        return message if message.get("role") == "tool" and "content" in message else None
    update = structure.get("update")
    messages = update.get("messages") if is_mapping(update) else None
    last = messages[-1] if is_sequence(messages) and messages else None
    return _tool_message(last) if is_mapping(last) and "update" not in last else None


def _printed_tool_message(text: str) -> tuple[str | None, str | None, bool]:
    """Read ``content='...' name='bash' tool_call_id='call_1'``, the printed form of a LangChain tool message."""
    message = decode_repr(f"ToolMessage({text})")
    if message is None or not is_mapping(message.value):
        return text, None, False
    fields = message.value
    content = text if message.truncated else result_text(fields.get("content"))
    return content, text_of(fields.get("tool_call_id")), fields.get("status") == "error"


def _printed_object(text: str) -> Mapping[str, object] | None:
    """Return the dict that ``str()`` wrote; None for any other text."""
    printed = decode_repr(text) if text[:1] == "{" else None
    return printed.value if printed is not None and not printed.truncated and is_mapping(printed.value) else None
