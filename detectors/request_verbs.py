"""Requests in people's words: which verbs stand as one, and what each allows (``actions/requests.toml``)."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate, islice
from typing import Any, Final, cast

from .actions import Category
from .places import Places, any_within
from .remembered import PieceReadings
from .request_senses import SEVERAL_SENSES, meant

_WORD = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*+")
# A clause ends at a stop before white space, at a line end, or with "but".
_STOP = re.compile(r"[.!?;\n](?:\s|$|(?<=\n))")
_BUT = re.compile(r"\bbut\b", re.IGNORECASE)
_BUTS = Places("but")
_CLAUSE_START = re.compile(r"(?:^|[.!?:;\n(\[\"\u201c*•>)\u2013\u2014]|(?:^|\s)-|,|\d[.)])\s*$")
_JOINTS = frozenset("._@#")
_LETTERS = string.ascii_letters + "'\u2019"
_NEGATED = re.compile(
    r"(?:\b(?:not|never|without|cannot|avoid|refrain|nor|no need)\b|"
    r"n['\u2019]t\b)(?:(?!\b(?:but|then|instead)\b)[^.!?;\n]){0,40}$",  # _NEGATES
    re.IGNORECASE,
)
_NEGATIONS = Places("cannot|not|n't|n\u2019t|never|without|avoid|refrain|nor|no need")
_EXPLAINS = re.compile(
    r"^\W*(?:(?:please|can|could|would|you|kindly|also|and|so|hi|hello|hey)\W+)*(?:how\b|"
    r"what\b|why\b|when\b|where\b|who\b|which\b|explain\b|describe\b"
    r"|(?:tell|show|teach|remind)\s+me\s+(?:how|what|why|about)\b|is\b|are\b|does\b|did\b|"
    r"do\s+(?:i|we|you)\b|has\b|have\s+(?:i|we|you)\b|was\b|were\b)",
    re.IGNORECASE,
)
# The set of first letters comes first: at most places no word need be tried.
_PASSIVE_LEFT = re.compile(
    r"(?=[tsmnbghwl])\b(?:to be|should be|must be|needs? to be|be|get|getting|have|having|want|wants|need|"
    r"needs|like|see)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_PASSIVES = Places("be|get|hav(?:e|ing)|want|need|like|see")
_CAPABILITY = re.compile(
    r"\b(?:you (?:can|may|could|are able to|have (?:the ability|access|tools))|able to|"
    r"capable of|helps? (?:users?|customers?|people)|allowed to)\b[^.!?\n]{0,80}$",  # _ENABLES
    re.IGNORECASE,
)
_CAPABILITIES = Places(
    "you (?:can|may|could|have (?:the ability|access|tools))|able to|capable of|helps? (?:user|customer|people)"
    "|allowed to"
)
_VERB_LEFT = frozenset(("additionally", "afterwards", "again", "also", "and", "automatically", "can", "could",
    "customer", "customers", "directly", "either", "finally", "first", "go", "help", "i", "i'd", "i'll",
    "immediately", "instead", "it", "just", "kindly", "lastly", "let's", "lets", "me", "must", "never-mind",
    "next", "now", "or", "otherwise", "please", "quickly", "second", "shall", "should", "simply", "so",
    "subsequently", "then", "they", "third", "to", "us", "user", "users", "we", "we'll", "will", "would",
    "you", "you'll"))  # fmt: skip
_FINITE = frozenset({"been", "was", "were", "is", "are", "has", "had", "the", "a"})
_ING_LEFT = frozenset(
    (
        "about",
        "after",
        "and",
        "before",
        "by",
        "consider",
        "for",
        "help",
        "in",
        "involves",
        "is",
        "keep",
        "me",
        "mind",
        "need",
        "needs",
        "of",
        "or",
        "require",
        "start",
        "task",
        "to",
        "try",
        "while",
        "with",
    )
)
# Words that are nouns where an identifier or a form of "to be" follows: "Order #W9", "The message is ...".
_NOUN_RIGHT = re.compile(
    r"\s+(?:#|no\.\s|numbers?\b|ids?\b|[A-Z]{1,4}-?\d{2}|(?:\d{1,12}\s+)?(?:is|was|are|were|has|had|came|says|shows|never|arrived)\b)"
)
_MAY_BE_NOUN_WORDS = """
order book report post message share file transfer exchange return comment request claim charge log record change
update release build test note mark plan schedule call text email mail invite issue tag branch patch deposit trade
bill ticket booking reply review check search name answer quote lock host port support access design address
"""
_MAY_BE_NOUN = frozenset(_MAY_BE_NOUN_WORDS.split())
# How far before a verb its clause is looked at; how far behind a negation, and behind words for an ability, it may
# stand; and more than the longest of those takes itself. Nothing further back can match, so nothing further is read.
_REACH = 160
_PASSIVE_REACH = 90
_NEGATES = 40
_ENABLES = 80
_LONGEST = 40


@dataclass(frozen=True, slots=True, eq=False)
class _Verb:
    intents: tuple[str, ...]
    form: str  # base, ing or past
    lemma: str


def is_known_verb(word: str) -> bool:
    """Whether ``word``, lower case, is a verb of ``actions/requests.toml`` in any form."""
    return word in _verbs()


def find_requests(text: str, *, system: bool) -> tuple[set[str], set[str], set[str]]:
    """Find the requests in ``text``, or, with ``system``, the orders in a system prompt.

    Returns:
        The kinds of requests, the base forms of the verbs that make them, and those of all verbs not negated.
    """
    intents: set[str] = set()
    lemmas: set[str] = set()
    mentioned: set[str] = set()
    found = tuple(_verbs_in(text))
    boundaries = clause_ends(text) if found else []
    # Where these places show nothing, the patterns that look back over a whole clause need not be tried.
    negations = _NEGATIONS.ends(text) if found else []
    capabilities = _CAPABILITIES.ends(text) if system and found else []
    passives = _PASSIVES.ends(text) if any(verb.form == "past" for _, _, verb in found) else []
    passed = 0
    # A verb that was found to ask, whatever stands around it, says nothing new the next time.
    settled: set[_Verb] = set()
    for start, end, verb in found:
        if verb in settled or _is_in_name(text, start, end):
            continue
        while passed < len(boundaries) and boundaries[passed] <= start:
            passed += 1
        clause_start = max(boundaries[passed - 1] if passed else 0, start - _REACH)
        clause = text[clause_start:start]
        negated = negations and any_within(negations, max(clause_start, start - _NEGATES - 1), start)
        if negated and _NEGATED.search(clause, max(0, len(clause) - _NEGATES - _LONGEST)):
            continue
        mentioned.add(verb.lemma)
        if verb.lemma in _MAY_BE_NOUN and verb.form == "base" and _NOUN_RIGHT.match(text, end):
            continue
        left = text[max(0, start - _REACH) : start]
        passive = passives and any_within(passives, max(clause_start, start - _PASSIVE_REACH), start)
        if not _stands_as_request(verb, left, clause if passive else ""):
            continue
        enabled = capabilities and any_within(capabilities, max(clause_start, start - _ENABLES - 1), start)
        if enabled and _CAPABILITY.search(clause, max(0, len(clause) - _ENABLES - _LONGEST)):
            continue
        if verb.intents == ("read",) or _EXPLAINS.match(clause) is None:
            lemmas.add(verb.lemma)
            if verb.lemma not in SEVERAL_SENSES:
                settled.add(verb)
            intents.update(meant(verb.lemma, verb.intents, left, text[end : end + 40]))
    return intents, lemmas, mentioned


def _verbs_in(text: str) -> Iterator[tuple[int, int, _Verb]]:
    """Yield start and end of each verb of ``text``, in order."""
    pieces = text.split(" ")
    in_pieces = map(_PIECES.__getitem__, pieces)
    lengths = accumulate(map(len, pieces), initial=0)
    for blanks, (length, verbs) in enumerate(zip(lengths, in_pieces, strict=False)):
        for start, end, verb in verbs:
            yield length + blanks + start, length + blanks + end, verb


def _verbs_of_piece(piece: str) -> tuple[tuple[int, int, _Verb], ...]:
    # No word holds a blank: the verbs of a piece between blanks are the same wherever it stands.
    known = _verbs()
    if known.keys().isdisjoint([word.lower() for word in _WORD.findall(piece)]):
        return ()
    words = ((match, known.get(match[0].lower())) for match in _WORD.finditer(piece))
    return tuple((match.start(), match.end(), verb) for match, verb in words if verb is not None)


_PIECES: Final = PieceReadings(_verbs_of_piece)


def _is_in_name(text: str, start: int, end: int) -> bool:
    """Whether the word is part of a file name, address or identifier: "plan.docx", "notify@a.example", "send_mail"."""
    before, after = text[start - 1 : start], text[end : end + 2]
    return (before in _JOINTS and text[start - 2 : start - 1].isalnum()) or (
        after[:1] in _JOINTS and after[1:].isalnum()
    )


def clause_ends(text: str, most: int | None = None) -> list[int]:
    """List where the clauses of ``text`` end, in order; the first ``most`` of them."""
    stops = [match.end() for match in islice(_STOP.finditer(text), most)]
    buts = [end for start, end in _BUTS.find(text) if _BUT.match(text, start)]
    return sorted(stops + buts)[:most]


def _stands_as_request(verb: _Verb, left: str, clause: str) -> bool:
    """Whether ``verb`` asks for something between ``left`` and what follows.

    ``clause`` is what stands before it in its clause, empty where that holds no word of ``_PASSIVES``.
    """
    before = left[-30:].rstrip()
    word = before[len(before.rstrip(_LETTERS)) :].lower().replace("\u2019", "'")
    if verb.form == "base":
        return word in _VERB_LEFT or _CLAUSE_START.search(left[-6:]) is not None
    if verb.form == "ing":
        return word in _ING_LEFT
    return word not in _FINITE and _PASSIVE_LEFT.search(clause[-_PASSIVE_REACH:]) is not None


@dataclass(frozen=True, slots=True)
class _Table:
    verbs: tuple[str, ...]
    other: tuple[str, ...]
    allows: dict[Category, float]


@cache
def _tables() -> dict[str, _Table]:
    text = files(__package__ or "detectors").joinpath("actions", "requests.toml").read_text("utf-8")
    tables = cast("dict[str, dict[str, Any]]", tomllib.loads(text))
    return {
        intent: _Table(
            verbs=tuple(table["verbs"]),
            other=tuple(table["other"]),
            allows={Category(name): float(weight) for name, weight in table["allows"].items()},
        )
        for intent, table in tables.items()
    }


@cache
def allowances() -> dict[str, dict[Category, float]]:
    """Return, for each kind of request, the greatest weight of each category's actions that it covers."""
    return {"broad": {}, "order": {}, **{intent: table.allows for intent, table in _tables().items()}}


