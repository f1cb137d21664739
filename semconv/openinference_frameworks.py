"""What frameworks put around the words of users and models before OpenInference sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from .genai import Content
from .messages import ContentReader, is_mapping, is_sequence, text_of
from .openinference_values import plain, present
from .operation import OperationMessage, Text, ToolDefinition
from .python_repr import decode_repr
from .span_view import Attributes

# smolagents tells a model of its task and its earlier steps in texts of these forms.
_TASK: Final = "New task:\n"
_CALLS: Final = "Calling tools:\n"
_OBSERVATION: Final = "Observation:\n"

_RUN_METHOD: Final = re.compile(r"(.{1,200})\.a?run", re.DOTALL)


def without_step_frames(messages: Sequence[object]) -> list[object]:
    """Return messages with what smolagents frames in texts as what it is: task, tool calls, tool results."""
    plain_messages: list[object] = []
    called = False
    for message in messages:
        text = _whole_text(message)
        if not is_mapping(message) or text is None:
            plain_messages.append(message)
            continue
        role = text_of(message.get("role"))
        printed = decode_repr(text[len(_CALLS) :]) if text.startswith(_CALLS) else None
        calls = printed.value if printed is not None else None
        if role == "user" and text.startswith(_TASK):
            plain_messages.append({"role": role, "content": text[len(_TASK) :]})
        elif role in ("tool-call", "assistant") and is_sequence(calls):
            called = True
            plain_messages.append({"role": "assistant", "content": "", "tool_calls": calls})
        elif called and role in ("tool-response", "user") and text.startswith(_OBSERVATION):
            plain_messages.append({"role": "tool", "content": text[len(_OBSERVATION) :]})
        else:
            plain_messages.append(
                {**message, "role": "tool-response"} if called and role == "tool-response" else message
            )
    return plain_messages


def _whole_text(message: object) -> str | None:
    """Return the text of a message that holds nothing but one text."""
    if not is_mapping(message) or message.get("tool_calls"):
        return None
    content = message.get("parts", message.get("content"))
    if is_sequence(content) and len(content) == 1 and is_mapping(content[0]):
        content = content[0].get("text")
    return content if isinstance(content, str) else None


def name_of_run(span_name: str) -> str | None:
    """Return the agent of a span that is named for its method, as ``code_helper.run``."""
    match = _RUN_METHOD.fullmatch(span_name)
    return match[1] if match else None


def crew_task(attributes: Attributes, reader: ContentReader) -> tuple[Content, str | None] | None:
    """Read a CrewAI agent at work on one task: its content and its role.

    The task's output is ``{"description", "raw", "agent", "messages"?}``; the input names the agent with its
    backstory and goal. Returns None for other spans.
    """
    returned = reader.structure(present(attributes.get("output.value"), reader))
    given = reader.structure(present(attributes.get("input.value"), reader))
    agent = given.get("agent") if is_mapping(given) else None
    if not is_mapping(returned) or not isinstance(returned.get("raw"), str) or "agent" not in returned:
        return None
    messages = _crew_messages(returned, reader)
    told = [message for message in messages if message.role in ("assistant", "tool")]
    raw = text_of(returned["raw"])
    if raw and not (told and told[-1].text == raw):
        told.append(OperationMessage(role="assistant", parts=(Text(raw),)))
    task = text_of(returned.get("description")) or text_of(attributes.get("formatted_description"))
    asked = OperationMessage(role="user", parts=(Text(task),)) if task else None
    system = _backstory(agent) if is_mapping(agent) else ()
    system = system or tuple(message.text for message in messages if message.role == "system" and message.text)
    content = Content(
        system=system or None,
        input=(asked,) if asked else tuple(message for message in messages if message.role == "user"),
        output=tuple(told),
        tools=_crew_tools(agent),
    )
    role = agent.get("role") if is_mapping(agent) else returned.get("agent")
    return content, text_of(role)


def _crew_messages(returned: Mapping[str, object], reader: ContentReader) -> list[OperationMessage]:
    listed = returned.get("messages")
    items = listed if is_sequence(listed) else ()
    return list(reader.messages([plain(item) for item in items], "assistant"))


def _backstory(agent: Mapping[str, object]) -> tuple[str, ...]:
    texts = (text_of(agent.get("backstory")), text_of(agent.get("goal")))
    return tuple(text for text in texts if text)


def _crew_tools(agent: object) -> tuple[ToolDefinition, ...] | None:
    names = agent.get("tools_names") if is_mapping(agent) else None
    listed = names if is_sequence(names) else ()
    return tuple(ToolDefinition(name=name) for name in listed if isinstance(name, str)) or None
