"""Requests in other languages than English: the ``ask_<kind>`` entries of their ``scope`` lexicons.

A verb counts wherever it stands, unless it is negated: what is asked for is rather read too widely than too narrowly,
so that nothing is called unasked for because its grammar was not understood. What each kind allows is in
``actions/requests.toml``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from .marks import Mark, mark_text

_ASKS: Final = "ask_"
# How far before and behind a verb a negation of it may stand ("ne supprime pas", "lösche keine", "削除しないで").
_NEGATED_BEFORE: Final = 12
_NEGATED_BEHIND: Final = 14
_CLAUSE_END: Final = re.compile(r"[,;:.!?\n\u3001\u3002]")


def find_requests_by_phrase(text: str) -> set[str]:
    """Find the kinds of requests in ``text``, in its language; linear in the text."""
    marked = mark_text("scope", text)
    negations = [mark for mark in marked.marks if mark.group == "negation"]
    starts = [mark.start for mark in negations]
    return {
        mark.group.removeprefix(_ASKS)
        for mark in marked.marks
        if mark.group.startswith(_ASKS) and not _negated(marked.text, mark, negations, starts)
    }


def _negated(text: str, verb: Mark, negations: Sequence[Mark], starts: Sequence[int]) -> bool:
    """Whether a negation stands near ``verb`` in the same clause."""
    first = bisect_left(starts, verb.start - _NEGATED_BEFORE)
    last = bisect_left(starts, verb.end + _NEGATED_BEHIND)
    return any(
        _CLAUSE_END.search(text, min(verb.end, negation.end), max(verb.start, negation.start)) is None
        for negation in negations[first:last]
    )
