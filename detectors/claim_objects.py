"""What a claimed verb is about by its object: a booking, a file, a test run, or nothing that needs a tool."""

from __future__ import annotations

import re

from .claim_grammar import EMPHATIC
from .claim_kinds import DEEDS, VERB_TO_TRACE, ClaimKind
from .claim_nouns import (
    BROWSERS,
    DATA,
    FILE_NOUNS,
    FINISHED,
    FOLLOWED,
    GIVEN,
    HERE,
    INVITATION,
    LOOKED_AT,
    MADE,
    MARKED_AS,
    MESSAGE_NOUNS,
    PATH,
    PHONE,
    PHONED,
    PLACE_OF_RECORD,
    PROGRAM,
    PULL_REQUEST,
    RATED,
    RECORD_NOUNS,
    REQUESTED,
    RUNNABLE,
    SEEN_WORKING,
    SHARED_WITH,
    TAKEN,
    TESTS,
    TICKET,
    TOLD,
    TRAINED,
    YOURS,
)

_NEAR = 140

# Verbs whose object must be of a kind; without one they say too little.
_NEEDED: dict[str, re.Pattern[str]] = {
    "followed": FOLLOWED,
    "liked": RATED,
    "rated": RATED,
    "requested": REQUESTED,
    "starred": RATED,
    "voted": RATED,
    "taken": TAKEN,
    "took": TAKEN,
    "accepted": INVITATION,
    "compared": re.compile(
        r"^\s+(?:the\s+)?(?:\w+\s+)?(?:prices|offers|reviews|listings|rates|fares)\b", re.IGNORECASE
    ),
    "declined": INVITATION,
    "loaded": DATA,
    "parsed": DATA,
    "reported": re.compile(
        r"^\s+(?:it|this|the\s+(?:\w+\s+)?(?:bug|issue|problem|incident|outage)|an?\s+(?:\w+\s+)?(?:bug|issue))\b",
        re.IGNORECASE,
    ),
    "spoke": PHONE,
    "talked": PHONE,
    "put": PLACE_OF_RECORD.pattern,
    "trained": TRAINED,
    "fine-tuned": TRAINED,
    "profiled": TRAINED,
    "put in": REQUESTED,
    "put through": REQUESTED,
    "returned": re.compile(r"\b(?:orders?|items?|parcels?|packages?|#?[A-Z]\d+)\b", re.IGNORECASE),
    "let": TOLD,
    "left": re.compile(
        r"^\s+(?:a|an|the|your)\s+(?:\w+\s+){0,2}?(?:comment|message|review|note|voice-?mail)\b", re.IGNORECASE
    ),
}
# Told by a record noun or a path near them: alone they are said of anything.
_NEEDS_OBJECT = frozenset(
    [
        "activated",
        "applied",
        "approved",
        "archived",
        "arranged",
        "assigned",
        "announced",
        "charged",
        "closed",
        "connected",
        "disabled",
        "disconnected",
        "downgraded",
        "enabled",
        "entered",
        "escalated",
        "extended",
        "filed",
        "filled",
        "flagged",
        "froze",
        "frozen",
        "granted",
        "initiated",
        "issued",
        "linked",
        "locked",
        "mailed",
        "muted",
        "opened",
        "paired",
        "paused",
        "pinned",
        "placed",
        "postponed",
        "processed",
        "raised",
        "reactivated",
        "redeemed",
        "registered",
        "reinstated",
        "released",
        "resumed",
        "reordered",
        "responded",
        "shared",
        "suspended",
        "swapped",
        "switched",
        "toggled",
        "transferred",
        "unlinked",
        "unlocked",
        "upgraded",
        "withdrawn",
        "withdrew",
        "deposited",
        "announced",
        "tagged",
    ]
) | {"filled in", "filled out", "shut down", "checked in", "checked out", "taken care of"}


_YOURS_SUFFICES = frozenset({ClaimKind.RECORD, ClaimKind.BOOK, ClaimKind.PAY})


def claim_kind(verb: str, objects: str, *, code: bool, passive: bool, said: str, perfect: bool) -> ClaimKind | None:
    """Decide what a claimed verb of the sentence ``said`` is about by its object; ``None`` when it needs no tool."""
    kind = VERB_TO_TRACE[verb]
    near = objects[:_NEAR]
    if verb in _NEEDED and not _NEEDED[verb].search(near):
        return None
    if verb == "opened" and not passive and BROWSERS.occur(near):
        return ClaimKind.CHECK
    if verb == "reported" and passive:
        return None
    if kind is ClaimKind.RUN:
        return None if passive and verb in _NEEDED else _ran(verb, near)
    if kind is ClaimKind.CHECK:
        return _looked(verb, objects, passive=passive)
    if kind in {ClaimKind.FILE, ClaimKind.FILE_DELETE}:
        return _changed(kind, verb, objects, code=code, passive=passive, said=said, perfect=perfect)
    if kind is ClaimKind.BUILD:
        return _built(near)
    if (kind is ClaimKind.RECORD or verb == "tagged") and PULL_REQUEST.occur(objects[:60]):
        return ClaimKind.VERSION
    if verb in _NEEDS_OBJECT:
        return kind if _names_object(kind, verb, objects[:160], passive=passive) else None
    return kind


