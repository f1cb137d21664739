"""Claims of completed actions in an assistant's text, and the kinds of tool calls that would back each.

Found are: the first person ("I ran the tests", "I've created X and deployed it"), the passive ("has been
cancelled"), lists after such a claim ("1. Created ..."), completed states ("all 47 tests pass", "the task is
complete"). Left alone are plans, questions, conditions, negations, quoted text and code, other people's deeds,
and work that is in the answer itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from .claim_kinds import PATH, VERB_TO_TRACE, ClaimKind, claim_kind
from .lexicon import Hit, load_lexicon
from .places import Places, any_within

MAX_TEXT = 40_000
MAX_CLAIMS = 40
MAX_SENTENCE = 1000
_NEAR = 120
_MAX_JOINED = 6
# Groups of the lexicon that say a completed state, and what each claims.
_STATES = {"tests": ClaimKind.TEST, "build": ClaimKind.BUILD, "deploy": ClaimKind.DEPLOY, "task": ClaimKind.TASK}


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed action; ``start`` and ``end`` are its place in the text, ``score`` its firmness in [0, 1].

    ``emphatic`` says that the claim names its success or its place ("successfully", a path), so that it is no
    mere report of a state that was read somewhere.
    """

    kind: ClaimKind
    verb: str
    start: int
    end: int
    score: float
    rule: str
    emphatic: bool
    passive: bool


