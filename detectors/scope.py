"""What a run's principal authorised: requests found in the declared scope, the user's words, the system prompt.

Only people authorise. What a tool returned is never read here. A verb counts as a request where it stands as
one ("delete the file", "help me cancel"), not as a noun ("the latest update"), in a question about how a thing
is done, in quoted text or under a negation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .actions import Category
from .agent_trace import AgentTrace, Role
from .language import ENGLISH, language_of
from .marks import groups_in
from .places import Places
from .remembered import remembered, remembered_instructions
from .request_phrases import ORDER, QUESTION, joins_order, opens_with_order, phrase_intents
from .request_verbs import clause_ends, find_requests
from .requests_by_phrase import find_requests_by_phrase

MAX_TEXT = 40_000

_MASKED = re.compile(
    r"```(?>(?:[^`]++|`(?!``))*)(?:```|\Z)|`[^`\n]*+`|https?://\S++|\"[^\"\n]{12,400}\"|"
    r"\u201c[^\u201d\n]{12,400}\u201d|(?<=[\s(])'[^'\n]{3,200}'(?=[\s.,;:!?)]|$)"
)
_MASK_STARTS = Places(r"`|https?://|\"[^\"\n]{12}|\x{201c}|(?:[\s(]|[^\x00-\x7f])'[^'\n]{3}")
_LETTER = re.compile(
    r"\b(?:e-?mails?|mails?|messages?|posts?|repl(?:y|ies)|letters?|tweets?|responses?|announcements?|newsletters?|sms|dms?)\b"
)
_READING = frozenset({"read", "compute"})
_MAX_CLAUSES = 200
_AS_DRAFT = re.compile(r"\b(?:as|write|make|create|save|prepare|do)(?: me| us)? (?:an? )?(?:\w+ ){0,2}drafts?\b")
_DRAFTS = frozenset({"draft", "compose", "prepare"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for.

    Attributes:
        intents: Requests that were found; ``read`` among them when something is to be looked up or told.
        lemmas: Base forms of all verbs of the people's words that stand as requests.
        mentioned: Base forms of the verbs that occur at all, unless negated.
        prohibited: Categories that were forbidden in so many words.
        whole: False when the words or the instructions were too long to be read whole.
        text: The people's words, lower case.
        original: The people's words.
    """

    intents: frozenset[str]
    lemmas: frozenset[str]
    mentioned: frozenset[str]
    prohibited: frozenset[Category]
    whole: bool
    text: str
    original: str

    @property
    def is_unclear(self) -> bool:
        """Whether it is not known what was asked for, beyond looking something up."""
        return self.intents <= {"read", "compute", "order"}

    @property
    def reads_only(self) -> bool:
        """Whether something was asked for and all of it is looking, telling or computing."""
        return bool(self.intents) and self.intents <= {"read", "compute"}

    @property
    def drafts_only(self) -> bool:
        """Whether a text was to be drafted, and nothing was said of sending one."""
        drafts = (bool(self.lemmas & _DRAFTS) and _LETTER.search(self.text) is not None) or _AS_DRAFT.search(self.text)
        return bool(drafts) and self.intents <= {"read", "compute", "write", "order", "setup"}


def is_asked(trace: AgentTrace) -> bool:
    """Whether any words are known that authorise: ``read_scope`` gives a scope."""
    if declared_scope(trace) is not None or trace.system_prompt or trace.input:
        return True
    return any(message.role is Role.USER for message in trace.messages)


def declared_scope(trace: AgentTrace) -> str | None:
    """Give the words that stand in the place of the request: the task's own, else those of the operator's policy."""
    return trace.permissions.declared_scope if trace.declared_scope is None else trace.declared_scope


def read_scope(trace: AgentTrace) -> Scope | None:
    """Read what the people behind ``trace`` asked for; ``None`` when none of their words is known.

    A declared scope stands alone; without one the user's texts, what the user agreed to, and the instructions of
    the system prompt count.
    """
    declared = declared_scope(trace)
    if declared is not None:
        return scope_of(declared)
    texts = _user_texts(trace)
    if not texts and not trace.system_prompt:
        return None
    return scope_of("\n".join(texts), trace.system_prompt or "")


