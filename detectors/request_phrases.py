"""Requests that no known verb makes: wishes, problems reported, turns of phrase, orders with an unknown verb.

They say what a verb table cannot: "I'd like one more bag", "There is a bug in ...", "Get rid of these", "Bounce the
pods". The last only tells that more than reading was asked for.
"""

from __future__ import annotations

import re

from .lexicon import load_lexicon
from .request_verbs import is_known_verb

# "Find out why the site is down": the problem is asked about, not reported.
_ASKED_ABOUT = re.compile(r"\b(?:why|whether|how|what|which|who|where)\b[^.!?\n]*$", re.IGNORECASE)
_ASKED_REACH = 60
ORDER = "order"
_ASKS = "asks_"
QUESTION = re.compile(
    r"(?:^|[.!?\n,][ \t]{0,20})(?:what|who|when|where|which|why|how|is|are|does|did|do|has|have|was)\b[^!?\n]{0,300}\?",
    re.IGNORECASE,
)
# What is only to be told, in a wish: "I need a list of ...", "Get me some information on ...".
_TO_BE_TOLD = re.compile(
    r"\b(?:lists?|summar(?:y|ies)|overview|information|info|details?|data|numbers?|figures?|idea|ideas|answers?|advice|help"
    r"|explanations?|descriptions?|recommendations?|suggestions?|opinion|options?|quotes?|estimates?|comparison|analysis"
    r"|analyses|reviews?|status|weather|forecast|news|definition|translation|look|sense|breakdown|count|insights?|tips?"
    r"|recap|rundown|examples?|link|links|name|names|way|place|recipe|facts?|reports?)(?![\w-])",
    re.IGNORECASE,
)
_LEARNS_WORDS = """
know see learn understand find check hear read look have be get figure make think ask compare confirm clarify go say
double-check determine decide visit eat stay watch talk start keep do use
"""
_LEARNS = frozenset(_LEARNS_WORDS.split())
_LAST_WORD = re.compile(r"([\w-]+)\W*$")
_FIRST_WORDS = re.compile(
    r"[\s>*\u2022\d.)#-]{0,20}(?:(?:please|kindly|now|then|also|and|next|finally|(?:can|could"
    r"|would) you)[\s,]{1,3}){0,4}"
    r"([A-Za-z]{3,14})\s+(?:the|an?|my|our|all|these|those|every|each|it|them|this|that|some|him|her|us|me)\b",
    re.IGNORECASE,
)
# No verb: words that open a sentence before an article or a pronoun.
_OPENERS_WORDS = """
about above according across after against all along also although among and another any are around because been
before behind below beneath beside besides between beyond both but can could despite did does doing done down due
during each either else even every except few first for from given had has have hello her here hey his how however
including instead into its just last like many maybe might more most much near neither next nor not now off once one
only onto other our out over past per perhaps plus said same second see shall she should since some soon still such
than thank thanks that the their them then there these they third this those though three through throughout thus
till too toward two under unless until unlike upon use using very via was were what when where whether which while
who whose why will with within without would yes yet you your isn aren don doesn didn let lets dear suppose imagine
remember think know want need wish hope believe wonder love hate enjoy prefer expect appreciate mean regarding
concerning may must ought used take whats hows whos heres theres ive did
"""
_OPENERS = frozenset(_OPENERS_WORDS.split())


def phrase_intents(masked: str, groups: frozenset[str]) -> set[str]:
    """Name the kinds of requests that the phrases of ``masked`` make; quoted text is already blanked out there.

    ``groups`` are those of the scope lexicon that occur in ``masked``.
    """
    intents: set[str] = set()
    asking = [group for group in groups if group.startswith(_ASKS)]
    if not asking:
        return intents
    questions = [match.span() for match in QUESTION.finditer(masked)] if "?" in masked else []
    past = 0
    for hit in load_lexicon("scope").read(masked).hits(asking):
        intent = hit.entry.group.removeprefix(_ASKS)
        if intent in intents:
            continue
        while past < len(questions) and questions[past][1] <= hit.start:
            past += 1
        in_question = past < len(questions) and questions[past][0] <= hit.start
        if intent in {"work", "transact"} and _ASKED_ABOUT.search(masked, max(0, hit.start - _ASKED_REACH), hit.start):
            continue
        # Whether the tests pass is seen by running them; a thing wished for in a question is only asked about.
        if (not in_question or intent == "run") and (intent != "wish" or _is_wish(masked[hit.start : hit.end])):
            intents.add(intent)
    return intents


_AND_WORD = re.compile(
    r"\b(?:and|then)\s+([a-z]{3,14})\s+(?:the|an?|my|our|all|these|those|it|them|him|her)\b", re.IGNORECASE
)


def joins_order(text: str) -> bool:
    """Whether an unknown verb is joined to what was said before: "... and stow the file"."""
    return any(_is_order(match.group(1)) for match in _AND_WORD.finditer(text))


def opens_with_order(text: str, start: int) -> bool:
    """Whether the clause at ``start`` begins with a word that can only be a verb, and one that is not known."""
    match = _FIRST_WORDS.match(text, start)
    if match is None:
        return False
    return _is_order(match.group(1))


def _is_order(word: str) -> bool:
    word = word.lower()
    return word not in _OPENERS and not word.endswith(("ly", "ing", "ed", "'s")) and not is_known_verb(word)


def _is_wish(phrase: str) -> bool:
    last = _LAST_WORD.search(phrase)
    if re.search(r"\bto\s+[\w-]+\W*$", phrase) and last is not None:
        word = last.group(1).lower()
        return word not in _LEARNS and not is_known_verb(word)
    return _TO_BE_TOLD.search(phrase) is None