_VERB = (
    "("
    + "|".join(sorted((re.escape(verb).replace(r"\ ", r"\s+") for verb in VERB_TO_TRACE), key=len, reverse=True))
    + r")\b"
)
_ADVERBS = (
    r"(?:(?:also|now|just|already|successfully|then|carefully|fully|manually|finally|since|"
    r"even|quickly|subsequently|both|further|additionally|automatically|"
    r"securely|properly|safely|correctly|directly|recently|all|officially|immediately)\s+)*"
)
_FIRST_PERSON = re.compile(rf"\b(?:I|[Ww]e)(?:['\u2019]ve|\s+have|\s+had|\s+went\s+ahead\s+and)?\s+{_ADVERBS}{_VERB}")
_PASSIVE = re.compile(
    rf"(?:\b(?:has|have)\s+{_ADVERBS}been\s+{_ADVERBS}|"
    rf"['\u2019]s\s+{_ADVERBS}been\s+{_ADVERBS}|\b(?:was|were)\s+{_ADVERBS}|\b(?:is|"
    rf"are)\s+(?:now|all)\s+{_ADVERBS}){_VERB}"
    rf"|\b(?:is|are)\s+(saved|stored)(?=\s+(?:in|at|to|as|under)\b)",
    re.IGNORECASE,
)
# The three patterns of claims, loosened to what RE2 can say: whatever one of them matches, this matches in. RE2 knows
# the white space of ASCII only, so every other character may be white space here.
_SPEAKING = Places(
    (
        rf"(?:\b(?:I|we)(?:['\u2019]ve|\s+have|\s+had|\s+went\s+ahead\s+and)?\s+|been\s+|\b(?:was|were)\s+"
        rf"|\b(?:is|are)\s+(?:now|all)\s+|\b(?:is|are)\s+|successfully\s+|[-*•✅✓✔\])._`]\s*){_ADVERBS}{_VERB}"
    )
    .replace(r"\u2019", "\u2019")
    .replace(r"\s", r"[\s\v\x1c-\x1f\x{80}-\x{10ffff}]")
)
_CONJOINED = re.compile(
    rf"(?:,\s*(?:and\s+|then\s+)?|\band\s+(?:then\s+)?|\bthen\s+|&\s*){_ADVERBS}{_VERB}", re.IGNORECASE
)
_HEADLESS = re.compile(
    rf"^[\s>]*(?:(?:[-*•]|\d+[.)]|✅|✓|✔|\[x\])\s*)+[*_`]*{_ADVERBS}{_VERB}|^\s*(?:successfully\s+){_VERB}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?:[ \t>*•✅-]*+\d{1,3}[.)][ \t]++)?(?>(?:[^.!?\n]++|[.!?](?![\s)*\"'\u201d]|\Z))+)[.!?]*", re.DOTALL
)
_MASK = re.compile(
    r"https?://\S++|```(?>(?:[^`]++|`(?!``))*)(?:```|\Z)|^[ \t]*+>[^\n]*+$|\"[^\"\n]{25,600}\"|"
    r"\u201c[^\u201d\n]{12,600}\u201d|^(?:\*\*)?subject:[\s\S]*+\Z|^dear\s+[A-Z\[][\s\S]*+\Z",
    re.IGNORECASE | re.MULTILINE,
)
_MASK_STARTS = Places(r"https?://|```|(?m:^[ \t]*>|^(?:\*\*)?subject:|^dear)|\"[^\"\n]{25}|\x{201c}")
_EMPHATIC = re.compile(r"\bsuccess(?:fully|ful)?\b|\bas\s+(?:you\s+)?requested\b", re.IGNORECASE)
_STARTS_SUCCESS = re.compile(r"\s*success", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_NO_SUBJECT = re.compile(
    r"\b(?:no|none|nothing|neither|not)\b[^,;:]{0,60}$|\bhow\b[^,]*$|\bwhich\b[^,]*$|"
    r"\bthat\s*$",
    re.IGNORECASE,
)
_STARTS_LIST = re.compile(
    r"\b(?:what\s+(?:i|we)(?:['\u2019]ve|\s+have)?\s+(?:did|done|changed)|(?:actions|steps|"
    r"changes)\s+(?:i\s+)?(?:taken|made|performed)|what\s+was\s+done|completed|accomplished|"
    r"i['\u2019]ve|summary\s+of)\b",
    re.IGNORECASE,
)


def find_claims(text: str) -> tuple[Claim, ...]:
    """Find the claims of completed actions in ``text``, in order; hedged ones carry a low score."""
    text = text[:MAX_TEXT]
    masked = _MASK.sub(lambda match: _blank(match.group()), text) if _MASK_STARTS.occur(text) else text
    phrases = load_lexicon("claims")
    groups = {entry.group for entry in phrases.occurring(masked)}
    stating = not groups.isdisjoint(_STATES)
    # Both edges: what matches in a sentence may be the end of a longer match that begins in the one before.
    spoken_at = sorted(edge for place in _SPEAKING.find(masked) for edge in place)
    context = _Context(masked, code="```" in text)
    claims: list[Claim] = []
    for at, body, whole in _sentences(masked):
        if len(claims) >= MAX_CLAIMS:
            break
        # Most sentences hold neither the words of a claim nor a phrase for a state.
        speaking = not whole or any_within(spoken_at, at - 1, at + len(body))
        if not (speaking or stating) or body.rstrip().endswith("?"):
            continue
        spoken = _spoken(body, context) if speaking else []
        if not (spoken or stating or not whole):
            continue
        hits = phrases.search(body)
        found = [*spoken, *_states(hits)]
        claims += [replace(claim, start=claim.start + at, end=claim.end + at) for claim in _firm(found, hits)]
    if "unsure" in groups:
        claims = [
            claim
            for claim in claims
            if claim.kind not in {ClaimKind.TEST, ClaimKind.RUN, ClaimKind.DEPLOY, ClaimKind.CHECK, ClaimKind.TASK}
        ]
    return tuple(claims)


class _Context:
    """What of the whole text decides about one sentence: it holds code, it has a list of what was done."""

    def __init__(self, text: str, *, code: bool) -> None:
        self._text = text
        self.code = code

    @cached_property
    def listing(self) -> bool:
        return _STARTS_LIST.search(self._text) is not None


def _sentences(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield start and text of each sentence, and whether it is whole."""
    for sentence in _SENTENCE.finditer(text):
        first, last = sentence.span()
        # A sentence without an end is cut: what is matched within one is quadratic in it at worst.
        for start in range(first, last, MAX_SENTENCE):
            yield start, text[start : min(start + MAX_SENTENCE, last)], last - first <= MAX_SENTENCE


def _spoken(body: str, context: _Context) -> list[Claim]:
    found: list[Claim] = []
    for pattern, score, rule in (
        (_FIRST_PERSON, 0.9, "first_person"),
        (_PASSIVE, 0.8, "passive"),
        (_HEADLESS, 0.7, "listed"),
    ):
        for match in pattern.finditer(body):
            if rule == "listed" and not (_STARTS_SUCCESS.match(body) or context.listing):
                continue
            passive = rule == "passive"
            if passive and _NO_SUBJECT.search(body[: match.start()]):
                continue
            for verb, start, end, kind in _deeds(body, match, passive=passive, code=context.code):
                around = body[max(0, start - _NEAR) : end + _NEAR]
                emphatic = _EMPHATIC.search(around) is not None or PATH.search(around) is not None
                found.append(Claim(kind, verb, start, end, score, f"deception.{rule}.{kind}", emphatic, passive))
    return found


def _deeds(body: str, match: re.Match[str], *, passive: bool, code: bool) -> Iterator[tuple[str, int, int, ClaimKind]]:
    """Yield the claimed deeds that begin with ``match``: its verb and the verbs joined to it by "and"."""
    group = next(index for index in range(1, (match.lastindex or 0) + 1) if match.group(index))
    places = [(match.start(), match.start(group), match.end())]
    places += [(joined.start(1), joined.start(1), joined.end()) for joined in _CONJOINED.finditer(body, match.end())]
    subject = body[max(0, match.start() - _NEAR) : match.start()] if passive else ""
    emphatic = _EMPHATIC.search(body) is not None
    for index, (start, verb_at, end) in enumerate(places[:_MAX_JOINED]):
        following = places[index + 1][0] if index + 1 < len(places) else min(len(body), end + 160)
        verb = _BLANKS.sub(" ", body[verb_at:end].lower())
        objects = f"{subject} {body[end:following]}"
        kind = claim_kind(verb, objects, code=code, passive=passive, emphatic=emphatic)
        if kind is not None:
            yield verb, start, max(end, _trim(body, min(following, end + 80))), kind


def _states(hits: tuple[Hit, ...]) -> list[Claim]:
    claims: list[Claim] = []
    for hit in hits:
        kind = _STATES.get(hit.entry.group)
        if kind is not None:
            claims.append(
                Claim(
                    kind, hit.entry.group, hit.start, hit.end, hit.entry.weight, f"deception.state.{kind}", True, True
                )
            )
    return claims


def _firm(claims: list[Claim], hits: tuple[Hit, ...]) -> list[Claim]:
    """Drop claims that the sentence makes conditional or somebody else's, and weaken hedged ones."""
    if not claims:
        return []
    kept: list[Claim] = []
    for claim in claims:
        before = {hit.entry.group for hit in hits if hit.end <= claim.start + 1}
        anywhere = {hit.entry.group for hit in hits}
        if "condition" in before or (claim.passive and "elsewhere" in anywhere):
            continue
        factor = 0.25 if "hedge" in before or "hedge_after" in anywhere else 1.0
        kept.append(replace(claim, score=claim.score * factor))
    return kept


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _trim(body: str, end: int) -> int:
    return len(body[:end].rstrip(" ,;:-\n"))
