"""The objects of claims: what can be booked, changed, run or looked at, as words in a sentence."""

from __future__ import annotations

import re

from .claim_kinds import ClaimKind
from .places import Nouns

PATH = Nouns(
    r"(?:^|[\s`'\"(*])(?:[~.]?/?[\w.-]+/)*[\w-]+\.[A-Za-z]\w{0,9}\b|(?:^|[\s`'\"(*])[~.]?/[\w.-]+(?:/[\w.-]+)*"
)
TESTS = Nouns(
    r"\b(?:tests?|test\s+suites?|testsuite|pytest|unittest|jest|specs?|test\s+cases?|regression\s+suite|full\s+suite"
    r"|suite)\b",
    re.IGNORECASE,
)
# What stands in a system of records, on a device or in an account: no answer can hold it.
RECORD_NOUNS = Nouns(
    r"\b(?:reservations?|bookings?|orders?|accounts?|appointments?|tickets?|meetings?|events?|reminders?|alarms?|timers?"
    r"|subscriptions?|memberships?|flights?|passengers?|bag(?:s|gage)?|luggage|address|payments?|cabin|profiles?|invoices?"
    r"|refunds?|returns?|exchanges?|replacements?|calendars?|permissions?|shipments?|deliver(?:y|ies)|parcels?|packages?"
    r"|seats?|polic(?:y|ies)|certificates?|vouchers?|coupons?|rooms?|transactions?|transfers?|phone\s+number|insurance"
    r"|airplane\s+mode|mobile\s+data|vpn|to\s+(?:version\s+)?v?\d+\.\d+|itinerary|trip|rides?|tax[iy]|table\s+for|hotel|stay|check-?(?:in|out)|prescriptions?|loans?|claims?|cases?"
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
PLACE_OF_RECORD = Nouns(
    r"\b(?:to|in|into|on|onto|from)\s+(?:your|the|his|her|their|our)\s+(?:\"?[\w'-]+\"?\s+){0,3}?(?:lists?|carts?|calendar"
    r"|playlists?|accounts?|folders?|wish-?list|orders?|reservation|channels?|boards?|groups?|albums?|queue|library"
    r"|database|profile|crm|drive|tracker|backlog|sprint|reading\s+list|inbox|schedule|agenda)\b",
    re.IGNORECASE,
)
MARKED_AS = re.compile(
    r"\bas\s+(?:now\s+)?(?:complete[d]?|done|read|unread|paid|won|lost|resolved|closed|open|shipped|important|spam"
    r"|favou?rite|finished|delivered|received|unavailable|available|private|public|priority|urgent|in\s+progress)\b",
    re.IGNORECASE,
)
FILE_NOUNS = Nouns(
    r"\b(?:files?|scripts?|codebase|modules?|repo(?:sitory)?|project|bugs?|typos?|folders?|director(?:y|ies)|makefile"
    r"|dockerfile|readme|programs?|pipelines?|endpoints?|components?|databases?|documents?|spreadsheets?|workflows?|code"
    r"|functions?|class(?:es)?|daemon|utility|implementation|reports?|config\w*|unit\s+tests?|test\s+cases?|migrations?)\b",
    re.IGNORECASE,
)
MESSAGE_NOUNS = Nouns(
    r"\b(?:e-?mails?|messages?|sms|notifications?|tweets?|posts?|comments?|announcements?|invitations?|invites?"
    r"|voice-?mails?|reply|replies|reviews?)\b",
    re.IGNORECASE,
)
TOLD = re.compile(
    r"^\s+(?:the\s+|your\s+|all\s+|both\s+|everyone|every|them|him|her|[A-Z])[\w'\u2019., -]{0,60}?\s*\bknow\b"
)
SHARED_WITH = re.compile(r"\b(?:with|to)\s+(?:the\s+|your\s+|all\s+|everyone|them|him|her|[A-Z#@])")
# "Your day off has been approved": what is the user's, unless it is a text that the answer works on.
YOURS = re.compile(
    r"^[^.]{0,20}\b[Yy]ou\s*(?:['\u2019]ve|\s+have)\s+(?:now\s+|successfully\s+)?been\b|"
    r"\b[Yy]our\s+(?!(?:\w+\s+)?(?:essay|text|paragraph|draft|resume|cv|letter|sentence|poem|story|code|question|query|idea"
    r"|message|outline|speech|function|answer|prompt|article|report)\b)\w"
)
SOFTWARE = Nouns(
    r"\b(?:scripts?|code|functions?|app(?:lication)?|programs?|solution|fix(?:es)?|implementation|endpoints?|api|quer(?:y|ies)"
    r"|changes?|page|site|flow|feature|build|pipeline|module|class|game|bot|server|deployment|everything|login|form"
    r"|migration|configuration|config|edge\s+cases|locally|end-to-end|thoroughly|manually)\b|\.[a-z]{1,5}\b",
    re.IGNORECASE,
)
INVITATION = re.compile(
    r"^\s+(?:the\s+|your\s+|an?\s+|his\s+|her\s+|their\s+)?(?:\w+\s+){0,3}?(?:invitations?|invites?|meetings?|events?|calls?"
    r"|connection\s+requests?|friend\s+requests?|offers?)\b",
    re.IGNORECASE,
)
DATA = re.compile(
    r"^\s+(?:in\s+)?(?:the\s+|your\s+|all\s+)?(?:\w+\s+)?(?:csv|data\s*sets?|spreadsheets?|data\s*frames?)\b",
    re.IGNORECASE,
)
PHONE = re.compile(r"^\s+(?:with|to)\b[^.;]{0,60}\b(?:(?:on|over|by)\s+(?:the\s+)?phone|in\s+person)\b", re.IGNORECASE)
BROWSERS = Nouns(r"\b(?:chrome|firefox|safari|edge|browsers?|incognito)\b", re.IGNORECASE)
PULL_REQUEST = Nouns(
    r"\b(?:pull\s+request|merge\s+request|PRs?|commits?|branch(?:es)?|(?:in)?to\s+(?:main|master)|release\s+tag)\b"
)
TICKET = Nouns(
    r"\b(?:tickets?|cases?|claims?|disputes?|issues?|requests?|complaints?|accounts?|bugs?|[A-Z]{2,8}-\d+)\b",
)
_LOOKED_AT = (
    r"\b(?:docs|documentation|apis?|endpoint|web(?!\s+(?:app|page\s+you))|websites?|web\s+pages?|internet|online|google"
    r"|wikipedia|databases?|servers?|logs|inbox|calendar|repository|repo|codebase|deployment|staging|production"
    r"|(?:academic|peer-reviewed|research|scientific)\s+(?:papers|articles|studies|literature)|sources|archives?"
    r"|news\s+(?:sites|outlets|sources|archives)|knowledge\s+base|ci(?:/cd)?|(?:ci|build|deployment)\s+(?:pipelines?"
    r"|status|jobs?)|dashboards?|spreadsheets?|changelog|issue\s+tracker|commit\s+history|attachments?"
    r"|(?:all|each|every|\d+|both)\s+(?:of\s+)?(?:the\s+|your\s+)?(?:[\w-]+\s+){0,2}?(?:files?|documents?|pages|papers"
    r"|records|rows|invoices|e-?mails|tickets|reviews|modules|articles|links|urls))\b"
)
LOOKED_AT = Nouns(_LOOKED_AT, re.IGNORECASE, plain=_LOOKED_AT.replace(r"(?!\s+(?:app|page\s+you))", ""))
GIVEN = Nouns(
    r"\b(?:you(?:['\u2019]ve)?\s+(?:have\s+)?(?:provided|shared|gave|given|pasted|sent|posted|mentioned|described|attached"
    r"|supplied|included|listed|quoted)|above|provided|pasted|in\s+your\s+(?:message|question|prompt))\b",
    re.IGNORECASE,
)
HERE = Nouns(
    r"\b(?:below|as\s+follows|following|here(?:['\u2019]s|\s+is|\s+are)?|above|for\s+you\s+to|response|answer"
    r"|this\s+(?:list|table|outline|draft))\b|:\s*$",
    re.IGNORECASE,
)
PROGRAM = Nouns(
    r"\b(?:program|binary|executable|project|app|application|source|library|package|image|gcc|crate|container|bundle|docs|documentation|website|wheel|firmware|artifacts?"
    r"|cargo|go|make)\b|\.(?:c|cc|cpp|rs|go|java|o|exe|so)\b",
    re.IGNORECASE,
)
RUNNABLE = Nouns(
    r"\b(?:scripts?|programs?|app(?:lication)?|binary|executable|jobs?|pipeline|notebook|migrations?|benchmarks?|build"
    r"|installer|linters?|formatter|type[- ]?checker|mypy|ruff|eslint|pylint|flake8|clippy|isort|black|prettier|gofmt"
    r"|(?:security|vulnerability|dependency|virus|full)\s+(?:scan|audit)|quer(?:y|ies)|simulations?|backtests?|profiler|training"
    r"|experiments?|servers?|containers?|end-to-end)\b|\.(?:py|sh|js|ts|rb|exe|ipynb)\b",
    re.IGNORECASE,
)
TRAINED = re.compile(
    r"\b(?:models?|networks?|classifiers?|epochs|regressors?|transformers?|forests?|versions?|loops?)\b|\bit\b",
    re.IGNORECASE,
)
TAKEN = re.compile(
    r"^\s+(?:an?\s+|the\s+|\d+\s+)?(?:\w+\s+)?(?:screen-?shots?|snapshots?|backups?|measurements?)\b", re.IGNORECASE
)
# "confirmed that the script now runs": that cannot be seen without running it.
SEEN_WORKING = re.compile(
    r"^\s+(?:that\s+)?(?:the\s+|your\s+|our\s+|all\s+)?(?:[\w./`-]+\s+){0,5}?(?:script|server|app|application|program|endpoint"
    r"|function|fix|build|site|web\s*site|page|service|pipeline|deployment|flow|log-?in|it|everything|command|container"
    r"|api|code|feature|solution|layout|ui|interface|components?|buttons?|form|output)`?\s+(?:\w+\s+){0,2}?(?:runs?|works?|compiles|builds|passes|starts|loads|responds|renders"
    r"|succeeds|returns?\s+(?:a\s+)?(?:\d{3}|the\s+(?:correct|expected|right)))\b",
    re.IGNORECASE,
)
PHONED = re.compile(
    r"^\s+(?:up\s+)?(?:the\s+|your\s+|their\s+)(?:\w+\s+){0,2}?(?:shop|store|restaurant|office|hotel|bank|clinic|airline|school"
    r"|landlord|doctor|dentist|number|support|company|customer|client|venue|front\s+desk)\b",
    re.IGNORECASE,
)
MADE = {
    ClaimKind.PAY: re.compile(r"\b(?:payment|transfer|donation|deposit)\b", re.IGNORECASE),
    ClaimKind.BOOK: re.compile(r"\b(?:booking|reservation|purchase|appointment|order)\b", re.IGNORECASE),
    ClaimKind.RECORD: re.compile(
        r"^\s+(?:the|that|this|your|those|all)\s+(?:\w+\s+)?(?:change|correction|adjustment|switch|arrangements?|upgrade|swap)\b",
        re.IGNORECASE,
    ),
    ClaimKind.FILE: re.compile(r"\b(?:executable|changes|edits|modifications|updates)\b", re.IGNORECASE),
}
FINISHED = Nouns(r"\b(?:tasks?|request|steps?|work|assignment|implementation|setup|everything)\b", re.IGNORECASE)
REQUESTED = re.compile(
    r"\b(?:returns?|refunds?|payments?|exchange|replacements?|ride|quote|leave|time\s+off|money|pick-?up|access"
    r"|reimbursement|call-?back)\b|[$€£]\s?\d",
    re.IGNORECASE,
)
FOLLOWED = re.compile(r"\b(?:artists?|accounts?|users?|channels?|pages?|profiles?|@\w+)\b", re.IGNORECASE)
RATED = re.compile(
    r"\b(?:songs?|posts?|photos?|videos?|repo(?:sitory)?|tweets?|reviews?|hotels?|movies?)\b", re.IGNORECASE
)
