"""otel-safety loadgen and sink: traffic to measure with, and the place that counts what arrives."""

from __future__ import annotations

import click


@click.command()
def loadgen() -> None:
    """Send realistic agent traces and ordinary ones at a given rate."""


@click.command()
def sink() -> None:
    """Receive OTLP, count every span id, and tell what is missing or doubled."""
