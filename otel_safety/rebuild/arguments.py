"""Arguments of tool calls, compared: the same ones come in several forms."""

from __future__ import annotations

import json
from collections.abc import Mapping

Arguments = Mapping[str, object] | str | None

# One encoder for all: json.dumps would build one for every call.
_encode = json.JSONEncoder(sort_keys=True, default=str).encode
_listed = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str).encode


def canonical(arguments: Arguments) -> str:
    """Return arguments in a form in which equal ones are equal texts."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return _encode(arguments)


def without_names(arguments: Arguments) -> str | None:
    """Return the arguments of a call as some write them without their names, in canonical form.

    The only one as its bare value, several as a list in their order; None when there are none.
    """
    if arguments is None or isinstance(arguments, str) or not arguments:
        return None
    if len(arguments) > 1:
        return _listed(list(arguments.values()))
    (value,) = arguments.values()
    if isinstance(value, str):
        return value
    return canonical(value) if isinstance(value, Mapping) else _listed(value)  # pyright: ignore[reportUnknownArgumentType]  # keys of a decoded JSON object are texts


def compatible(arguments: Arguments, other: Arguments) -> bool:
    """Tell whether two reports of arguments can be of one call: equal, one unknown, or one without its names."""
    if None in (arguments, other):
        return True
    first, second = canonical(arguments), canonical(other)
    return first == second or first == without_names(other) or second == without_names(arguments)


def named(executed: Arguments, requested: Arguments) -> Arguments:
    """Return the arguments of an execution, with their names when just the request tells them."""
    if executed is None or canonical(executed) == without_names(requested):
        return requested
    return executed
