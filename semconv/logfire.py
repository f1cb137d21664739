"""Logfire's model clients in their older form: the request and the answer as one JSON text each.

Spans of ``logfire.instrument_openai`` and ``instrument_anthropic`` carry ``request_data`` (the request as sent:
``messages`` or ``prompt``, ``system``, ``tools``) and ``response_data`` (``message``, ``text``, or for a stream
``combined_chunk_content``, on a span of its own that ends with the stream). Present versions write the conventions'
messages, which the dialect of the conventions reads. Sources: the integrations' tests in pydantic/logfire; not
recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import genai
from .dialect import Dialect, no_log
from .genai import Content
from .messages import ContentReader, is_mapping, is_sequence, text_of
from .operation import Operation, OperationKind, OperationMessage
from .span_view import SpanView

NAME: Final = "logfire"

_REQUEST: Final = "request_data"
_RESPONSE: Final = "response_data"


def read_span(view: SpanView) -> Operation | None:
    """Read a span of Logfire with ``request_data``; None for other spans and for those in the present form."""
    attributes = view.attributes
    if attributes.get(_REQUEST) is None or genai.has_content(attributes):
        return None
    if not view.scope_name.startswith("logfire") and not any(key.startswith("logfire.") for key in attributes):
        return None
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


DIALECT: Final = Dialect(name=NAME, markers=(b"request_data",), read_span=read_span, read_log=no_log)
