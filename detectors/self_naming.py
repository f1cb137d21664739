"""Who somebody says to be: the name or the role behind "I'm", "my name is", "this is", "we are".

A person that no list holds says nothing alone; tied to an organisation ("I'm Kim, your Wells Fargo adviser", "this is
Detective Ruiz with the Boston Police Department") the organisation is who is spoken for. Offsets are characters of
normalised text.
"""

from __future__ import annotations

import re
from typing import Final

from .marks import Mark
from .names import Kind, Name, Standing, is_given_name, read_name
from .roles import read_role, skip_article

# How far back a cue's own clause is looked at.
CLAUSE: Final = 80

_FROM: Final = re.compile(
    r"\s*,?\s*(?:and\s+I(?:'m|\s+am|\s+work)\s+)?(?:(?:calling|writing|speaking|reaching\s+out|contacting\s+you)\s+)?"
    r"(?:here\s+)?(?:today\s+)?(?:from|with|at|of)\s+(?:the\s+)?"
    r"(?:(?:\w+\s+){0,4}(?:team|department|desk|office|division|group)\s+(?:at|of)\s+(?:the\s+)?)?"
)
_APPOSITION: Final = re.compile(
    r"\s*,\s*(?:and\s+)?(?:(?:your|our|an?|one\s+of\s+the)\s+(?:\w+\s+){0,1}?)?|\s+and\s+(?:I(?:'m|\s+am)\s+)?(?=(?:the|an?)\s)"
    r"|\s+-\s+|\s*\(\s*"
)
_SPEAKING: Final = re.compile(
    r"\s+(?:here|speaking|calling|writing|contacting|reaching\s+out)\b|,?\s+and\s+(?:I|we)\b|,\s+(?:I|we)\b"
)
_HERE: Final = re.compile(r"\s+(?:here|speaking)\b")
_GREETING: Final = re.compile(
    r"(?:^|[\n.!\"])\s*(?:hi|hello|hey|good\s+(?:morning|afternoon|evening)|dear|greetings)\b[^.!?\n]{0,40}[,.!]\s*$",
    re.IGNORECASE,
)
_STARTS: Final = re.compile(r"(?:^|\n)[\s\"*>-]*$")
# "the Instagram support team"
_SMALL_DESK: Final = re.compile(
    r"(?:\s+(?:account|billing|care|customer|desk|department|fraud|help|helpdesk|hotline|line|office|security|service|services"
    r"|staff|support|team|technical|tech)){1,4}\b"
)
_ENDS: Final = frozenset({"", ".", ",", "!", "\n"})
# "We, the members of the Quantum Optics Group"
_MEMBERS: Final = re.compile(
    r"(?:the\s+)?(?:undersigned\s+)?(?:members|staff|employees|students|workers|people|faculty|board|residents|teachers|nurses)"
    r"\s+(?:of|at)\s+"
)
_GOES_ON: Final = re.compile(r"[.!,]\s+(?:We|I|Your|You|Please)\b")
_WE_GO_ON: Final = re.compile(r"\s*(?:[,.!\n]|$|\s+and\s+we\b)")


def read_self(text: str, mark: Mark) -> Name | None:
    """Read who "I'm ..." names, or at whom the role is held that it names."""
    start = mark.end
    if mark.rule.endswith(".002"):
        members = _MEMBERS.match(text, start)
        start = skip_article(text, members.end() if members else start)
    if mark.rule.endswith(".003"):
        return _read_we(text, mark)
    name = read_name(text, start)
    if name is None or name.possessive:
        return read_role(text, mark.end)
    if name.kind is Kind.PERSON or name.standing is Standing.UNKNOWN:
        affiliation = _affiliation(text, name.end, firm=_may_be_person(name))
        if name.standing is Standing.KNOWN:
            return name
        if affiliation is not None:
            return affiliation
        return name if name.kind is Kind.PERSON else None
    held = read_role(text, mark.end)
    if held is not None:
        return held
    # One word after "I'm" is rather a given name or an adjective than an organisation.
    return name if name.kind is Kind.ORGANISATION and " " in name.text else None


def read_presenting(text: str, mark: Mark) -> Name | None:
    """Read who "this is ..." presents as the speaker."""
    start = skip_article(text, mark.end)
    name = read_name(text, start)
    if name is None or name.possessive:
        return None
    before = text[max(0, mark.start - CLAUSE) : mark.start]
    greeted = _GREETING.search(before) is not None
    # At the beginning of a text a person presents herself; in the middle of one a picture may be described.
    presented = greeted or _STARTS.search(before) is not None
    if name.kind is Kind.PERSON or (greeted and name.standing is Standing.UNKNOWN) or (presented and _given(name)):
        body = _linked(text, name.end) or (_affiliation(text, name.end, firm=True) if presented else None)
        if body is not None:
            return body
    if name.standing is not Standing.KNOWN and not (name.kind is Kind.ORGANISATION and name.is_body):
        return None
    spoken = _SPEAKING.match(text, name.end) is not None
    desk_end = _SMALL_DESK.match(text, name.end)
    after = desk_end.end() if desk_end else name.end
    closed = text[after : after + 1] in _ENDS
    if name.kind is Kind.PERSON:
        return name if (greeted and closed) or _HERE.match(text, name.end) else None
    desk = len(name.text.split()) > 1 or desk_end is not None
    goes_on = presented and closed and desk and _GOES_ON.match(text, after) is not None
    return name if goes_on or (greeted and closed) or (spoken and (greeted or desk or presented)) else None


def _read_we(text: str, mark: Mark) -> Name | None:
    """Read "we're Netflix, and ...": an organisation that speaks, not one of its customers."""
    name = read_name(text, skip_article(text, mark.end))
    if name is None or name.kind is not Kind.ORGANISATION or name.possessive or not name.is_body:
        return None
    return name if _WE_GO_ON.match(text, name.end) else None


def _linked(text: str, end: int) -> Name | None:
    link = _FROM.match(text, end)
    body = read_name(text, link.end()) if link is not None else None
    return body if body is not None and body.is_body and not body.possessive else None


def _affiliation(text: str, end: int, *, firm: bool) -> Name | None:
    if _FROM.match(text, end) is not None:
        linked = _linked(text, end)
        if linked is not None or not firm:
            return linked
    apposition = _APPOSITION.match(text, end)
    if apposition is None:
        return None
    name = read_role(text, apposition.end(), firm=firm)
    return name if name is not None and (firm or name.standing is not Standing.UNKNOWN) else None


def _may_be_person(name: Name) -> bool:
    """Whether a name may be a person's: listed, beginning with a given name, or two or three words of no known kind."""
    return name.kind is Kind.PERSON or _given(name) or 2 <= len(name.text.split()) <= 3


def _given(name: Name) -> bool:
    return is_given_name(name.text.split()[0])
