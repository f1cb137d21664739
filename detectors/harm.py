"""How far a request asks for harm.

Marks of harm come in three strengths: an ask for harm ("how do I steal a car"), a loaded request, and sensitive words
that alone say nothing ("murder"). Homonyms ("kill a process", "shoot a film") cancel what they cover. The context
weakens: a definition, a historical question, a question whether or why, prevention and training, games and fiction,
one's own property.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .marks import Mark, MarkedText, combined, mark_text, strongest
from .remembered import remembered

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


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmReading:
    """A request read for harm.

    Attributes:
        harm: 0 for none, from about .5 an ask for harm; context taken into account.
        sensitivity: Like ``harm``, but the sensitive words count too.
        asks: The marks that carried it, strongest first kinds kept.
        contexts: The marks that weakened it.
        marked: The request with its marks.
    """

    harm: float
    sensitivity: float
    asks: tuple[Mark, ...]
    contexts: tuple[Mark, ...]
    marked: MarkedText


@remembered
def read_harm(text: str) -> HarmReading:
    """Judge how far ``text`` asks for harm; linear in the text."""
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
    return HarmReading(
        harm=max(ask, load),
        sensitivity=max(ask, load, word),
        asks=strongest(asks + loaded) or strongest(sensitive),
        contexts=strongest(contexts),
        marked=marked,
    )


def _opens_as_definition(mark: Mark) -> bool:
    # "What is" opens a definition, but also "what is the best way to"; the words that define are firmer.
    return mark.group == "definition" and mark.weight < _FIRM_DEFINITION


def _weakening(contexts: Iterable[Mark]) -> float:
    factor = 1.0
    for weight in {mark.group: mark.weight for mark in contexts}.values():
        factor *= 1.0 - weight
    return factor
