"""Findings printed for people: one block each, read from the annotated spans that pass."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.export.answer import Action, Answer
from otel_safety.export.options import ConsoleExportConfig
from otel_safety.spans import Batch, Signal
from semconv import emitted

_EVENT_MARKER = emitted.EVALUATION_EVENT.encode()
_AGENT_NAME = "gen_ai.agent.name"
_SERVICE_NAME = "service.name"
_MAX_FIELD_CHARACTERS = 600
_COLORS = {"critical": "1;31", "high": "31", "medium": "33", "low": "36"}


class ConsoleSender:
    """Prints every finding on the spans it is given."""

    def __init__(self, config: ConsoleExportConfig, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colored = _wants_color(config.color, self._stream)

    async def start(self) -> None:
        """Nothing has to be opened."""

    async def send(self, batch: Batch) -> Answer:
        """Print the findings of a batch of spans; other signals carry none that its spans do not carry."""
        if batch.signal is not Signal.TRACES or _EVENT_MARKER not in batch.payload:
            return Answer(action=Action.DELIVERED)
        try:
            request = ExportTraceServiceRequest.FromString(batch.payload)
        except DecodeError:
            # One unreadable span must not hide the findings of its batch.
            return Answer(action=Action.SPLIT, reason="a span cannot be read")
        text = "".join(_findings(request, colored=self._colored))
        try:
            # In a thread: a stopped terminal must not stop the service.
            await asyncio.to_thread(self._print, text)
        except OSError as error:
            return Answer(action=Action.RETRY, reason=f"cannot write: {error.strerror}")
        return Answer(action=Action.DELIVERED)

    async def close(self) -> None:
        """The stream stays open."""

    def _print(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def _wants_color(color: str, stream: TextIO) -> bool:
    if color == "auto":
        return stream.isatty() and not os.environ.get("NO_COLOR")
    return color == "always"


def _findings(request: ExportTraceServiceRequest, *, colored: bool) -> Iterator[str]:
    for resource_spans in request.resource_spans:
        service = _texts(resource_spans.resource.attributes).get(_SERVICE_NAME, "")
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                for event in span.events:
                    attributes = _texts(event.attributes)
                    # Applications may write evaluation events of their own; ours carry a severity.
                    if event.name == emitted.EVALUATION_EVENT and emitted.SEVERITY in attributes:
                        yield _block(service, span, event, attributes, colored=colored)


def _block(service: str, span: Span, event: Span.Event, attributes: Mapping[str, str], *, colored: bool) -> str:
    severity = attributes[emitted.SEVERITY]
    moment = datetime.fromtimestamp((event.time_unix_nano or span.start_time_unix_nano) // 10**9, UTC)
    agent = _texts(span.attributes).get(_AGENT_NAME, "")
    where = " / ".join(printable(part) for part in dict.fromkeys((service, agent, span.name)) if part)
    head = " ".join(
        (
            f"{moment:%Y-%m-%d %H:%M:%S}Z",
            _paint(f"{printable(severity).upper():<8}", _COLORS.get(severity, "0"), colored=colored),
            _paint(printable(attributes.get(emitted.EVALUATION_NAME, "?")), "1", colored=colored),
            printable(attributes.get(emitted.EVALUATION_SCORE_VALUE, "")),
            f"{where}  trace {span.trace_id.hex()} span {span.span_id.hex()}",
        )
    )
    lines = [head]
    if evidence := attributes.get(emitted.EVIDENCE):
        lines.append(f'    evidence     "{printable(evidence)}"')
    if rule := attributes.get(emitted.RULE):
        lines.append(f"    rule         {printable(rule)}")
    if explanation := attributes.get(emitted.EVALUATION_EXPLANATION):
        lines.append(f"    explanation  {printable(explanation)}")
    return "\n".join(lines) + "\n"


def _paint(text: str, code: str, *, colored: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colored else text


def printable(text: str) -> str:
    """Text that cannot steer a terminal: control, format and unassigned characters as escapes; cut when long."""
    cut = text if len(text) <= _MAX_FIELD_CHARACTERS else text[:_MAX_FIELD_CHARACTERS] + "..."
    if cut.isprintable():
        return cut
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in cut
    )


def _texts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {item.key: _text(item.value) for item in attributes}


def _text(value: AnyValue) -> str:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return str(value.bool_value).lower()
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return f"{value.double_value:.2f}"
        case "array_value":
            return ", ".join(_text(item) for item in value.array_value.values)
        case _:
            return ""
