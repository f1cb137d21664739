"""What frameworks put around the words of users and models before OpenInference sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..json_text import to_text
from ..messages import ContentReader, is_mapping, is_sequence, text_of
from ..operation import OperationMessage, Part, Text, ToolCall, ToolDefinition
from ..python_repr import decode_repr
from ..span_view import Attributes
from .genai import Content
from .openinference_values import plain, present

# smolagents tells a model of its task and its earlier steps in texts of these forms.
_TASK: Final = "New task:\n"
_CALLS: Final = "Calling tools:\n"
_OBSERVATION: Final = "Observation:\n"

# Its agents hand in their answer as the one argument of a tool.
ANSWER_TOOL: Final = "final_answer"
_ANSWER_ARGUMENT: Final = "answer"

_RUN_METHOD: Final = re.compile(r"(.{1,200})\.a?run", re.DOTALL)


def without_step_frames(messages: Sequence[object]) -> list[object]:
    """Return messages with what smolagents frames in texts as what it is: task, tool calls, tool results."""
    plain_messages: list[object] = []
    called = handed = False
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
            called, handed = True, all(map(_hands_in, calls))
            plain_messages.append({"role": "assistant", "content": "", "tool_calls": calls})
        elif called and role in ("tool-response", "user") and text.startswith(_OBSERVATION):
            if not handed:  # the answer, told before
                plain_messages.append({"role": "tool", "content": text[len(_OBSERVATION) :]})
        else:
            plain_messages.append(
                {**message, "role": "tool-response"} if called and role == "tool-response" else message
            )
    return plain_messages


def handed_in(name: str, arguments: object) -> str | None:
    """Return the answer that a call of the answering tool hands in; None for any other call."""
    if name != ANSWER_TOOL or not is_mapping(arguments) or list(arguments) != [_ANSWER_ARGUMENT]:
        return None
    return to_text(arguments[_ANSWER_ARGUMENT])


def _hands_in(call: object) -> bool:
    function = call.get("function") if is_mapping(call) else None
    return is_mapping(function) and function.get("name") == ANSWER_TOOL


def with_answer_as_text(message: OperationMessage) -> OperationMessage:
    """Return a message in which an answer that was handed in by a tool call is what the assistant says."""
    parts = tuple(_answer_as_text(part) for part in message.parts)
    return message if parts == message.parts else replace(message, parts=parts)


def _answer_as_text(part: Part) -> Part:
    answer = handed_in(part.name, part.arguments) if isinstance(part, ToolCall) else None
    return part if answer is None else Text(answer)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a span tells.

    Attributes:
        content: The messages.
        agent_name: Name of the agent where the content tells it.
        whole_run: The output is the agent's conversation: a tool call that is not in it was not made.
    """

    content: Content
    agent_name: str | None = None
    whole_run: bool = False


def crew_task(attributes: Attributes, reader: ContentReader) -> Said | None:
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
    return Said(content=content, agent_name=text_of(role), whole_run=_shows_calls(messages))


def _shows_calls(messages: Sequence[OperationMessage]) -> bool:
    """Tell a conversation in which tool calls are parts from none, and from one that writes them as text."""
    return bool(messages) and not any(
        "Action Input:" in message.text for message in messages if message.role != "system"
    )


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
