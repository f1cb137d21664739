"""Google Agent Development Kit before its move to the GenAI conventions (1.x).

A model call is a span ``call_llm`` with the Gemini request and response as JSON in ``gcp.vertex.agent.llm_request``
and ``gcp.vertex.agent.llm_response``; tool spans carry ``gcp.vertex.agent.tool_call_args`` and
``gcp.vertex.agent.tool_response``. ``{}`` stands for content that is not captured. The spans ``invocation`` and
``agent_run [name]`` carry nothing. Source: google-adk 1.14, ``google.adk.telemetry``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, is_mapping, is_sequence, result_text, text_of
from ..operation import ContentGap, LogContent, Operation, OperationKind, OperationMessage, ToolDefinition
from ..span_view import LogView, SpanView
from . import genai
from .genai import Content

NAME: Final = "google-adk"

_PREFIX: Final = "gcp.vertex.agent."
_REQUEST: Final = _PREFIX + "llm_request"
_RESPONSE: Final = _PREFIX + "llm_response"
_ARGUMENTS: Final = _PREFIX + "tool_call_args"
_RESULT: Final = _PREFIX + "tool_response"
_KEYS: Final = frozenset({_REQUEST, _RESPONSE, _ARGUMENTS, _RESULT})
_SESSION: Final = _PREFIX + "session_id"
# Gemini calls what an assistant says ``model``.
_ROLES: Final = {"model": "assistant"}


def read_span(view: SpanView) -> Operation | None:
    """Read a span that carries a Gemini request, response or tool call in this form; None for other spans."""
    attributes = view.attributes
    if _KEYS.isdisjoint(attributes):
        return None
    reader = ContentReader()
    content = genai.read_content(attributes, reader)
    content.fill_from(_content(view, reader))
    operation = genai.operation(view, content, reader, dialect=NAME)
    session = operation.conversation_id or text_of(attributes.get(_SESSION))
    if operation.tool is not None:
        return replace(_tool(view, operation), conversation_id=session)
    if operation.kind is OperationKind.OTHER and view.name == "call_llm":
        gaps = operation.gaps | ({ContentGap.MISSING} if content.is_empty else set())
        return replace(operation, kind=OperationKind.LLM, gaps=gaps, conversation_id=session)
    return replace(operation, conversation_id=session)


def read_log(_: LogView) -> LogContent | None:
    """This form has no log records."""
    return None


def _content(view: SpanView, reader: ContentReader) -> Content:
    request = _object(view.attributes.get(_REQUEST), reader)
    response = _object(view.attributes.get(_RESPONSE), reader)
    content = Content()
    if is_sequence(request.get("contents")):
        content.input = _messages(request["contents"], reader)
    config = request.get("config")
    if is_mapping(config):
        # Python writes snake_case, TypeScript and Java write the API's camelCase.
        instruction = config.get("system_instruction", config.get("systemInstruction"))
        # An instruction is a text, a part, a list of parts, or a content with parts.
        if is_mapping(instruction) and is_sequence(instruction.get("parts")):
            instruction = instruction["parts"]
        content.system = reader.instructions(instruction) if instruction is not None else None
        content.tools = _tools(config.get("tools"))
    answer = response.get("content")
    if is_mapping(answer):
        content.output = _messages((answer,), reader)
    elif response:
        # Blocked or failed: an answer without content.
        content.output = ()
    return content


def _messages(contents: object, reader: ContentReader) -> tuple[OperationMessage, ...]:
    messages = reader.messages(contents, "user")
    return tuple(replace(message, role=_ROLES.get(message.role, message.role)) for message in messages)


def _tools(value: object) -> tuple[ToolDefinition, ...] | None:
    """Read the tools that the model was offered, grouped as Gemini groups them."""
    if not is_sequence(value):
        return None
    declared: list[object] = []
    for group in value:
        if is_mapping(group):
            functions = group.get("function_declarations", group.get("functionDeclarations"))
            declared += functions if is_sequence(functions) else ()
    return ContentReader().tool_definitions(declared)


def _tool(view: SpanView, operation: Operation) -> Operation:
    tool = operation.tool
    if tool is None:
        return operation
    if tool.arguments is None and _ARGUMENTS in view.attributes:
        arguments = ContentReader().arguments(view.attributes[_ARGUMENTS])
        tool = replace(tool, arguments=arguments)
    if tool.result is None and _RESULT in view.attributes:
        response = view.attributes[_RESULT]
        structure = ContentReader().structure(response)
        tool = replace(tool, result=result_text(structure) if structure else None)
    return replace(operation, tool=tool)


def _object(value: object, reader: ContentReader) -> Mapping[str, object]:
    structure = reader.structure(value)
    return structure if is_mapping(structure) else {}


DIALECT: Final = Dialect(name=NAME, markers=(b"gcp.vertex.agent.",), read_span=read_span, read_log=read_log)
