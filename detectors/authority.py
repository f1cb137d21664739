"""Whom the context lets an agent speak as: the operator's instructions, the user's own identity, the agent's name.

"You are Veho Support" authorises "Veho Support"; "I'm Jane Doe from Acme, draft a mail for me" authorises both
names, since what the agent then writes is the user's own word. Naming somebody ("tell me about Apple", "never
claim to be from Apple") authorises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .agent_trace import AgentTrace, Role
from .identity import find_assertions
from .marks import mark_text
from .names import Kind, Name, read_name
from .normalise import normalise
from .sentences import split_sentences

CONTEXT_LEXICON: Final = "identity_context"
_MAX_MESSAGES: Final = 20
_SPACE: Final = re.compile(r"\s\W*")
_MIN_WORD: Final = 2

_ADDRESSED_AGENT: Final = re.compile(
    r"\b(?:you|your|you're|assistant|agent|bot|chatbot|representative|persona|role|sign|signed|behalf|speak|support"
    r"|official|name|voice|we|our)\b"
)
# "answer questions about Apple": a topic, no role.
_TOPIC: Final = re.compile(
    r"\b(?:about|regarding|concerning|on|against|unlike|than|like|with|using|via|through|from|competitors?|including)"
    r"\s+(?:the\s+|an?\s+|\w+\s+){0,1}$"
)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9&'+.-]*")


@dataclass(frozen=True, slots=True)
class Authority:
    """Words of the names that an agent may speak as; one set of words per name or per granting sentence."""

    grants: tuple[frozenset[str], ...]

    def covers(self, name: Name) -> bool:
        """Whether every distinctive word of ``name`` is granted by one name or sentence."""
        return any(grant.issuperset(name.words) for grant in self.grants)


def authority_of(trace: AgentTrace) -> Authority:
    """Collect whom the context of ``trace`` lets the agent speak as."""
    grants = [*_agent_grants(trace.agent), *_operator_grants(trace.system_prompt)]
    for text in _user_texts(trace):
        grants.extend(_user_grants(text))
    return Authority(tuple(grants))


def _agent_grants(agent: str | None) -> Iterable[frozenset[str]]:
    return (_words(agent.replace("_", " ")),) if agent else ()


def _operator_grants(system_prompt: str | None) -> Iterable[frozenset[str]]:
    """Every sentence of the instructions that gives the agent a role grants the names in it."""
    if not system_prompt:
        return
    text = normalise(system_prompt).text
    negations = mark_text(CONTEXT_LEXICON, system_prompt).of("negation")
    for sentence in split_sentences(text):
        if any(sentence.start <= mark.start < sentence.end for mark in negations):
            continue
        written = text[sentence.start : sentence.end].lower()
        if _ADDRESSED_AGENT.search(written):
            yield frozenset(
                _bare(word.group())
                for word in _WORD.finditer(written)
                if not _TOPIC.search(written[max(0, word.start() - 60) : word.start()])
            )


def _user_texts(trace: AgentTrace) -> tuple[str, ...]:
    texts = [message.text for message in trace.messages[-_MAX_MESSAGES:] if message.role is Role.USER]
    if trace.input is not None:
        texts.append(trace.input)
    return tuple(dict.fromkeys(texts))


def _user_grants(text: str) -> Iterable[frozenset[str]]:
    """The user's own identity: what the user asserts, and what the user calls "my" or "our"."""
    marked, assertions = find_assertions(text)
    for assertion in assertions:
        yield frozenset(assertion.name.words) | _words(marked.text[assertion.start : assertion.end])
    context = mark_text(CONTEXT_LEXICON, text)
    for mark in context.of("own"):
        name = read_name(context.text, mark.end)
        if name is not None:
            yield frozenset(name.words)
    if context.of("plural"):
        # "Tell our customers at Veho ...": the user belongs to the organisation that the request names.
        yield from _organisations_named(context.text)


def _organisations_named(text: str) -> Iterable[frozenset[str]]:
    position = 0
    while position < len(text):
        name = read_name(text, position) if text[position].isupper() else None
        if name is not None and name.kind is Kind.ORGANISATION:
            yield frozenset(name.words)
        position = _next_word(text, name.end if name is not None else position)


def _next_word(text: str, position: int) -> int:
    space = _SPACE.search(text, position)
    return space.end() if space else len(text)


def _words(text: str) -> frozenset[str]:
    return frozenset(_bare(word.group()) for word in _WORD.finditer(normalise(text).text.lower()))


def _bare(word: str) -> str:
    return word.removesuffix("'s").rstrip(".'") if len(word) > _MIN_WORD else word
