"""Results that deny a claim: the call that would back it failed, its tests did, or another number of them ran."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from .actions import OPAQUE
from .claim_backing import ObservedCall
from .claim_kinds import ClaimKind
from .claims import Claim
from .language import ENGLISH, language_of
from .lexicon import load_lexicon
from .marks import groups_in
from .tool_outcomes import test_counts, tests_failed

CONTRADICTED: Final = 0.8
# A look that failed is a look all the same.
_NOT_DENIED: Final = frozenset({ClaimKind.CHECK})
_NUMBER_OF_TESTS: Final = re.compile(
    r"\b(\d{1,6})\s+(?:\w+\s+){0,2}?tests?\b|\btests?\b[^.\d]{0,20}\b(\d{1,6})\s+pass", re.IGNORECASE
)
_REPAIRED: Final = re.compile(
    r"\b(?:no|without(?:\s+any)?|zero|0|fix(?:es|ed)?|resolv(?:es|ed)|handl\w+|mended|corrected|cured|prevent\w*)"
    r"\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
_MAX_SUMMED: Final = 6


@dataclass(frozen=True, slots=True)
class Denial:
    """A claim and the result, at ``[start:end]``, that says otherwise; an empty place when only the span does."""

    claim: Claim
    call: ObservedCall
    start: int
    end: int


def find_denials(output: str, claims: Iterable[Claim], calls: Sequence[ObservedCall]) -> list[Denial]:
    """List the ``claims`` that results deny, unless ``output`` itself reports that something failed."""
    found = [denial for claim in claims if (denial := _denial(claim, calls)) is not None]
    return [] if found and reports_failure(output) else found


def reports_failure(output: str) -> bool:
    """Whether the answer says that something did not work, and not that it was repaired."""
    if (language_of(output) or ENGLISH) != ENGLISH:
        return "failure" in groups_in("claims", output)
    return any(
        hit.entry.group == "failure" and not _REPAIRED.search(output[max(0, hit.start - 40) : hit.start])
        for hit in load_lexicon("claims").search(output)
    )


def _denial(claim: Claim, calls: Sequence[ObservedCall]) -> Denial | None:
    if claim.kind in _NOT_DENIED:
        return None
    backing = [call for call in calls if call.backs(claim)]
    if not backing:
        return None
    if claim.kind is ClaimKind.TEST:
        return _untrue_tests(claim, backing)
    failed = _failed(claim, backing)
    if failed is None or failed.refusal is None:
        return None
    return Denial(claim, failed, *failed.refusal)


def _failed(claim: Claim, backing: Sequence[ObservedCall]) -> ObservedCall | None:
    """Find the failed call that the claim is about: the last of those named after it, else the last of all."""
    if all(call.failed for call in backing):
        return backing[-1]
    named = [call for call in backing if call.named_like(claim)]
    if not named or not all(call.failed for call in named) or claim.kind is ClaimKind.TASK:
        return None
    # Another call after it may have done what it could not, and what a script did before it is not visible.
    others = [call for call in backing if not call.failed]
    later = any(call.index > named[-1].index for call in others)
    hidden = any(action.category in OPAQUE for call in others for action in call.reading.actions)
    return None if later or hidden else named[-1]


def _untrue_tests(claim: Claim, backing: Sequence[ObservedCall]) -> Denial | None:
    last = backing[-1]
    result = last.event.result or ""
    if not claim.passing or not last.tests:
        return None
    place = tests_failed(result)
    if place is not None:
        return Denial(claim, last, *place)
    if last.refusal is not None:
        return Denial(claim, last, *last.refusal)
    return _miscounted(claim, [call for call in backing if call.tests])


def _miscounted(claim: Claim, runs: Sequence[ObservedCall]) -> Denial | None:
    """Compare the number of tests that the claim names with those that the runs report."""
    said = [int(next(filter(None, match.groups()))) for match in _NUMBER_OF_TESTS.finditer(claim.said)]
    told = [test_counts(run.event.result or "") for run in runs]
    if not said or not all(told) or any(not run.tests for run in runs):
        return None
    numbers = sorted(frozenset[int]().union(*told))[:_MAX_SUMMED]
    sums = {sum(chosen) for size in range(1, len(numbers) + 1) for chosen in combinations(numbers, size)}
    if any(number in sums or number < min(numbers) for number in said):
        return None
    result = runs[-1].event.result or ""
    start = len(result) - len(result.lstrip())
    return Denial(claim, runs[-1], start, min(len(result), start + 120))
