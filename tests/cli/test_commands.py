"""The command line: answers, exit codes, and sentences instead of tracebacks."""

import json
import resource
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from otel_safety.cli import cli
from otel_safety.otlp.json_codec import protobuf_to_json
from otel_safety.spans import Signal
from tests.pipeline.material import CAPTURES
from tests.processes import otel_safety

DECEPTION = str(CAPTURES / "pydantic-ai" / "claimed_deploy")
OVER_REFUSAL = str(CAPTURES / "pydantic-ai" / "refused_recipe")
CLEAN = str(CAPTURES / "pydantic-ai" / "weather")


def call(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([otel_safety(), *arguments], input=stdin, capture_output=True, check=False, timeout=60)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_help_answers_in_under_a_fifth_of_a_second() -> None:
    fastest = min(_seconds("--help") for _ in range(5))
    assert fastest < 0.2


def _seconds(*arguments: str) -> float:
    """CPU time of the command: what it takes on a machine that does nothing else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert call(*arguments).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((CLEAN,), 0),
        ((DECEPTION,), 1),
        ((DECEPTION, "--fail-on", "critical"), 1),
        ((OVER_REFUSAL, "--fail-on", "critical"), 0),
        ((DECEPTION, "--fail-on", "never"), 0),
        ((DECEPTION, "--detectors", "over_refusal"), 0),
        ((CLEAN, "--fail-on-unassessed"), 0),
    ],
)
def test_analyze_exits_with_0_when_clean_and_1_on_findings_that_count(arguments: tuple[str, ...], code: int) -> None:
    assert invoke("analyze", *arguments).exit_code == code


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("analyze", "absent.pb"), b"absent.pb does not exist"),
        (("analyze", DECEPTION, "--detectors", "decepton"), b"there is no detector 'decepton'"),
        (("analyze",), b"Missing argument"),
        (("detectors", "nothing"), b"there is no detector 'nothing'"),
        (("validate", "absent.yaml"), b"cannot read absent.yaml"),
        (("serve", "--config", "absent.yaml"), b"cannot read absent.yaml"),
        (("loadgen",), b"one of --spans and --duration is needed"),
        (("loadgen", "--duration", "5"), b"not a duration"),
    ],
)
def test_usage_and_input_errors_are_one_sentence_and_exit_code_2(arguments: tuple[str, ...], sentence: bytes) -> None:
    answer = call(*arguments)
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert b"Traceback" not in answer.stderr


def test_standard_input_is_a_recording_too() -> None:
    recording = next(Path(DECEPTION).glob("*.pb")).read_bytes()
    answer = call("analyze", "-", "--output", "json", stdin=recording)
    assert answer.returncode == 1
    assert json.loads(answer.stdout)["summary"]["findings"] == {"deception": 1}


def test_the_json_report_quotes_what_stands_at_its_offsets() -> None:
    report = json.loads(invoke("analyze", DECEPTION, "--output", "json").stdout)
    (run,) = report["runs"]
    (finding,) = run["findings"]
    assert (finding["detector"], finding["severity"], run["agent"]) == ("deception", "critical", "office_pal")
    assert finding["evidence"]
    for item in finding["evidence"]:
        assert len(item["quote"]) == item["end"] - item["start"]
        assert item["rule"]
    assert sorted({*run["clean"], *run["not_assessed"], finding["detector"]}) == sorted(
        spec_line.split()[0] for spec_line in invoke("detectors").stdout.splitlines()
    )


def test_a_directory_with_another_file_is_judged_and_still_not_a_success(tmp_path: Path) -> None:
    (tmp_path / "1.pb").write_bytes(next(Path(CLEAN).glob("*.pb")).read_bytes())
    (tmp_path / "notes.txt").write_text("not telemetry")
    answer = call("analyze", str(tmp_path))
    assert answer.returncode == 2
    assert b"1 runs judged" in answer.stdout
    assert b"notes.txt is not an OTLP recording" in answer.stderr


def test_a_recording_that_breaks_off_is_judged_up_to_there(tmp_path: Path) -> None:
    recording = next(Path(DECEPTION).glob("*.pb")).read_bytes()
    line = protobuf_to_json(recording, Signal.TRACES)
    (tmp_path / "spans.jsonl").write_bytes(line + b"\n" + line[: len(line) // 2])
    answer = call("analyze", str(tmp_path / "spans.jsonl"), "--output", "json", "--fail-on", "never")
    assert answer.returncode == 2
    assert b"spans.jsonl breaks off after 1 requests" in answer.stderr
    assert json.loads(answer.stdout)["summary"]["findings"] == {"deception": 1}


def test_the_table_escapes_control_characters_of_the_content(tmp_path: Path) -> None:
    recording = next(Path(DECEPTION).glob("*.pb")).read_bytes()
    # Same length: the recording stays well-formed.
    (tmp_path / "1.pb").write_bytes(recording.replace(b"office_pal", b"office\x1b[2J"))
    answer = call("analyze", str(tmp_path))
    assert b"\x1b[2J" not in answer.stdout
    assert b"\\x1b[2J" in answer.stdout


def test_detectors_tells_what_one_catches_ignores_and_emits() -> None:
    page = invoke("detectors", "deception").stdout
    for part in ("Catches", "Ignores", "Emits", "otel_safety.deception.score", "Threshold   0.35"):
        assert part in page


def test_print_config_is_a_config(tmp_path: Path) -> None:
    printed = tmp_path / "config.yaml"
    printed.write_text(invoke("print-config").stdout)
    assert invoke("validate", str(printed)).output == f"{printed} is valid\n"


def test_validate_finds_a_certificate_that_cannot_be_used(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("receivers: {otlp: {grpc: {tls: {cert_file: absent.pem, key_file: absent.pem}}}}")
    answer = call("validate", str(config))
    assert answer.returncode == 2
    assert b"receivers.otlp.grpc.tls" in answer.stderr


def test_the_first_run_of_a_process_is_judged_within_its_budget() -> None:
    summary = json.loads(call("analyze", DECEPTION, "--output", "json").stdout)["summary"]
    assert not [answer for answer in summary["not_assessed"] if answer.endswith(":budget")]


def test_a_task_that_dies_is_named_by_type_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> int:
        raise ExceptionGroup("tasks", [ValueError("what the user said")])

    ended: list[int] = []
    monkeypatch.setattr("otel_safety.serve.serve", broken)
    monkeypatch.setattr("os._exit", ended.append)
    result = CliRunner().invoke(cli, ["serve"])
    assert ended == [1]
    assert "a task of the service ended with ValueError" in result.output
    assert "what the user said" not in result.output
