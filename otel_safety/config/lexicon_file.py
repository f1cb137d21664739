"""Reads a file of rules and allow-list terms: YAML or TOML, by its name."""

from __future__ import annotations

import tomllib
from pathlib import Path

from otel_safety.config.document import parse_yaml, read_text
from otel_safety.config.lexicons import LexiconFile
from otel_safety.config.sentences import validated
from otel_safety.errors import ConfigError


def read_lexicon_file(path: Path) -> LexiconFile:
    """Read and check one file; its patterns are not compiled yet.

    Raises:
        ConfigError: It cannot be read or used; the message names the file and the key.
    """
    if path.suffix not in {".yaml", ".yml", ".toml"}:
        raise ConfigError(f"lexicons.files: {path} must end with .yaml, .yml or .toml")
    try:
        text = read_text(path)
    except ConfigError as error:
        raise ConfigError(f"lexicons.files: {error}") from error
    if path.suffix != ".toml":
        return validated(LexiconFile, parse_yaml(text, str(path)), str(path))
    try:
        return validated(LexiconFile, tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
