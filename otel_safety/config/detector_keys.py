"""Whether the detectors that a document names exist: those that ship, and those that other packages installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from otel_safety.config.detectors import DetectorsConfig
from otel_safety.config.sentences import hint
from otel_safety.installed import installed_keys

_BESIDE: Final = frozenset({"budget"})
_SHIPPED: Final = frozenset(DetectorsConfig.model_fields) - _BESIDE
_GLOB: Final = frozenset("*?[")


def unknown_detectors(document: dict[Any, Any]) -> Iterator[str]:
    """Name the detectors that nobody has, a sentence each; everything else is left to the model of the document."""
    for key in _mapping(document.get("detectors")):
        yield from _sentence(f"unknown key detectors.{key}", key, _BESIDE)
    for index, override in enumerate(_list(document.get("overrides"))):
        for key in _mapping(_mapping(override).get("detectors")):
            yield from _sentence(f"unknown key overrides[{index}].detectors.{key}", key)
    for index, suppression in enumerate(_list(document.get("suppressions"))):
        named = _mapping(suppression).get("detector")
        for key in [named] if isinstance(named, str) else _list(named):
            if not _GLOB & set(str(key)):
                yield from _sentence(f"suppressions[{index}].detector: there is no detector {str(key)!r}", key)


def _sentence(start: str, key: object, others: frozenset[str] = frozenset()) -> Iterator[str]:
    if key in _SHIPPED or key in others:
        return
    # Asking what is installed reads the metadata of every package: only when it decides.
    known = {*_SHIPPED, *others, *installed_keys()}
    if key not in known:
        yield f"{start}, {hint(str(key), known)}"


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