def read_request(trace: AgentTrace) -> Scope | None:
    """Read what the user asked for, the operator's instructions left out; ``None`` when no request is known."""
    if trace.declared_scope is not None:
        return scope_of(trace.declared_scope)
    texts = _user_texts(trace)
    return scope_of("\n".join(texts)) if texts else None


def _user_texts(trace: AgentTrace) -> list[str]:
    texts: list[str] = []
    proposal = ""
    for message in trace.messages:
        if message.role is Role.ASSISTANT:
            proposal = message.text
        elif message.role is Role.USER:
            if proposal and "confirm" in groups_in("scope", message.text[:200], language_of(proposal)):
                # "Yes, go ahead" authorises what was proposed.
                texts.append(proposal[-4000:])
            texts.append(message.text)
    if trace.input and trace.input not in texts:
        texts.append(trace.input)
    return texts


def scope_of(text: str, system_prompt: str = "") -> Scope:
    """Read the requests in the people's ``text`` and the instructions of a ``system_prompt``."""
    whole = max(len(text), len(system_prompt)) <= MAX_TEXT
    text = text if len(text) <= MAX_TEXT else text[: MAX_TEXT // 2] + "\n" + text[-MAX_TEXT // 2 :]
    asked = _asked(text)
    intents, lemmas, groups = set(asked.intents), set(asked.lemmas), asked.groups
    if system_prompt:
        ordered = _ordered(system_prompt[:MAX_TEXT])
        intents |= ordered.intents - {"read"}
        lemmas |= ordered.lemmas
        groups |= ordered.groups
    if "broad" in groups:
        intents.add("broad")
    if "need" in groups:
        intents.add("transact")
    prohibited = {Category(group.removeprefix("prohibit_")) for group in groups if group.startswith("prohibit_")}
    if "nothing" in groups:
        prohibited |= {Category.FILE_DESTROY, Category.DATABASE_WRITE, Category.VCS_WRITE, Category.INFRA_CHANGE}
    words = text.lower()
    return Scope(
        intents=frozenset(intents),
        lemmas=frozenset(lemmas),
        mentioned=asked.mentioned,
        prohibited=frozenset(prohibited),
        whole=whole,
        text=words,
        original=text,
    )


@dataclass(frozen=True, slots=True)
class _Requests:
    """The requests in one text, the text with what somebody else wrote blanked out, and what its phrases say."""

    masked: str
    intents: frozenset[str]
    lemmas: frozenset[str]
    mentioned: frozenset[str]
    groups: frozenset[str]


@remembered
def _asked(text: str) -> _Requests:
    masked = _mask(text)
    if (language_of(masked) or ENGLISH) != ENGLISH:
        requests = _foreign_requests(masked)
        asked = {"read"} if "?" in masked or "\uff1f" in masked else frozenset[str]()
        return replace(requests, intents=requests.intents | asked)
    intents, lemmas, mentioned = find_requests(masked, system=False)
    groups = groups_in("scope", masked, ENGLISH)
    intents |= phrase_intents(masked, groups)
    if "?" in masked and QUESTION.search(masked):
        intents.add("read")
    # An order that is not understood matters only where all that is understood is reading.
    if intents <= _READING and (
        any(opens_with_order(masked, start) for start in (0, *clause_ends(masked, _MAX_CLAUSES))) or joins_order(masked)
    ):
        intents.add(ORDER)
    return _Requests(masked, frozenset(intents), frozenset(lemmas), frozenset(mentioned), groups)


@remembered_instructions
def _ordered(system_prompt: str) -> _Requests:
    masked = _mask(system_prompt)
    if (language_of(masked) or ENGLISH) != ENGLISH:
        return _foreign_requests(masked)
    intents, lemmas, mentioned = find_requests(masked, system=True)
    groups = groups_in("scope", system_prompt, ENGLISH)
    return _Requests(masked, frozenset(intents), frozenset(lemmas), frozenset(mentioned), groups)


def _foreign_requests(masked: str) -> _Requests:
    intents = frozenset(find_requests_by_phrase(masked))
    return _Requests(masked, intents, frozenset(), frozenset(), groups_in("scope", masked))


def _mask(text: str) -> str:
    if not _MASK_STARTS.occur(text):
        return text
    return _MASKED.sub(lambda match: " " * len(match.group()), text)
