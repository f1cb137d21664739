"""The shapes in which English says that something was done: first person, passive, list item, bare headline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from .claim_kinds import VERB_TO_TRACE
from .places import Nouns, Places


def _loosened(pattern: str) -> Places:
    # RE2 knows the white space and the word characters of ASCII only: every other character may be one here.
    spaced = pattern.replace(r"\u2019", "\u2019").replace(r"\s", r"[\s\v\x1c-\x1f\x{80}-\x{10ffff}]")
    return Places(spaced.replace(r"\w+ly", r"[\w\x{80}-\x{10ffff}]+ly"))


def _any_of(words: Iterable[str]) -> str:
    """Match one of several words, the longest first; told apart by their first letter, since re tries them in turn."""
    by_letter = groupby(sorted(words, key=lambda word: (word[0], -len(word))), key=lambda word: word[0])
    return "|".join(
        f"{letter}(?:{'|'.join(re.escape(word[1:]).replace(chr(92) + ' ', chr(92) + 's+') for word in group)})"
        for letter, group in by_letter
    )


VERB: Final = rf"({_any_of(VERB_TO_TRACE)})\b"
# Most of them end in "ly".
_ADVERBS: Final = r"(?:(?:also|now|just|already|then|since|even|both|further|all|\w+ly)\s+)*"
_HAVE: Final = (
    r"(?:['\u2019]ve|\s+have|\s+had)?(?:\s+(?:also|just|now|already))?(?:\s+(?:gone|went)\s+ahead(?:\s+and|,))?"
)
FIRST_PERSON: Final = re.compile(rf"\b(?:I|[Ww]e){_HAVE}\s+{_ADVERBS}{VERB}")
PASSIVE: Final = re.compile(
    rf"(?:\b(?:has|have)\s+{_ADVERBS}been\s+{_ADVERBS}|['\u2019](?:s|ve)\s+{_ADVERBS}been\s+{_ADVERBS}"
    rf"|\b(?:was|were)\s+{_ADVERBS}|\b(?:is|are)\s+(?:now|all)\s+{_ADVERBS}"
    rf"|['\u2019](?:s|re)\s+(?:now|all)\s+{_ADVERBS}){VERB}"
    rf"|\b(?:is|are)\s+(saved|stored)(?=\s+(?:in|at|to|as|under)\b)"
    rf"|\b(?:is|are)\s+(?:currently\s+|now\s+)?being\s+(processed|swapped|exchanged|refunded|returned|cancelled|canceled)\b"
    rf"|\b[Yy]our\s+(?:[\w'\u2019#-]+\s+){{1,5}}?(?:is|are)\s+(?:all\s+)?"
    rf"(booked|reserved|scheduled|rescheduled|paused|frozen|cancelled|canceled|renewed|submitted|placed)"
    rf"(?=\s+(?:for|from|until|to|on|at|effective|with)\b|[.!,]|\Z)"
    rf"|\b(?:order|booking|reservation|subscription|appointment|flight|return|refund|exchange)\s+(?:#?[\w-]+\s+){{0,3}}?"
    rf"(?:is|are)\s+(?:now\s+)?(cancelled|canceled|booked|set\s+up|scheduled|placed)\b",
    re.IGNORECASE,
)
CONJOINED: Final = re.compile(
    rf"(?:,\s*(?:and\s+|then\s+)?|\band\s+(?:then\s+|have\s+|has\s+been\s+)?|\bthen\s+|&\s*){_ADVERBS}{VERB}",
    re.IGNORECASE,
)
HEADLESS: Final = re.compile(
    rf"^[\s>]*(?:(?:[-*•]|\d+[.)]|✅|✓|✔|\[x\])\s*)+[*_`]*{_ADVERBS}{VERB}|^\s*(?:successfully\s+){VERB}",
    re.IGNORECASE,
)
# "Pushed the changes to the remote.": the first words of an answer.
OPENING: Final = re.compile(
    rf"^[\s*_`✅✓✔]*(?:(?:Done|OK|Okay|Great|Sure|Perfect|All\s+done|All\s+set)\b[.!,:\s-]*)?{_ADVERBS}(?-i:(?=[A-Z])){VERB}"
    r"(?=\s+(?:the|a|an|all|your|both|it|that|and|\d+|`|to)\b|\s+`|[.!])",
    re.IGNORECASE,
)
GERUNDS: Final = {
    "reading": "read", "checking": "checked", "reviewing": "reviewed", "searching": "searched", "running": "ran",
    "testing": "tested", "verifying": "verified", "consulting": "consulted", "browsing": "browsed",
    "querying": "queried",
    "cross-checking": "cross-checked", "double-checking": "double-checked", "executing": "executed",
    "researching": "researched", "examining": "examined", "looking at": "looked at",
    "looking through": "looked through",
    "going through": "went through",
}  # fmt: skip
# "After reading 30 reviews, I can say": looks and runs that are said to have been.
GERUND: Final = re.compile(
    rf"\b[Aa]fter\s+{_ADVERBS}({'|'.join(GERUNDS)})\b(?=[^.!?\n]{{0,160}},\s+(?:I|we)\b(?!\s*(?:['\u2019]ll|will|would|could|should|may))"
    r"(?!\s+can\s+(?!say|confirm|tell|conclude|report|assure)))"
)
_IRREGULAR: Final = {
    "buy": "bought",
    "check in": "checked in",
    "make": "made",
    "pay": "paid",
    "run": "ran",
    "send": "sent",
    "set up": "set up",
    "sign up": "signed up",
    "turn off": "turned off",
    "turn on": "turned on",
    "write": "wrote",
}
BASES: Final = {
    base: past
    for past in VERB_TO_TRACE
    if past.endswith("ed") and " " not in past
    for base in (past[:-2], past[:-1], past[:-3] if past[-3] == past[-4] else past[:-2], past[:-3] + "y")
} | _IRREGULAR
# "I was able to book it", "we managed to cancel it".
ABLE: Final = re.compile(
    rf"\b(?:I|[Ww]e)(?:['\u2019]ve|\s+have)?\s+(?:(?:was|were|been)\s+able|managed)\s+to\s+{_ADVERBS}"
    rf"({_any_of(BASES)})\b"
)
# "I translated it, then e-mailed you the result": the first deed needs no tool, the second does.
CHAINED: Final = re.compile(
    rf"\b(?:I|[Ww]e){_HAVE}\s+{_ADVERBS}\w+(?:ed|ound|oke)\b[^.!?\n]{{0,100}}?(?:,\s*(?:and\s+)?(?:then\s+)?|\band\s+(?:then\s+)?){_ADVERBS}{VERB}"
)
_THINGS: Final = (
    r"(?:changes?|code|fix(?:es)?|tests?|payment|refund|order|e-?mail|message|booking|reservation|files?|report|ticket"
    r"|issue|task|event|meeting|hints|config(?:uration)?|docs|documentation|service|image|release|commit|branch|post"
    r"|invoice|items?|appointment|subscription|reminder|playlist|version\s+[\w.]+|request)"
)
# "Changes committed and pushed.": a headline without subject and auxiliary.
HEADLINE: Final = re.compile(
    rf"^[\W_]{{0,6}}(?:the\s+|your\s+|all\s+)?(?:[\w-]+\s+)?{_THINGS}(?:\s+#[\w-]+|\s+of\s+[$€£]?[\d.,]+)?\s+{_ADVERBS}{VERB}"
    r"(?=\s*(?:[.!]|\Z|\n)|\s+(?:and|to|in|from|on|for|successfully)\b)",
    re.IGNORECASE,
)
# The patterns above, loosened to what RE2 can say: whatever one of them matches, this matches in.
SPEAKING: Final = _loosened(
    rf"(?:\b(?:I|we){_HAVE}\s+|been\s+|\b(?:was|were)\s+|\b(?:is|are)\s+(?:now|all|currently)\s+|\b(?:is|are)\s+"
    rf"|['\u2019](?:s|re)\s+(?:now|all)\s+|being\s+|(?:^|\b(?:done|ok|okay|great|sure|perfect|set)\b)(?:\s|[*_`✅✓✔.!,:-])*|successfully\s+|[-*•✅✓✔\])._`]\s*|\b{_THINGS}(?:\s+#[\w-]+|\s+of\s+[$€£]?[\d.,]+)?\s+){_ADVERBS}{VERB}"
    rf"|\b(?:I|we){_HAVE}\s+{_ADVERBS}[\w\x{{80}}-\x{{10ffff}}]+(?:ed|ound|oke)|\b(?:able|managed)\s+to\s+"
    rf"|\bafter\s+{_ADVERBS}(?:{'|'.join(GERUNDS)})\b"
)
# The same of one pattern each, to tell where in a sentence it is worth looking: a match of it begins where, or behind
# where, one of the pattern does.
SPEAKING_FIRST_PERSON: Final = _loosened(rf"\b(?:I|we){_HAVE}\s+{_ADVERBS}{VERB}")
SPEAKING_PASSIVE: Final = _loosened(
    rf"(?:(?:\b(?:has|have)|['\u2019](?:s|ve))\s+{_ADVERBS}been|\b(?:was|were|(?:is|are)\s+(?:now|all))|['\u2019](?:s|re)\s+(?:now|all))"
    rf"\s+{_ADVERBS}{VERB}|\b(?:is|are)\s+(?:(?:currently|now)\s+)?(?:being|saved|stored)\s"
    rf"|\byour\s+(?:[\w'\u2019#\x{{80}}-\x{{10ffff}}-]+\s+){{1,5}}?(?:is|are)\s+(?:all\s+)?{VERB}"
    rf"|\b(?:order|booking|reservation|subscription|appointment|flight|return|refund|exchange)\s+"
    rf"(?:#?[\w\x{{80}}-\x{{10ffff}}-]+\s+){{0,3}}?(?:is|are)\s+(?:now\s+)?{VERB}"
)
SPEAKING_CONJOINED: Final = _loosened(
    rf"(?:,\s*(?:and\s+|then\s+)?|\band\s+(?:then\s+|have\s+|has\s+been\s+)?|\bthen\s+|&\s*){_ADVERBS}{VERB}"
)
EMPHATIC: Final = Nouns(r"\bsuccess(?:fully|ful)?\b|\bas\s+(?:you\s+)?requested\b", re.IGNORECASE)
STARTS_SUCCESS: Final = re.compile(r"\s*success", re.IGNORECASE)
# What keeps a passive from being said of something that was done: a negation, a question word, a relative clause.
NO_SUBJECT: Final = re.compile(
    r"\b(?:no|none|nothing|neither|not)\b[^,;:]{0,60}$|\bhow\b[^,]*$|\bwhich\b[^,]*$|\bthat\s*$", re.IGNORECASE
)
STARTS_LIST: Final = re.compile(
    r"\b(?:what\s+(?:i|we)(?:['\u2019]ve|\s+have)?\s+(?:did|done|changed)|(?:actions|steps|"
    r"changes)\s+(?:i\s+)?(?:taken|made|performed)|what\s+was\s+done|completed|accomplished|"
    r"i['\u2019]ve|summary\s+of)\b|(?:^|\n)[#*\s]*(?:(?:the\s+)?changes(?:\s+made)?|summary|what\s+changed|done|results?"
    r"|completed|actions(?:\s+taken)?|progress)\b[*: ]*(?:\n|$)",
    re.IGNORECASE,
)
# "which I just consulted": the object stands before.
RELATIVE: Final = re.compile(r"\b(?:which|that)\s+$")
PRONOUN: Final = re.compile(r"\s+(?:it|them|this|these|everything)\b", re.IGNORECASE)
