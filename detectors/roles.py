"""Roles that a text names together with who they are held at: "(the) CEO of Apple", "Apple's CEO".

Offsets are characters of normalised text.
"""

from __future__ import annotations

import re
from typing import Final

from .names import Kind, Name, Standing, is_assistant_word, is_leading_role, is_role_word, read_name

_ARTICLE: Final = re.compile(r"(?:the|our)\s+", re.IGNORECASE)
_INDEFINITE: Final = re.compile(r"(?:an?|your|one\s+of\s+the)\s+", re.IGNORECASE)
_ROLE_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z0-9&/'-]{0,30}")
_ROLE_PREPOSITIONS: Final = frozenset({"of", "at", "for", "from", "with", "in"})
# What a role is held at stands behind a preposition: without one among the next words there is none. Cheap to tell.
HELD: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9&/'-]{0,30}[ \t]++){1,11}(?i:of|at|for|from|with|in)(?![A-Za-z0-9&/'-])"
)
# In "I am not the head of Apple", "who is head of Apple" and "a language model for Apple" no role is held.
_NO_ROLE: Final = frozenset(
    ["about", "any", "aware", "bot", "familiar", "language", "model", "no", "not", "that", "to", "which", "who"]
)
_MAX_ROLE_WORDS: Final = 12
_OCCUPATION: Final = re.compile(
    r"[a-z-]{2,}(?:er|or|ist|ian|ant|man|woman|person|eon|urse|rep|chef)|nurse|surgeon|chef|cop|clerk"
)
_WARES: Final = re.compile(
    r"\s+(?:products?|shares?|stocks?|phones?|cars?|devices?|merchandise|games?|fans?|customers?|users?|bonds?|tokens?)\b"
)
# They act for nobody.
_NO_OCCUPATION: Final = frozenset(
    (
        "adopter",
        "buyer",
        "caller",
        "competitor",
        "consumer",
        "customer",
        "debtor",
        "donor",
        "either",
        "ever",
        "follower",
        "for",
        "former",
        "her",
        "holder",
        "investor",
        "maker",
        "member",
        "commuter",
        "listener",
        "lover",
        "neither",
        "never",
        "newcomer",
        "nor",
        "or",
        "other",
        "over",
        "passenger",
        "player",
        "reader",
        "shareholder",
        "shopper",
        "subscriber",
        "supporter",
        "taxpayer",
        "traveler",
        "traveller",
        "under",
        "user",
        "viewer",
        "visitor",
        "voter",
        "winner",
        "worshipper",
        "admirer",
        "applicant",
        "believer",
        "participant",
        "vegetarian",
        "resident",
    )
)


def read_role(text: str, start: int, *, firm: bool = False) -> Name | None:
    """Read "(the) CEO of Apple" or "Apple's CEO" at ``start``; the name of who the role is held at.

    Any occupation ("a cardiologist at ...") is a role. With ``firm``, a person was named before: then what the role is
    held at need not be known.
    """
    name = read_name(text, start)
    if name is not None and name.kind is not Kind.PERSON and name.standing is not Standing.UNKNOWN:
        rest = _ROLE_WORDS.match(text, min(name.end + (2 if name.possessive else 0) + 1, len(text)))
        if rest is not None and is_role_word(rest.group()):
            return name
    return _role_at(text, start, firm=firm)


def _role_at(text: str, start: int, *, firm: bool) -> Name | None:
    if HELD.match(text, start) is None:
        return None
    role = leading = False
    fallback: Name | None = None
    position = start
    for _ in range(_MAX_ROLE_WORDS):
        word = _ROLE_WORDS.match(text, position)
        if word is None:
            break
        written = word.group()
        if is_assistant_word(written) or written.lower() in _NO_ROLE:
            return fallback
        position = _skip_space(text, word.end())
        if role and written.lower() in _ROLE_PREPOSITIONS:
            name = read_name(text, skip_article(text, position))
            if name is not None and name.kind is not Kind.PERSON:
                if _WARES.match(text, name.end):
                    # "a proud owner of Apple products"
                    return None
                if name.standing is not Standing.UNKNOWN:
                    return name
                fallback = fallback or (name if leading or firm else None)
        role = role or is_role_word(written) or _is_occupation(written)
        leading = leading or is_leading_role(written)
        if position == word.end():
            break
    return fallback


def _is_occupation(word: str) -> bool:
    """Whether a word in small letters names who does a job, and no customer, reader or fan."""
    return word.islower() and _OCCUPATION.fullmatch(word) is not None and word not in _NO_OCCUPATION


def skip_article(text: str, position: int, *, indefinite: bool = False) -> int:
    """Step over "the" or "our" at ``position``; with ``indefinite`` over "a" and "one of the", too."""
    match = _ARTICLE.match(text, position)
    if match is None and indefinite:
        match = _INDEFINITE.match(text, position)
    return match.end() if match else position


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t":
        position += 1
    return position
