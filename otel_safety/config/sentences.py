"""What is wrong with a document, in sentences that name the key and the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from otel_safety.config.detectors import DetectorConfig, DetectorsConfig
from otel_safety.config.model import EXPORTER_TYPES
from otel_safety.errors import ConfigError

_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], document: dict[Any, Any], source: str) -> _Model:
    """Check a document.

    Raises:
        ConfigError: It does not fit the model; one sentence per problem, each with its key.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        sentences = [_sentence(model, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        raise ConfigError(f"{source}: " + "; ".join(sentences)) from error


def _sentence(model: type[BaseModel], location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = _path(location)
    if kind == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        return f"unknown key {path}, {hint(str(location[-1]), known)}"
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
        path = f"{path}[{part}]" if isinstance(part, int) else joined(path, part)
    return path


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    models: list[type[BaseModel]] = [model]
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
            or [DetectorConfig for model in models if model is DetectorsConfig]
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


def hint(written: str, known: Collection[str]) -> str:
    """Say what may have been meant."""
    near = difflib.get_close_matches(written, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"


def joined(path: str, part: object) -> str:
    """Go down one key."""
    return f"{path}.{part}" if path else str(part)
