"""Whom a letter comes from by its frame: the sender line, the thanks to a customer, the owner in the footer.

Offsets are characters of normalised text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from .marks import Mark
from .names import PHRASE, Kind, Name, Standing, name_of_domain, read_name
from .roles import skip_article

_ADDRESSED: Final = re.compile(
    r"^\W{0,4}(?:subject\b|dear\b|hi\b|hello\b|hey\b|from:)|\b(?:unsubscribe|you\s+(?:have\s+)?received\s+this|your\s+"
    r"(?:\w+\s+)?(?:account|order|subscription|payment|password|parcel|package))\b",
    re.IGNORECASE | re.MULTILINE,
)
_MAILBOX: Final = re.compile(
    r"(?P<display>[^<@\n]{0,80}?)<?(?<![\w.+-])(?P<box>[\w.+-]{1,64})@(?P<domain>[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
)
_DESK_BOX: Final = re.compile(
    r"(?:accounts?|admin|alerts?|billing|contact|customer\w*|do-?not-?reply|hello|help\w*|hr|info|jobs|mailer|news\w*"
    r"|no-?reply|notifications?|office|orders?|payments?|press|sales|security|services?|support|team|updates?)\b",
    re.IGNORECASE,
)
_FIRST_LINE: Final = 3
# The cues of the group "alert" up to their telling word; the second is a letter.
_FIRST_LETTER: Final = re.compile(r"[ \t>*_#\[(]{0,6}[A-Za-z]")
_FIRST_CUE: Final = re.compile(
    rf"(?s:.{{0,{_FIRST_LINE}}}\n)?[ \t>*_#\"]{{0,6}}(?:(?:an?|this\s+is\s+an?)\s+)?"
    r"(?:(?:final|important|urgent|security|official|courtesy|last)\s+)?"
    r"(?:noti|alert|message|warning|reminder|statement|announcement|hi\b|hello|hey|greetings|good\s)",
    re.IGNORECASE,
)
_FIRST_SENTENCE: Final = re.compile(r"[^.!?\n]+")
_ADDRESS_REACH: Final = 200
_HEADING: Final = re.compile(
    r"\s*(?:(?:fraud|security|account|delivery|payment|service|billing|important|urgent|final)\s+)?"
    r"(?:alerts?|notice|notification|warning|reminder|message|update)?\s*(?::|-|\n)\s*",
    re.IGNORECASE,
)
_HERE: Final = re.compile(r"(?:\s+(?:at|of|in)\s+(?:the\s+)?[A-Z]\w+)?\s+here\b(?=[.!,:]|\s+(?:and|with|from)\b|\s*-)")
_GREETING_END: Final = re.compile(r"\s*[!.,\n]\s*")
# Not in a headline: "Your Partner in Health".
_AT_ONCE: Final = re.compile(r"\b(?:your|you(?:'ve|'re|'ll)?)\b|^(?:Your|You(?:'ve|'re|'ll)?)\s+[a-z]")
_TO_YOU: Final = re.compile(r"\b(?:your|yours|you(?:'ve|'re|'ll)?)\b", re.IGNORECASE)
_MAIL_HEADER: Final = re.compile(r"subject\s*:|@[a-z0-9-]+\.[a-z]", re.IGNORECASE)


def read_body(text: str, mark: Mark) -> Name | None:
    """Read a listed or organisation-shaped name behind a cue."""
    name = read_name(text, skip_article(text, mark.end))
    return name if name is not None and name.is_body and not name.possessive else None


def read_letterhead(text: str, mark: Mark) -> Name | None:
    """Read who a sender line names, or whose mailbox stands in it."""
    if not _MAIL_HEADER.search(text[max(0, mark.start - 400) : mark.end + 400]):
        return None
    name = read_name(text, skip_article(text, _skip_signs(text, mark.end)))
    if name is not None and (name.is_body or (name.kind, name.standing) == (Kind.PERSON, Standing.KNOWN)):
        return name
    mailbox = _MAILBOX.match(text, mark.end)
    if mailbox is None:
        return None
    domain = name_of_domain(mailbox.group("domain"), mailbox.start("domain"))
    if domain is None or (name is not None and name.kind is Kind.PERSON):
        return None
    if name is not None:
        # "Blue Kite <news@bluekite.example>": name and domain say the same, so both mean an organisation.
        personal = mailbox.group("box").lower() in name.words
        same = any(word in domain.text.lower() for word in name.words if len(word) > 2)
        return name if same and not personal else None
    return domain if _DESK_BOX.match(mailbox.group("box")) else None


def read_copyright(text: str, mark: Mark) -> Name | None:
    """Read who owns a notice that is addressed to somebody."""
    if not _is_addressed(text):
        return None
    cue = text[mark.start : mark.end]
    dated = "\u00a9" in cue or any(character.isdigit() for character in cue)
    return _read_owner(text, mark) if dated else read_body(text, mark)


def read_your_sender(text: str, mark: Mark) -> Name | None:
    """Read who thanks its customer."""
    chosen = "using" not in text[mark.start : mark.end].lower() and _is_addressed(text)
    return _read_owner(text, mark) if chosen else read_body(text, mark)


def read_alert(text: str, mark: Mark) -> Name | None:
    """Read whose alert a text is: "Final notice from Con Edison: your power ...", "Chase Alert: did you ..."."""
    if mark.start > _FIRST_LINE:
        return None
    # The second cue is the first letter of the text, and of the name.
    opens = mark.rule.endswith(".002")
    name = read_name(text, skip_article(text, mark.end - 1 if opens else _skip_signs(text, mark.end)))
    if name is None or name.possessive:
        return None
    if _HERE.match(text, name.end) and (name.is_body or name.standing is Standing.KNOWN):
        return name
    if not name.is_body or mark.rule.endswith(".003"):
        return None
    heading = (_GREETING_END if mark.rule.endswith(".004") else _HEADING).match(text, name.end)
    if heading is None or (opens and "\n" in text[heading.end() :].strip()):
        return None
    # "NASA: the space agency. You can ..." explains; a message speaks to somebody at once.
    first = _FIRST_SENTENCE.match(text, heading.end(), heading.end() + _ADDRESS_REACH)
    return name if first is not None and _AT_ONCE.search(first.group()) else None


def may_open_with_sender(text: str) -> bool:
    """Whether the first words of a text may be the cue of an alert and a name, or a name that a heading follows."""
    first = _FIRST_LETTER.match(text)
    if first is not None:
        # Every text begins with some word: reading the name that it might be costs more than to see that it is none.
        phrase = PHRASE.match(text, skip_article(text, first.end() - 1))
        # A dash within a phrase may be the one that follows a name.
        if phrase is not None and (
            "-" in phrase.group() or any(ending.match(text, phrase.end()) for ending in (_HEADING, _HERE))
        ):
            return True
    return _FIRST_CUE.match(text) is not None


def read_desk_of(text: str, mark: Mark) -> Name | None:
    """Read from whose desk a text comes."""
    name = read_name(text, skip_article(text, mark.end))
    if name is None or name.possessive:
        return None
    return name if name.is_body or (name.kind, name.standing) == (Kind.PERSON, Standing.KNOWN) else None


@lru_cache(maxsize=4)
def speaks_to_you(text: str) -> bool:
    """Whether ``text`` is addressed to somebody: it says "you" and orders, asks or informs in its own name."""
    return _TO_YOU.search(text) is not None


def _read_owner(text: str, mark: Mark) -> Name | None:
    # The place alone shows an organisation: who owns the rights, who thanks its customers.
    name = read_name(text, skip_article(text, mark.end))
    return name if name is not None and name.kind is Kind.ORGANISATION and not name.possessive else None


@lru_cache(maxsize=4)
def _is_addressed(text: str) -> bool:
    return _ADDRESSED.search(text) is not None


def _skip_signs(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t*_\"'<":
        position += 1
    return position
