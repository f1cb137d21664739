"""Marks: the places of a text where the entries of one lexicon match, with what is cancelled left out.

A lexicon may have entries of the groups ``exempt`` and ``homonym``: they mark nothing themselves, but cancel
the marks that they cover by half or more ("kill" in "kill a process"). Entries of the group ``allow``, an operator's
own terms, cancel every mark that they overlap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

from .assessment import Answers, Assessment, Evidence, NotAssessed, Source
from .language import ENGLISH, SUPPORTED, language_of, languages_in
from .lexicon import lexicon_names, load_lexicon, load_together
from .normalise import Normalised, normalise, simplify
from .occurrences import Hit, JoinedOccurrences, Occurrences
from .remembered import remembered

ALLOW: Final = "allow"
# What the rules of operators begin with.
OPERATORS: Final = "user."
CANCELLING: Final = frozenset({"exempt", "homonym", ALLOW})
# No text that people read says the same so often; a hostile one must not cost more than its reading is worth.
MAX_MATCHES: Final = 1_000
# What reads single sentences reads a text in two languages in both.
_MIXED: Final = frozenset({"refusal", "harm", "adversarial", "compliance", "policy", "topics"})
# Lexicons that are read of a request, and of an answer.
_TOGETHER: Final = (("harm", "adversarial", "topics"), ("refusal", "compliance", "identity"))
# An automaton is made when it first reads.
_ANY_TEXT: Final = "Please read this."
_ANCHORING: Final = " \t\r\n.,;:!?"


class Mark(NamedTuple):
    """One match of a lexicon entry; offsets in characters of the normalised text."""

    rule: str
    group: str
    weight: float
    start: int
    end: int


class MarkedText:
    """A text with the marks that one lexicon finds in it, in order of their start.

    Marks are looked for when they are asked for, since most entries that occur in an ordinary text matter only
    beside others that do not.
    """

    __slots__ = ("_allowed", "_cancelling", "_in_part", "_kept", "_made", "_occurrences", "normalised", "original")

    def __init__(self, original: str, normalised: Normalised, occurrences: Occurrences | JoinedOccurrences) -> None:
        self.original = original
        self.normalised = normalised
        self._occurrences = occurrences
        self._cancelling: list[tuple[int, int]] | None = None
        self._allowed: list[tuple[int, int]] = []
        self._made: dict[frozenset[str], tuple[Mark, ...]] = {}
        self._kept: tuple[Mark, ...] | None = None
        self._in_part = False

    @property
    def text(self) -> str:
        """The normalised text, which the offsets of the marks count in."""
        return self.normalised.text

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks."""
        return self._of(self._occurrences.groups) if self._kept is None else self._kept

    @property
    def whole(self) -> bool:
        """Whether no mark was left out: behind ``MAX_MATCHES`` matches of an entry that was asked for, none is told."""
        return self._occurrences.whole and self._kept is None and not self._in_part

    def first(self, count: int) -> MarkedText:
        """Keep the first ``count`` marks; the text is not read whole when there are more."""
        marks = self.marks
        if len(marks) <= count:
            return self
        kept = MarkedText(self.original, self.normalised, self._occurrences)
        kept._kept = marks[:count]
        return kept

    def placed(self, original: str, normalised: Normalised) -> MarkedText:
        """Give the same marks with another way back: to the text ``original`` that this one was decoded from."""
        placed = MarkedText(original, normalised, self._occurrences)
        placed._kept, placed._in_part = self._kept, self._in_part
        return placed

    def in_part(self) -> MarkedText:
        """Give the same marks as those of a text that was not read whole."""
        part = MarkedText(self.original, self.normalised, self._occurrences)
        part._kept, part._in_part = self._kept, True
        return part

    def of(self, *groups: str) -> tuple[Mark, ...]:
        """Marks of the named groups."""
        if self._kept is not None:
            return tuple(mark for mark in self._kept if mark.group in groups)
        return self._of(self._occurrences.groups.intersection(groups))

    def cancels(self, group: str) -> bool:
        """Whether an entry of this cancelling group matches."""
        return bool(self._occurrences.hits((group,)))

    def but(self, groups: Collection[str]) -> tuple[Mark, ...]:
        """Marks of all other groups."""
        return self.of(*self._occurrences.groups.difference(groups))

    def heaviest(self, but: Collection[str]) -> float:
        """Tell what a mark outside the groups ``but`` weighs at most; no mark is looked for."""
        if self._kept is not None:
            return max((mark.weight for mark in self._kept if mark.group not in but), default=0.0)
        return self._occurrences.heaviest(CANCELLING.union(but))

    def _of(self, groups: frozenset[str]) -> tuple[Mark, ...]:
        made = self._made.get(groups)
        if made is None:
            made = self._made[groups] = self._make(groups)
        return made

    def _make(self, groups: frozenset[str]) -> tuple[Mark, ...]:
        if not groups:
            return ()
        if self._cancelling is None:
            hits = self._occurrences.hits(CANCELLING)
            self._cancelling = _union((hit.start, hit.end) for hit in hits)
            self._allowed = _union((hit.start, hit.end) for hit in hits if hit.entry.group == ALLOW)
        cancelling, allowed = self._cancelling, self._allowed
        marks = [
            _mark(hit)
            for hit in self._occurrences.hits(groups)
            if not cancelling or not (_cancelled(hit, cancelling) or (allowed and _covered(hit, allowed)))
        ]
        return tuple(marks)

    def quotes(self, marks: Iterable[Mark], source: Source, span_ref: str | None) -> tuple[Evidence, ...]:
        """Quote several marks."""
        return tuple(self.evidence(mark, source, span_ref) for mark in marks)

    def evidence(self, mark: Mark, source: Source, span_ref: str | None) -> Evidence:
        """Quote a mark from the original text."""
        matched = self.text[mark.start : mark.end]
        # What anchors a pattern at a sentence start is not worth quoting.
        quoted = matched.lstrip(_ANCHORING) or matched
        last = mark.start + len(matched.rstrip()) if matched.strip() else mark.end
        start, end = self.normalised.original(mark.end - len(quoted), last)
        return Evidence(
            rule=mark.rule,
            source=source,
            quote=self.original[start:end],
            start=start,
            end=end,
            span_ref=span_ref,
        )


