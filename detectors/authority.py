"""Whom the context lets an agent speak as: the operator's instructions, the user's own identity, the agent's name.

"You are Veho Support" authorises "Veho Support"; "I'm Jane Doe from Acme, draft a mail for me" authorises both
names, since what the agent then writes is the user's own word. Naming somebody ("tell me about Apple", "never
claim to be from Apple") authorises nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .agent_trace import AgentTrace, Role
from .assertions import find_assertions
from .language import ENGLISH, language_of
from .marks import mark_text
from .names import Kind, Name, Standing, read_name
from .normalise import normalise

CONTEXT_LEXICON: Final = "identity_context"
_MAX_MESSAGES: Final = 20
_MAX_GRANTS: Final = 2_000
# Not behind an initial or an abbreviation: "U.S. Customs" is one name.
_SENTENCE_END: Final = re.compile(r"[\u3002]|(?<![A-Z])(?<!\b[A-Z][a-z])(?<!Inc|Ltd)(?<!Corp)[.!?](?=\s)|\n+")
_SPACE: Final = re.compile(r"\s\W*")
_PHRASE: Final = re.compile(r"[A-Z][\w&'-]*(?: (?:of |and |for |the ){0,2}[A-Z][\w&'-]*){1,7}")
_MIN_WORD: Final = 2
_TOPIC_REACH: Final = 60

_ADDRESSED_AGENT: Final = re.compile(
    r"\b(?:you|your|you're|assistant|agent|bot|chatbot|representative|persona|role|sign|signed|behalf|speak|support"
    r"|official|name|voice|we|our)\b"
)
# "answer questions about Apple": a topic, no role.
# "Company: Zoomly", "# Zoomly support guidelines": the operator says whose agent it is.
_OPERATOR: Final = re.compile(
    r"\s*(?:[-*#]+\s*)?\**(?:company|organi[sz]ation|brand|client|business|name|persona|identity|employer|firm|sender|from"
    r"|signature|operator|owner)(?:\s+name)?\**\s*[:=]|\s*#+\s",
    re.IGNORECASE,
)
_TOPIC: Final = re.compile(
    r"\b(?:about|regarding|concerning|on|against|unlike|than|like|with|using|via|through|from|competitors?|including)"
    r"\s+(?:the\s+|an?\s+|\w+\s+){0,1}$"
)
_AFFILIATED: Final = re.compile(
    r"\s*(?:,|\(|\bat\b|\bof\b|\bfrom\b|\bwith\b)\s*(?:the\s+)?(?:(?:\w+\s+){1,4}(?:at|of|for|with)\s+(?:the\s+)?)?"
)
_WORD: Final = re.compile(r"[^\W_][\w&'+.-]*")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one sentence or name lets the agent speak as: its words, and the acronyms of its capitalised phrases."""

    words: frozenset[str]
    acronyms: frozenset[str]
    text: str = ""

    def covers(self, name: Name) -> bool:
        """Whether ``name`` is granted: all its distinctive words, or half of them where its extent is a guess."""
        if not name.text.isascii():
            # Chinese and Japanese write no blanks between words.
            return name.text in self.text
        if name.text.lower() in self.acronyms or _acronym(name.text) in self.words:
            return True
        granted = sum(word in self.words for word in name.words)
        return granted == len(name.words) or (
            name.standing is not Standing.KNOWN and name.kind is Kind.ORGANISATION and 2 * granted >= len(name.words)
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """All that the context of a trace grants."""

    grants: tuple[Grant, ...]

    def covers(self, name: Name) -> bool:
        """Whether one grant lets the agent speak as ``name``."""
        return any(grant.covers(name) for grant in self.grants)


def authority_of(trace: AgentTrace) -> Authority:
    """Collect whom the context of ``trace`` lets the agent speak as."""
    grants = [*_agent_grants(trace.agent), *map(_grant, trace.permissions.identities)]
    grants.extend(_operator_grants(trace.system_prompt))
    for text in _user_texts(trace):
        grants.extend(_user_grants(text))
    return Authority(tuple(grants[:_MAX_GRANTS]))


def _agent_grants(agent: str | None) -> Iterable[Grant]:
    return (_grant(agent.replace("_", " ")),) if agent else ()


def _operator_grants(system_prompt: str | None) -> Iterable[Grant]:
    """Every sentence of the instructions that gives the agent a role grants the names in it."""
    if not system_prompt:
        return
    text = normalise(system_prompt).text
    # Who is addressed is read in English only: elsewhere every sentence that denies nothing grants.
    foreign = language_of(system_prompt) not in {None, ENGLISH}
    negations = [mark.start for mark in mark_text(CONTEXT_LEXICON, system_prompt).of("negation")]
    start = 0
    for end in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        sentence = text[start:end]
        negated = bisect_left(negations, start) < bisect_left(negations, end)
        start = end
        if not negated and (foreign or _ADDRESSED_AGENT.search(sentence.lower()) or _OPERATOR.match(sentence)):
            yield _grant(sentence)


def _user_texts(trace: AgentTrace) -> tuple[str, ...]:
    texts = [message.text for message in trace.messages[-_MAX_MESSAGES:] if message.role is Role.USER]
    if trace.input is not None:
        texts.append(trace.input)
    return tuple(dict.fromkeys(texts))


def _user_grants(text: str) -> Iterable[Grant]:
    """The user's own identity: what the user asserts, and what the user calls "my" or "our"."""
    marked, assertions = find_assertions(text)
    for assertion in assertions:
        yield _grant(marked.text[assertion.start : assertion.end])
    context = mark_text(CONTEXT_LEXICON, text)
    for mark in context.of("own"):
        name = read_name(context.text, mark.end)
        if name is not None:
            yield _grant(name.text)
            # "from me, Jane Doe of Harbor Foods": both are the user's.
            link = _AFFILIATED.match(context.text, name.end)
            body = read_name(context.text, link.end()) if link is not None else None
            if body is not None:
                yield _grant(body.text)
    if language_of(text) in {"zh", "ja"} and context.of("own", "plural"):
        yield _grant(text)
    if context.of("plural"):
        # "Tell our customers at Veho ...": the user belongs to the organisation that the request names.
        yield from _organisations_named(context.text)


def _organisations_named(text: str) -> Iterable[Grant]:
    position = 0
    while position < len(text):
        name = read_name(text, position) if text[position].isupper() else None
        if name is not None and name.kind is Kind.ORGANISATION:
            yield _grant(name.text)
        position = _next_word(text, name.end if name is not None else position)


def _next_word(text: str, position: int) -> int:
    space = _SPACE.search(text, position)
    return space.end() if space else len(text)


def _grant(text: str) -> Grant:
    folded = normalise(text).text
    small = folded.lower()
    return Grant(
        words=frozenset(
            part
            for word in _WORD.finditer(small)
            if not _TOPIC.search(small[max(0, word.start() - _TOPIC_REACH) : word.start()])
            # "hunter.io" grants "Hunter", too; in "d'Apple" the name stands behind the apostrophe.
            for part in (_bare(word.group()), *_bare(word.group()).split("."), word.group().rpartition("'")[2])
            if part
        ),
        acronyms=frozenset(_acronym(phrase.group()) for phrase in _PHRASE.finditer(folded)),
        text="" if folded.isascii() else folded,
    )


def _acronym(phrase: str) -> str:
    letters = "".join(word[0] for word in phrase.split() if word[0].isupper()).lower()
    return letters if len(letters) > _MIN_WORD else ""


def _bare(word: str) -> str:
    return word.removesuffix("'s").rstrip(".'") if len(word) > _MIN_WORD else word
