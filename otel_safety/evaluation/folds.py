"""Folds of a cross-validation in which no prompt, and no ``meta.group``, is on both sides."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from otel_safety.evaluation.rows import Row


def groups_of(rows: Sequence[Row]) -> list[int]:
    """Number the groups of rows that must stay together, one number per row.

    Rows belong together when they share the prompt, but for case and white space, or ``meta.group`` within a data
    set; and whatever is linked by a chain of such rows.
    """
    parents = list(range(len(rows)))
    first_with: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(rows):
        for key in _keys(row):
            one, other = _root(parents, place), _root(parents, first_with.setdefault(key, place))
            parents[max(one, other)] = min(one, other)
    return [_root(parents, place) for place in range(len(rows))]


def folds_of(rows: Sequence[Row], count: int) -> list[int]:
    """Deal the groups of rows out to ``count`` folds of like size, one fold number per row.

    The same rows come into the same folds, in whatever order they stand. With fewer groups than folds, some folds
    stay empty.
    """
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(groups_of(rows)):
        members[group].append(place)
    sizes = [0] * count
    folds = [0] * len(rows)
    # The largest first, so that what comes last evens out; equals in an order that no file gives.
    for places in sorted(members.values(), key=lambda places: (-len(places), _digest(rows, places))):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(places)
        for place in places:
            folds[place] = fold
    return folds


def _keys(row: Row) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = []
    if row.input is not None and (prompt := " ".join(row.input.casefold().split())):
        keys.append(("prompt", prompt))
    if (group := row.meta.get("group")) is not None:
        keys.append(("group", row.dataset, str(group)))
    return keys or [("id", row.dataset, str(row.id))]


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _digest(rows: Sequence[Row], places: Sequence[int]) -> bytes:
    keys = sorted({"\x00".join(key) for place in places for key in _keys(rows[place])})
    return hashlib.blake2b("\x01".join(keys).encode("utf-8", "replace")).digest()
