"""otel-safety detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from detectors.assessment import DetectorSpec


@click.command()
@click.argument("key", required=False)
def detectors(key: str | None) -> None:
    """List the detectors, installed ones too, or tell what one of them catches, ignores and emits."""
    from detectors.registry import DETECTORS  # noqa: PLC0415  keeps --help fast
    from otel_safety.errors import ConfigError  # noqa: PLC0415
    from otel_safety.installed import installed_detectors  # noqa: PLC0415

    shipped = [detector.spec for detector in DETECTORS]
    specs = {spec.key: spec for spec in shipped}
    specs |= {item.spec.key: item.spec for item in installed_detectors(tuple(specs), lambda _: True)}
    if key is None:
        width = max(map(len, specs))
        for spec in specs.values():
            click.echo(f"{spec.key:<{width}}  {spec.severity.value:<8}  {spec.threshold:<4g}  {spec.catches}")
        return
    if key not in specs:
        raise ConfigError(f"there is no detector {key!r}; known: {', '.join(specs)}")
    click.echo(_page(specs[key]), nl=False)


def _page(spec: DetectorSpec) -> str:
    ignored = "".join(f"  - {line}\n" for line in spec.ignores)
    return (
        f"{spec.title} ({spec.key})\n\n"
        f"Severity    {spec.severity.value}\n"
        f"Threshold   {spec.threshold:g}\n"
        f"MAST        {spec.mast}\n"
        f"Needs       {', '.join(spec.needs)}\n\n"
        f"Catches\n  {spec.catches}\n\n"
        f"Ignores\n{ignored}\n"
        "Emits\n"
        f"  span attribute  otel_safety.{spec.key}.score (double), with otel_safety.flagged, .severity, .detectors\n"
        f"  span event      gen_ai.evaluation.result with gen_ai.evaluation.name = {spec.key}\n"
        f"  on the root     otel_safety.run.*; {spec.key}:<reason> in otel_safety.run.not_assessed\n\n"
        f"What to do\n  {spec.remediation}\n"
    )
