"""The registry of emitted names (``semconv/registry``), read and checked.

The files are in the definition/2 format of OpenTelemetry Weaver; the models hold what of it this project uses.
``annotations.constants`` (name to value) is read by our own generator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Member(_Entry):
    """One value of an attribute with a closed set of values."""

    id: str
    value: str
    brief: str
    stability: Literal["development", "stable"]


class Members(_Entry):
    """The closed set of values of an attribute."""

    members: list[Member]


class Attribute(_Entry):
    """Definition of one attribute."""

    key: str
    type: Literal["string", "string[]", "double", "int", "boolean", "template[any]"] | Members
    stability: Literal["development", "stable"]
    brief: str
    note: str = ""
    examples: list[object] = Field(default_factory=list[object])
    annotations: dict[str, dict[str, str | int]] = Field(default_factory=dict[str, dict[str, str | int]])


class Reference(_Entry):
    """One attribute in a group, an event or a span."""

    ref: str | None = None
    ref_group: str | None = None
    requirement_level: Literal["required", "recommended", "opt_in"] | dict[str, str] = "recommended"
    brief: str = ""
    examples: list[object] = Field(default_factory=list[object])
    annotations: dict[str, dict[str, str | int]] = Field(default_factory=dict[str, dict[str, str | int]])


class Group(_Entry):
    """A group of attributes, an event or a span: what is emitted together."""

    id: str = ""
    name: str | dict[str, str] = ""
    type: str = ""
    kind: Literal["internal"] | None = None
    visibility: Literal["public"] | None = None
    stability: Literal["development", "stable"]
    brief: str
    note: str = ""
    annotations: dict[str, dict[str, str | int]] = Field(default_factory=dict[str, dict[str, str | int]])
    attributes: list[Reference]


class Definitions(_Entry):
    """One file of the registry."""

    file_format: Literal["definition/2"]
    attributes: list[Attribute] = Field(default_factory=list[Attribute])
    attribute_groups: list[Group] = Field(default_factory=list[Group])
    events: list[Group] = Field(default_factory=list[Group])
    spans: list[Group] = Field(default_factory=list[Group])


@dataclass(frozen=True, slots=True)
class Registry:
    """All files of ``semconv/registry`` together; attributes by key."""

    attributes: dict[str, Attribute] = field(default_factory=dict[str, Attribute])
    groups: list[Group] = field(default_factory=list[Group])
    events: list[Group] = field(default_factory=list[Group])
    spans: list[Group] = field(default_factory=list[Group])


def load_registry() -> Registry:
    """Read the registry of emitted names.

    Raises:
        ValueError: A file is malformed, or an attribute is defined twice.
    """
    registry = Registry()
    folder = files("semconv").joinpath("registry")
    for name in sorted(item.name for item in folder.iterdir() if item.name != "manifest.yaml"):
        definitions = Definitions.model_validate(yaml.safe_load(folder.joinpath(name).read_text("utf-8")))
        for attribute in definitions.attributes:
            if attribute.key in registry.attributes:
                raise ValueError(f"semconv/registry/{name}: {attribute.key} is defined twice")
            registry.attributes[attribute.key] = attribute
        registry.groups.extend(definitions.attribute_groups)
        registry.events.extend(definitions.events)
        registry.spans.extend(definitions.spans)
    return registry
