"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from otel_safety.config import Config

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="OTEL_SAFETY_CONFIG",
    help="YAML configuration; without it the defaults hold.  [env: OTEL_SAFETY_CONFIG]",
)


def read_config(path: Path | None) -> Config:
    """Read the configuration file, or give the defaults."""
    from otel_safety.config import default_config, load_config  # noqa: PLC0415  keeps --help fast

    return default_config() if path is None else load_config(path)


class _DurationType(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from otel_safety.config.duration import parse_duration  # noqa: PLC0415  keeps --help fast

        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _DurationType()
