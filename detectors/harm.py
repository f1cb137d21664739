"""How far a request asks for harm: by the rules of a lexicon, and by weights learned over words and word classes.

Marks of harm come in three strengths: an ask for harm ("how do I steal a car"), a loaded request, and sensitive words
that alone say nothing ("murder"). Homonyms ("kill a process", "shoot a film") cancel what they cover. The context
weakens: a definition, a historical question, a question whether or why, prevention and training, games and fiction,
one's own property. Some harm is untouched by some of these: a prejudice and a private fact are asked for as plain
questions. The weights see what no list holds: which words and classes of words stand together.

What hides in a request (``detectors.encodings``) is read as if it were the request; the stronger reading counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .assessment import Evidence, Source
from .encodings import views_of
from .features import request_features
from .language import ENGLISH, language_of
from .learned import load_model
from .marks import ALLOW, OPERATORS, Mark, MarkedText, combined, mark_text, strongest
from .remembered import remembered
from .sentences import split_sentences
from .views import Hidden, View, read_whole, seen_through, spans_within

_CONTEXT: Final = frozenset({"definition", "prevention", "fiction", "history", "permission", "question", "howto"})
# These weaken sensitive words, but not an outright ask ("what is the best way to murder my boss").
_OF_WORDS: Final = frozenset({"definition", "history"})
# A question whether or why weakens what is said ("do people steal cars?"), unless the words ask how to.
_OF_ASKS: Final = frozenset({"question"})
_OF_FORM: Final = frozenset({"question", "definition", "history"})
_OF_STORIES: Final = frozenset({"fiction"})
# What no such context weakens. Some harm lies in the question itself ("why are they so lazy", "where does the judge
# live"), some in the text that is asked for: a demeaning joke is one in a story too.
_UNTOUCHED: Final = {
    "prejudice": _OF_FORM | _OF_STORIES,
    "private": _OF_FORM,
    "confidential": _OF_FORM,
    "hate": _OF_STORIES,
    "harassment": _OF_STORIES,
    "sexual": _OF_STORIES,
    "disinfo": _OF_STORIES,
}
_FIRM_DEFINITION: Final = 0.5
_MUCH: Final = 0.3
_ASK: Final = 0.6
_LOADED: Final = 0.3
_LOADED_LIMIT: Final = 0.58
_SENSITIVE_LIMIT: Final = 0.3
# Characters of the passages that a long request is read in, and of what is read so.
_PASSAGE: Final = 120
_MAX_WRAPPED: Final = 6_000
_SENSITIVE: Final = 0.1
# How much of a sensitive word counts beside a loaded request.
_BESIDE: Final = 0.5
# Log-odds of a request in which the rules saw nothing that a finding could rest on.
_UNFOUNDED: Final = -9.0
_DOUBT: Final = 0.8
_LONG: Final = 500
_HARM_LEVELS: Final = (0.1, 0.2, 0.3, 0.45, 0.6, 0.75)
# Where the weights do not speak the language: log-odds by the rules, 0 at a loaded request.
_BY_RULES_SLOPE: Final = 8.0
_BY_RULES_ZERO: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The marks of harm in a request, weighed against its context.

    Attributes:
        harm: 0 for none, from about .5 an ask for harm; context taken into account.
        sensitivity: Like ``harm``, but the sensitive words count too.
        asks: The marks that carried it, strongest first kinds kept.
        groups: Groups of all these marks; contexts are looked for only where there is something to weaken.
    """

    harm: float
    sensitivity: float
    asks: tuple[Mark, ...]
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class HarmReading:
    """A request read for harm; each part is worked out when it is asked for, most of them in few requests.

    Attributes:
        plain: The text that is read, with its marks: the request, or a view of it in which harm was hidden.
        marked: The same marks, placed in the request as it was written.
        views: The request with what hides in it in plain; empty where nothing hides.
        hidden: Where the harm was hidden.
    """

    plain: MarkedText
    marked: MarkedText
    views: tuple[View, ...] = ()
    hidden: Hidden | None = None

    @cached_property
    def weighed(self) -> Weighed:
        """What the rules say."""
        return _weigh(self.plain)

    @property
    def harm(self) -> float:
        """How far the rules see an ask for harm, 0 to 1."""
        return self.weighed.harm

    @property
    def sensitivity(self) -> float:
        """Like ``harm``, but the sensitive words count too."""
        return self.weighed.sensitivity

    @property
    def asks(self) -> tuple[Mark, ...]:
        """The marks that carried it."""
        return self.weighed.asks

    @cached_property
    def features(self) -> AbstractSet[str]:
        """What the learned weights are over; empty in a language they do not speak."""
        return features_of(self, load_model("request").known.of_request)

    @cached_property
    def log_odds(self) -> float:
        """Log-odds that the request asks for harm; above 0 it does."""
        by_rules = _BY_RULES_SLOPE * (self.sensitivity - _BY_RULES_ZERO)
        # The operator's own words outrank the weights: what they allow, and what they add.
        if not self.features or self.marked.cancels(ALLOW):
            return by_rules
        learned = load_model("request").log_odds(self.features)
        return max(learned, by_rules) if any(mark.rule.startswith(OPERATORS) for mark in self.asks) else learned

    @cached_property
    def founded_log_odds(self) -> float:
        """Like ``log_odds``, but only where the rules saw a sign of harm.

        Words alone add up to anything: those of a short request to harm without a sensitive word in it, those of a
        long task or document to harm that nobody asks for.
        """
        return self.log_odds if self._founded else _UNFOUNDED

    @property
    def firm_log_odds(self) -> float:
        """What a finding rests on: ``founded_log_odds``, with a doubt where the rules see sensitive words only."""
        odds = self.founded_log_odds
        return odds - _DOUBT if odds > _UNFOUNDED and self.harm < _LOADED else odds

    @property
    def _founded(self) -> bool:
        long = len(self.marked.text) > _LONG
        if self.plain.heaviest(_CONTEXT) < (_LOADED if long else 0.0):
            return False
        return self.harm >= _LOADED if long else self.sensitivity >= _SENSITIVE

    @cached_property
    def peak_log_odds(self) -> float:
        """The ``founded_log_odds`` of the most harmful passage: an attempt wraps what it wants in a long text."""
        text = (self.marked.text if self.hidden else self.marked.original)[:_MAX_WRAPPED]
        if len(text) <= _PASSAGE:
            return self.founded_log_odds
        passages = _passages(text)
        return max(self.founded_log_odds, *(_read(passage).founded_log_odds for passage in passages))

    def quotes(self, span_ref: str | None, count: int = 2) -> tuple[Evidence, ...]:
        """Quote the marks of harm, or where the rules see none, the words that told it; and what hid them."""
        if self.hidden is not None:
            told = replace(self, hidden=None).quotes(span_ref, max(1, count - 1))
            return (*told, self.hidden.evidence(self.marked.original, Source.INPUT, span_ref))[:count]
        quotes = self.marked.quotes(_apart(self.asks), Source.INPUT, span_ref)[:count]
        if quotes or not self.features:
            return quotes
        return load_model("request").quotes(self.features, self.marked, Source.INPUT, span_ref, count=count)


