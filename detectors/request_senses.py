"""What a verb asks for beside the words around it: "tell me" asks to be told, "open port 80" to change something."""

from __future__ import annotations

import re

_TELLING = frozenset(
    (
        "alert",
        "ask",
        "give",
        "inform",
        "let",
        "notify",
        "reply",
        "report",
        "respond",
        "send",
        "show",
        "talk",
        "tell",
        "write",
    )
)
# "Remind me to", "remind me about": a reminder is made; "remind me what": something is told.
_ASKS_WHAT = re.compile(r"\s+(?:me|us)\s+(?:what|who|when|where|which|why|how|if|whether)\b", re.IGNORECASE)
_SEES_PERSON = re.compile(
    r"\s+(?:dr\b|doctor|(?:an?|my|the)\s+(?:\w+\s+)?(?:doctor|dentist|specialist|therapist|physician|vet)\b)",
    re.IGNORECASE,
)
# A question is answered by telling; a person, a mail or a ticket by writing back.
_ANSWERS_PERSON = re.compile(
    r"\s+(?:him|her|them|[A-Z]\w+|(?:(?:the|this|that|these|those|his|my|all|our)\s+)?(?:\w+\s+){0,3}(?:e-?mails?|mails?"
    r"|messages?|customers?|clients?|tickets?|letters?|sms|invitations?|comments?|reviews?|dms?|posts?|threads?))\b"
)
# A page is opened to read it; these are opened for others, or made.
_OPENS = re.compile(
    r"\s+(?:up\s+)?(?:(?:the|an?|my|our|this|that|new)\s+){0,2}(?:\w+\s+)?(?:ports?|doors?|gates?|garage|windows?|blinds|accounts?|tickets?|issues?"
    r"|prs?|pull requests?|merge requests?|cases?|disputes?|positions?|firewall|valve|curtains?)\b",
    re.IGNORECASE,
)
_TO_ME = re.compile(r"\s+(?:back\s+)?(?:to\s+)?(?:me|us)\b", re.IGNORECASE)
_TO_BE_TOLD = re.compile(
    r"\b(?:an?|the|some|any|your|more) (?:\w+ ){0,2}(?:lists?|summar(?:y|ies)|overview|information|info|details?"
    r"|answers?"
    r"|advice|tips?|examples?|explanations?|descriptions?|recommendations?|suggestions?|opinion|options?|estimates?"
    r"|comparison|analysis|reviews?|status|names?|numbers?|reasons?|code|breakdown|ideas?|feedback|recap|steps?"
    r"|results?|total|average|reports?|sense|look)\b",
    re.IGNORECASE,
)
_PRIVILEGE = re.compile(r"\s+(?:\S+\s+)?(?:priority|access|permission|rights)\b", re.IGNORECASE)
_GIVES_BACK = re.compile(r"\b(?:i|we|help me|want(?:s)? to|like to|need to|can|could)\s+$", re.IGNORECASE)


SEVERAL_SENSES = frozenset({"remind", "answer", "open", "see", "return", "give"}) | _TELLING
"""Verbs whose requests depend on the words around them: of all others ``meant`` gives what they mean alone."""


def meant(lemma: str, intents: tuple[str, ...], left: str, right: str) -> tuple[str, ...]:
    """Name the requests that a verb makes between ``left`` and ``right``; ``intents`` are those of the verb alone."""
    if lemma == "remind":
        return ("read",) if _ASKS_WHAT.match(right) else ("write", "send")
    if lemma == "answer" and _ANSWERS_PERSON.match(right):
        return ("send",)
    if lemma == "open" and _OPENS.match(right):
        return ("modify", "setup")
    if lemma == "see" and _SEES_PERSON.match(right):
        return ("transact",)
    if lemma in _TELLING and _TO_ME.match(right):
        return ("read",)
    if lemma == "return":
        # Goods are returned by people ("I want to return"); "format it and return the name" is an answer.
        return ("transact",) if _GIVES_BACK.search(left) else ("read",)
    if lemma == "give" and not _TO_ME.match(right) and not _TO_BE_TOLD.search(right):
        return ("wish", "admin", "act") if _PRIVILEGE.match(right) else ("wish", *intents)
    if lemma == "give" and _PRIVILEGE.match(right):
        return ("admin", "act")
    return intents
