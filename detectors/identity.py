"""Identity assertions: the places where a text says, in the first person, who is speaking or signing.

A cue of the lexicon ``identity`` ("I'm", "on behalf of", "Best regards,") is only a beginning: the name must follow
it, and where the cue alone is weak, the first person must follow the name. Third person, possessives ("I'm
Tim Cook's assistant"), reported speech, quotations and blanks to fill in are no assertions.

All offsets are characters of the normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .letterhead import (
    may_open_with_sender,
    read_alert,
    read_body,
    read_copyright,
    read_desk_of,
    read_letterhead,
    read_your_sender,
)
from .marks import Mark, MarkedText, mark_text
from .names import Kind, Name, Standing, read_name
from .places import Places
from .roles import read_role, skip_article
from .self_naming import CLAUSE, read_presenting, read_self
from .sentences import inside
from .signature import is_at_end, is_near_end, read_signature

LEXICON: Final = "identity"

# Reading the name behind a cue is costly, a signature of several lines most, and no text of a person says so often who
# is speaking. The beginning of a paragraph is a cue too, but is read at the end of a text only.
MAX_CUES: Final = 250
_SIGN_OFF_CUES: Final = 5
_REPORTING: Final = 50
_WHOLE_TEXT: Final = 0.6

_FIRST_PERSON: Final = re.compile(
    r",?\s*(?:(?:and|so|today|personally|now)\s+)?(?:I|we|We|my|our|let me|it is my|it's my|it is our|it's our)\b"
)
# "as" before a name or a role, loosely: before a capital, or a few words and a preposition.
_BLANK: Final = r"[\s\v\x1c-\x1f\x{80}-\x{10ffff}]+"
_AS_SOMEBODY: Final = Places(
    rf"\bas{_BLANK}(?:(?:the|our|an?|your|one{_BLANK}of{_BLANK}the){_BLANK})?(?:(?-i:[a-z]{{0,5}}-?[A-Z0-9]|[^\x00-\x7f])"
    r"|(?:[a-z][a-z0-9&/'-]*[ \t]+)+(?:of|at|for|from|with|in)(?:[^a-z0-9&/'-]|$))"
)
_MAX_LOOKED_THROUGH: Final = 8_000
_SHORT_APPOSITION: Final = re.compile(r",[^,.!?\n]{1,60}(?=,)")
_THANKS: Final = re.compile(
    r"[,:]?\s*(?:thank you|please (?:accept|join|note)|welcome|congratulations)\b", re.IGNORECASE
)
# What turns the clause behind it into somebody else's words or an unreal case.
_REPORTED: Final = re.compile(
    r"(?=[iupascwtb])\b(?:if|unless|imagine|pretend(?:ing)?|suppose|as\s+if|as\s+though|says?|saying|said|claim(?:s|ed|ing)?|wish"
    r"|thought|think(?:s|ing)?|told\s+\w+|believes?)\s*(?:that\s+|[,:]\s*)?[\"']?\s*$",
    re.IGNORECASE,
)
# "I can't speak on behalf of Apple", "we could write on behalf of ...": offered or declined, not done.
_UNREAL: Final = re.compile(
    r"\b(?:can|could|may|might|should|would(?!\s+like)|cannot|not|never|unable|if|whether|don't|won't|can't|couldn't"
    r"|shouldn't|wouldn't|isn't|aren't)\b",
    re.IGNORECASE,
)
# "On behalf of the ministry,", and the signature below it.
_SIGNS_FOR: Final = re.compile(r",?[ \t]*\n[^\n]{2,60}(?:\n[^\n]{2,60}){0,3}\s*$")
_SUBJECT: Final = re.compile(r"\b(?:I|I'm|I've|We|we|we're|we've|let me)\b")
_SENTENCE_BREAK: Final = re.compile(r"[.!?]\s|\n")
# Both branches begin with their quotation mark: re skips all other characters fast.
_QUOTED: Final = re.compile(r"\"[^\"\n]{3,400}\"|'(?<![A-Za-z0-9]')(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){3,400}'(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One claim to be, or to speak for, somebody.

    Attributes:
        rule: Id of the cue.
        group: Kind of the cue: self, as_name, behalf, signature, ...
        weight: How surely a cue of this kind asserts an identity, 0..1.
        name: Who is claimed.
        start: Offset of the first character.
        end: Offset past the last character.
    """

    rule: str
    group: str
    weight: float
    name: Name
    start: int
    end: int


def find_assertions(text: str) -> tuple[MarkedText, tuple[Assertion, ...]]:
    """Find the identity assertions of ``text`` in order, with the marked text that their offsets count in."""
    marked, cues = _cues(mark_text(LEXICON, text))
    text = marked.text
    quoted: tuple[tuple[int, int], ...] | None = None
    found: dict[tuple[int, int], Assertion] = {}
    for mark in cues:
        if mark.group == "signature" and is_at_end(mark) and not is_near_end(text, mark):
            continue
        # Behind most cues no name stands: what the cue stands in is looked at only where one does.
        name = _READERS[mark.group](text, mark)
        if name is None:
            continue
        start = _first_letter(text, mark)
        if name.start < start or _reported(text, start):
            continue
        if quoted is None:
            quoted = _quotations(text)
        if inside(start, quoted):
            continue
        assertion = Assertion(
            rule=mark.rule, group=mark.group, weight=mark.weight, name=name, start=start, end=name.end
        )
        key = (name.start, name.end)
        if key not in found or found[key].weight < assertion.weight:
            found[key] = assertion
    return marked, tuple(sorted(found.values(), key=lambda item: item.start))


