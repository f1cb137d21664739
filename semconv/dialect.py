"""Dialect: one instrumentation family's way to write the same facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .operation import LogContent, Operation
from .span_view import LogView, SpanView


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one family of instrumentations is recognised and read.

    Attributes:
        name: Public name, in ``Operation.dialect``.
        markers: Byte strings; a span or log record in whose wire bytes none occurs is not of this dialect.
        read_span: The span's operation, None when another dialect has to read it. Never raises.
        read_log: The record's content, None when it carries none of this dialect. Never raises.
    """

    name: str
    markers: tuple[bytes, ...]
    read_span: Callable[[SpanView], Operation | None]
    read_log: Callable[[LogView], LogContent | None]


def no_log(_: LogView) -> None:
    """Read no record: what a dialect does that writes no content into log records."""
