"""The configurations of this repository, checked by the programs that they are for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.testbed import COLLECTOR_CONFIG, ROOT, TESTBED, binary

pytestmark = pytest.mark.e2e


def _run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_collector_accepts_its_configuration_as_it_is() -> None:
    answer = _run(binary("collector"), "validate", f"--config={COLLECTOR_CONFIG}")
    assert answer.returncode == 0, answer.stderr


def test_the_collector_refuses_a_pipeline_to_nowhere() -> None:
    answer = _run(
        binary("collector"),
        "validate",
        f"--config={COLLECTOR_CONFIG}",
        TRACES_EXPORTERS="[otlp_grpc/nowhere]",
    )
    assert answer.returncode != 0
    assert "otlp_grpc/nowhere" in answer.stderr


@pytest.mark.parametrize("path", [ROOT / "deploy" / "jaeger.yaml", TESTBED / "jaeger" / "config.yaml"])
def test_jaeger_accepts_its_configurations(path: Path) -> None:
    answer = _run(binary("jaeger"), "validate", "--config", path)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("path", [ROOT / "deploy" / "tempo.yaml", TESTBED / "tempo" / "config.yaml"])
def test_tempo_accepts_its_configurations(path: Path) -> None:
    answer = _run(binary("tempo"), f"-config.file={path}", "-config.expand-env=true", "-config.verify=true")
    assert answer.returncode == 0, answer.stderr
