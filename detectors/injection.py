"""Instructions planted in tool results, and whether a later call carries one out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import cast

from .agent_trace import AgentTrace, TraceEvent
from .lexicon import load_lexicon

_WINDOW = 3000
_MAX_WINDOWS = 20
_MAX_RESULT = 100_000
_MAX_TEXTS = 500
_MAX_VALUE = 300
_DISTINCT = re.compile(r"[@/.#\d_-]")


class PlantedInstructions:
    """The texts after a mark such as "ignore all previous instructions" in the results of a trace's tools."""

    def __init__(self, trace: AgentTrace) -> None:
        self._windows: list[tuple[int, str]] = []
        lexicon = load_lexicon("scope")
        for index, event in enumerate(trace.trace_events or ()):
            text = (event.result or "")[:_MAX_RESULT]
            if not any(entry.group == "injection" for entry in lexicon.occurring(text)):
                continue
            hit = next(hit for hit in lexicon.search(text) if hit.entry.group == "injection")
            if len(self._windows) < _MAX_WINDOWS:
                self._windows.append((index, text[hit.start : hit.start + _WINDOW].lower()))

    def carried_out(self, index: int, event: TraceEvent, asked: str) -> bool:
        """Say whether the call at ``index`` uses a name or address that only a planted instruction gave."""
        windows = [text for at, text in self._windows if at < index]
        if not windows:
            return False
        values = [value for value in _texts(event.arguments) if len(value) >= 6 and _DISTINCT.search(value)]
        return any(value in text and value not in asked for value in values for text in windows)


def _texts(arguments: object) -> list[str]:
    """List the short texts in the arguments, lower case, at most ``_MAX_TEXTS`` of them."""
    texts: list[str] = []
    waiting = [arguments]
    for _ in range(_MAX_TEXTS):
        if not waiting:
            break
        value = waiting.pop()
        if isinstance(value, str):
            texts += [value.strip().lower()] if len(value) <= _MAX_VALUE else []
        elif isinstance(value, Mapping):
            waiting += islice(cast("Mapping[object, object]", value).values(), _MAX_TEXTS)
        elif isinstance(value, list | tuple):
            waiting += cast("list[object]", value)[:_MAX_TEXTS]
    return texts
