"""Vercel AI SDK, versions 3 to 6 (instrumentation scope ``ai``).

``ai.operationId`` says what a span is: ``ai.generateText`` and its like span a whole call of the SDK with all its steps
(an agent run), ``*.doGenerate`` and ``*.doStream`` one model call, ``ai.toolCall`` one tool. Texts stand in
``ai.prompt``, ``ai.prompt.messages``, ``ai.response.*`` (before version 4 ``ai.result.*``) and ``ai.toolCall.*``.
Sources: a recording of ai 6.0 (generateText), ai-sdk.dev/docs/ai-sdk-core/telemetry (the other operations).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ..dialect import Dialect, no_log
from ..json_text import decode_json
from ..messages import ContentReader, is_mapping, is_sequence, result_text, text_of
from ..operation import (
    ContentGap,
    Operation,
    OperationKind,
    OperationMessage,
    Part,
    Reasoning,
    Text,
    ToolDefinition,
    ToolExecution,
)
from ..span_view import Attributes, AttributeValue, SpanView
from . import genai
from .genai import Content

NAME: Final = "vercel-ai"

_OPERATION: Final = "ai.operationId"
_GENERATING: Final = re.compile(r"ai\.(?:generate|stream)(?:Text|Object|UI)")
_MODEL_CALL: Final = re.compile(r"ai\.[A-Za-z]+\.(?:doGenerate|doStream)")
_TOOL_CALL: Final = "ai.toolCall"
_METADATA: Final = "ai.telemetry.metadata."
# What users call the id of a conversation, in lower case and without separators.
_CONVERSATION_KEYS: Final = frozenset({"sessionid", "threadid", "conversationid", "chatid", "langfusesessionid"})


def read_span(view: SpanView) -> Operation | None:
    """Read a span with ``ai.operationId``; None for other spans."""
    attributes = view.attributes
    written = text_of(attributes.get(_OPERATION))
    if written is None:
        return None
    kind = _kind(written)
    reader = ContentReader()
    content = Content()
    if kind in (OperationKind.LLM, OperationKind.AGENT):
        content = Content(output=_output(attributes, reader))
        _read_prompt(attributes, content, reader)
        content.tools = _tools(attributes.get("ai.prompt.tools"))
        reason = text_of(_either(attributes, "ai.response.finishReason", "ai.finishReason"))
        content.finish_reasons = (reason,) if reason else ()
        if content.output is None and not content.is_empty and view.error is None:
            reader.gaps.add(ContentGap.MISSING)
    found = genai.operation(view, content, reader, dialect=NAME, kind=kind)
    function = text_of(attributes.get("ai.telemetry.functionId"))
    return replace(
        found,
        name=written,
        agent_name=found.agent_name or (function if kind is OperationKind.AGENT else None),
        conversation_id=found.conversation_id or _conversation(attributes),
        model=text_of(attributes.get("ai.response.model")) or found.model or text_of(attributes.get("ai.model.id")),
        response_id=found.response_id or text_of(attributes.get("ai.response.id")),
        tool=_tool(view, reader) if kind is OperationKind.TOOL else None,
        gaps=frozenset(reader.gaps),
    )


def _kind(written: str) -> OperationKind:
    if written == _TOOL_CALL:
        return OperationKind.TOOL
    if _GENERATING.fullmatch(written):
        return OperationKind.AGENT
    return OperationKind.LLM if _MODEL_CALL.fullmatch(written) else OperationKind.OTHER


def _either(attributes: Attributes, key: str, older: str) -> AttributeValue:
    value = attributes.get(key)
    return attributes.get(older) if value is None else value


def _conversation(attributes: Attributes) -> str | None:
    for key, value in attributes.items():
        if key.startswith(_METADATA):
            plain = re.sub(r"[^a-z]", "", key[len(_METADATA) :][:100].lower())
            if plain in _CONVERSATION_KEYS and text_of(value):
                return text_of(value)
    return None


def _read_prompt(attributes: Attributes, content: Content, reader: ContentReader) -> None:
    """Read the messages of a step, or the ``{system, prompt | messages}`` that the whole call was given."""
    if attributes.get("ai.prompt.messages") is not None:
        content.input = reader.messages(attributes["ai.prompt.messages"], "user")
    if attributes.get("ai.prompt") is None:
        return
    given = reader.structure(attributes["ai.prompt"])
    if not is_mapping(given):
        content.input = content.input or reader.messages(given, "user")
        return
    if given.get("system") is not None:
        content.system = reader.instructions(given["system"])
    asked = next((given[key] for key in ("messages", "prompt") if given.get(key) is not None), None)
    if content.input is None and asked is not None:
        content.input = reader.messages(asked, "user")


def _output(attributes: Attributes, reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    """Read the answer: reasoning, text or object, and the tools that it asks for."""
    text = _either(attributes, "ai.response.text", "ai.result.text")
    if text is None:
        text = _either(attributes, "ai.response.object", "ai.result.object")
    calls = _either(attributes, "ai.response.toolCalls", "ai.result.toolCalls")
    if text is None and calls is None:
        return None
    parts: list[Part] = []
    reasoning = attributes.get("ai.response.reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append(Reasoning(reasoning))
    if text is not None:
        parts.append(Text(result_text(text) or ""))
    listed = reader.structure(calls)
    if is_sequence(listed):
        parts += reader.parts([_call(item) for item in listed])
    return (OperationMessage(role="assistant", parts=tuple(parts)),)


def _call(item: object) -> object:
    """Return an entry of ``toolCalls``, which versions before 5 mark ``"type": "function"``, as a call."""
    return {**item, "type": "tool-call"} if is_mapping(item) and "toolName" in item else item


def _tools(value: AttributeValue) -> tuple[ToolDefinition, ...] | None:
    """Read the tools that were offered: an array with one JSON text each."""
    if value is None:
        return None
    listed: Sequence[object] = value if is_sequence(value) else (value,)
    reader = ContentReader()
    return reader.tool_definitions([reader.structure(item) for item in listed])


def _tool(view: SpanView, reader: ContentReader) -> ToolExecution:
    attributes = view.attributes
    result = attributes.get("ai.toolCall.result")
    return ToolExecution(
        name=text_of(attributes.get("ai.toolCall.name")) or genai.UNKNOWN_TOOL,
        call_id=text_of(attributes.get("ai.toolCall.id")),
        arguments=reader.arguments(_either(attributes, "ai.toolCall.args", "ai.toolCall.input")),
        result=result_text(_unquoted(result, reader)),
        error=genai.error_text(view),
    )


def _unquoted(value: AttributeValue, reader: ContentReader) -> object:
    """Return the text that a JSON text literal quotes; an object with one key as such; else the value."""
    if not isinstance(value, str):
        return value
    if value.startswith('"'):
        decoded = decode_json(f"[{value}]")
        if decoded is not None and decoded.truncated:
            reader.gaps.add(ContentGap.TRUNCATED)
            decoded = decode_json(f"[{value}")
        items = decoded.value if decoded is not None else None
        return items[0] if isinstance(items, list) and len(items) == 1 else value
    decoded = decode_json(value) if value.startswith("{") else None
    single = decoded is not None and isinstance(decoded.value, Mapping) and len(decoded.value) == 1
    return decoded.value if decoded is not None and single else value


DIALECT: Final = Dialect(name=NAME, markers=(b"ai.operationId",), read_span=read_span, read_log=no_log)
