"""Logfire's own integrations: model clients in their older form, the Responses API, and the OpenAI Agents SDK.

Spans of ``logfire.instrument_openai`` and ``instrument_anthropic`` carry ``request_data`` (the request as sent:
``messages`` or ``prompt``, ``system``, ``tools``) and ``response_data`` (``message``, ``text``, or for a stream
``combined_chunk_content``, on a span of its own that ends with the stream). Spans of ``instrument_openai_agents`` and
of the Responses API are known by ``logfire.msg_template``; a model call lists its messages in ``events``, those that it
gave back last. Present versions write the conventions' messages, which the dialect of the conventions reads. Sources:
the integrations' tests in pydantic/logfire; not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..call_shapes import answered, called_tool
from ..dialect import Dialect, no_log
from ..messages import ContentReader, is_mapping, is_sequence, text_of
from ..operation import Operation, OperationKind, OperationMessage, ToolExecution
from ..span_view import SpanView
from . import genai
from .genai import Content

NAME: Final = "logfire"

_REQUEST: Final = "request_data"
_RESPONSE: Final = "response_data"
# How the message templates of the integrations begin.
_TEMPLATES: Final[Mapping[str, OperationKind]] = {
    "Agent run: ": OperationKind.AGENT,
    "Function: ": OperationKind.TOOL,
    "Responses API with ": OperationKind.LLM,
    "Chat completion with ": OperationKind.LLM,
    "Handoff: ": OperationKind.OTHER,
}


def read_span(view: SpanView) -> Operation | None:
    """Read a span of Logfire's integrations; None for other spans and for those in the present form."""
    attributes = view.attributes
    template = text_of(attributes.get("logfire.msg_template")) or ""
    if (not template and attributes.get(_REQUEST) is None) or genai.has_content(attributes):
        return None
    kind = next((kind for start, kind in _TEMPLATES.items() if template.startswith(start)), None)
    if kind is not None and any(key.startswith(genai.PREFIX) for key in attributes):
        found = _integrated(view, kind)
        if found is not None:
            return found
    if attributes.get(_REQUEST) is None:
        return None
    if not view.scope_name.startswith("logfire") and not any(key.startswith("logfire.") for key in attributes):
        return None
    return _client(view)


def _integrated(view: SpanView, kind: OperationKind) -> Operation | None:
    """Read a span of the OpenAI Agents SDK or of the Responses API; None for a model call without ``events``."""
    attributes = view.attributes
    reader = ContentReader()
    content = Content()
    if kind is OperationKind.LLM:
        events = reader.structure(attributes.get("events"))
        if not is_sequence(events):
            return None
        messages = reader.messages(events, "assistant")
        given = len(messages)
        while given and messages[given - 1].role == "assistant":
            given -= 1
        content = Content(input=messages[:given], output=messages[given:] or None)
    found = genai.operation(view, content, reader, dialect=NAME, kind=kind)
    name = text_of(attributes.get("name"))
    if kind is OperationKind.AGENT:
        return replace(found, agent_name=found.agent_name or name)
    if kind is OperationKind.TOOL:
        called = called_tool(name or "", attributes.get("input"), reader)
        error = genai.error_text(view)
        tool = ToolExecution(name=name or genai.UNKNOWN_TOOL, arguments=called.arguments, error=error)
        return replace(found, tool=answered(tool, attributes.get("output"), reader), gaps=frozenset(reader.gaps))
    return found


def _client(view: SpanView) -> Operation | None:
    attributes = view.attributes
    reader = ContentReader()
    request = reader.structure(attributes[_REQUEST])
    response = reader.structure(attributes.get(_RESPONSE))
    if not is_mapping(request):
        return None
    content = Content(input=_input(request, reader), output=_output(response, reader) if is_mapping(response) else None)
    if content.input is None and content.output is None:
        return None
    system = request.get("system") or request.get("instructions")
    if system is not None:
        content.system = reader.instructions(system)
    if is_sequence(request.get("tools")):
        content.tools = ContentReader().tool_definitions(request["tools"])
    reason = text_of(response.get("finish_reason")) if is_mapping(response) else None
    content.finish_reasons = (reason,) if reason else ()
    return genai.operation(view, content, reader, dialect=NAME, kind=OperationKind.LLM)


def _input(request: Mapping[str, object], reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    """Read what was sent. A bare ``input`` is a request of the Responses API only beside its instructions or tools."""
    given = request.get("messages") if request.get("messages") is not None else request.get("prompt")
    if given is None and ("instructions" in request or "tools" in request):
        given = request.get("input")
    return None if given is None else reader.messages(given, "user")


def _output(response: Mapping[str, object], reader: ContentReader) -> tuple[OperationMessage, ...] | None:
    for key in ("message", "combined_chunk_content", "text"):
        if response.get(key) is not None:
            return reader.messages(response[key], "assistant")
    return None


DIALECT: Final = Dialect(name=NAME, markers=(b"request_data", b"gen_ai."), read_span=read_span, read_log=no_log)
