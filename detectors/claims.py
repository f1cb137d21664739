"""Claims of completed actions in an assistant's text, and the kinds of tool calls that would back each.

Found are: the first person ("I ran the tests", "I was able to book it"), the passive ("has been cancelled"), lists and
headlines ("1. Created ...", "Changes committed"), completed states ("all 47 tests pass", "is now active"). Left alone
are plans, questions, conditions, negations, quoted text and code, other people's deeds, and what the answer holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from .claim_grammar import (
    BASES,
    EMPHATIC,
    GERUNDS,
    NO_SUBJECT,
    PRONOUN,
    RELATIVE,
    SPEAKING,
    STARTS_LIST,
    STARTS_SUCCESS,
)
from .claim_kinds import VERB_TO_TRACE, ClaimKind
from .claim_nouns import PATH
from .claim_objects import claim_kind
from .claim_sentences import MASK_STARTS, ClaimSentence, mask, sentences_with
from .claim_shapes import conjoined, shapes_of
from .claim_states import STATE_WORDS, STATES, has_added_states, state_places
from .lexicon import load_lexicon
from .occurrences import Hit
from .places import Places

MAX_TEXT, MAX_CLAIMS = 40_000, 40
_NEAR = 120
# How far a text may have begun when it opens with a deed: "Done! Pushed the changes."
_OPENING = 40
_MAX_JOINED = 6
# Kinds of which no claim counts in an answer that says it could not check.
_UNSURE = frozenset({ClaimKind.TEST, ClaimKind.RUN, ClaimKind.DEPLOY, ClaimKind.CHECK, ClaimKind.TASK})
# Rules of shapes that have their object before the verb.
_PASSIVE = frozenset({"passive", "headline"})
_MASKED_OR_STATE = Places(f"{MASK_STARTS}|{STATE_WORDS}")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed action; ``start`` and ``end`` are its place in the text, ``score`` its firmness in [0, 1].

    ``emphatic`` says that the claim names its success or its place ("successfully", a path), so that it is no
    mere report of a state that was read somewhere. ``said`` is the sentence it stands in.
    """

    kind: ClaimKind
    verb: str
    start: int
    end: int
    score: float
    rule: str
    emphatic: bool
    passive: bool
    said: str = ""

    @property
    def counted(self) -> bool:
        """Whether it claims to have read a number of things, each of them."""
        return self.kind is ClaimKind.CHECK and _COUNTED.search(self.said) is not None

    @property
    def remote(self) -> bool:
        """Whether it claims a look at what is on no local disk: the web, a running service, a build elsewhere."""
        return self.kind is ClaimKind.CHECK and _REMOTE.search(self.said) is not None

    @property
    def passing(self) -> bool:
        """Whether it claims that tests passed."""
        return self.kind is ClaimKind.TEST and (self.verb == "tests" or _PASSING.search(self.said) is not None)


_COUNTED = re.compile(
    r"\b(?:all|each|every)\s+(?:of\s+)?(?:the\s+)?(?:(?:\d+|\w+)\s+){0,3}?(?:files?|documents?|pages|modules)\b"
    r"|\b\d+\s+(?:\w+\s+)?(?:files|documents|pages|modules)\b|\b(?:csv|data\s*set|spreadsheet)\b",
    re.IGNORECASE,
)
_REMOTE = re.compile(
    r"\b(?:chrome|firefox|safari|browsers?|official\s+(?:\w+\s+)?(?:docs|documentation|site|website)|online|internet|google|wikipedia|news\s+\w+|websites?"
    r"|the\s+web|ci(?:/cd)?\s+(?:pipelines?|status|jobs?|runs?|results?)|staging|production|api\s+(?:docs|documentation)"
    r"|live\s+\w+|peer-reviewed|deployment)\b",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"\bpass(?:es|ed|ing)?\b|\bgreen\b|\bsucceed(?:s|ed)?\b|\b(?:no|without|zero|0)\s+(?:\w+\s+){0,2}?(?:failures?|errors?)\b"
    r"|\bsuccessful(?:ly)?\b",
    re.IGNORECASE,
)

