"""Where in a sentence a claim of a deed may begin, in the shapes of ``claim_grammar``.

Each shape has a plain sign that it cannot do without: the shape is looked for only in sentences with that sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

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
    SPEAKING,
    SPEAKING_CONJOINED,
    SPEAKING_FIRST_PERSON,
    SPEAKING_PASSIVE,
)
from .places import any_overlaps

# A rule, what a claim of it weighs, and where it begins.
Shape = tuple[str, float, re.Match[str]]


class SpokenShapes:
    """The shapes of claims in one text; a sentence is named by its text and its offset in the whole."""

    def __init__(self, text: str) -> None:
        self._text = text

    def may_speak(self, at: int, body: str) -> bool:
        """Whether the sentence may hold a shape; most hold none of their words."""
        return any_overlaps(self._speaking, at, at + len(body))

    def of_sentence(self, at: int, body: str, *, opening: bool) -> Iterator[Shape]:
        """Yield the shapes of the sentence, those of one rule after those of another."""
        end = at + len(body)
        first_person = "I" in body or "we" in body or "We" in body
        if first_person and any_overlaps(self._first_person, at, end):
            for match in FIRST_PERSON.finditer(body):
                yield "first_person", 0.9, match
        if any_overlaps(self._passive, at, end):
            for match in PASSIVE.finditer(body):
                yield "passive", 0.8, match
        if (head := HEADLESS.match(body)) is not None:
            yield "listed", 0.7, head
        if "fter" in body:
            for match in GERUND.finditer(body):
                yield "gerund", 0.7, match
        if first_person and ("able" in body or "managed" in body):
            for match in ABLE.finditer(body):
                yield "able", 0.8, match
        if first_person and any_overlaps(self._conjoined, at, end):
            for match in CHAINED.finditer(body):
                yield "chained", 0.8, match
        if opening and (head := OPENING.match(body)) is not None:
            yield "opening", 0.7, head
        if (head := HEADLINE.match(body)) is not None:
            yield "headline", 0.7, head

    def conjoined(self, at: int, body: str, start: int) -> Iterator[re.Match[str]]:
        """Yield the verbs that are joined to others in the sentence ``body`` behind its character ``start``."""
        if any_overlaps(self._conjoined, at + start, at + len(body)):
            yield from CONJOINED.finditer(body, start)

    @cached_property
    def _speaking(self) -> list[tuple[int, int]]:
        return SPEAKING.find(self._text)

    @cached_property
    def _first_person(self) -> list[tuple[int, int]]:
        return SPEAKING_FIRST_PERSON.find(self._text)

    @cached_property
    def _passive(self) -> list[tuple[int, int]]:
        return SPEAKING_PASSIVE.find(self._text)

    @cached_property
    def _conjoined(self) -> list[tuple[int, int]]:
        return SPEAKING_CONJOINED.find(self._text)