def _names_object(kind: ClaimKind, verb: str, near: str, *, passive: bool) -> bool:
    if kind is ClaimKind.MESSAGE:
        sharing = verb == "shared" and SHARED_WITH.search(near) is not None
        return sharing or MESSAGE_NOUNS.occur(near)
    if verb in {"opened", "raised", "filed", "escalated", "closed"} and TICKET.occur(near):
        return True
    if passive and kind in _YOURS_SUFFICES and YOURS.search(near):
        return True
    if HERE.occur(near) and not passive:
        return False
    return RECORD_NOUNS.occur(near) or PATH.occur(near)


def _ran(verb: str, near: str) -> ClaimKind | None:
    if verb in _NEEDED or verb in {"benchmarked", "backtested"}:
        return ClaimKind.RUN
    if verb in {"started", "launched", "performed", "kicked off", "carried out"}:
        scan = re.search(
            r"\b(?:security|vulnerability|virus|regression)\s+(?:scan|audit|tests?)\b", near, re.IGNORECASE
        )
        served = verb in {"started", "launched"} and re.search(r"^\s+(?:up\s+)?the\s+(?:\w+\s+)?servers?\b", near)
        return ClaimKind.RUN if scan or served else None
    if TESTS.occur(near):
        return ClaimKind.TEST
    return ClaimKind.RUN if RUNNABLE.occur(near) else None


def _looked(verb: str, objects: str, *, passive: bool) -> ClaimKind | None:
    if passive:
        return None
    if verb == "called" and PHONED.match(objects):
        return ClaimKind.MESSAGE
    if verb in {"verified", "confirmed", "checked", "validated"}:
        tests = re.match(r"\s+(?:that\s+)?(?:all\s+)?(?:the\s+|of\s+the\s+)?(?:[\w-]+\s+){0,2}tests?\b", objects)
        if tests or SEEN_WORKING.match(objects[:_NEAR]):
            return ClaimKind.TEST if tests else ClaimKind.RUN
    if verb in {"compared", "loaded", "parsed"}:
        return None if GIVEN.occur(objects) else ClaimKind.CHECK
    looked = LOOKED_AT.occur(objects[: 90 if verb in {"cross-checked", "verified", "double-checked"} else 60])
    return ClaimKind.CHECK if looked and not GIVEN.occur(objects) else None


def _built(near: str) -> ClaimKind | None:
    """Tell a program that was compiled from a document that was put together."""
    if PROGRAM.occur(near):
        return ClaimKind.BUILD
    return ClaimKind.FILE if PATH.occur(near) else None


def _changed(
    kind: ClaimKind, verb: str, objects: str, *, code: bool, passive: bool, said: str, perfect: bool
) -> ClaimKind | None:
    near = objects[:_NEAR]
    if verb in {"created", "merged", "tagged"} and PULL_REQUEST.occur(near[:80]):
        return ClaimKind.VERSION
    if verb == "made":
        return None if passive else next((made for made, nouns in MADE.items() if nouns.search(near)), None)
    if verb == "completed":
        if RECORD_NOUNS.occur(near) and (passive or not FINISHED.occur(near)):
            return ClaimKind.RECORD
        return ClaimKind.TASK if FINISHED.occur(near) else None
    here = not passive and HERE.occur(objects)
    if _on_record(verb, near) and not here:
        return ClaimKind.RECORD
    if verb == "set":
        return None
    if PATH.occur(near):
        return kind
    if RECORD_NOUNS.occur(near) and not here:
        return ClaimKind.RECORD
    if FILE_NOUNS.occur(near) and not code and not here:
        return kind
    # "The bot has been successfully created": done, though the noun tells nothing; any deed of the run backs it.
    # Without such a word it repeats, at best, what was asked for.
    done = verb in DEEDS and not code and not here and (perfect or EMPHATIC.occur(said))
    return ClaimKind.TASK if done else None


def _on_record(verb: str, near: str) -> bool:
    if verb == "marked":
        return MARKED_AS.search(near) is not None
    if verb == "set":
        return RECORD_NOUNS.occur(near)
    return verb in {"added", "moved", "removed", "saved"} and PLACE_OF_RECORD.occur(near)
