"""Readings of a text that several detectors ask for, made once.

The detectors judge a trace one after the other and look at the same few texts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

_Reading = TypeVar("_Reading")
_Subject = TypeVar("_Subject")

# Texts of one trace that detectors share: request, answer, instructions, and room for another trace of its run.
TEXTS_KEPT: Final = 8
LONG_TEXT: Final = 16_000
# The instructions of an agent are the same in all of its runs.
INSTRUCTIONS_KEPT: Final = 64
# Traces of one run, which are judged one after the other.
OBJECTS_KEPT: Final = 2
_CLEARINGS: Final[list[Callable[[], None]]] = []


def remembered(read: Callable[[str], _Reading], kept: int = TEXTS_KEPT) -> Callable[[str], _Reading]:
    """Keep the answers of a pure function on the last texts.

    Memory is bounded: ``kept`` texts are kept, and of those over ``LONG_TEXT`` characters only the last one.
    """
    of_short = lru_cache(maxsize=kept)(read)
    of_long = lru_cache(maxsize=1)(read)
    _CLEARINGS.extend((of_short.cache_clear, of_long.cache_clear))

    @wraps(read)
    def reading(text: str) -> _Reading:
        return of_short(text) if len(text) <= LONG_TEXT else of_long(text)

    return reading


def remembered_instructions(read: Callable[[str], _Reading]) -> Callable[[str], _Reading]:
    """Keep the answers of a pure function on the system prompts of the last ``INSTRUCTIONS_KEPT`` agents."""
    return remembered(read, INSTRUCTIONS_KEPT)


def remembered_object(read: Callable[[_Subject], _Reading]) -> Callable[[_Subject], _Reading]:
    """Keep the answers of a pure function on the last ``OBJECTS_KEPT`` objects, which are told by their identity.

    For what cannot be hashed: a trace, and its calls.
    """
    last: deque[tuple[_Subject, _Reading]] = deque(maxlen=OBJECTS_KEPT)

    @wraps(read)
    def reading(subject: _Subject) -> _Reading:
        for known, answer in tuple(last):
            if known is subject:
                return answer
        answer = read(subject)
        last.append((subject, answer))
        return answer

    _CLEARINGS.append(last.clear)
    return reading


class PieceReadings(dict[str, _Reading]):
    """What a pure function says of pieces of text between blanks; kept for short ones that were met, up to a bound."""

    _BOUND: Final = 20_000
    _MAX_KEPT: Final = 24

    def __init__(self, read: Callable[[str], _Reading]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, piece: str) -> _Reading:
        reading = self._read(piece)
        if len(piece) <= self._MAX_KEPT:
            # A flood of numbers must not keep the words of all later texts out.
            if len(self) >= self._BOUND:
                self.clear()
            self[piece] = reading
        return reading


def forget_readings() -> None:
    """Drop every reading: the lexicons they were made with have changed."""
    for clear in _CLEARINGS:
        clear()
