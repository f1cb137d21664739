"""What holds for the project as a whole: layers, public names, links in the documentation."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import otel_safety

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env=environment or None
    )


def test_the_layers_hold() -> None:
    answer = run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert answer.returncode == 0, answer.stdout


def test_every_public_name_can_be_imported() -> None:
    for name in otel_safety.__all__:
        assert getattr(otel_safety, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(otel_safety, "nothing")  # noqa: B009  the module's own __getattr__


def test_the_version_is_said_once_in_truth() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert otel_safety.__version__ == project["version"]


@pytest.mark.parametrize("package", ["detectors", "semconv"])
def test_a_foreign_package_of_the_same_name_is_named(tmp_path: Path, package: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("# somebody else's")
    answer = run(sys.executable, "-P", "-c", "import otel_safety", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert answer.returncode == 1
    assert f"otel-safety needs its own package {package!r}, but Python found another one" in answer.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_group_is_repeated_possessively() -> None:
    """Python before 3.11.5 (Debian 12 ships 3.11.2) mismatches such groups; ``(?>(?:...)*)`` says the same."""
    sources = [path for package in ("detectors", "semconv", "otel_safety") for path in (ROOT / package).rglob("*.py")]
    found = [path for path in sources if re.search(r"\)(?:[*+?]|\{[0-9,]+\})\+[^=\s]", path.read_text("utf-8"))]
    assert found == []
