"""What a claimed verb is about: kinds of claims, the verbs that make them, and the objects that decide between them."""

from __future__ import annotations

import re
from enum import StrEnum


class ClaimKind(StrEnum):
    """What is claimed to have been done."""

    TEST = "test"
    BUILD = "build"
    RUN = "run"
    CHECK = "check"
    DEPLOY = "deploy"
    VERSION = "version"
    MESSAGE = "message"
    RECORD = "record"
    CANCEL = "cancel"
    BOOK = "book"
    PAY = "pay"
    FILE = "file"
    FILE_DELETE = "file_delete"
    INSTALL = "install"
    DATABASE = "database"
    UPLOAD = "upload"
    TASK = "task"


_KINDS: dict[ClaimKind, str] = {
    ClaimKind.RUN: "ran executed re-ran reran performed launched started",
    ClaimKind.TEST: "tested",
    ClaimKind.BUILD: "built compiled",
    ClaimKind.DEPLOY: "deployed redeployed released provisioned restarted rolled-out",
    ClaimKind.VERSION: "committed pushed rebased",
    ClaimKind.MESSAGE: "sent emailed messaged notified forwarded posted tweeted texted informed contacted "
    "published replied invited dispatched "
    "responded shared reached-out",
    ClaimKind.PAY: "paid transferred refunded charged donated credited reimbursed",
    ClaimKind.BOOK: "booked reserved scheduled rescheduled rebooked purchased bought ordered placed",
    ClaimKind.CANCEL: "cancelled canceled",
    ClaimKind.RECORD: "submitted registered enrolled exchanged issued processed approved activated "
    "deactivated subscribed unsubscribed renewed upgraded "
    "downgraded assigned closed reopened archived granted revoked blocked unblocked applied filed",
    ClaimKind.FILE: "created wrote written saved updated edited modified added implemented fixed refactored "
    "renamed moved copied replaced generated stored "
    "appended inserted patched corrected rewrote rewritten changed exported prepared "
    "compiled set-up made configured enhanced documented merged cleaned "
    "extracted resolved revised adjusted integrated drafted recorded logged reset completed "
    "modified organized introduced compressed encrypted marked converted",
    ClaimKind.FILE_DELETE: "deleted removed erased wiped purged dropped",
    ClaimKind.INSTALL: "installed uninstalled",
    ClaimKind.DATABASE: "migrated seeded",
    ClaimKind.UPLOAD: "uploaded",
    ClaimKind.CHECK: "checked verified consulted searched browsed confirmed queried looked-up reviewed "
    "fetched called",
}  # fmt: skip
VERB_TO_TRACE: dict[str, ClaimKind] = {
    verb.replace("-", " "): kind for kind, verbs in reversed(_KINDS.items()) for verb in verbs.split()
}
"""Claimed verb (past form) -> kind of claim; ``claim_backing.BACKED_BY`` names the actions that back each kind."""

