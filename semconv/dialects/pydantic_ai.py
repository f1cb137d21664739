"""Pydantic AI, instrumentation formats 1 and 2 (1.0 and later releases that are set to them).

Format 1 writes the messages of a model call as one JSON list ``events`` (each entry is one message event of the
older conventions), and those of the whole run as ``all_messages_events`` on the agent span. Formats 1 and 2 write a
tool's call as ``tool_arguments`` and ``tool_response``, and the agent's messages as ``pydantic_ai.all_messages``.
The agent and tool spans of 1.0 carry no operation name. From format 3 on everything stands in the present
conventions. Source: pydantic-ai 1.0.18 and 2.68, ``pydantic_ai.models.instrumented``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import MAX_MESSAGES, ContentReader, is_mapping, is_sequence, result_text, text_of
from ..operation import (
    ContentGap,
    LogContent,
    Operation,
    OperationKind,
    OperationMessage,
    Text,
    ToolDefinition,
    ToolResult,
)
from ..span_view import LogView, SpanView
from . import genai
from .genai import Content
from .genai_legacy import append_message, is_message_event, message_event

NAME: Final = "pydantic-ai"

_EVENTS: Final = "events"
_RUN_EVENTS: Final = "all_messages_events"
_RUN_MESSAGES: Final = "pydantic_ai.all_messages"
_RUN_BEGINS: Final = "pydantic_ai.new_message_index"
_TOOL_KEYS: Final = ("tool_arguments", "tool_response")
_OFFERED: Final = "model_request_parameters"


def read_span(view: SpanView) -> Operation | None:
    """Read a span in format 1 or 2; None for other spans, those of later formats included."""
    attributes = view.attributes
    if attributes.get("gen_ai.tool.name") is not None:
        return _tool_span(view) if any(key in attributes for key in _TOOL_KEYS) else None
    if _RUN_EVENTS in attributes or _RUN_MESSAGES in attributes:
        return _agent_span(view)
    if "gen_ai.operation.name" not in attributes and "agent_name" in attributes and "model_name" in attributes:
        return _agent_span(view)
    events = attributes.get(_EVENTS)
    if events is None or genai.has_content(attributes):
        return None
    # Other libraries have an attribute of this name too.
    if view.scope_name != NAME and not _is_event_list(events):
        return None
    reader = ContentReader()
    content = _event_list(events, reader)
    content.fill_from(genai.read_content(attributes, reader))
    content.tools = content.tools or _offered(attributes.get(_OFFERED))
    return genai.operation(view, content, reader, dialect=NAME)


def read_log(_: LogView) -> LogContent | None:
    """The log records of format 1 are those of the older conventions."""
    return None


def _tool_span(view: SpanView) -> Operation | None:
    operation = genai.read_span(view)
    if operation is None or operation.tool is None:
        return None
    tool = operation.tool
    if tool.arguments is None:
        tool = replace(tool, arguments=ContentReader().arguments(view.attributes.get("tool_arguments")))
    if tool.result is None:
        tool = replace(tool, result=result_text(view.attributes.get("tool_response")))
    return replace(operation, dialect=NAME, tool=tool)


def _agent_span(view: SpanView) -> Operation | None:
    """Read an agent span: its messages are the whole run, and the history that the run was given."""
    operation = genai.read_span(view)
    if operation is None:
        return None
    reader = ContentReader()
    content = _run_content(view, reader)
    final = text_of(view.attributes.get("final_result"))
    if content.output is None and final is not None:
        content.output = (OperationMessage(role="assistant", parts=(Text(final),)),)
    own = Content(system=operation.system, input=operation.input, output=operation.output)
    own.fill_from(content)
    gaps = operation.gaps - {ContentGap.MISSING} | reader.gaps | ({ContentGap.MISSING} if own.is_empty else set())
    return replace(
        operation,
        kind=OperationKind.AGENT,
        dialect=NAME,
        agent_name=operation.agent_name or text_of(view.attributes.get("agent_name")),
        system=own.system,
        input=own.input,
        output=own.output,
        whole_run_output=operation.whole_run_output or (operation.output is None and content.input is not None),
        gaps=frozenset(gaps),
    )


def _run_content(view: SpanView, reader: ContentReader) -> Content:
    """Divide the messages of a run into what it was given and what it made.

    Frameworks speak as users too, and an older history can stand before: only where the run begins for certain
    is there a request. Elsewhere the model calls of the run know it.
    """
    attributes = view.attributes
    system: tuple[str, ...] = ()
    if attributes.get(_RUN_EVENTS) is not None:
        system, messages = _flat(attributes[_RUN_EVENTS], reader)
    elif attributes.get(_RUN_MESSAGES) is not None:
        messages = reader.messages(attributes[_RUN_MESSAGES], "user")
    else:
        return Content()
    content = Content(system=system or None)
    begins = attributes.get(_RUN_BEGINS)
    from_index = begins if isinstance(begins, int) and _RUN_EVENTS not in attributes else 0
    asked = [index for index, message in enumerate(messages) if index >= from_index and _is_request(message)]
    if len(asked) == 1:
        content.input, content.output = messages[: asked[0] + 1], messages[asked[0] + 1 :]
    elif messages and messages[-1].role == "assistant":
        content.output = messages[-1:]
    return content


def _is_request(message: OperationMessage) -> bool:
    return (
        message.role == "user"
        and bool(message.text.strip())
        and not any(isinstance(part, ToolResult) for part in message.parts)
    )


def _is_event_list(value: object) -> bool:
    if isinstance(value, str):
        return value.lstrip().startswith("[") and '"event.name"' in value
    return is_sequence(value) and any(is_mapping(item) and "event.name" in item for item in value)


def _entries(value: object, reader: ContentReader) -> Iterator[Content]:
    """Read a list of message events, each as the content of one record."""
    events = reader.structure(value)
    if not is_sequence(events):
        return
    if len(events) > MAX_MESSAGES:
        reader.gaps.add(ContentGap.TRUNCATED)
    for event in events[-MAX_MESSAGES:]:
        if is_mapping(event) and is_message_event(name := _event_name(event)):
            yield message_event(name, event, reader)


def _event_name(event: Mapping[str, object]) -> str:
    """Return the name of a message event; the name of one that was cut off stood at its end."""
    name = text_of(event.get("event.name"))
    return name or ("gen_ai.choice" if "message" in event else f"gen_ai.{text_of(event.get('role'))}.message")


def _event_list(value: object, reader: ContentReader) -> Content:
    content = Content()
    for entry in _entries(value, reader):
        append_message(content, entry)
    return content


def _flat(value: object, reader: ContentReader) -> tuple[tuple[str, ...], tuple[OperationMessage, ...]]:
    """Return the instructions and all messages of a list of message events, in order."""
    system: list[str] = []
    messages: list[OperationMessage] = []
    for entry in _entries(value, reader):
        system += entry.system or ()
        messages += (*(entry.input or ()), *(entry.output or ()))
    return tuple(dict.fromkeys(system)), tuple(messages)


def _offered(value: object) -> tuple[ToolDefinition, ...] | None:
    """Read the tools that the model was offered."""
    parameters = ContentReader().structure(value)
    tools = parameters.get("function_tools") if is_mapping(parameters) else None
    return ContentReader().tool_definitions(tools) if is_sequence(tools) else None


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
