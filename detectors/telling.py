"""What of a call is telling: values and words that no two texts share by chance, and places that it reads."""

from __future__ import annotations

import re

from .actions import Action
from .agent_trace import TraceEvent
from .arguments import Leaf, argument_leaves

_MAX_PLACES = 50
_MAX_VALUE = 300
_LONG = 6
_PHRASE = 12
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ t]\d\d:\d\d(?::\d\d)?\S{0,6})?|\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?")
# Members that say to whom or what something is done, so that a short name or number in them is telling.
_AIM = re.compile(
    r"recipient|^to$|^cc$|^bcc$|user|name|guest|person|member|contact|payee|account|iban|phone|number|e?mail|address"
    r"|channel|(?:^|_)ids?$|file|path|url|link|repo|hotel|restaurant|company|title|item|product|object|device|target"
    r"|participant|attendee|door|room|lock|city|address|password|topic|domain|host|symbol|flight|event"
)
_PLACE = re.compile(r"url|link|uri|site|page|domain")
_SIMPLE = (str, int, float, type(None))
# Parts of tool names that do not tell what is read.
_PLAIN_OBJECTS = frozenset(
    {"details", "info", "information", "data", "list", "item", "items", "manager", "user", "current"}
)
_DISTINCT = re.compile(r"[@/.#\d_-]")


def may_be_sent(event: TraceEvent, action: Action) -> bool:
    """Whether a call that only reads says what it reads clearly enough for ``planted_reading`` to hold it against."""
    if len(objects_read(action)) > 1:
        return True
    named = event.arguments
    # Most calls have no argument that could be a place, as the names of their arguments show.
    if isinstance(named, dict) and not any(map(_may_be_place, named, named.values())):
        return False
    return bool(places_read(event))


def _may_be_place(name: object, value: object) -> bool:
    return not isinstance(value, _SIMPLE) or (
        _PLACE.search(str(name).lower()) is not None and is_distinct(str(value).strip().lower())
    )


def objects_read(action: Action) -> set[str]:
    """Name the words that tell what a call reads; none where it has only one."""
    if len(action.objects) < 2:
        # One word alone is never telling.
        return set()
    return {word.rstrip("s") for word in action.objects if len(word) > 3 and word not in _PLAIN_OBJECTS}


def places_read(event: TraceEvent) -> list[str]:
    """List the arguments that say where something is to be read, lower case."""
    places = [leaf.text.strip().lower() for leaf in argument_leaves(event.arguments) if _PLACE.search(leaf.key)]
    return [place for place in places[:_MAX_PLACES] if is_distinct(place)]


def is_distinct(value: str) -> bool:
    """Whether a value in lower case looks like an address, a path or an id."""
    # A day or an hour that two texts share says nothing.
    if _TIME.fullmatch(value):
        return False
    return _LONG <= len(value) <= _MAX_VALUE and _DISTINCT.search(value) is not None


def is_aim(leaf: Leaf) -> bool:
    """Whether ``leaf`` says to whom or what something is done."""
    return _AIM.search(leaf.key) is not None and 1 < len(leaf.text.strip()) <= _MAX_VALUE


def is_telling(leaf: Leaf, value: str) -> bool:
    """Whether the value of an argument in lower case could stand for nothing else."""
    if not 1 < len(value) <= _MAX_VALUE or _TIME.fullmatch(value):
        return False
    return is_distinct(value) or len(value) >= _PHRASE or _AIM.search(leaf.key) is not None
