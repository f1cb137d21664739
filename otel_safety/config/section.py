"""What every section of the configuration is, and types that several of them use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from otel_safety.config.duration import format_duration, parse_duration

Duration = Annotated[float, BeforeValidator(parse_duration), PlainSerializer(format_duration), Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Part of the configuration: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1, max_length=4096)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
"""A list of texts; one text may stand for a list of one."""
SomeTexts = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]


class AgentSection(Section):
    """A section that holds for some agents: globs of service and agent names, of which one each must match."""

    service: SomeTexts = ("*",)
    agent: SomeTexts = ("*",)
