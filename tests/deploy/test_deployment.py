"""deploy/ fits together: images are pinned, files are there, addresses of neighbours are those they listen on.

No container engine is needed, or used: the shape of the files is checked, not that the images run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_safety.config import load_config
from otel_safety.config.model import OtlpGrpcExporterConfig

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def _yaml(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


COMPOSE = _yaml(DEPLOY / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def _default(text: str) -> str:
    """Put in the default of each ``${env:NAME:-default}``."""
    return re.sub(r"\$\{env:\w+:-([^}]*)\}", r"\1", text)


def test_compose_has_the_five_services() -> None:
    assert set(SERVICES) == {"collector", "otel-safety", "jaeger", "tempo", "grafana"}


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "otel-safety"])
def test_foreign_images_are_pinned_to_a_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_the_collector_image_is_the_version_that_the_testbed_builds() -> None:
    version = _yaml(DEPLOY / "testbed" / "collector-builder.yaml")["dist"]["version"]
    assert SERVICES["collector"]["image"].endswith(f":{version}")


@pytest.mark.parametrize("name", SERVICES)
def test_mounted_files_exist_and_are_read_only(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source, _, mode = volume.split(":")
        assert (DEPLOY / source).is_file(), source
        assert mode == "ro"


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", ())) <= set(SERVICES)


def test_the_collector_and_otel_safety_find_each_other() -> None:
    collector = _yaml(ROOT / "collector-config.yaml")
    environment = SERVICES["collector"]["environment"]
    safety = load_config(DEPLOY / "otel-safety.yaml", SERVICES["otel-safety"]["environment"])

    assert safety.receivers.otlp.http is not None
    http_port = safety.receivers.otlp.http.endpoint.rpartition(":")[2]
    assert environment["OTEL_SAFETY_ENDPOINT"] == f"http://otel-safety:{http_port}"

    destination = safety.exporters["otlp_grpc/collector"]
    assert isinstance(destination, OtlpGrpcExporterConfig)
    returned = collector["receivers"]["otlp/from_safety"]["protocols"]["grpc"]["endpoint"]
    assert destination.endpoint == f"collector:{_default(returned).rpartition(':')[2]}"
    assert destination.tls.insecure


def test_the_collector_only_gets_variables_that_it_reads() -> None:
    text = (ROOT / "collector-config.yaml").read_text()
    assert set(SERVICES["collector"]["environment"]) <= set(re.findall(r"\$\{env:(\w+)", text))


def test_the_backends_listen_where_the_collector_sends() -> None:
    environment = SERVICES["collector"]["environment"]
    jaeger = _yaml(DEPLOY / "jaeger.yaml")["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"]
    tempo = _yaml(DEPLOY / "tempo.yaml")["distributor"]["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"]
    assert environment["JAEGER_ENDPOINT"].partition(":")[2] == jaeger.rpartition(":")[2]
    assert environment["TEMPO_ENDPOINT"].partition(":")[2] == tempo.rpartition(":")[2]


def test_grafana_reads_from_both_backends() -> None:
    sources = {one["type"]: one["url"] for one in _yaml(DEPLOY / "grafana" / "datasources.yaml")["datasources"]}
    tempo_port = _yaml(DEPLOY / "tempo.yaml")["server"]["http_listen_port"]
    query = _yaml(DEPLOY / "jaeger.yaml")["extensions"]["jaeger_query"]["http"]["endpoint"]
    assert sources == {
        "tempo": f"http://tempo:{tempo_port}",
        "jaeger": f"http://jaeger:{query.rpartition(':')[2]}",
    }


def test_the_drain_fits_into_the_grace_period() -> None:
    safety = load_config(DEPLOY / "otel-safety.yaml", {})
    assert safety.service.drain_timeout < float(SERVICES["otel-safety"]["stop_grace_period"].removesuffix("s"))


def test_the_image_runs_as_nobody_with_locked_packages_and_a_health_check() -> None:
    stages = re.split(r"^FROM ", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    build, final = stages
    installs = re.findall(r"pip install ([^\n&]*)", build)
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    assert "pip install" not in final
    user = re.search(r"^USER (\d+):\d+$", final, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 0
    assert re.search(r"^EXPOSE 4317 4318$", final, re.MULTILINE)
    safety = load_config(DEPLOY / "otel-safety.yaml", {})
    assert safety.telemetry.health is not None
    port = safety.telemetry.health.endpoint.rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/healthz/ready" in final


def test_every_file_that_the_image_copies_is_let_through() -> None:
    allowed = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copies = re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copies for source in line.split()[:-1]}
    assert sources == allowed
    assert all((ROOT / source).exists() for source in sources)
