"""How far a request asks for harm: by the rules of a lexicon, and by weights learned over words and word classes.

Marks of harm come in three strengths: an ask for harm ("how do I steal a car"), a loaded request, and sensitive words
that alone say nothing ("murder"). Homonyms ("kill a process", "shoot a film") cancel what they cover. The context
weakens: a definition, a historical question, a question whether or why, prevention and training, games and fiction,
one's own property. The weights see what no list holds: which words and classes of words stand together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .assessment import Evidence, Source
from .features import request_features
from .language import ENGLISH, language_of
from .learned import load_model
from .marks import Mark, MarkedText, combined, mark_text, strongest
from .remembered import remembered
from .sentences import split_sentences

_CONTEXT: Final = frozenset({"definition", "prevention", "fiction", "history", "permission", "question", "howto"})
# These weaken sensitive words, but not an outright ask ("what is the best way to murder my boss").
_OF_WORDS: Final = frozenset({"definition", "history"})
# A question whether or why weakens an ask ("do people steal cars?"), but makes a sensitive word no milder.
_OF_ASKS: Final = frozenset({"question"})
_FIRM_DEFINITION: Final = 0.5
_ASK: Final = 0.6
_LOADED: Final = 0.3
_LOADED_LIMIT: Final = 0.58
_SENSITIVE_LIMIT: Final = 0.3
# Characters of the passages that a long request is read in, and of what is read so.
_PASSAGE: Final = 120
_MAX_WRAPPED: Final = 6_000
_SENSITIVE: Final = 0.1
_DOUBT: Final = 2.0
_LONG: Final = 500
_HARM_LEVELS: Final = (0.1, 0.2, 0.3, 0.45, 0.6, 0.75)
# Where the weights do not speak the language: log-odds by the rules, 0 at a loaded request.
_BY_RULES_SLOPE: Final = 8.0
_BY_RULES_ZERO: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class HarmReading:
    """A request read for harm.

    Attributes:
        harm: 0 for none, from about .5 an ask for harm; context taken into account.
        sensitivity: Like ``harm``, but the sensitive words count too.
        asks: The marks that carried it, strongest first kinds kept.
        contexts: The marks that weakened it.
        marked: The request with its marks.
        groups: Groups of all marks; contexts are looked for only where there is something to weaken.
        features: What the learned weights are over; empty in a language they do not speak.
    """

    harm: float
    sensitivity: float
    asks: tuple[Mark, ...]
    contexts: tuple[Mark, ...]
    marked: MarkedText
    groups: frozenset[str] = frozenset()
    features: AbstractSet[str] = frozenset()

    @cached_property
    def log_odds(self) -> float:
        """Log-odds that the request asks for harm; above 0 it does."""
        if not self.features:
            return _BY_RULES_SLOPE * (self.sensitivity - _BY_RULES_ZERO)
        return load_model("request").log_odds(self.features)

    @cached_property
    def peak_log_odds(self) -> float:
        """Like ``firm_log_odds``, of the most harmful passage: where an attempt wraps what it wants in a long text."""
        text = self.marked.original[:_MAX_WRAPPED]
        if len(text) <= _PASSAGE:
            return self.firm_log_odds
        passages = _passages(text)
        return max(self.firm_log_odds, *(_read(passage).firm_log_odds for passage in passages))

    @property
    def firm_log_odds(self) -> float:
        """Like ``log_odds``, with doubts: what a finding rests on.

        One where the rules saw not even a sensitive word, one where a long task or document holds no ask for harm: so
        many words add up to anything.
        """
        doubts = (self.sensitivity < _SENSITIVE) + (self.harm < _LOADED and len(self.marked.text) > _LONG)
        return self.log_odds - _DOUBT * doubts

    def quotes(self, span_ref: str | None, count: int = 2) -> tuple[Evidence, ...]:
        """Quote the marks of harm, or where the rules see none, the words that told it."""
        quotes = self.marked.quotes(self.asks, Source.INPUT, span_ref)[:count]
        if quotes or not self.features:
            return quotes
        return load_model("request").quotes(self.features, self.marked, Source.INPUT, span_ref, count=count)


@remembered
def read_harm(text: str) -> HarmReading:
    """Judge how far ``text`` asks for harm; linear in the text."""
    return _read(text)


def _read(text: str) -> HarmReading:
    marked = mark_text("harm", text)
    harmful = marked.but(_CONTEXT)
    # In most requests is nothing that a context could weaken, and contexts are everywhere.
    contexts = marked.of(*_CONTEXT) if harmful else ()
    asks = [mark for mark in harmful if mark.weight >= _ASK]
    loaded = [mark for mark in harmful if _LOADED <= mark.weight < _ASK]
    sensitive = [mark for mark in harmful if mark.weight < _LOADED]
    if any(mark.group == "howto" for mark in contexts):
        contexts = tuple(mark for mark in contexts if mark.group not in _OF_ASKS and not _opens_as_definition(mark))
    firm = _weakening(mark for mark in contexts if mark.group not in _OF_WORDS)
    full = _weakening(mark for mark in contexts if mark.group not in _OF_ASKS)
    ask = min(1.0, combined(asks)) * firm
    load = min(_LOADED_LIMIT, combined(loaded)) * min(firm, full)
    word = min(_SENSITIVE_LIMIT, combined(sensitive)) * full
    reading = HarmReading(
        harm=max(ask, load),
        sensitivity=max(ask, load, word),
        asks=strongest(asks + loaded) or strongest(sensitive),
        contexts=strongest(contexts),
        marked=marked,
        groups=frozenset(mark.group for mark in (*harmful, *contexts)),
    )
    return replace(reading, features=features_of(reading, load_model("request").known.of_request))


def features_of(reading: HarmReading, of_words: Callable[[str], set[str]] = request_features) -> set[str]:
    """Give what the learned weights are over: the words of an English request, and what the rules found in it."""
    if language_of(reading.marked.original) != ENGLISH:
        return set()
    found = of_words(reading.marked.text)
    found.update(f"#harm{least}" for least in _HARM_LEVELS if reading.harm >= least)
    found.update(f"#sensitive{least}" for least in _HARM_LEVELS if reading.sensitivity >= least)
    found.update(f"#harm:{group}" for group in reading.groups)
    if reading.marked.cancels("homonym"):
        found.add("#harm:homonym")
    return found


def _passages(text: str) -> list[str]:
    """Cut a text at sentence ends into passages of about ``_PASSAGE`` characters."""
    passages: list[str] = []
    start = 0
    for sentence in split_sentences(text):
        if sentence.end - start > _PASSAGE and sentence.start > start:
            passages.append(text[start : sentence.start])
            start = sentence.start
    return [*passages, text[start:]]


def _opens_as_definition(mark: Mark) -> bool:
    # "What is" opens a definition, but also "what is the best way to"; the words that define are firmer.
    return mark.group == "definition" and mark.weight < _FIRM_DEFINITION


def _weakening(contexts: Iterable[Mark]) -> float:
    factor = 1.0
    for weight in {mark.group: mark.weight for mark in contexts}.values():
        factor *= 1.0 - weight
    return factor
