from __future__ import annotations

from pathlib import Path

import pytest

from detectors.registry import DETECTORS
from otel_safety import docs

ROOT = Path(docs.__file__).resolve().parent.parent
SECTIONS = (
    "What it catches",
    "Why it matters",
    "How it decides",
    "What it deliberately ignores",
    "Known misses",
    "What to do about a finding",
)


def test_the_generated_pages_are_fresh() -> None:
    assert docs.main(["--check"]) == 0


def test_a_stale_page_fails_the_check_and_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "_ROOT", tmp_path)

    assert docs.main(["--check"]) == 1
    stale = capsys.readouterr().err
    assert "docs/attributes.md is stale" in stale
    assert "semconv/emitted.py is stale" in stale
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    for written in ("docs/attributes.md", "semconv/emitted.py"):
        assert (tmp_path / written).read_text("utf-8") == (ROOT / written).read_text("utf-8")


@pytest.mark.parametrize("key", [detector.spec.key for detector in DETECTORS])
def test_every_detector_page_has_every_section_with_text(key: str) -> None:
    page = docs.pages()[f"docs/detectors/{key}.md"]

    for section in SECTIONS:
        _, heading, rest = page.partition(f"\n## {section}\n")
        assert heading, f"{key}: no section {section!r}"
        assert rest.strip()
        assert not rest.strip().startswith("#"), f"{key}: section {section!r} is empty"


def test_no_generated_page_keeps_a_page_that_has_no_source() -> None:
    written = {str(path.relative_to(ROOT)) for path in (ROOT / "docs/detectors").glob("*.md")}

    assert written == {path for path in docs.pages() if path.startswith("docs/detectors/")}