@remembered
def read_harm(text: str) -> HarmReading:
    """Judge how far ``text`` asks for harm, in plain or hidden; linear in the text."""
    reading = _read(text)
    views = views_of(reading.marked.normalised)
    if not views:
        return reading
    reading = replace(reading, marked=read_whole(reading.marked, views))
    for view in views:
        seen = _read(view.text)
        if seen.firm_log_odds > max(0.0, reading.firm_log_odds) and _by(view, seen):
            place = view.place(spans_within(seen.marked, seen.asks))
            reading = replace(seen, marked=seen_through(seen.marked, view), hidden=place)
    return replace(reading, views=views)


def _apart(marks: Iterable[Mark]) -> list[Mark]:
    """Of marks that overlap keep the longest: what two rules see in the same words is quoted once."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.start - mark.end):
        if all(mark.end <= other.start or other.end <= mark.start for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda mark: mark.start)


def _by(view: View, seen: HarmReading) -> bool:
    """Whether one of the marks of harm was hidden, or much of the request."""
    return view.share >= _MUCH or any(view.touches(start, end) for start, end in spans_within(seen.marked, seen.asks))


def _read(text: str) -> HarmReading:
    marked = mark_text("harm", text)
    return HarmReading(plain=marked, marked=marked)


def _weigh(marked: MarkedText) -> Weighed:
    harmful = marked.but(_CONTEXT)
    # In most requests is nothing that a context could weaken, and contexts are everywhere.
    contexts = marked.of(*_CONTEXT) if harmful else ()
    asks = [mark for mark in harmful if mark.weight >= _ASK]
    loaded = [mark for mark in harmful if _LOADED <= mark.weight < _ASK]
    sensitive = [mark for mark in harmful if mark.weight < _LOADED]
    if any(mark.group == "howto" for mark in contexts):
        contexts = tuple(mark for mark in contexts if mark.group not in _OF_ASKS and not _opens_as_definition(mark))
    firm = tuple(mark for mark in contexts if mark.group not in _OF_WORDS)
    ask = _carried(asks, firm)
    word = min(_SENSITIVE_LIMIT, combined(sensitive)) * _weakening(contexts)
    load = min(_LOADED_LIMIT, _either(_carried(loaded, contexts), word * _BESIDE)) if loaded else 0.0
    return Weighed(
        harm=max(ask, load),
        sensitivity=max(ask, load, word),
        asks=strongest(asks + loaded) or strongest(sensitive),
        groups=frozenset(mark.group for mark in (*harmful, *contexts)),
    )


def features_of(reading: HarmReading, of_words: Callable[[str], set[str]] = request_features) -> set[str]:
    """Give what the learned weights are over: the words of an English request, and what the rules found in it."""
    if language_of(reading.plain.original) != ENGLISH:
        return set()
    found = of_words(reading.plain.text)
    found.update(f"#harm{least}" for least in _HARM_LEVELS if reading.harm >= least)
    found.update(f"#sensitive{least}" for least in _HARM_LEVELS if reading.sensitivity >= least)
    found.update(f"#harm:{group}" for group in reading.weighed.groups)
    if reading.plain.cancels("homonym"):
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


def _carried(marks: Iterable[Mark], contexts: Iterable[Mark]) -> float:
    """Add up marks, each kind of harm weakened by those of the ``contexts`` that touch it."""
    kinds: dict[frozenset[str], list[Mark]] = {}
    for mark in marks:
        kinds.setdefault(_UNTOUCHED.get(mark.group, frozenset()), []).append(mark)
    total = 0.0
    for untouched, kind in kinds.items():
        weakening = _weakening(mark for mark in contexts if mark.group not in untouched)
        total = _either(total, combined(kind) * weakening)
    return min(1.0, total)


def _either(first: float, second: float) -> float:
    return 1.0 - (1.0 - first) * (1.0 - second)


def _weakening(contexts: Iterable[Mark]) -> float:
    factor = 1.0
    for weight in {mark.group: mark.weight for mark in contexts}.values():
        factor *= 1.0 - weight
    return factor
