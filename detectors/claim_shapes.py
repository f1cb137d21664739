"""Where in a sentence a claim of a deed may begin, in the shapes of ``claim_grammar``.

Each shape has a plain sign that it cannot do without: the shape is looked for only in sentences with that sign, and
from there on.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from .claim_grammar import (
    ABLE,
    CHAINED,
    CONJOINED,
    FIRST_PERSON,
    GERUND,
    HEADLESS,
    HEADLINE,
    OPENING,
    PASSIVE,
    SPEAKING_CONJOINED,
    SPEAKING_FIRST_PERSON,
    SPEAKING_PASSIVE,
)
from .claim_kinds import VERB_TO_TRACE
from .places import Places

# A rule, what a claim of it weighs, and where it begins.
Shape = tuple[str, float, re.Match[str]]
_FIRST_PERSONS: Final = frozenset({"I", "We", "we"})
_PASSIVES: Final = frozenset({"was", "were"})


def shapes_of(body: str, at: int, speaking: list[tuple[int, int]], *, opening: bool) -> Iterator[Shape]:
    """Yield the shapes of one sentence, those of one rule after those of another.

    ``at`` is where the sentence starts in its text, and ``speaking`` are the places of ``SPEAKING`` in that.
    """
    plain = _plain_shape(body, at, speaking)
    if plain is not None:
        yield plain
        if plain[0] == "first_person":
            yield from _chained(body)
        return
    first_person = "I" in body or "we" in body or "We" in body
    if first_person:
        for match in _matches(FIRST_PERSON, SPEAKING_FIRST_PERSON, body):
            yield "first_person", 0.9, match
    for match in _matches(PASSIVE, SPEAKING_PASSIVE, body):
        yield "passive", 0.8, match
    if (head := HEADLESS.match(body)) is not None:
        yield "listed", 0.7, head
    if "fter" in body:
        for match in GERUND.finditer(body):
            yield "gerund", 0.7, match
    if first_person and ("able" in body or "managed" in body):
        for match in ABLE.finditer(body):
            yield "able", 0.8, match
    if first_person:
        yield from _chained(body)
    if opening and (head := OPENING.match(body)) is not None:
        yield "opening", 0.7, head
    if (head := HEADLINE.match(body)) is not None:
        yield "headline", 0.7, head


def _plain_shape(body: str, at: int, speaking: list[tuple[int, int]]) -> Shape | None:
    """Read the only place of a sentence when it is "I", "we", "was" or "were" and a verb: most claims are so.

    No other shape has its place there: each needs another word before its verb, or stands at the beginning.
    """
    index = bisect_left(speaking, (at,))
    if (index and speaking[index - 1][1] > at) or index == len(speaking):
        return None
    start, end = speaking[index][0] - at, speaking[index][1] - at
    if end > len(body) or (index + 1 < len(speaking) and speaking[index + 1][0] < at + len(body)):
        return None
    word, _, verb = body[start:end].partition(" ")
    if verb not in VERB_TO_TRACE:
        return None
    if word in _FIRST_PERSONS:
        match = FIRST_PERSON.match(body, start)
        return None if match is None else ("first_person", 0.9, match)
    if word in _PASSIVES:
        match = PASSIVE.match(body, start)
        return None if match is None else ("passive", 0.8, match)
    return None


def _chained(body: str) -> Iterator[Shape]:
    if _may_join(body) and SPEAKING_CONJOINED.occur(body):
        for match in CHAINED.finditer(body):
            yield "chained", 0.8, match


def conjoined(body: str, start: int) -> Iterator[re.Match[str]]:
    """Yield the verbs that are joined to others in the sentence ``body`` behind its character ``start``."""
    return _matches(CONJOINED, SPEAKING_CONJOINED, body, start) if _may_join(body[start:]) else iter(())


def _may_join(text: str) -> bool:
    """Whether a text holds one of the signs that join verbs."""
    small = text.lower()
    return "," in small or "and" in small or "then" in small or "&" in small


def _matches(pattern: re.Pattern[str], loosened: Places, body: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yield what ``pattern`` matches behind ``start``: each match begins within one of its loosened form."""
    for first, last in loosened.find(body):
        while start < last:
            match = pattern.search(body, max(first, start))
            if match is None:
                return
            yield match
            start = match.end()
