"""What a dialect reads: spans and log records as plain Python, no protobuf left in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

# An OTLP AnyValue, decoded: text, numbers, bytes, and lists and mappings of the same.
AttributeValue: TypeAlias = (
    str | bool | int | float | bytes | Sequence["AttributeValue"] | Mapping[str, "AttributeValue"] | None
)
Attributes: TypeAlias = Mapping[str, AttributeValue]


@dataclass(slots=True, kw_only=True)
class EventView:
    """One span event."""

    name: str
    attributes: Attributes
    time_ns: int = 0


@dataclass(slots=True, kw_only=True)
class SpanView:
    """One span. ``kind`` is the OTLP enum number, ``error`` the message of an ERROR status.

    ``dropped_attributes``: how many attributes a limit of the SDK took away.
    """

    name: str
    attributes: Attributes
    kind: int = 0
    events: Sequence[EventView] = ()
    scope_name: str = ""
    scope_version: str = ""
    resource: Attributes = field(default_factory=dict[str, AttributeValue])
    error: str | None = None
    dropped_attributes: int = 0


@dataclass(slots=True, kw_only=True)
class LogView:
    """One log record that carries a trace id and a span id."""

    event_name: str
    body: AttributeValue
    attributes: Attributes
    scope_name: str = ""
    time_ns: int = 0