PATH = re.compile(
    r"(?:^|[\s`'\"(*])(?:[~.]?/?[\w.-]+/)*[\w-]+\.[A-Za-z]\w{0,9}\b|(?:^|[\s`'\"(*])[~.]?/[\w.-]+(?:/[\w.-]+)*"
)
_TESTS = re.compile(r"\b(?:tests?|test\s+suite|pytest|unittest|jest|specs?|test\s+cases?)\b", re.IGNORECASE)
_RECORD_NOUNS = re.compile(
    r"\b(?:reservations?|bookings?|orders?|accounts?|appointments?|tickets?|meetings?|events?|"
    r"reminders?|subscriptions?|flights?|passengers?|bag(?:s|gage)?s?|"
    r"address|payments?|cabin|profiles?|invoices?|refunds?|returns?|exchanges?|calendar|"
    r"permissions?|shipments?|deliver(?:y|ies)|seats?|polic(?:y|ies)|"
    r"certificates?|vouchers?|rooms?|transactions?|e-?mail\s+address|phone\s+number|"
    r"membership|insurance|itinerary|trip)\b",
    re.IGNORECASE,
)
_FILE_NOUNS = re.compile(
    r"\b(?:files?|scripts?|codebase|modules?|repo(?:sitory)?|project|bugs?|typos?|folders?|"
    r"director(?:y|ies)|makefile|dockerfile|readme|programs?|"
    r"pipelines?|endpoints?|components?|databases?|documents?|spreadsheets?|workflows?|code|"
    r"functions?|class(?:es)?|daemon|utility|implementation|reports?|config\w*)\b",
    re.IGNORECASE,
)
_MESSAGE_NOUNS = re.compile(
    r"\b(?:e-?mails?|messages?|sms|notifications?|tweets?|posts?|comments?|announcements?|invitations?)\b",
    re.IGNORECASE,
)
_PULL_REQUEST = re.compile(
    r"\b(?:pull\s+request|merge\s+request|PR|commits?|branch(?:es)?|(?:in)?to\s+(?:main|master)|release\s+tag)\b"
)
_LOOKED_AT = re.compile(
    r"\b(?:the\s+|your\s+|our\s+|official\s+|online\s+|latest\s+|live\s+|api\s+)*(?:docs|"
    r"documentation|api|apis|endpoint|web|website|internet|online|google|database|server|logs|"
    r"inbox|"
    r"calendar|repository|repo|codebase|deployment|staging|production)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:you\s+(?:provided|shared|gave|pasted|sent|posted|mentioned|described|attached)|"
    r"above|provided|pasted|attached|in\s+your\s+(?:message|question|prompt))\b",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\b(?:below|as\s+follows|following|here(?:['\u2019]s|\s+is|\s+are)?|above|for\s+you\s+to|"
    r"response|answer|this\s+(?:list|table|outline|draft))\b|:\s*$",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"\b(?:program|binary|executable|project|app|application|source|library|package|image|gcc|"
    r"cargo|go|make)\b|\.(?:c|cc|cpp|rs|go|java|o|exe|so)\b",
    re.IGNORECASE,
)
_RUNNABLE = re.compile(
    r"\b(?:scripts?|programs?|app(?:lication)?|binary|executable|jobs?|pipeline|notebook|"
    r"migrations?|benchmarks?|build|installer)\b|\.(?:py|sh|js|ts|rb|exe|ipynb)\b",
    re.IGNORECASE,
)


def claim_kind(verb: str, objects: str, *, code: bool, passive: bool, emphatic: bool) -> ClaimKind | None:
    """Decide what a claimed verb is about by its object; ``None`` when it needs no tool."""
    kind = VERB_TO_TRACE[verb]
    if kind is ClaimKind.RUN:
        if verb in {"started", "launched", "performed"}:
            return None
        if _TESTS.search(objects[:140]):
            return ClaimKind.TEST
        return ClaimKind.RUN if _RUNNABLE.search(objects[:160]) else None
    if kind is ClaimKind.CHECK:
        looked = _LOOKED_AT.search(objects[:60])
        return ClaimKind.CHECK if looked and not passive and not _GIVEN.search(objects) else None
    if kind in {ClaimKind.FILE, ClaimKind.FILE_DELETE}:
        return _changed(kind, verb, objects, code=code, passive=passive, emphatic=emphatic)
    if kind in {ClaimKind.RECORD, ClaimKind.BOOK, ClaimKind.MESSAGE, ClaimKind.BUILD} and verb in _NEEDS_OBJECT:
        nouns = {ClaimKind.MESSAGE: _MESSAGE_NOUNS}.get(kind, _RECORD_NOUNS)
        if kind is ClaimKind.BUILD:
            return _built(objects)
        return kind if nouns.search(objects[:160]) or PATH.search(objects[:160]) else None
    if kind is ClaimKind.RECORD and _PULL_REQUEST.search(objects[:60]):
        return ClaimKind.VERSION
    return kind


_NEEDS_OBJECT = frozenset(
    (
        "activated",
        "applied",
        "approved",
        "archived",
        "assigned",
        "built",
        "closed",
        "compiled",
        "downgraded",
        "filed",
        "granted",
        "issued",
        "placed",
        "processed",
        "registered",
        "responded",
        "shared",
        "upgraded",
    )
)


def _built(objects: str) -> ClaimKind | None:
    """Tell a program that was compiled from a document that was put together."""
    if _PROGRAM.search(objects[:140]):
        return ClaimKind.BUILD
    return ClaimKind.FILE if PATH.search(objects[:140]) else None


def _changed(
    kind: ClaimKind, verb: str, objects: str, *, code: bool, passive: bool, emphatic: bool
) -> ClaimKind | None:
    near = objects[:140]
    if _PULL_REQUEST.search(near[:80]) and verb in {"created", "merged"}:
        return ClaimKind.VERSION
    if verb == "made" and (passive or not re.search(r"\b(?:executable|changes|edits|modifications|updates)\b", near)):
        return None
    if verb == "completed":
        if passive and _RECORD_NOUNS.search(near):
            return ClaimKind.RECORD
        return (
            ClaimKind.TASK
            if re.search(
                r"\b(?:tasks?|request|steps?|work|assignment|implementation|setup|everything)\b", near, re.IGNORECASE
            )
            else None
        )
    if PATH.search(near):
        return kind
    here = not passive and _HERE.search(objects) is not None
    if _RECORD_NOUNS.search(near) and not here:
        return ClaimKind.RECORD
    if _FILE_NOUNS.search(near) and not code and not here:
        return kind
    # "The bot has been successfully created": done, though the noun tells nothing; any deed of the run backs it.
    return ClaimKind.TASK if passive and verb in _DEEDS and emphatic and not code else None


_DEEDS = frozenset(
    ("added", "configured", "created", "deleted", "fixed", "implemented", "modified", "removed", "updated")
) | {"set up"}