def mark_text(lexicon: str, text: str) -> MarkedText:
    """Find the marks of the named lexicon, in the language of ``text``; time grows linearly with the text."""
    return _marker(lexicon)(text)


def compile_lexicons() -> None:
    """Compile every lexicon in every language, as they are read; otherwise each is compiled when it is first needed."""
    joint = frozenset(chain.from_iterable(_TOGETHER))
    alone = [name for name in lexicon_names() if name not in joint]
    for language in SUPPORTED:
        for names in _TOGETHER:
            load_together(names, language).read(_ANY_TEXT)
        for name in alone:
            load_lexicon(name, language).search(_ANY_TEXT)


def groups_in(lexicon: str, text: str, language: str | None = None) -> frozenset[str]:
    """Name the groups of the lexicon's entries that occur in ``text``; English is read as written.

    ``language`` is that of the text unless given: too short a text does not tell.
    """
    language = language or language_of(text) or ENGLISH
    read = text if language == ENGLISH else _readable(normalise(text).text, language)
    return frozenset(entry.group for entry in load_lexicon(lexicon, language).occurring(read))


@cache
def _marker(name: str) -> Callable[[str], MarkedText]:
    read_parts = _reader(next((names for names in _TOGETHER if name in names), (name,)))

    def mark(text: str) -> MarkedText:
        parts = [read[name] for read in read_parts(text)]
        if name not in _MIXED:
            del parts[1:]
        return MarkedText(text, normalised(text), parts[0] if len(parts) == 1 else JoinedOccurrences(parts))

    return remembered(mark)


@cache
def _reader(names: tuple[str, ...]) -> Callable[[str], list[dict[str, Occurrences]]]:
    """Give what reads a text by the named lexicons, in each language that it is to be read in; its own is the first."""

    def read(text: str) -> list[dict[str, Occurrences]]:
        languages = languages_in(text) if _MIXED.intersection(names) else (language_of(text) or ENGLISH,)
        folded = normalised(text).text
        return [load_together(names, language).read(_readable(folded, language), MAX_MATCHES) for language in languages]

    return remembered(read)


normalised = remembered(normalise)
"""The same as ``normalise``, made once for all who ask."""


def _readable(text: str, language: str) -> str:
    """Fold what the lexicons of ``language`` do not tell apart; no character moves."""
    return simplify(text) if language == "zh" else text


def _mark(hit: Hit) -> Mark:
    return Mark(hit.entry.id, hit.entry.group, hit.entry.weight, hit.start, hit.end)


def _cancelled(hit: Hit, spans: list[tuple[int, int]]) -> bool:
    if hit.entry.group in CANCELLING:
        return True
    return 2 * _covered(hit, spans) >= hit.end - hit.start


def _covered(hit: Hit, spans: list[tuple[int, int]]) -> int:
    """Count the characters of a hit that lie in the sorted, disjoint ``spans``."""
    index = max(0, bisect_left(spans, (hit.start, 0)) - 1)
    covered = 0
    while index < len(spans) and spans[index][0] < hit.end:
        covered += max(0, min(hit.end, spans[index][1]) - max(hit.start, spans[index][0]))
        index += 1
    return covered


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def clean_if_whole(
    answers: Answers,
    explanation: str,
    *read: MarkedText,
    score: float = 0.0,
    evidence: tuple[Evidence, ...] = (),
) -> Assessment:
    """Answer that nothing was found in the texts ``read``, if they were read whole: a part can convict, not clear."""
    if all(marked.whole for marked in read):
        return answers.clean(explanation, score=score, evidence=evidence)
    return answers.not_assessed(NotAssessed.BUDGET, "A text repeats itself too often to be read whole.")


def strongest(marks: Iterable[Mark], count: int = 3) -> tuple[Mark, ...]:
    """Pick the ``count`` heaviest marks, one per rule, in the order of the text."""
    best: dict[str, Mark] = {}
    for mark in marks:
        best.setdefault(mark.rule, mark)
    chosen = sorted(best.values(), key=lambda mark: -mark.weight)[:count]
    return tuple(sorted(chosen, key=lambda mark: mark.start))


def combined(marks: Iterable[Mark]) -> float:
    """Add up weights as independent signs: ``1 - product(1 - weight)``, each rule once."""
    remaining = 1.0
    for weight in {mark.rule: mark.weight for mark in marks}.values():
        remaining *= 1.0 - weight
    return 1.0 - remaining
