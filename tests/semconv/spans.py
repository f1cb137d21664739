"""Spans and log records made by hand, and what the reader says of them."""

from collections.abc import Mapping, Sequence

from semconv.operation import LogContent, Operation, OperationMessage, ToolCall, ToolExecution, ToolResult
from semconv.reader import read_log, read_span
from semconv.span_view import AttributeValue, EventView, LogView, SpanView


def read(
    attributes: Mapping[str, AttributeValue],
    *,
    name: str = "span",
    scope: str = "",
    events: Sequence[EventView] = (),
    error: str | None = None,
) -> Operation:
    view = SpanView(name=name, attributes=attributes, scope_name=scope, events=events, error=error)
    operation = read_span(view)
    assert operation is not None
    return operation


def read_tool(attributes: Mapping[str, AttributeValue], *, name: str = "span") -> ToolExecution:
    tool = read(attributes, name=name).tool
    assert tool is not None
    return tool


def log(
    event_name: str, attributes: Mapping[str, AttributeValue], *, body: AttributeValue = None, at: int = 0
) -> LogContent:
    content = read_log(LogView(event_name=event_name, body=body, attributes=attributes, time_ns=at))
    assert content is not None
    return content


def texts(messages: Sequence[OperationMessage] | None) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in messages or ()]


def calls(messages: Sequence[OperationMessage] | None) -> list[ToolCall]:
    return [part for message in messages or () for part in message.parts if isinstance(part, ToolCall)]


def results(messages: Sequence[OperationMessage] | None) -> list[ToolResult]:
    return [part for message in messages or () for part in message.parts if isinstance(part, ToolResult)]
