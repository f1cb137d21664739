"""From a YAML file to a Config, with an error sentence that names the key.

``${env:NAME}`` and ``${env:NAME:-default}`` are replaced inside scalars; ``$$`` is a literal dollar.
A scalar that is one reference and nothing else may stand for a list, a mapping or null; other text stays text, so
that a token of digits is no number, and is read as what its key needs.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import yaml
from pydantic import BaseModel, SecretStr, ValidationError

from otel_safety.config.model import EXPORTER_TYPES, Config
from otel_safety.errors import ConfigError

# $$ | ${env:NAME} | ${env:NAME:-default}
_REFERENCE = re.compile(r"\$\$|\$\{env:(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REDACTED = "[REDACTED]"


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: The file cannot be read or used; the message names the key.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    return parse_config(text, environment, source=str(path))


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
    return _validated({"exporters": exporters}, "the environment")


def parse_config(text: str, environment: Mapping[str, str] | None = None, *, source: str = "config") -> Config:
    """Check the text of a configuration.

    Raises:
        ConfigError: It cannot be used; the message names the key.
    """
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(f"{source} must be a mapping of sections, got {type(document).__name__}")
    return _validated(_expand(document, os.environ if environment is None else environment, ""), source)


def redacted_yaml(config: Config) -> str:
    """Write the whole configuration, defaults included, with every secret replaced."""
    return yaml.safe_dump(_plain(config.model_dump()), sort_keys=False, allow_unicode=True)


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


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def _expand(value: Any, variables: Mapping[str, str], key: str) -> Any:
    if isinstance(value, dict):
        return {name: _expand(item, variables, _join(key, name)) for name, item in value.items()}
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
    except yaml.YAMLError:
        return text
    return found if found is None or isinstance(found, dict | list) else text


def _validated(document: dict[str, Any], source: str) -> Config:
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        sentences = [_sentence(item["loc"], item["type"], item["msg"]) for item in error.errors()]
        raise ConfigError(f"{source}: " + "; ".join(sentences)) from error


def _sentence(location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = _path(location)
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
        return f"unknown key {path}, {hint}"
    if kind == "missing":
        return f"{path} is needed"
    sentence = message.removeprefix("Value error, ")
    return f"{path}: {sentence}" if path else sentence


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for index, part in enumerate(location):
        # A tagged union adds its tag to the location; nobody wrote it.
        if index == 2 and location[0] == "exporters" and part in EXPORTER_TYPES:
            continue
        path = f"{path}[{part}]" if isinstance(part, int) else _join(path, part)
    return path


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    models: list[type[BaseModel]] = [Config]
    for part in location:
        models = (
            [
                inner
                for model in models
                for name, field in model.model_fields.items()
                if name == part
                for inner in _models_in(field.annotation)
            ]
            or [model for model in models if part in _tags(model)]
            or models
        )
    return [name for model in models for name in model.model_fields if name != "type"]


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("type")
    return get_args(field.annotation) if field else ()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return REDACTED
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "type"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _join(path: str, part: object) -> str:
    return f"{path}.{part}" if path else str(part)