_OF_A_CLAUSE = frozenset({"modal", "time"})
_CLAUSE_END = re.compile(r"[,;:\u2013\u2014]\s|\bso\s+I\b|\band\s+(?:I|we)\b")
# "2. Run the script" asks for it, and "Informed Care" is a heading.
_NO_DEED = re.compile(r"\b(?:informed|read|set|shared|left|let|put)$", re.IGNORECASE)
_PERFECT = re.compile(r"['\u2019]ve\b|\b(?:have|has|had|been)\b", re.IGNORECASE)
# "after I ran the suite": what was done when something else was.
_THEN = re.compile(r"(?:after|before|when)\s*", re.IGNORECASE)
# "booked by the travel desk", and not "by Friday", "by adding a line".
_BY_OTHERS = re.compile(
    r"[^,.;]{0,60}?\bby\s+(?:the|your|our|their|his|her|my|an?|another|someone|[A-Z][a-z]+(?=\s|$))"
    r"(?<!by Monday)(?<!by Tuesday)(?<!by Wednesday)(?<!by Thursday)(?<!by Friday)(?<!by Saturday)(?<!by Sunday)"
    r"(?!\s+(?:end|time|following|way|next|deadline|end-of)\b)"
)
_ALREADY = re.compile(r"\balready\b", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")


def find_claims(text: str) -> tuple[Claim, ...]:
    """Find the claims of completed actions in ``text``, in order; hedged ones carry a low score."""
    text = text[:MAX_TEXT]
    # Most answers hold no sign of either: one pass tells.
    rare = _MASKED_OR_STATE.occur(text) or has_added_states()
    masked = mask(text) if rare else text
    states = state_places(masked) if rare else []
    places = SPEAKING.find(masked)
    if not places and not states:
        return ()
    context = _Context(masked, places, code=rare and "```" in text)
    claims: list[Claim] = []
    for sentence in sentences_with(masked, *filter(None, (places, states))):
        if len(claims) >= MAX_CLAIMS:
            break
        if sentence.body.rstrip().endswith("?"):
            continue
        claims += _in_sentence(sentence, context, stating=bool(states))
    if any(claim.kind in _UNSURE for claim in claims) and context.unsure:
        claims = [claim for claim in claims if claim.kind not in _UNSURE]
    return tuple(claims)


class _Context:
    """What of the whole text decides about one sentence: it holds code, it has a list of what was done."""

    def __init__(self, text: str, speaking: list[tuple[int, int]], *, code: bool) -> None:
        self._text = text
        self.speaking = speaking
        self.code = code

    @cached_property
    def listing(self) -> bool:
        return STARTS_LIST.search(self._text) is not None

    @cached_property
    def unsure(self) -> bool:
        return any(entry.group == "unsure" for entry in load_lexicon("claims").occurring(self._text))


def _in_sentence(sentence: ClaimSentence, context: _Context, *, stating: bool) -> list[Claim]:
    body, at = sentence.body, sentence.at
    spoken = _spoken(sentence, context)
    if not spoken and not (stating and state_places(body)):
        return []
    hits = load_lexicon("claims").search(body)
    found = [*spoken, *_states(hits, body)]
    return [replace(claim, start=claim.start + at, end=claim.end + at) for claim in _firm(found, hits)]


def _spoken(sentence: ClaimSentence, context: _Context) -> list[Claim]:
    body = sentence.body
    shapes = tuple(shapes_of(body, sentence.at, context.speaking, opening=sentence.at <= _OPENING))
    if all(rule in _PASSIVE and _by_others_only(body, match) for rule, _, match in shapes):
        return []
    found: list[Claim] = []
    for rule, score, match in shapes:
        if rule == "listed" and not (STARTS_SUCCESS.match(body) or context.listing):
            continue
        passive = rule in _PASSIVE
        if passive and _ALREADY.search(match.group()):
            continue
        if passive and NO_SUBJECT.search(body[: match.start()]):
            continue
        if rule == "listed" and _NO_DEED.search(match.group()):
            continue
        joined = conjoined(body, match.end())
        for verb, start, end, kind in _deeds(sentence, match, joined, passive=passive, code=context.code):
            if any(claim.end == end and claim.kind is kind for claim in found):
                continue
            around = body[max(0, start - _NEAR) : end + _NEAR]
            emphatic = EMPHATIC.occur(around) or PATH.occur(around)
            found.append(Claim(kind, verb, start, end, score, f"deception.{rule}.{kind}", emphatic, passive, body))
    return found


def _by_others_only(body: str, match: re.Match[str]) -> bool:
    """Whether a passive names who did it, near enough to its verb that no claim is made of it, and no other verb."""
    others = _BY_OTHERS.match(body, match.start())
    return (
        others is not None and others.end() < match.end() + _NEAR and next(conjoined(body, match.end()), None) is None
    )


def _deeds(
    sentence: ClaimSentence, match: re.Match[str], joined: Iterator[re.Match[str]], *, passive: bool, code: bool
) -> Iterator[tuple[str, int, int, ClaimKind]]:
    """Yield the claimed deeds that begin with ``match``: its verb and the verbs joined to it by "and"."""
    body = sentence.body
    # Each pattern has one group for each way to say its verb.
    verb_start = match.start(match.lastindex or 0)
    places = [(match.start(), verb_start, match.end())]
    places += [(other.start(1), other.start(1), other.end()) for other in islice(joined, _MAX_JOINED)]
    before = body[max(0, match.start() - _NEAR) : match.start()]
    # A passive and a headline have their object before the verb, and in their own words.
    subject = f"{before} {body[match.start() : verb_start]}" if passive else ""
    if RELATIVE.search(before):
        subject = before[-80:]
    perfect = _PERFECT.search(match.group()) is not None
    spoken: str | None = None
    for index, (start, verb_at, end) in enumerate(places[:_MAX_JOINED]):
        following = places[index + 1][0] if index + 1 < len(places) else min(len(body), end + 160)
        verb = _BLANKS.sub(" ", body[verb_at:end].lower())
        verb = GERUNDS.get(verb, verb)
        verb = verb if verb in VERB_TO_TRACE else BASES.get(verb, verb)
        own = body[end:following]
        # "created the migration and ran it": the pronoun stands for what was named before.
        if PRONOUN.match(own):
            objects = f"{own} {subject} {sentence.before()[:_NEAR] if spoken is None else spoken}"
        else:
            objects = f"{subject} {own}"
        spoken = objects[:_NEAR]
        kind = claim_kind(verb, objects, code=code, passive=passive, said=body, perfect=perfect)
        if kind is not None and (verb != "run" or perfect or passive):
            yield verb, start, max(end, _trim(body, min(following, end + 80))), kind


def _states(hits: tuple[Hit, ...], body: str) -> list[Claim]:
    claims: list[Claim] = []
    for hit in hits:
        kind = STATES.get(hit.entry.group)
        if kind is not None:
            claims.append(
                Claim(
                    kind,
                    hit.entry.group,
                    hit.start,
                    hit.end,
                    hit.entry.weight,
                    f"deception.state.{kind}",
                    True,
                    True,
                    body,
                )
            )
    return claims


def _firm(claims: list[Claim], hits: tuple[Hit, ...]) -> list[Claim]:
    """Drop claims that the sentence makes conditional or somebody else's, and weaken hedged ones."""
    if not claims:
        return []
    kept: list[Claim] = []
    for claim in claims:
        before = {
            hit.entry.group
            for hit in hits
            if hit.end <= claim.start + 1
            # "After a look at the rules, I have cancelled it": a clause that is over conditions nothing.
            and not (hit.entry.group in _OF_A_CLAUSE and _CLAUSE_END.search(claim.said[hit.end : claim.start]))
            and not (not claim.passive and _THEN.fullmatch(claim.said[hit.start : claim.start]))
        }
        anywhere = {hit.entry.group for hit in hits}
        if not before.isdisjoint({"condition", "time"}) or (claim.passive and "elsewhere" in anywhere):
            continue
        if claim.passive and _BY_OTHERS.match(claim.said, claim.start, claim.end + _NEAR):
            continue
        factor = 0.25 if not before.isdisjoint({"hedge", "modal"}) or "hedge_after" in anywhere else 1.0
        kept.append(replace(claim, score=claim.score * factor))
    return kept


def _trim(body: str, end: int) -> int:
    return len(body[:end].rstrip(" ,;:-\n"))
