"""otel-safety validate and print-config."""

from __future__ import annotations

from pathlib import Path

import click

from otel_safety.cli.options import config_option, read_config


@click.command()
@click.argument("config_path", metavar="CONFIG", type=click.Path(path_type=Path))
def validate(config_path: Path) -> None:
    """Check a configuration file; every error names its key (exit code 2)."""
    from otel_safety.build import check_config  # noqa: PLC0415  keeps --help fast

    check_config(read_config(config_path))
    click.echo(f"{config_path} is valid")


@click.command("print-config")
@config_option
def print_config(config_path: Path | None) -> None:
    """Print the whole configuration as it is in force, secrets redacted."""
    from otel_safety.config import redacted_yaml  # noqa: PLC0415  keeps --help fast

    click.echo(redacted_yaml(read_config(config_path)), nl=False)
