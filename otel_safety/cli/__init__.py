"""The command line ``otel-safety``.

Exit codes: 0 nothing found, 1 findings (or items left undelivered), 2 usage, configuration or input that cannot be
read. The modules of the commands import what they need when they run, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys

import click

from otel_safety import __version__
from otel_safety.cli.analyze import analyze
from otel_safety.cli.configuration import print_config, validate
from otel_safety.cli.detectors import detectors
from otel_safety.cli.doctor import doctor
from otel_safety.cli.evaluate import calibrate, evaluate
from otel_safety.cli.load import loadgen, sink
from otel_safety.cli.serve import serve
from otel_safety.errors import OtelSafetyError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="otel-safety")
def cli() -> None:
    """OTLP in, OTLP out, and on the way every agent run is judged."""


for _command in (serve, analyze, doctor, detectors, validate, print_config, evaluate, calibrate, loadgen, sink):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; an error that was raised on purpose is one sentence and exit code 2."""
    try:
        cli()
    except OtelSafetyError as error:
        click.echo(f"otel-safety: {error}", err=True)
        sys.exit(2)
