"""Messages in the shapes of LangChain, the OpenAI Responses API and the AI SDK, brought to one shape.

``ContentReader`` reads what comes out of here: messages with ``role`` and ``content`` or ``parts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

# What LangChain writes as the type of a message, and the classes that it serialises.
_ROLES: Final[Mapping[str, str]] = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "tool",
    "HumanMessageChunk": "user",
    "AIMessageChunk": "assistant",
}
# Items of a Responses API conversation that are no messages there.
_CALL_ITEMS: Final = frozenset({"function_call", "custom_tool_call", "mcp_call"})
_ANSWER_ITEMS: Final = frozenset({"function_call_output", "custom_tool_call_output"})

_LISTS: Final = ("messages", "generations", "choices")


def message_items(value: object) -> object:
    """Return the messages that an object wraps, and batches of messages as one list.

    Wrappers: ``messages`` (chat requests, LangChain state), ``generations`` (LangChain results), ``choices``
    (chat responses). Anything else is returned as it is.
    """
    if _is_mapping(value):
        for key in _LISTS:
            listed = value.get(key)
            if _is_sequence(listed):
                value = listed
                break
    if _is_sequence(value) and value and all(_is_sequence(item) for item in value):
        return [message for batch in value if _is_sequence(batch) for message in batch]
    return value


def plain_message(value: Mapping[str, object]) -> Mapping[str, object]:
    """Return a message with its role and content side by side; one that is so already as it is."""
    if "role" in value:
        calls = _field(value, "additional_kwargs", "tool_calls")
        return {**value, "tool_calls": calls} if calls and not value.get("tool_calls") else value
    inner = _wrapped_message(value)
    if inner is not None:
        return inner
    kind = value.get("type")
    if not isinstance(kind, str):
        return value
    if kind in _CALL_ITEMS:
        return {
            "role": "assistant",
            "parts": [{**value, "type": "function_call", "id": value.get("call_id")}, *_answer(value)],
        }
    if kind in _ANSWER_ITEMS:
        return {"role": "tool", "parts": [*_answer(value)]}
    if kind == "reasoning":
        return {"role": "assistant", "parts": []}
    return _langchain_message(value, kind) if kind in _ROLES else value


def _wrapped_message(value: Mapping[str, object]) -> Mapping[str, object] | None:
    """Unwrap a serialised LangChain object, a stored message, or one choice of a response."""
    kwargs, data, message = value.get("kwargs"), value.get("data"), value.get("message")
    kind = value.get("type")
    if kind == "constructor" and _is_mapping(kwargs):
        path = value.get("id")
        name = path[-1] if _is_sequence(path) and path else None
        role = _ROLES.get(name) if isinstance(name, str) else None
        return _langchain_message(kwargs, name if isinstance(name, str) and role else "")
    if isinstance(kind, str) and kind in _ROLES and _is_mapping(data):
        return _langchain_message(data, kind)
    reason = value.get("finish_reason") or _field(value, "generation_info", "finish_reason")
    if _is_mapping(message) and "content" not in value:
        inner = _wrapped_message(message) or message
        return {
            "role": "assistant",
            "finish_reason": reason,
            **{key: item for key, item in inner.items() if item is not None},
        }
    if "generation_info" in value and isinstance(value.get("text"), str):
        return {"role": "assistant", "content": value["text"], "finish_reason": reason}
    return None


def _langchain_message(fields: Mapping[str, object], kind: str) -> Mapping[str, object]:
    """Read what LangChain keeps beside the content: role, finish reason, tool calls of older versions."""
    own = fields.get("type")
    role = _ROLES.get(own) if isinstance(own, str) else None
    calls = fields.get("tool_calls") or _field(fields, "additional_kwargs", "tool_calls")
    reason = fields.get("finish_reason") or _field(fields, "response_metadata", "finish_reason")
    return {
        **fields,
        "role": role or _ROLES.get(kind) or fields.get("role"),
        "tool_calls": calls,
        "finish_reason": reason or _field(fields, "response_metadata", "stop_reason"),
    }


def plain_part(part: Mapping[str, object]) -> Mapping[str, object]:
    """Return an AI SDK tool call or tool result under the names of the conventions, any other part as it is."""
    kind = part.get("type")
    if kind == "tool-result":
        output = part.get("output") if part.get("output") is not None else part.get("result")
        # Since version 5 a typed value: {"type": "text" | "json" | "error-text" | ..., "value": ...}.
        if _is_mapping(output) and isinstance(output.get("type"), str) and "value" in output:
            output = output["value"]
        return {"type": "tool_result", "id": part.get("toolCallId"), "name": part.get("toolName"), "content": output}
    if kind == "tool-call" or (kind is None and "toolName" in part):
        arguments = part.get("input") if part.get("input") is not None else part.get("args")
        return {"type": "tool_call", "id": part.get("toolCallId"), "name": part.get("toolName"), "arguments": arguments}
    return part


def _answer(item: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    output = item.get("output")
    return [] if output is None else [{"type": "tool_result", "id": item.get("call_id"), "output": output}]


def _field(value: Mapping[str, object], outer: str, inner: str) -> object:
    nested = value.get(outer)
    return nested.get(inner) if _is_mapping(nested) else None


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
