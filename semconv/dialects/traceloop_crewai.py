"""CrewAI through Traceloop's instrumentation: one span each for crew, task and agent, and no model or tool spans.

All three say ``invoke_agent``. What was asked stands in ``crewai.task.description``, the instructions in
``crewai.agent.backstory``, answers in ``traceloop.entity.output`` and ``crewai.crew.result``. What happened between
stands nowhere but in ``crewai.crew.tasks_output`` on the crew's span: the Python representation of the tasks' outputs.
Source: opentelemetry-instrumentation-crewai 0.62.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, is_mapping, is_sequence, text_of
from ..operation import ContentGap, LogContent, Operation, OperationKind, OperationMessage, Text, ToolDefinition
from ..python_repr import decode_repr
from ..span_view import Attributes, LogView, SpanView
from . import genai
from .genai import Content

NAME: Final = "traceloop-crewai"

_AGENT: Final = "crewai.agent."
_TASK: Final = "crewai.task."
_CREW: Final = "crewai.crew."
_OUTPUT: Final = "traceloop.entity.output"
_CREW_KEYS: Final = frozenset({_CREW + "agents", _CREW + "tasks", _CREW + "result"})
_KEYS: Final = _CREW_KEYS | {_TASK + "description", _AGENT + "role"}


def read_span(view: SpanView) -> Operation | None:
    """Read the span of a crew, a task or an agent; None for other spans."""
    attributes = view.attributes
    if _KEYS.isdisjoint(attributes):
        return None
    reader = ContentReader()
    made: tuple[OperationMessage, ...] | None = None
    if not _CREW_KEYS.isdisjoint(attributes):
        made = _made(attributes.get(_CREW + "tasks_output"), reader)
        content, name = _crew(attributes, made, reader), None
    elif _TASK + "description" in attributes:
        content, name = _task(attributes), text_of(attributes.get(_TASK + "agent"))
    else:
        content, name = _agent(attributes), text_of(attributes.get(_AGENT + "role"))
    operation = genai.operation(view, content, reader, dialect=NAME, kind=OperationKind.AGENT)
    return replace(operation, agent_name=operation.agent_name or name, whole_run_output=made is not None)


def read_log(_: LogView) -> LogContent | None:
    """This instrumentation writes no log records."""
    return None


def _agent(attributes: Attributes) -> Content:
    backstory = text_of(attributes.get(_AGENT + "backstory"))
    return Content(
        system=(backstory,) if backstory else None,
        output=_said(attributes.get(_OUTPUT)),
        tools=_tools(attributes.get(_AGENT + "tools")),
    )


def _task(attributes: Attributes) -> Content:
    description = text_of(attributes.get(_TASK + "description"))
    return Content(
        input=(_message("user", description),) if description else None,
        output=_said(attributes.get(_OUTPUT)),
        tools=_tools(attributes.get(_TASK + "tools")),
    )


def _crew(attributes: Attributes, made: tuple[OperationMessage, ...] | None, reader: ContentReader) -> Content:
    """Read the crew's span: the run of all its tasks (``made``: what was said in it), with its agent's instructions."""
    agents = _objects(attributes.get(_CREW + "agents"), reader)
    backstories = [text for agent in agents if (text := text_of(agent.get("backstory")))]
    tasks = [
        text for task in _objects(attributes.get(_CREW + "tasks"), reader) if (text := text_of(task.get("description")))
    ]
    content = Content(
        system=tuple(backstories) if len(agents) == 1 and backstories else None,
        input=(_message("user", "\n\n".join(tasks)),) if tasks else None,
        output=_said(attributes.get(_CREW + "result")),
    )
    if made is not None:
        final = content.output or ()
        content.output = made if final and made and made[-1].text == final[0].text else (*made, *final)
    return content


def _made(value: object, reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    """Return what the assistants and tools of all tasks said, None when that cannot be read."""
    decoded = decode_repr(value) if isinstance(value, str) else None
    if decoded is None or not is_sequence(decoded.value):
        return None
    conversations = [output.get("messages") for output in decoded.value if is_mapping(output)]
    if not conversations or not all(is_sequence(messages) for messages in conversations):
        return None
    if decoded.truncated:
        reader.gaps.add(ContentGap.TRUNCATED)
    made: list[OperationMessage] = []
    for messages in conversations:
        read = reader.messages(messages, "assistant")
        # The prompts that the framework wrote around instructions and request are not theirs.
        made += [message for message in read if message.role not in ("system", "user")]
    return tuple(made)


def _objects(value: object, reader: ContentReader) -> Sequence[Mapping[str, object]]:
    items = reader.structure(value)
    return [item for item in items if is_mapping(item)] if is_sequence(items) else ()


def _tools(value: object) -> tuple[ToolDefinition, ...] | None:
    return ContentReader().tool_definitions(value) or None if value is not None else None


def _said(value: object) -> tuple[OperationMessage, ...] | None:
    text = text_of(value)
    return (_message("assistant", text),) if text is not None else None


def _message(role: str, text: str) -> OperationMessage:
    return OperationMessage(role=role, parts=(Text(text),))


DIALECT: Final = Dialect(name=NAME, markers=(b"crewai.", b"gen_ai."), read_span=read_span, read_log=read_log)
