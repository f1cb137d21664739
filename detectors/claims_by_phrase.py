"""Claims of completed actions in other languages than English, found by the phrases of their ``claims`` lexicons.

An entry of a group ``said_<kind>`` is the first person ("ich habe die Tests ausgeführt"), of ``done_<kind>`` the
passive ("wurde storniert"); ``tests``, ``build``, ``deploy`` and ``task`` are completed states. What the other groups
mark takes a claim of the same sentence back: negation, question, condition, somebody else's deed; a hedge weakens it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from .claim_kinds import ClaimKind
from .claim_nouns import PATH
from .claim_sentences import MAX_SENTENCE
from .claims import MAX_CLAIMS, MAX_TEXT, Claim
from .marks import Mark, MarkedText, mark_text
from .sentences import Sentence, inside, quotations, split_sentences

_STATES: Final = MappingProxyType(
    {"tests": ClaimKind.TEST, "build": ClaimKind.BUILD, "deploy": ClaimKind.DEPLOY, "task": ClaimKind.TASK}
)
# The English verb of a kind: tools are named, and results are written, in English.
_VERBS: Final[Mapping[ClaimKind, str]] = MappingProxyType(
    {
        ClaimKind.TEST: "tested",
        ClaimKind.BUILD: "built",
        ClaimKind.RUN: "executed",
        ClaimKind.CHECK: "checked",
        ClaimKind.DEPLOY: "deployed",
        ClaimKind.VERSION: "committed",
        ClaimKind.MESSAGE: "sent",
        ClaimKind.RECORD: "updated",
        ClaimKind.CANCEL: "cancelled",
        ClaimKind.BOOK: "booked",
        ClaimKind.PAY: "refunded",
        ClaimKind.FILE: "updated",
        ClaimKind.FILE_DELETE: "deleted",
        ClaimKind.INSTALL: "installed",
        ClaimKind.DATABASE: "migrated",
        ClaimKind.UPLOAD: "uploaded",
        ClaimKind.TASK: "completed",
    }
)
_UNSURE: Final = frozenset({ClaimKind.TEST, ClaimKind.RUN, ClaimKind.DEPLOY, ClaimKind.CHECK, ClaimKind.TASK})
_TAKING_BACK: Final = frozenset({"negation", "question", "condition", "elsewhere", "hedge", "unsure"})
_SAID_SCORE: Final = 0.9
_HEDGED: Final = 0.25
# How near before and behind a claim a negation belongs to it.
_NEGATED_BEFORE: Final = 24
_NEGATED_BEHIND: Final = 12
_URL: Final = re.compile(r"https?://\S++")
_QUESTION: Final = re.compile(r"[?][\"')\s*]*$")


def find_claims_by_phrase(text: str) -> tuple[Claim, ...]:
    """Find the claims of completed actions in ``text``, in order; hedged ones carry a low score."""
    marked = mark_text("claims", text[:MAX_TEXT])
    claiming = [mark for mark in marked.marks if _kind(mark) is not None]
    if not claiming:
        return ()
    taking_back = [mark for mark in marked.marks if mark.group in _TAKING_BACK]
    unsure = any(mark.group == "unsure" for mark in taking_back)
    masked = sorted([*quotations(marked.text), *(match.span() for match in _URL.finditer(marked.text))])
    claims: list[Claim] = []
    for sentence, said, around in _by_sentence(marked, claiming, taking_back):
        if _QUESTION.search(marked.text[sentence.start : sentence.end]) or any(
            mark.group == "question" for mark in around
        ):
            continue
        for mark in said:
            kind = _kind(mark)
            if kind is None or inside(mark.start, masked) or (unsure and kind in _UNSURE) or _taken_back(mark, around):
                continue
            claims.append(_claim(marked, sentence, mark, kind, hedged=any(item.group == "hedge" for item in around)))
    return tuple(_one_per_place(claims)[:MAX_CLAIMS])


def _kind(mark: Mark) -> ClaimKind | None:
    manner, _, kind = mark.group.partition("_")
    return ClaimKind(kind) if manner in {"said", "done"} else _STATES.get(mark.group)


def _by_sentence(
    marked: MarkedText, claiming: list[Mark], taking_back: list[Mark]
) -> Iterator[tuple[Sentence, list[Mark], list[Mark]]]:
    """Yield each sentence that claims something with its claims and what takes claims back in it."""
    first_claim = first_other = 0
    for sentence in split_sentences(marked.text):
        first_claim = _behind(claiming, first_claim, sentence.start)
        first_other = _behind(taking_back, first_other, sentence.start)
        last_claim = _behind(claiming, first_claim, sentence.end)
        if last_claim == first_claim or sentence.end - sentence.start > MAX_SENTENCE:
            continue
        last_other = _behind(taking_back, first_other, sentence.end)
        yield sentence, claiming[first_claim:last_claim], taking_back[first_other:last_other]


def _behind(marks: list[Mark], first: int, position: int) -> int:
    # What a mark begins with may be the white space or stop before its sentence: its middle tells where it stands.
    while first < len(marks) and (marks[first].start + marks[first].end) // 2 < position:
        first += 1
    return first


def _taken_back(claim: Mark, around: list[Mark]) -> bool:
    for mark in around:
        if mark.group == "negation" and (
            mark.end > claim.start - _NEGATED_BEFORE and mark.start < claim.end + _NEGATED_BEHIND
        ):
            return True
        if mark.group == "condition" and mark.start < claim.end:
            return True
        if mark.group == "elsewhere" and not claim.group.startswith("said_"):
            return True
    return False


def _claim(marked: MarkedText, sentence: Sentence, mark: Mark, kind: ClaimKind, *, hedged: bool) -> Claim:
    start, end = marked.normalised.original(mark.start, mark.end)
    quoted = marked.original[start:end]
    start += len(quoted) - len(quoted.lstrip(" \t\r\n.,;:!?*-\u3002\u3001"))
    said = mark.group.startswith("said_")
    return Claim(
        kind=kind,
        verb="tests" if mark.group == "tests" else _VERBS[kind],
        start=start,
        end=end,
        score=(_SAID_SCORE if said else mark.weight) * (_HEDGED if hedged else 1.0),
        rule=mark.rule,
        emphatic=said or mark.group in _STATES or PATH.occur(marked.text[sentence.start : sentence.end]),
        passive=not said,
        said=marked.text[sentence.start : sentence.end],
    )


def _one_per_place(claims: list[Claim]) -> list[Claim]:
    """Keep one of several claims of the same words: the firmest."""
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda item: (item.start, -item.score)):
        if kept and claim.start < kept[-1].end and claim.kind is kept[-1].kind:
            kept[-1] = replace(kept[-1], end=max(kept[-1].end, claim.end))
            continue
        kept.append(claim)
    return kept
