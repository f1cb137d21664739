"""Attempts to talk an assistant out of its rules, in the request; and what shows in an answer that one succeeded.

The request: override ("ignore your instructions"), rule-free personas, modes, coercion, forced formats, encodings,
extraction of the instructions. Role-play and hypotheticals are games by themselves: they count as weak marks.
A request whose harm or whose override is hidden (``detectors.encodings``, invisible characters, look-alike letters) is
an attempt by that alone.
The answer: a jailbroken persona speaks, the bypass of the rules is announced, operational detail of an attack.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .assessment import Evidence, Source
from .encodings import disguise_of
from .harm import read_harm
from .marks import Mark, MarkedText, combined, mark_text, strongest
from .remembered import remembered
from .views import Hidden, seen_through, spans_within

_FRAMES: Final = frozenset({"roleplay", "hypothetical", "claim", "encoding"})
_FRAMES_LIMIT: Final = 0.6
_ATTACK_LIMIT: Final = 0.9
# What hiding adds to an attempt; people also write single words in leetspeak for fun.
_HIDDEN: Final = 0.65
_IN_DISGUISE: Final = 0.5
_DISGUISES: Final = frozenset({"leetspeak", "spacing", "look_alike", "invisible"})
# Only the beginning of an answer says yes: a list or "sure" far inside is part of it.
_OPENING: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReading:
    """A request read for adversarial marks; ``strength`` 0 for none, from about .5 a direct attempt."""

    strength: float
    extraction: bool
    marks: tuple[Mark, ...]
    marked: MarkedText
    hidden: Hidden | None = None
    """Where the harm or the override was hidden."""

    def quotes(self, span_ref: str | None, count: int = 3) -> tuple[Evidence, ...]:
        """Quote what the attempt was hidden in, and its marks."""
        hidden = (self.hidden.evidence(self.marked.original, Source.INPUT, span_ref),) if self.hidden else ()
        return (*hidden, *self.marked.quotes(self.marks, Source.INPUT, span_ref))[:count]


@dataclass(frozen=True)
class ComplianceReading:
    """An answer read for marks of compliance; each kind is looked for when it is asked for.

    Attributes:
        marked: The answer with its marks.
    """

    marked: MarkedText

    @cached_property
    def released(self) -> float:
        """How plainly it speaks as a jailbroken persona or announces the bypass of its rules, 0 to 1."""
        return combined(self.marked.of("persona", "bypass"))

    @cached_property
    def attack(self) -> float:
        """How much operational detail of an attack it carries, 0 to 1."""
        return min(_ATTACK_LIMIT, combined(self.marked.of("attack")))

    @cached_property
    def affirms(self) -> tuple[Mark, ...]:
        """It begins with a yes, with "here is how" or with steps: the marks of that."""
        return tuple(mark for mark in self.marked.of("affirm", "instruct") if mark.start < _OPENING)

    @cached_property
    def disclaims(self) -> float:
        """How far safety disclaimers are attached, 0 to 1."""
        return combined(self.marked.of("disclaimer"))


@remembered
def read_attempt(text: str) -> AttemptReading:
    """Judge how far a request tries to override the rules, in plain or hidden; linear in the text."""
    reading, harm = _read_as_written(text), read_harm(text)
    hidden = harm.hidden or disguise_of(reading.marked, _direct(reading.marks))
    if hidden is None and not text.isascii() and harm.firm_log_odds > 0:
        hidden = disguise_of(harm.marked, harm.asks)
    for view in harm.views:
        seen = _read_as_written(view.text)
        spans = [span for span in spans_within(seen.marked, _direct(seen.marks)) if view.touches(*span)]
        if spans and seen.strength > reading.strength:
            hidden = hidden or view.place(spans)
            reading = replace(seen, marked=seen_through(seen.marked, view))
    if hidden is None:
        return reading
    weight = _IN_DISGUISE if hidden.kind in _DISGUISES else _HIDDEN
    return replace(reading, strength=1.0 - (1.0 - reading.strength) * (1.0 - weight), hidden=hidden)


def _direct(marks: Iterable[Mark]) -> list[Mark]:
    return [mark for mark in marks if mark.group not in _FRAMES]


def _read_as_written(text: str) -> AttemptReading:
    marked = mark_text("adversarial", text)
    direct = _direct(marked.marks)
    frames = [mark for mark in marked.marks if mark.group in _FRAMES]
    strength = 1.0 - (1.0 - combined(direct)) * (1.0 - min(_FRAMES_LIMIT, combined(frames)))
    return AttemptReading(
        strength=strength,
        extraction=bool(marked.of("extraction")),
        marks=strongest(marked.marks),
        marked=marked,
    )


def read_compliance(text: str) -> ComplianceReading:
    """Judge how far an answer shows that rules were dropped; linear in the text."""
    return ComplianceReading(mark_text("compliance", text))