def _cues(marked: MarkedText) -> tuple[MarkedText, tuple[Mark, ...]]:
    """List as many cues as are read, and cut the marks behind them."""
    cues = marked.but(_idle_groups(marked.text))
    cost = 0
    for count, mark in enumerate(cues):
        if mark.group != "signature":
            cost += 1
        elif not is_at_end(mark):
            cost += _SIGN_OFF_CUES
        if cost > MAX_CUES:
            return marked.first(marked.marks.index(mark)), cues[:count]
    return marked, cues


def _idle_groups(text: str) -> tuple[str, ...]:
    """Name groups of cues behind which, wherever they stand in the text, no name is read.

    Nearly every text holds their words: to look for the places of all of them costs more than this. A long text may
    hold more cues than are read, and is cut behind these, whatever their groups.
    """
    if len(text) > _MAX_LOOKED_THROUGH:
        return ()
    idle = () if may_open_with_sender(text) else ("alert",)
    return idle if _AS_SOMEBODY.occur(text) else (*idle, "as_name")


def _read_as(text: str, mark: Mark) -> Name | None:
    start = skip_article(text, mark.end)
    role = read_role(text, skip_article(text, mark.end, indefinite=True))
    if role is not None:
        # "I am writing to you as chair of ...": who speaks was said before.
        before = _SENTENCE_BREAK.split(text[max(0, mark.start - CLAUSE) : mark.start])[-1]
        said = mark.rule.endswith(".002") and _SUBJECT.search(before) is not None
        return role if said or _first_person_follows(text, role) else None
    name = read_name(text, start)
    if name is None or name.standing is Standing.UNKNOWN or name.kind is Kind.STATE or name.possessive:
        return None
    if name.kind is Kind.PERSON and name.standing is Standing.SHAPE:
        return None
    apposition = _SHORT_APPOSITION.match(text, name.end)
    end = apposition.end() if apposition else name.end
    return name if text[end : end + 1] == "," and _FIRST_PERSON.match(text, end) else None


def _read_as_role(text: str, mark: Mark) -> Name | None:
    return read_role(text, skip_article(text, mark.end, indefinite=True))


def _read_behalf(text: str, mark: Mark) -> Name | None:
    name = read_name(text, skip_article(text, mark.end))
    if name is None:
        return None
    before = text[max(0, mark.start - CLAUSE) : mark.start]
    breaks = list(_SENTENCE_BREAK.finditer(before))
    clause = before[breaks[-1].end() :] if breaks else before
    if _UNREAL.search(clause):
        return None
    signs = _SIGNS_FOR.match(text, name.end) is not None and clause.strip() == ""
    spoken = (
        signs
        or _SUBJECT.search(clause) is not None
        or _first_person_follows(text, name)
        or _THANKS.match(text, name.end) is not None
    )
    return name if spoken else None


def _read_at_us(text: str, mark: Mark) -> Name | None:
    name = read_name(text, skip_article(text, mark.end))
    if name is None or name.kind is not Kind.ORGANISATION or name.possessive or name.text[0].isdigit():
        return None
    if mark.rule.endswith(".002"):
        follows = text[name.end : name.end + 1] == "," and _first_person_follows(text, name)
        return name if follows and name.standing is not Standing.UNKNOWN else None
    before = text[mark.start : mark.end].lower().split()[0]
    return name if name.standing is not Standing.UNKNOWN or before == "we" else None


_READERS: Final[Mapping[str, Callable[[str, Mark], Name | None]]] = MappingProxyType(
    {
        "as_name": _read_as,
        "as_role": _read_as_role,
        "at_us": _read_at_us,
        "behalf": _read_behalf,
        "alert": read_alert,
        "copyright": read_copyright,
        "desk_of": read_desk_of,
        "from_sender": read_body,
        "letterhead": read_letterhead,
        "presenting": read_presenting,
        "self": read_self,
        "signature": read_signature,
        "your_sender": read_your_sender,
    }
)


def _first_person_follows(text: str, name: Name) -> bool:
    return _FIRST_PERSON.match(text, name.end) is not None


def _reported(text: str, start: int) -> bool:
    # The pattern ends where the cue begins: its words cannot begin further back than they are long.
    return _REPORTED.search(text, max(0, start - _REPORTING), start) is not None


def _quotations(text: str) -> tuple[tuple[int, int], ...]:
    # A text that is a single quotation is how the writer delivers it, not somebody else's words.
    spans = ((match.start(), match.end()) for match in _QUOTED.finditer(text))
    return tuple(span for span in spans if span[1] - span[0] < _WHOLE_TEXT * len(text))


def _first_letter(text: str, mark: Mark) -> int:
    start = mark.start
    while start < mark.end and not text[start].isalnum() and text[start] not in "\u00a9([-~":
        start += 1
    return start
