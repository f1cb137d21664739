"""From a YAML file to a Config, with an error sentence that names the key.

``${env:NAME}`` and ``${env:NAME:-default}`` are replaced inside scalars; ``$$`` is a literal dollar.
A scalar that is one reference and nothing else may stand for a list, a mapping or null; other text stays text, so
that a token of digits is no number, and is read as what its key needs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from pydantic import SecretStr

from otel_safety.config.detector_keys import unknown_detectors
from otel_safety.config.document import parse_yaml, read_text
from otel_safety.config.model import Config
from otel_safety.config.sentences import joined, validated
from otel_safety.errors import ConfigError

# $$ | ${env:NAME} | ${env:NAME:-default}
_REFERENCE = re.compile(r"\$\$|\$\{env:(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REDACTED = "[REDACTED]"


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; the paths of its lexicon files become relative to nothing.

    Raises:
        ConfigError: The file cannot be read or used; the message names the key.
    """
    config = parse_config(read_text(path), environment, source=str(path))
    files = tuple(str(path.absolute().parent / file) for file in config.lexicons.files)
    return config.model_copy(update={"lexicons": config.lexicons.model_copy(update={"files": files})})


def default_config(environment: Mapping[str, str] | None = None) -> Config:
    """Give the configuration that holds without a file.

    Findings are printed on the console. ``OTEL_EXPORTER_OTLP_ENDPOINT`` adds a destination, with
    ``OTEL_EXPORTER_OTLP_PROTOCOL`` (grpc or http/protobuf) and ``OTEL_EXPORTER_OTLP_HEADERS``.

    Raises:
        ConfigError: One of these variables cannot be used.
    """
    variables = os.environ if environment is None else environment
    endpoint = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if not endpoint:
        return Config()
    exporters: dict[str, Any] = {"console": None}
    protocol = variables.get("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc").strip()
    if protocol not in {"grpc", "http/protobuf"}:
        raise ConfigError(f"OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, got {protocol!r}")
    pairs = [pair.partition("=") for pair in variables.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",") if pair]
    exporters["otlp_grpc" if protocol == "grpc" else "otlp_http"] = {
        "endpoint": endpoint.rstrip("/"),
        "tls": {"insecure": not endpoint.startswith("https://")},
        # The values are percent-encoded, as in W3C Baggage (OTLP exporter specification).
        "headers": {name.strip(): unquote(value.strip()) for name, _, value in pairs},
    }
    return validated(Config, {"exporters": exporters}, "the environment")


def parse_config(text: str, environment: Mapping[str, str] | None = None, *, source: str = "config") -> Config:
    """Check the text of a configuration.

    Raises:
        ConfigError: It cannot be used; the message names the key.
    """
    document = _expand(parse_yaml(text, source), os.environ if environment is None else environment, "")
    unknown = list(unknown_detectors(document))
    if unknown:
        raise ConfigError(f"{source}: " + "; ".join(unknown))
    return validated(Config, document, source)


def redacted_yaml(config: Config) -> str:
    """Write the whole configuration, defaults included, with every secret replaced."""
    return yaml.safe_dump(_plain(config.model_dump()), sort_keys=False, allow_unicode=True)


def _expand(value: Any, variables: Mapping[str, str], key: str) -> Any:
    if isinstance(value, dict):
        return {name: _expand(item, variables, joined(key, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, variables, f"{key}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value

    def resolve(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return "$"
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{key}: {name!r} is not a name of an environment variable")
        found = variables.get(name)
        if found is None or (found == "" and match["default"] is not None):
            if match["default"] is None:
                raise ConfigError(f"{key}: the environment variable {name} is not set and has no default")
            return match["default"]
        return found

    whole = _REFERENCE.fullmatch(value)
    text = _REFERENCE.sub(resolve, value)
    if whole is None or whole["name"] is None:
        return text
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text
    return found if found is None or isinstance(found, dict | list) else text


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return REDACTED
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "type"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