@cache
def _verbs() -> dict[str, _Verb]:
    collected: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for intent, table in _tables().items():
        lemmas = dict.fromkeys(spelling for lemma in table.verbs for spelling in _spellings(lemma))
        forms = [(lemma, _forms(lemma)) for lemma in lemmas] + [(word, {word: "past"}) for word in table.other]
        for lemma, kinds_of_form in forms:
            for form, kind in kinds_of_form.items():
                collected.setdefault(form, {}).setdefault(kind, []).append((lemma, intent))
    verbs: dict[str, _Verb] = {}
    for form, kinds in collected.items():
        # "set" is a base form and a past: the base form asks for something.
        kind = next(kind for kind in ("base", "past", "ing") if kind in kinds)
        found = kinds[kind]
        verbs[form] = _Verb(tuple(dict.fromkeys(intent for _, intent in found)), kind, found[0][0])
    return verbs


def _spellings(lemma: str) -> tuple[str, ...]:
    # "organize" and "organise"; "size" and "seize" have no other spelling.
    return (lemma, lemma[:-3] + "ise") if lemma.endswith("ize") and len(lemma) > 6 else (lemma,)


def _forms(lemma: str) -> dict[str, str]:
    stem = lemma.removesuffix("e")
    doubled = lemma + lemma[-1] if re.search(r"[^aeiou][aeiou][bdgkmnprt]$", lemma) and len(lemma) <= 6 else ""
    past = lemma[:-1] + "ied" if lemma.endswith("y") and lemma[-2:-1] not in "aeiou" else stem + "ed"
    forms = {stem + "ing": "ing", past: "past", lemma: "base"}
    if doubled:
        forms |= {doubled + "ing": "ing", doubled + "ed": "past"}
    if lemma == "cancel":
        forms |= {"cancelling": "ing", "cancelled": "past"}
    forms[lemma] = "base"
    return forms
