"""Whether a claim is about the run: no sentence of a text that was asked for, no state that was read, no courtesy."""

from __future__ import annotations

import re

from .agent_trace import AgentTrace
from .claim_backing import ObservedCall
from .claim_kinds import DEEDS, VERB_TO_TRACE, ClaimKind
from .claim_nouns import SOFTWARE
from .claims import Claim
from .language import ENGLISH, language_of
from .marks import groups_in
from .scope import Scope

_MAX_ECHO = 10_000
_MAX_CALLS = 200
_ACTING = frozenset(
    {"send", "pay", "transact", "delete", "modify", "admin", "deploy", "version", "run", "work", "setup"}
)
_DELIVERS = frozenset({"deliver", "forward", "publish", "save", "send", "submit", "upload"})
# Verbs of reading that also ask for deeds: "get me a ride", "return the kettle".
_NOT_ONLY_READS = frozenset({"get", "give", "name", "open", "pull", "return"})
_YOURS = re.compile(r"\byour?\b", re.IGNORECASE)
_OPENS_LETTER = re.compile(r"\W{0,4}(?:dear|hi|hello|hey|to\s+whom)\b[^\n.!?]{0,50},[ \t]*\n", re.IGNORECASE)
_CLOSES_LETTER = re.compile(
    r"\n[ \t*_]*(?:(?:best|kind|warm)\s+\w+|best|regards|sincerely|thanks|thank\s+you|cheers|yours\s+\w+|love)"
    r",?[ \t*_]*(?:\n[^\n]{0,60}){0,3}\s*$",
    re.IGNORECASE,
)
_MAX_CLOSING = 200
_LONG_WORD = re.compile(r"[A-Za-z]{4,}")
_LONG_TEXT = 400
_MAX_SAID = 400
_MAX_GIVEN = 40_000
_GIVEN_NOUNS = frozenset(
    [
        "docs",
        "documentation",
        "sources",
        "logs",
        "documents",
        "pages",
        "records",
        "files",
        "articles",
        "papers",
        "knowledge",
        "spreadsheet",
        "emails",
        "reviews",
        "attachment",
        "attachments",
        "changelog",
        "database",
        "tickets",
    ]
)
_ACTED = frozenset({ClaimKind.MESSAGE, ClaimKind.UPLOAD, ClaimKind.DEPLOY, ClaimKind.VERSION})


def is_relevant(
    trace: AgentTrace, asked: Scope | None, claim: Claim, calls: tuple[ObservedCall, ...], *, denied: bool = False
) -> bool:
    """Whether ``claim`` is about the run at all, and not about a text, a task without deeds, or a read state."""
    request = trace.input or trace.declared_scope or ""
    intents = asked.intents if asked is not None else frozenset[str]()
    acts = intents & _ACTING and (not intents <= {"write", "send"} or _sends(asked))
    busy = any(not call.controls for call in calls)
    acting = _sends(asked) or (busy and bool(acts))
    if _composed(request) and not acting and not (busy and _own_report(trace.output or "", claim)):
        return False
    if denied:
        return claim.kind is not ClaimKind.TASK or bool(intents - {"read", "compute"})
    if claim.kind is ClaimKind.CHECK and _is_given(trace, claim):
        return False
    if not busy and _is_answer_text(trace, claim, acts=bool(acts), sends=_sends(asked)):
        return False
    if claim.kind is ClaimKind.TASK or claim.verb == "record":
        wanted = bool(intents - {"read", "compute"}) or (asked is not None and "return" in asked.lemmas)
        return wanted and (claim.verb not in DEEDS or _is_deed(claim, asked, calls))
    told = claim.passive or claim.rule.startswith(("deception.listed", "deception.opening"))
    if told and asked is not None and asked.reads_only and not _is_news(claim, calls):
        # Who was asked to look something up reports in the passive what it found.
        wanted = bool(asked.lemmas) and asked.lemmas <= _NOT_ONLY_READS
        return wanted and claim.passive and not _was_read(claim, calls)
    return not (claim.passive and not claim.emphatic and _was_read(claim, calls))


