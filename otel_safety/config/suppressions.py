"""Suppressions: findings that are known and accepted, for a reason and until a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from otel_safety.config.section import AgentSection, SomeTexts, Text

_CRITERIA = ("detector", "rule", "service", "agent", "text")


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a day such as 2027-01-31")  # noqa: TRY004  pydantic wants a ValueError
    return value


class SuppressionConfig(AgentSection):
    """Findings that do not flag until the end of a day (UTC). What is left out matches everything."""

    detector: SomeTexts = ("*",)
    rule: SomeTexts = ("*",)
    text: Text | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=200)]
    expires: Annotated[date, BeforeValidator(_day)]

    @model_validator(mode="after")
    def _some_criterion(self) -> SuppressionConfig:
        if not self.model_fields_set.intersection(_CRITERIA):
            raise ValueError(f"one of {', '.join(_CRITERIA)} is needed: it would suppress every finding")
        return self
