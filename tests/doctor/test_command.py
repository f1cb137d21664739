"""otel-safety doctor as a command: exit codes, both outputs, usage errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detectors.assessment import NotAssessed
from detectors.registry import DETECTORS
from otel_safety.cli import cli
from otel_safety.doctor.missing import CAUSES, MEANING, Missing
from tests.pipeline.material import CAPTURES
from tests.processes import free_port, otel_safety

COMPLETE = str(CAPTURES / "pydantic-ai")
SILENT = str(CAPTURES / "openai-v2-events" / "weather" / "002-traces.pb")
DOCS = Path(__file__).parents[2] / "docs"


def call(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([otel_safety(), *arguments], input=stdin, capture_output=True, check=False, timeout=60)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ("doctor", *arguments))


def test_the_help_loads_nothing_that_takes_time() -> None:
    # How long it takes is asked in tests/cli, of all commands at once.
    loaded = (
        "import sys, otel_safety.cli; print(sorted({'aiohttp', 'google', 'grpc', 'pydantic', 'rich'} & {*sys.modules}))"
    )
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, timeout=60)
    assert answer.stdout == b"[]\n"


def test_0_when_every_detector_can_work_and_1_when_something_is_missing() -> None:
    complete, silent = invoke(COMPLETE), invoke(SILENT)
    assert (complete.exit_code, silent.exit_code) == (0, 1)
    assert "Every detector can work." in complete.stdout
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY" in silent.stdout
    assert "message_content, 1 of 1 run: no message text was captured" in silent.stdout
    assert "stops every detector" in silent.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("absent.pb",), b"absent.pb does not exist"),
        ((), b"give a recording to read or --listen"),
        ((COMPLETE, "--listen", "1s"), b"one of the two"),
        ((COMPLETE, "--forward", "localhost:1"), b"--forward needs --listen"),
        ((COMPLETE, "--detectors", "decepton"), b"there is no detector 'decepton'"),
        (("--listen", "5"), b"not a duration"),
        (("--listen", "1s", "--grpc-endpoint", "none", "--http-endpoint", "none"), b"nothing to listen on"),
    ],
)
def test_usage_and_input_errors_are_one_sentence_and_exit_code_2(arguments: tuple[str, ...], sentence: bytes) -> None:
    answer = call("doctor", *arguments)
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert b"Traceback" not in answer.stderr


def test_a_directory_with_another_file_is_read_and_still_not_a_success(tmp_path: Path) -> None:
    (tmp_path / "1.pb").write_bytes(next((CAPTURES / "pydantic-ai" / "weather").glob("*.pb")).read_bytes())
    (tmp_path / "notes.txt").write_text("not telemetry")
    answer = call("doctor", str(tmp_path))
    assert answer.returncode == 2
    assert b"Every detector can work." in answer.stdout
    assert b"notes.txt is not an OTLP recording" in answer.stderr


def test_a_detector_that_is_not_asked_for_is_not_missed() -> None:
    report = json.loads(invoke(COMPLETE, "--detectors", "deception", "--output", "json").stdout)
    assert [sorted(agent["detectors"]) for agent in report["agents"]] == [["deception"]]


def test_the_json_names_what_is_missing_what_it_stops_and_the_setting() -> None:
    answer = call("doctor", "-", "--output", "json", stdin=Path(SILENT).read_bytes())
    assert answer.returncode == 1
    report = json.loads(answer.stdout)
    (agent,) = report["agents"]
    lack = agent["missing"][0]
    assert (report["healthy"], report["runs"], agent["service"], agent["agent"]) == (False, 1, "office-api", None)
    assert agent["instrumentations"] == [
        {"dialect": "genai", "scope": "opentelemetry.util.genai.handler", "version": "1.1b0", "spans": 2}
    ]
    assert lack["what"] == "message_content"
    assert lack["stops"] == {detector.spec.key: 1 for detector in DETECTORS}
    assert {detector["judged"] for detector in agent["detectors"].values()} == {0}
    assert "SPAN_ONLY" in lack["advice"][0]["setting"]
    assert lack["advice"][0]["source"].startswith("https://")


def test_the_table_escapes_control_characters_of_the_content(tmp_path: Path) -> None:
    recording = next((CAPTURES / "pydantic-ai" / "weather").glob("*.pb")).read_bytes()
    # Same length: the recording stays well-formed.
    (tmp_path / "1.pb").write_bytes(recording.replace(b"office_pal", b"office\x1b[2J"))
    answer = call("doctor", str(tmp_path))
    assert b"\x1b[2J" not in answer.stdout
    assert b"\\x1b[2J" in answer.stdout


def test_listening_without_anything_coming_says_so() -> None:
    endpoints = ("--grpc-endpoint", f"127.0.0.1:{free_port()}", "--http-endpoint", "none")
    answer = call("doctor", "--listen", "100ms", *endpoints)
    assert answer.returncode == 1
    assert b"listening on 127.0.0.1:" in answer.stderr
    assert b"No agent run was recognised" in answer.stdout


def test_spans_without_an_agent_run_are_named_by_their_scopes(tmp_path: Path) -> None:
    recording = Path(SILENT).read_bytes()
    # Same length: the recording stays well-formed, and no dialect knows its attributes.
    (tmp_path / "1.pb").write_bytes(recording.replace(b"gen_ai.", b"no_ai_."))
    answer = call("doctor", str(tmp_path))
    assert answer.returncode == 1
    assert b"No agent run was recognised" in answer.stdout
    assert b"opentelemetry.util.genai.handler (2)" in answer.stdout


def test_the_page_explains_everything_that_can_be_missing_and_names_its_reasons() -> None:
    rows = _table_rows(DOCS / "doctor.md", "What can be missing")
    assert {Missing(row[0].strip("`")): row[1] for row in rows} == MEANING
    for name, _, reasons in rows:
        causes = [reason for reason, missing in CAUSES.items() if Missing(name.strip("`")) in missing]
        assert re.findall("`(.*?)`", reasons) == [reason.value for reason in causes]


def test_the_reasons_for_not_assessed_are_documented_in_one_place_and_no_other() -> None:
    documented = _table_rows(DOCS / "detectors" / "README.md", "Not assessed")
    assert [row[0].strip("`") for row in documented] == list(NotAssessed)
    assert "(detectors/README.md#not-assessed)" in (DOCS / "cli.md").read_text("utf-8")
    others = [
        page.name
        for page in DOCS.rglob("*.md")
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("| `execution_unseen`") and page != DOCS / "detectors" / "README.md"
    ]
    assert others == []


def test_the_example_on_the_page_is_what_the_command_prints() -> None:
    block = (DOCS / "doctor.md").read_text("utf-8").partition("$ otel-safety doctor tests/")[2].partition("```")[0]
    path, *lines = block.splitlines()
    printed = [line.rstrip() for line in invoke(str(DOCS.parent / "tests" / path)).stdout.splitlines()]
    assert [line for line in lines if line.strip() != "…" and line not in printed] == []


def _table_rows(page: Path, section: str) -> list[list[str]]:
    """The cells of the first table below a heading, header rows left out."""
    text = page.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]
