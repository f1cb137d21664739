"""OpenTelemetry GenAI conventions, older forms (semantic conventions 1.26 to 1.36).

Content stands in ``gen_ai.prompt`` and ``gen_ai.completion`` (one text, on the span or on the span events
``gen_ai.content.prompt`` and ``gen_ai.content.completion``), in indexed attributes ``gen_ai.prompt.N.*``, or
in one event per message (``gen_ai.user.message`` ... ``gen_ai.choice``) on the span or in log records.
Source: semantic-conventions v1.26.0 and v1.36.0, gen-ai-events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, finish_reasons, is_mapping, is_sequence, text_of
from ..operation import LogContent, Operation, OperationKind, OperationMessage, ToolDefinition
from ..span_view import LogView, SpanView
from . import genai
from .genai import Content

NAME: Final = "genai-legacy"

_PROMPT: Final = "gen_ai.prompt"
_COMPLETION: Final = "gen_ai.completion"
_CHOICE_EVENT: Final = "gen_ai.choice"
_ROLE_OF_EVENT: Final[Mapping[str, str]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_TEXT_EVENTS: Final = ("gen_ai.content.prompt", "gen_ai.content.completion")
_INDEXED: Final = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,6})\.(.{1,200})")
_INDEXED_CALL: Final = re.compile(r"tool_calls\.(\d{1,6})\.(?:function\.)?(id|name|arguments)")
_INDEXED_TOOL: Final = re.compile(r"llm\.request\.functions\.(\d{1,6})\.(name|description)")


def read_span(view: SpanView) -> Operation | None:
    """Read a span that carries content in an older form; None for other spans."""
    if genai.has_content(view.attributes) or any(event.name == genai.DETAILS_EVENT for event in view.events):
        return None
    reader = ContentReader()
    content = _older_content(view, reader)
    if content.is_empty:
        return None
    present = genai.read_content(view.attributes, reader)
    content.fill_from(present)
    operation = genai.operation(view, content, reader, dialect=NAME)
    carriers = (view.attributes, *(event.attributes for event in view.events))
    return replace(operation, shows_calls=not any(map(_holds_one_text, carriers)))


def _holds_one_text(attributes: Mapping[str, object]) -> bool:
    """Tell an answer that is one text: whether the model requested tools beside it cannot be seen."""
    completion = attributes.get(_COMPLETION)
    return completion is not None and isinstance(ContentReader().structure(completion), str)


def read_as(view: SpanView, kind: OperationKind, *, dialect: str) -> Operation:
    """Read a span that another dialect classified, with the content that it carries in a form of the conventions."""
    reader = ContentReader()
    content = genai.read_content(view.attributes, reader)
    for event in view.events:
        if event.name == genai.DETAILS_EVENT:
            content.fill_from(genai.read_content(event.attributes, reader))
    if content.is_empty:
        content.fill_from(_older_content(view, reader))
    return genai.operation(view, content, reader, dialect=dialect, kind=kind)


def _older_content(view: SpanView, reader: ContentReader) -> Content:
    content = _text_content(view.attributes, reader)
    if content.is_empty:
        content = _indexed_content(view, reader)
    for event in view.events:
        if event.name in _TEXT_EVENTS:
            content.fill_from(_text_content(event.attributes, reader))
    if content.is_empty:
        content = _event_content(view, reader)
    content.tools = content.tools or _indexed_tools(view)
    return content


def read_log(view: LogView) -> LogContent | None:
    """Read a record that is one message of an LLM call; None for other records."""
    name = genai.event_name(view)
    if not is_message_event(name):
        return None
    reader = ContentReader()
    body = reader.structure(view.body)
    content = message_event(name, body if is_mapping(body) else {"content": body}, reader)
    return LogContent(
        dialect=NAME,
        system=content.system,
        input=content.input,
        output=content.output,
        finish_reasons=content.finish_reasons,
        gaps=frozenset(reader.gaps),
        sequence=view.time_ns,
        per_message=True,
    )


def _text_content(attributes: Mapping[str, object], reader: ContentReader) -> Content:
    """Read ``gen_ai.prompt`` and ``gen_ai.completion``: JSON messages, or one text."""
    content = Content()
    if attributes.get(_PROMPT) is not None:
        content.input = reader.messages(attributes[_PROMPT], "user")
    if attributes.get(_COMPLETION) is not None:
        content.output = reader.messages(attributes[_COMPLETION], "assistant")
    return content


def _indexed_content(view: SpanView, reader: ContentReader) -> Content:
    """Read ``gen_ai.prompt.N.role``, ``.content``, ``.tool_calls.M.name`` and their completion twins."""
    found: dict[str, dict[int, dict[str, object]]] = {"prompt": {}, "completion": {}}
    for key, value in view.attributes.items():
        match = _INDEXED.fullmatch(key)
        if match:
            found[match[1]].setdefault(int(match[2]), {})[match[3]] = value
    content = Content()
    if found["prompt"]:
        content.input = _indexed_messages(found["prompt"], "user", reader)
    if found["completion"]:
        content.output = _indexed_messages(found["completion"], "assistant", reader)
    return content


def _indexed_messages(
    indexed: Mapping[int, Mapping[str, object]], default_role: str, reader: ContentReader
) -> tuple[OperationMessage, ...]:
    messages: list[OperationMessage] = []
    for _, fields in sorted(indexed.items()):
        calls: dict[int, dict[str, object]] = {}
        for key, value in fields.items():
            match = _INDEXED_CALL.fullmatch(key)
            if match:
                calls.setdefault(int(match[1]), {})[match[2]] = value
        plain: dict[str, object] = {key: value for key, value in fields.items() if "." not in key}
        if calls:
            plain["tool_calls"] = [{"type": "function", **call} for _, call in sorted(calls.items())]
        message = reader.message(plain, default_role)
        if message is not None:
            messages.append(message)
    return tuple(messages)


def _indexed_tools(view: SpanView) -> tuple[ToolDefinition, ...] | None:
    """Read ``llm.request.functions.N.name``, which older instrumentations write beside the prompts."""
    found: dict[int, dict[str, object]] = {}
    for key, value in view.attributes.items():
        match = _INDEXED_TOOL.fullmatch(key)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = value
    definitions = ContentReader().tool_definitions([fields for _, fields in sorted(found.items())])
    return definitions or None


def _event_content(view: SpanView, reader: ContentReader) -> Content:
    """Read the span events that are one message each, in their order."""
    content = Content()
    for event in view.events:
        if is_message_event(event.name):
            append_message(content, message_event(event.name, event.attributes, reader))
    return content


def append_message(content: Content, message: Content) -> None:
    """Put the content of one message event behind what the earlier ones said."""
    if message.system is not None:
        content.system = (content.system or ()) + message.system
    if message.input is not None:
        content.input = (content.input or ()) + message.input
    if message.output is not None:
        content.output = (content.output or ()) + message.output
    content.finish_reasons += message.finish_reasons


def is_message_event(name: str) -> bool:
    """Tell the events that are one message each, of those that the older conventions know."""
    return name in _ROLE_OF_EVENT or name == _CHOICE_EVENT


def message_event(name: str, body: Mapping[str, object], reader: ContentReader) -> Content:
    """Read one message event; the message stands in the body, or for a choice in its ``message``."""
    if name == _CHOICE_EVENT:
        nested = reader.structure(body.get("message"))
        fields: Mapping[str, object]
        if is_mapping(nested):
            fields = nested
        elif nested is not None:
            fields = {"parts": nested} if is_sequence(nested) else {"content": nested}
        else:
            fields = body
        message = reader.message({"role": "assistant", **fields}, "assistant")
        reason = text_of(body.get("finish_reason"))
        output = (message,) if message is not None else ()
        return Content(output=output, finish_reasons=finish_reasons(reason) if reason else ())
    role = _ROLE_OF_EVENT[name]
    if role == "system":
        texts = reader.instructions({"role": role, **body})
        return Content(system=texts or None)
    message = reader.message({"role": role, **body}, role)
    return Content(input=(message,) if message is not None else ())


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
