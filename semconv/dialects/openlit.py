"""OpenLIT before its move to the present conventions: older versions, read in their source, not recorded.

A model call's messages stand in the span events ``gen_ai.content.prompt`` and ``gen_ai.content.completion`` as one
text, each message behind its role (``user: ...``). Tool calls are not told: what only requests them reads ``None``.
Present versions write the GenAI conventions. Source: openlit 1.x, ``openlit.instrumentation``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from ..dialect import Dialect
from ..operation import LogContent, Operation, OperationMessage, Text
from ..span_view import LogView, SpanView
from . import genai_legacy

NAME: Final = "openlit"

_SDK: Final = "openlit"
_NOTHING: Final = "None"
_ROLE: Final = re.compile(r"^(system|developer|user|assistant|tool|function): ", re.MULTILINE)


def read_span(view: SpanView) -> Operation | None:
    """Read a span of OpenLIT whose messages are one text; None for other spans."""
    if view.attributes.get("telemetry.sdk.name") != _SDK:
        return None
    operation = genai_legacy.read_span(view)
    if operation is None or operation.shows_calls:
        return None
    answer = operation.output[0].text if operation.output else _NOTHING
    return replace(
        operation,
        dialect=NAME,
        input=_messages(operation.input),
        output=None if answer == _NOTHING else operation.output,
    )


def read_log(_: LogView) -> LogContent | None:
    """The log records of OpenLIT are those of the GenAI conventions."""
    return None


def _messages(written: tuple[OperationMessage, ...] | None) -> tuple[OperationMessage, ...] | None:
    text = written[0].text if written is not None and len(written) == 1 else ""
    if _ROLE.match(text) is None:
        return written
    _, *pieces = _ROLE.split(text)
    # A line of a message that begins like this cannot be told from the next message.
    return tuple(
        OperationMessage(role=role, parts=(Text(said.removesuffix("\n")),))
        for role, said in zip(pieces[::2], pieces[1::2], strict=True)
        if said.strip() != _NOTHING
    )


DIALECT: Final = Dialect(name=NAME, markers=(b"gen_ai.",), read_span=read_span, read_log=read_log)
