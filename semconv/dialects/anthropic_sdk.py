"""Spans of the Anthropic SDK itself (scope ``com.anthropic.sdk.python`` and its siblings in other languages).

Model calls follow the conventions and carry no content: ``anthropic.messages.create`` beside or under the span of an
instrumentation that does. The tool runner's spans name their call by the conventions and put the tool's answer, on
request, into ``anthropic.tool_result.content``. Sources: recordings of anthropic 2.11 (model calls), its documentation
(the tool runner); the tool runner is not recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..dialect import Dialect, no_log
from ..messages import ContentReader, result_text, text_of
from ..operation import Operation, OperationKind
from ..span_view import SpanView
from . import genai

NAME: Final = "anthropic-sdk"

_REASON: Final = "anthropic.message.stop_reason"
_TOOL_SPAN: Final = "anthropic.tool_use "
_RESULT: Final = "anthropic.tool_result.content"


def read_span(view: SpanView) -> Operation | None:
    """Read a span of the SDK, known by its scope or by attributes of its own; None for other spans."""
    attributes = view.attributes
    if not view.scope_name.startswith("com.anthropic.") and _RESULT not in attributes and _REASON not in attributes:
        return None
    found = genai.read_span(view)
    if found is None:
        return None
    reason = text_of(attributes.get(_REASON))
    found = replace(found, dialect=NAME, finish_reasons=found.finish_reasons or ((reason,) if reason else ()))
    if found.kind is not OperationKind.TOOL or found.tool is None:
        return found
    tool = found.tool
    if tool.name == view.name:
        tool = replace(tool, name=view.name.removeprefix(_TOOL_SPAN).strip() or genai.UNKNOWN_TOOL)
    if tool.result is None:
        answer = ContentReader().structure(attributes.get(_RESULT))
        tool = replace(tool, result=result_text(answer))
    return replace(found, tool=tool)


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=no_log)
