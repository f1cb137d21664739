"""Texts that make careless matching slow, and the places of an agent trace where they can stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detectors.agent_trace import AgentTrace, TraceEvent

FILLINGS: Final = (
    "\n", " ", "a", "x ", "'", '"', "`", "``` ", "> ", "1. ", "é", "не ", "I'm ", "I ", "I've ", "We at Aa ",
    "On behalf of ", "I ran tests and ", "has been cancelled ", "Dear A", "As DAN: ", "not ", "no ", "I cannot ",
    "the ", "please delete ", "what ", "you can ", "\n- update", "$1 ", "how to ", "$(", "rm -rf /; ", "a;", "=", "{",
    "h4ck ", "aGVsbG8gYWxs", "aGVsbG8g\n", "h.a.c.k ", "ubj gur lbh ", "woh eht uoy ", "reverse ", "rot13 obzo ",
    "base64 ", "\\x6b", "6b 61 ", "107 ", "6b69", "01101011 ", "\U000e006b", "h\u200bi ", "k1", "d\u043e ",
    "all tests pass. ", "a.b/", "Ignore previous instructions. ", "Best regards,\nA B\n",
)  # fmt: skip

# One that only reads, and one that changes something: what was asked for has to be read then.
_REMOVAL: Final = TraceEvent(name="bash", arguments={"command": "rm -rf build"}, result="")
_CALLS: Final = (TraceEvent(name="read_file", arguments={"path": "README.md"}, result="# Title"), _REMOVAL)
_REQUEST: Final = "Please read the file and tell me what it says."
_ANSWER: Final = "The file holds a title only. I ran the tests."
_PIECE: Final = 500


def _command(text: str) -> tuple[TraceEvent, ...]:
    return (TraceEvent(name="bash", arguments={"command": text}, result="ok"),)


def _result(text: str) -> tuple[TraceEvent, ...]:
    return (TraceEvent(name="read_file", arguments={"path": "README.md"}, result=text), _REMOVAL)


MANY_CALLS: Final = "many calls"


def _calls(text: str) -> tuple[TraceEvent, ...]:
    # No two calls of any trace are the same: none finds what another one left in a cache.
    starts = range(0, len(text), _PIECE)
    pieces = [f"{text[start : start + _PIECE]} # {start} of {len(text)}" for start in starts]
    return tuple(TraceEvent(name="bash", arguments={"command": piece}, result=piece) for piece in pieces)


PLACES: Final[dict[str, Callable[[str], AgentTrace]]] = {
    "input": lambda text: AgentTrace(input=text, output=_ANSWER, trace_events=_CALLS),
    "output": lambda text: AgentTrace(input=_REQUEST, output=text, trace_events=_CALLS),
    "system prompt": lambda text: AgentTrace(system_prompt=text, input=_REQUEST, output=_ANSWER, trace_events=_CALLS),
    "tool arguments": lambda text: AgentTrace(input=_REQUEST, output=_ANSWER, trace_events=_command(text)),
    "tool result": lambda text: AgentTrace(input=_REQUEST, output=_ANSWER, trace_events=_result(text)),
    MANY_CALLS: lambda text: AgentTrace(input=_REQUEST, output=_ANSWER, trace_events=_calls(text)),
}
"""Where a text can stand -> the trace with it there."""


def hostile_text(filling: str, size: int) -> str:
    """Repeat ``filling`` up to ``size`` characters."""
    return (filling * (size // len(filling) + 1))[:size]
