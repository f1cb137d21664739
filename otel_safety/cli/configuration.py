"""otel-safety validate and print-config."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from otel_safety.cli.options import config_option, read_config


@click.command()
@click.argument("config_path", metavar="CONFIG", type=click.Path(path_type=Path))
@click.option("--fail-on-expired", is_flag=True, help="Exit with 1 when a suppression has expired.")
def validate(config_path: Path, *, fail_on_expired: bool) -> None:
    """Check a configuration file and its lexicon files, and test the lines of their rules.

    Every error names its key (exit code 2). Expired suppressions are told.
    """
    from otel_safety.build import check_config  # noqa: PLC0415  keeps --help fast

    warnings = check_config(read_config(config_path))
    for sentence in warnings:
        click.echo(f"otel-safety: {config_path}: {sentence}", err=True)
    click.echo(f"{config_path} is valid")
    if warnings and fail_on_expired:
        sys.exit(1)


@click.command("print-config")
@config_option
def print_config(config_path: Path | None) -> None:
    """Print the whole configuration as it is in force, secrets redacted."""
    from otel_safety.config import redacted_yaml  # noqa: PLC0415  keeps --help fast

    click.echo(redacted_yaml(read_config(config_path)), nl=False)
