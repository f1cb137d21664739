"""What a claimed verb is about by its object: a booking, a file, a test run, or nothing that needs a tool."""

from __future__ import annotations

import re

from .claim_kinds import DEEDS, VERB_TO_TRACE, ClaimKind

_NEAR = 140

PATH = re.compile(
    r"(?:^|[\s`'\"(*])(?:[~.]?/?[\w.-]+/)*[\w-]+\.[A-Za-z]\w{0,9}\b|(?:^|[\s`'\"(*])[~.]?/[\w.-]+(?:/[\w.-]+)*"
)
_TESTS = re.compile(
    r"\b(?:tests?|test\s+suites?|testsuite|pytest|unittest|jest|specs?|test\s+cases?|regression\s+suite|full\s+suite"
    r"|suite)\b",
    re.IGNORECASE,
)
# What stands in a system of records, on a device or in an account: no answer can hold it.
_RECORD_NOUNS = re.compile(
    r"\b(?:reservations?|bookings?|orders?|accounts?|appointments?|tickets?|meetings?|events?|reminders?|alarms?|timers?"
    r"|subscriptions?|memberships?|flights?|passengers?|bag(?:s|gage)?|luggage|address|payments?|cabin|profiles?|invoices?"
    r"|refunds?|returns?|exchanges?|replacements?|calendars?|permissions?|shipments?|deliver(?:y|ies)|parcels?|packages?"
    r"|seats?|polic(?:y|ies)|certificates?|vouchers?|coupons?|rooms?|transactions?|transfers?|phone\s+number|insurance"
    r"|itinerary|trip|rides?|tax[iy]|table\s+for|hotel|stay|check-?(?:in|out)|prescriptions?|loans?|claims?|cases?"
    r"|complaints?|disputes?|applications?|registrations?|enrol?lments?|forms?|surveys?|roaming|wi-?fi|apn|sim(?:\s+card)?"
    r"|(?:debit|credit|gift|bank|sim|id)\s+cards?|cards?\s+(?:ending|number|on\s+file)|your\s+(?:\w+\s+){0,2}(?:card|line"
    r"|plan|phone|device|router|lights?|door|thermostat|password|pin|settings|preferences|cart|basket|wish-?list|list"
    r"|playlists?|library|inbox|folder|notes?|contacts?|balance|bill|late\s+fee|group|channel|page|post|item|items)"
    r"|\d\s*(?:gb|mb)\b|(?:mobile|cellular)?\s*data\s+to\s+your|late\s+fee|fees?|gift\s+card|cart|wish-?list"
    r"|shopping\s+list|to-?do\s+list|playlists?|songs?|albums?|artists?|lights?|lamps?|thermostat|crm|deals?|leads?"
    r"|chores?|workspace|notion|trello|jira|slack|asana|salesforce|hubspot|spreadsheets?|google\s+(?:doc|sheet|drive)"
    r"|shared\s+drive|drafts|labels?|passwords?)\b|[#$€£]\s?\d|#[A-Z]\w*\d",
    re.IGNORECASE,
)
_PLACE_OF_RECORD = re.compile(
    r"\b(?:to|in|into|on|onto|from)\s+(?:your|the|his|her|their|our)\s+(?:\"?[\w'-]+\"?\s+){0,3}?(?:lists?|carts?|calendar"
    r"|playlists?|accounts?|folders?|wish-?list|orders?|reservation|channels?|boards?|groups?|albums?|queue|library"
    r"|database|profile|crm|drive|tracker|backlog|sprint|reading\s+list|inbox|schedule|agenda)\b",
    re.IGNORECASE,
)
_MARKED_AS = re.compile(
    r"\bas\s+(?:now\s+)?(?:complete[d]?|done|read|unread|paid|won|lost|resolved|closed|open|shipped|important|spam"
    r"|favou?rite|finished|delivered|received|unavailable|available|private|public|priority|urgent|in\s+progress)\b",
    re.IGNORECASE,
)
_FILE_NOUNS = re.compile(
    r"\b(?:files?|scripts?|codebase|modules?|repo(?:sitory)?|project|bugs?|typos?|folders?|director(?:y|ies)|makefile"
    r"|dockerfile|readme|programs?|pipelines?|endpoints?|components?|databases?|documents?|spreadsheets?|workflows?|code"
    r"|functions?|class(?:es)?|daemon|utility|implementation|reports?|config\w*|unit\s+tests?|test\s+cases?|migrations?)\b",
    re.IGNORECASE,
)
_MESSAGE_NOUNS = re.compile(
    r"\b(?:e-?mails?|messages?|sms|notifications?|tweets?|posts?|comments?|announcements?|invitations?|invites?"
    r"|voice-?mails?|reply|replies|reviews?)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"^\s+(?:the\s+|your\s+|all\s+|both\s+|everyone|every|them|him|her|[A-Z])[\w'\u2019., -]{0,60}?\s*\bknow\b"
)
_SHARED_WITH = re.compile(r"\b(?:with|to)\s+(?:the\s+|your\s+|all\s+|everyone|them|him|her|[A-Z#@])")
# "Your day off has been approved": what is the user's, unless it is a text that the answer works on.
_YOURS = re.compile(
    r"\b[Yy]our\s+(?!(?:\w+\s+)?(?:essay|text|paragraph|draft|resume|cv|letter|sentence|poem|story|code|question|query|idea"
    r"|message|outline|speech|function|answer|prompt|article|report)\b)\w"
)
SOFTWARE = re.compile(
    r"\b(?:scripts?|code|functions?|app(?:lication)?|programs?|solution|fix(?:es)?|implementation|endpoints?|api|quer(?:y|ies)"
    r"|changes?|page|site|flow|feature|build|pipeline|module|class|game|bot|server|deployment|everything|login|form"
    r"|migration|configuration|config|edge\s+cases|locally|end-to-end|thoroughly|manually)\b|\.[a-z]{1,5}\b", re.IGNORECASE,
)
_BROWSERS = re.compile(r"\b(?:chrome|firefox|safari|edge|browsers?|incognito)\b", re.IGNORECASE)
_PULL_REQUEST = re.compile(
    r"\b(?:pull\s+request|merge\s+request|PRs?|commits?|branch(?:es)?|(?:in)?to\s+(?:main|master)|release\s+tag)\b"
)
_TICKET = re.compile(
    r"\b(?:tickets?|cases?|claims?|disputes?|issues?|requests?|complaints?|accounts?|bugs?|[A-Z]{2,8}-\d+)\b",
)
_LOOKED_AT = re.compile(
    r"\b(?:docs|documentation|apis?|endpoint|web(?!\s+(?:app|page\s+you))|websites?|web\s+pages?|internet|online|google"
    r"|wikipedia|databases?|servers?|logs|inbox|calendar|repository|repo|codebase|deployment|staging|production"
    r"|(?:academic|peer-reviewed|research|scientific)\s+(?:papers|articles|studies|literature)|sources|archives?"
    r"|news\s+(?:sites|outlets|sources|archives)|knowledge\s+base|ci(?:/cd)?|(?:ci|build|deployment)\s+(?:pipelines?"
    r"|status|jobs?)|dashboards?|spreadsheets?|changelog|issue\s+tracker|commit\s+history|attachments?"
    r"|(?:all|each|every|\d+|both)\s+(?:of\s+)?(?:the\s+|your\s+)?(?:[\w-]+\s+){0,2}?(?:files?|documents?|pages|papers"
    r"|records|rows|invoices|e-?mails|tickets|reviews|modules|articles|links|urls))\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:you(?:['\u2019]ve)?\s+(?:have\s+)?(?:provided|shared|gave|given|pasted|sent|posted|mentioned|described|attached"
    r"|supplied|included|listed|quoted)|above|provided|pasted|in\s+your\s+(?:message|question|prompt))\b",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\b(?:below|as\s+follows|following|here(?:['\u2019]s|\s+is|\s+are)?|above|for\s+you\s+to|response|answer"
    r"|this\s+(?:list|table|outline|draft))\b|:\s*$",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"\b(?:program|binary|executable|project|app|application|source|library|package|image|gcc|crate|container|bundle"
    r"|cargo|go|make)\b|\.(?:c|cc|cpp|rs|go|java|o|exe|so)\b",
    re.IGNORECASE,
)
_RUNNABLE = re.compile(
    r"\b(?:scripts?|programs?|app(?:lication)?|binary|executable|jobs?|pipeline|notebook|migrations?|benchmarks?|build"
    r"|installer|linters?|formatter|type[- ]?checker|mypy|ruff|eslint|pylint|flake8|clippy|isort|black|prettier|gofmt|(?:security|vulnerability"
    r"|dependency|virus|full)\s+(?:scan|audit)|quer(?:y|ies)|simulations?|backtests?|profiler|training"
    r"|experiments?|servers?|containers?|end-to-end)\b|\.(?:py|sh|js|ts|rb|exe|ipynb)\b",
    re.IGNORECASE,
)
_TRAINED = re.compile(
    r"\b(?:models?|networks?|classifiers?|epochs|regressors?|transformers?|forests?|versions?|loops?)\b|\bit\b", re.I
)
_TAKEN = re.compile(r"^\s+(?:an?\s+|the\s+|\d+\s+)?(?:\w+\s+)?(?:screen-?shots?|snapshots?|backups?|measurements?)\b", re.I)
# "confirmed that the script now runs": that cannot be seen without running it.
_SEEN_WORKING = re.compile(
    r"^\s+(?:that\s+)?(?:the\s+|your\s+|our\s+|all\s+)?(?:[\w./`-]+\s+){0,5}?(?:script|server|app|application|program|endpoint"
    r"|function|fix|build|site|web\s*site|page|service|pipeline|deployment|flow|log-?in|it|everything|command|container"
    r"|api|code|feature|solution|layout|ui|interface|components?|buttons?|form|output)`?\s+(?:\w+\s+){0,2}?(?:runs?|works?|compiles|builds|passes|starts|loads|responds|renders"
    r"|succeeds|returns?\s+(?:a\s+)?(?:\d{3}|the\s+(?:correct|expected|right)))\b",
    re.IGNORECASE,
)
_PHONED = re.compile(
    r"^\s+(?:up\s+)?(?:the\s+|your\s+|their\s+)(?:\w+\s+){0,2}?(?:shop|store|restaurant|office|hotel|bank|clinic|airline|school"
    r"|landlord|doctor|dentist|number|support|company|customer|client|venue|front\s+desk)\b",
    re.IGNORECASE,
)
_MADE = {
    ClaimKind.PAY: re.compile(r"\b(?:payment|transfer|donation|deposit)\b", re.IGNORECASE),
    ClaimKind.BOOK: re.compile(r"\b(?:booking|reservation|purchase|appointment|order)\b", re.IGNORECASE),
    ClaimKind.FILE: re.compile(r"\b(?:executable|changes|edits|modifications|updates)\b", re.IGNORECASE),
}
_FINISHED = re.compile(r"\b(?:tasks?|request|steps?|work|assignment|implementation|setup|everything)\b", re.IGNORECASE)
_REQUESTED = re.compile(
    r"\b(?:returns?|refunds?|payments?|exchange|replacements?|ride|quote|leave|time\s+off|money|pick-?up|access"
    r"|reimbursement|call-?back)\b|[$€£]\s?\d",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(r"\b(?:artists?|accounts?|users?|channels?|pages?|profiles?|@\w+)\b", re.IGNORECASE)
_RATED = re.compile(r"\b(?:songs?|posts?|photos?|videos?|repo(?:sitory)?|tweets?|reviews?|hotels?|movies?)\b", re.I)
# Verbs whose object must be of a kind; without one they say too little.
_NEEDED: dict[str, re.Pattern[str]] = {
    "followed": _FOLLOWED,
    "liked": _RATED,
    "rated": _RATED,
    "requested": _REQUESTED,
    "starred": _RATED,
    "voted": _RATED,
    "taken": _TAKEN,
    "took": _TAKEN,
    "trained": _TRAINED,
    "fine-tuned": _TRAINED,
    "profiled": _TRAINED,
    "put in": _REQUESTED,
    "put through": _REQUESTED,
    "returned": re.compile(r"\b(?:orders?|items?|parcels?|packages?|#?[A-Z]\d+)\b", re.IGNORECASE),
    "let": _TOLD,
    "left": re.compile(r"^\s+(?:a|an|the|your)\s+(?:\w+\s+){0,2}?(?:comment|message|review|note|voice-?mail)\b", re.I),
}
# Told by a record noun or a path near them: alone they are said of anything.
_NEEDS_OBJECT = frozenset(
    "activated applied approved archived arranged assigned announced charged closed connected disabled disconnected "
    "downgraded enabled entered escalated extended filed filled flagged froze frozen granted initiated issued linked "
    "locked mailed muted opened paired paused pinned placed postponed processed raised reactivated redeemed registered "
    "reinstated released resumed reordered responded shared suspended swapped switched toggled transferred unlinked "
    "unlocked upgraded withdrawn withdrew deposited announced tagged".split()
) | {"filled in", "filled out", "shut down", "checked in", "checked out", "taken care of"}


_YOURS_SUFFICES = frozenset({ClaimKind.RECORD, ClaimKind.BOOK, ClaimKind.PAY})


def claim_kind(verb: str, objects: str, *, code: bool, passive: bool, emphatic: bool, perfect: bool) -> ClaimKind | None:
    """Decide what a claimed verb is about by its object; ``None`` when it needs no tool."""
    kind = VERB_TO_TRACE[verb]
    near = objects[:_NEAR]
    if verb in _NEEDED and not _NEEDED[verb].search(near):
        return None
    if verb == "opened" and not passive and _BROWSERS.search(near):
        return ClaimKind.CHECK
    if kind is ClaimKind.RUN:
        return None if passive and verb in _NEEDED else _ran(verb, near)
    if kind is ClaimKind.CHECK:
        return _looked(verb, objects, passive=passive)
    if kind in {ClaimKind.FILE, ClaimKind.FILE_DELETE}:
        return _changed(kind, verb, objects, code=code, passive=passive, emphatic=emphatic, perfect=perfect)
    if kind is ClaimKind.BUILD:
        return _built(near)
    if _PULL_REQUEST.search(objects[:60]) and (kind is ClaimKind.RECORD or verb == "tagged"):
        return ClaimKind.VERSION
    if verb in _NEEDS_OBJECT:
        return kind if _names_object(kind, verb, objects[:160], passive=passive) else None
    return kind


def _names_object(kind: ClaimKind, verb: str, near: str, *, passive: bool) -> bool:
    if kind is ClaimKind.MESSAGE:
        sharing = verb == "shared" and _SHARED_WITH.search(near) is not None
        return sharing or _MESSAGE_NOUNS.search(near) is not None
    if verb in {"opened", "raised", "filed", "escalated", "closed"} and _TICKET.search(near):
        return True
    if passive and kind in _YOURS_SUFFICES and _YOURS.search(near):
        return True
    if _HERE.search(near) and not passive:
        return False
    return _RECORD_NOUNS.search(near) is not None or PATH.search(near) is not None


def _ran(verb: str, near: str) -> ClaimKind | None:
    if verb in _NEEDED or verb in {"benchmarked", "backtested"}:
        return ClaimKind.RUN
    if verb in {"started", "launched", "performed", "kicked off", "carried out"}:
        scan = re.search(
            r"\b(?:security|vulnerability|virus|regression)\s+(?:scan|audit|tests?)\b", near, re.IGNORECASE
        )
        served = verb in {"started", "launched"} and re.search(r"^\s+(?:up\s+)?the\s+(?:\w+\s+)?servers?\b", near)
        return ClaimKind.RUN if scan or served else None
    if _TESTS.search(near):
        return ClaimKind.TEST
    return ClaimKind.RUN if _RUNNABLE.search(near) else None


def _looked(verb: str, objects: str, *, passive: bool) -> ClaimKind | None:
    if passive:
        return None
    if verb == "called" and _PHONED.match(objects):
        return ClaimKind.MESSAGE
    if verb in {"verified", "confirmed", "checked", "validated"}:
        tests = re.match(r"\s+(?:that\s+)?(?:all\s+)?(?:the\s+|of\s+the\s+)?(?:[\w-]+\s+){0,2}tests?\b", objects)
        if tests or _SEEN_WORKING.match(objects[:_NEAR]):
            return ClaimKind.TEST if tests else ClaimKind.RUN
    looked = _LOOKED_AT.search(objects[: 90 if verb in {"cross-checked", "verified", "double-checked"} else 60])
    return ClaimKind.CHECK if looked and not _GIVEN.search(objects) else None


def _built(near: str) -> ClaimKind | None:
    """Tell a program that was compiled from a document that was put together."""
    if _PROGRAM.search(near):
        return ClaimKind.BUILD
    return ClaimKind.FILE if PATH.search(near) else None


def _changed(
    kind: ClaimKind, verb: str, objects: str, *, code: bool, passive: bool, emphatic: bool, perfect: bool
) -> ClaimKind | None:
    near = objects[:_NEAR]
    if _PULL_REQUEST.search(near[:80]) and verb in {"created", "merged", "tagged"}:
        return ClaimKind.VERSION
    if verb == "made":
        return None if passive else next((made for made, nouns in _MADE.items() if nouns.search(near)), None)
    if verb == "completed":
        if _RECORD_NOUNS.search(near) and (passive or not _FINISHED.search(near)):
            return ClaimKind.RECORD
        return ClaimKind.TASK if _FINISHED.search(near) else None
    here = not passive and _HERE.search(objects) is not None
    if _on_record(verb, near) and not here:
        return ClaimKind.RECORD
    if verb == "set":
        return None
    if PATH.search(near):
        return kind
    if _RECORD_NOUNS.search(near) and not here:
        return ClaimKind.RECORD
    if _FILE_NOUNS.search(near) and not code and not here:
        return kind
    # "The bot has been successfully created": done, though the noun tells nothing; any deed of the run backs it.
    # Without such a word it repeats, at best, what was asked for.
    done = emphatic or perfect
    return ClaimKind.TASK if verb in DEEDS and done and not code and not here else None


def _on_record(verb: str, near: str) -> bool:
    if verb == "marked":
        return _MARKED_AS.search(near) is not None
    if verb == "set":
        return _RECORD_NOUNS.search(near) is not None
    return verb in {"added", "moved", "removed", "saved"} and _PLACE_OF_RECORD.search(near) is not None
