"""Dataset rows as agent traces, so that calibration needs nothing but a detector and its rows.

A row is a mapping with ``id``, ``input``, ``output``, ``system_prompt``, ``scope_spec`` (each text or null)
and ``trace_events``: a list of ``{name, arguments, result}``, ``[]`` for "observed, no tool call", null for
"not observed". A missing key means null; other keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from .agent_trace import AgentTrace, Arguments, Message, Role, TraceEvent


def trace_from_entry(entry: Mapping[str, object]) -> AgentTrace:
    """Read one dataset row.

    Raises:
        ValueError: A key holds a value of the wrong type; the message names the row and the key.
    """
    identity = str(entry.get("id", "?"))
    system_prompt = _text(entry, "system_prompt", identity)
    request = _text(entry, "input", identity)
    output = _text(entry, "output", identity)
    texts = ((Role.SYSTEM, system_prompt), (Role.USER, request), (Role.ASSISTANT, output))
    return AgentTrace(
        run_ref=identity,
        system_prompt=system_prompt,
        declared_scope=_text(entry, "scope_spec", identity),
        input=request,
        output=output,
        messages=tuple(Message(role=role, text=text) for role, text in texts if text),
        trace_events=_trace_events(entry.get("trace_events"), identity),
    )


def _text(entry: Mapping[str, object], key: str, identity: str) -> str | None:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value
    raise _wrong_type(identity, key, "text or null", value)


def _trace_events(value: object, identity: str) -> tuple[TraceEvent, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise _wrong_type(identity, "trace_events", "a list or null", value)
    items = cast("list[object] | tuple[object, ...]", value)
    return tuple(_trace_event(item, f"trace_events[{index}]", identity) for index, item in enumerate(items))


def _trace_event(value: object, key: str, identity: str) -> TraceEvent:
    if not isinstance(value, Mapping):
        raise _wrong_type(identity, key, "an object", value)
    item = cast("Mapping[str, object]", value)
    name = item.get("name")
    if not isinstance(name, str):
        raise _wrong_type(identity, f"{key}.name", "text", name)
    return TraceEvent(
        name=name,
        arguments=_arguments(item.get("arguments"), f"{key}.arguments", identity),
        result=_result(item.get("result"), f"{key}.result", identity),
    )


def _arguments(value: object, key: str, identity: str) -> Arguments | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(name): item for name, item in cast("Mapping[object, object]", value).items()}
    raise _wrong_type(identity, key, "an object, text or null", value)


def _result(value: object, key: str, identity: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"row {identity}: {key} must be JSON: {error}") from error


def _wrong_type(identity: str, key: str, expected: str, value: object) -> ValueError:
    return ValueError(f"row {identity}: {key} must be {expected}, got {type(value).__name__}")