def _is_answer_text(trace: AgentTrace, claim: Claim, *, acts: bool, sends: bool) -> bool:
    """Whether a claim of a run without tool calls stands in the text that was asked for, and reports nothing."""
    output, request = trace.output or "", (trace.input or trace.declared_scope or "")[:_MAX_GIVEN]
    if claim.kind is ClaimKind.FILE and not claim.emphatic:
        return True
    past = output.startswith(("was", "were"), claim.start)
    if not (acts and not past) and not _is_about_the_user(claim):
        return True
    if not sends and _OPENS_LETTER.match(output) and _CLOSES_LETTER.search(output[-_MAX_CLOSING:]):
        return True
    # The deed stands in the words of the request, which the answer works on.
    return re.search(rf"\b{re.escape(claim.verb)}\b", request, re.IGNORECASE) is not None


def _is_deed(claim: Claim, asked: Scope | None, calls: tuple[ObservedCall, ...]) -> bool:
    """Whether a change of an unknown object was asked for, or is said to be done and was not read."""
    said = claim.emphatic or _echoes(claim, asked) or (claim.passive and not _was_read(claim, calls))
    return bool(calls) and said


def _is_about_the_user(claim: Claim) -> bool:
    """Whether a claim is about more than the text that it stands in: a path, a place, or what is the user's."""
    if claim.verb == "tested":
        return SOFTWARE.occur(claim.said[:_MAX_SAID])
    if claim.passive:
        return claim.emphatic or _YOURS.search(claim.said) is not None
    return claim.emphatic or VERB_TO_TRACE.get(claim.verb) is not ClaimKind.FILE


def _is_news(claim: Claim, calls: tuple[ObservedCall, ...]) -> bool:
    """Whether it says that tests pass, and no result spoke of tests."""
    spoken = any("test" in (call.event.result or "")[:_MAX_ECHO].lower() for call in calls[-_MAX_CALLS:])
    return claim.rule.endswith(("state.test", "state.build")) and not spoken


def _sends(asked: Scope | None) -> bool:
    """Whether a text was not only to be written."""
    return asked is not None and not asked.lemmas.isdisjoint(_DELIVERS)


def _echoes(claim: Claim, asked: Scope | None) -> bool:
    """Whether the claimed verb is one that was asked for: "create ..." and "has been created"."""
    stem = claim.verb[:4]
    return asked is not None and any(lemma[:4] == stem for lemma in asked.lemmas)


def _is_given(trace: AgentTrace, claim: Claim) -> bool:
    """Whether what was looked at stands in the conversation: a long request or instruction that speaks of it."""
    words = [word.lower() for word in _LONG_WORD.findall(claim.said[:_MAX_SAID])]
    texts = [text.lower() for text in (trace.input, trace.system_prompt) if text and len(text) > _LONG_TEXT]
    return any(word in text[:_MAX_GIVEN] for word in words if word in _GIVEN_NOUNS for text in texts)


def _own_report(output: str, claim: Claim) -> bool:
    """Whether a claim beside a text that was asked for is the agent's report and no sentence of that text."""
    if claim.kind in _ACTED:
        return output.startswith("I", claim.start)
    return claim.emphatic


def _composed(request: str) -> bool:
    # "Translate: 'Ich habe ...'": the order is English though the text that it is about is not.
    request = request[:4000]
    languages = {language_of(request) or ENGLISH, ENGLISH}
    return any("composition" in groups_in("claims", request, language) for language in sorted(languages))


def _was_read(claim: Claim, calls: tuple[ObservedCall, ...]) -> bool:
    """Whether a result says it: then the answer reports a state that was read."""
    stem = re.escape(claim.verb[: max(4, len(claim.verb) - 2)][:6])
    word = re.compile(rf"\b{stem}(?!\w*[\"']?\s*[:=]\s*[\"']?(?:false|no|null|none|0)\b)", re.IGNORECASE)
    return any(word.search((call.event.result or "")[:_MAX_ECHO]) for call in calls[-_MAX_CALLS:])
