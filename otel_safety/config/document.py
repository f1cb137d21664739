"""From the text of a YAML file to a mapping, strictly: no key twice, no object tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from otel_safety.errors import ConfigError


def read_text(path: Path) -> str:
    """Read a file that the operator wrote.

    Raises:
        ConfigError: It cannot be read; the message names it.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


def parse_yaml(text: str, source: str) -> dict[Any, Any]:
    """Read a mapping of sections; an empty text is an empty one.

    Raises:
        ConfigError: It is not YAML or no mapping; the message names ``source``.
    """
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number or flag that its tag promises and is none
        raise ConfigError(f"{source} is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{source} must be a mapping of sections, got {type(document).__name__}")
    return document


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice."""


def _unique_mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in keys:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is written twice", key_node.start_mark
            )
        keys.add(key)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


def _as_written(loader: _StrictLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
# Days stay texts: what is none is told with its key.
_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)
