"""Arguments of tool calls, compared: the same ones come in several forms."""

from __future__ import annotations

import json
from collections.abc import Mapping

Arguments = Mapping[str, object] | str | None


def canonical(arguments: Arguments) -> str:
    """Return arguments in a form in which equal ones are equal texts."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments, sort_keys=True, default=str)


def only_value(arguments: Arguments) -> str | None:
    """Return the only argument of a call as the bare value that some write without its name, in canonical form."""
    if arguments is None or isinstance(arguments, str) or len(arguments) != 1:
        return None
    (value,) = arguments.values()
    if isinstance(value, str):
        return value
    return canonical(value) if isinstance(value, Mapping) else json.dumps(value, separators=(",", ":"), default=str)  # pyright: ignore[reportUnknownArgumentType]  # keys of a decoded JSON object are texts


def compatible(arguments: Arguments, other: Arguments) -> bool:
    """Tell whether two reports of arguments can be of one call: equal, one unknown, or one without its name."""
    if None in (arguments, other):
        return True
    first, second = canonical(arguments), canonical(other)
    return first == second or first == only_value(other) or second == only_value(arguments)


def named(executed: Arguments, requested: Arguments) -> Arguments:
    """Return the arguments of an execution, with the name of the only one when just the request tells it."""
    if executed is None or canonical(executed) == only_value(requested):
        return requested
    return executed
