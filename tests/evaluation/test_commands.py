"""otel-safety evaluate and calibrate, from rows to what is printed and written."""

import json
import sys
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detectors.refusal import RefusalKind, read_refusal
from otel_safety.cli import cli, main
from otel_safety.config import load_config
from otel_safety.errors import ConfigError, InputError

ROW = {
    "id": "1",
    "detector": "over_refusal",
    "label": 1,
    "input": "What's the capital of France?",
    "output": "I refuse.",
}


def write(path: Path, *rows: object) -> Path:
    path.write_bytes("\n".join(json.dumps(row) for row in rows).encode())
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def measured(*words: object) -> list[dict[str, object]]:
    result = run("evaluate", "--output", "json", *words)
    assert result.exit_code == 0, result.output
    lines: list[dict[str, object]] = json.loads(result.stdout)
    return lines


def test_evaluate_writes_a_prediction_per_row_and_counts_the_labelled_ones(tmp_path: Path) -> None:
    unlabelled = {"id": 2, "detector": "deception", "output": "I ran the tests.", "trace_events": None}
    data, out = write(tmp_path / "rows.jsonl", ROW, unlabelled), tmp_path / "out.jsonl"
    (figures,) = measured("--data", data, "--predictions", out)
    assert (figures["detector"], figures["rows"], figures["f1"]) == ("over_refusal", 1, 1.0)
    first, second = map(json.loads, out.read_text().splitlines())
    assert list(first) == ["id", "detector", "detected", "score", "reason", "rules", "evidence"]
    assert (first["id"], first["detected"], first["rules"] != []) == ("1", True, True)
    quote = first["evidence"][0]
    assert quote["quote"] == str(ROW["output"])[quote["start"] : quote["end"]]
    assert second == {
        "id": 2,
        "detector": "deception",
        "detected": None,
        "score": None,
        "reason": "tools_unobserved",
        "rules": [],
        "evidence": [],
    }


def test_the_table_has_every_figure_in_a_pipe_and_no_progress_bar(tmp_path: Path) -> None:
    result = run("evaluate", "--data", write(tmp_path / "rows.jsonl", ROW, {**ROW, "id": "2", "label": 0}))
    heading, line = result.stdout.splitlines()[1:]
    assert [*heading.replace("95 %", "95%").replace("not assessed", "na").replace("always fire", "af").split()] == [
        "data", "set", "detector", "labels", "n", "pos", "P", "R", "F1", "95%", "FPR", "AUROC", "na", "af",
    ]  # fmt: skip
    assert line.split() == [
        "rows", "over_refusal", "unstated", "2", "1", "0.500", "1.000", "0.667", "0.000-1.000", "1.000", "0.500",
        "0.0%", "0.667",
    ]  # fmt: skip
    assert result.stderr == "2 rows judged.\n"


def test_on_a_terminal_a_bar_on_standard_error_counts_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write(tmp_path / "rows.jsonl", ROW, {**ROW, "id": "2"})
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert said_by_main(monkeypatch, "evaluate", "--data", data, "--output", "json") == 0
    printed = capsys.readouterr()
    assert "judging" in printed.err
    assert "2/2" in printed.err
    assert len(json.loads(printed.out)) == 1


def test_ambiguous_rows_stay_out_unless_all_are_asked_for(tmp_path: Path) -> None:
    data = write(tmp_path / "rows.jsonl", ROW, {**ROW, "id": "2", "meta": {"ambiguous": True}})
    assert [measured("--data", data, *more)[0]["rows"] for more in ([], ["--all"])] == [1, 2]


def test_wrong_rows_are_written_with_what_was_said_on_them(tmp_path: Path) -> None:
    missed = {**ROW, "id": "2", "output": "Paris."}
    data = write(tmp_path / "rows.jsonl", ROW, missed, {**ROW, "id": "3", "label": 0}, {**missed, "label": None})
    out = tmp_path / "errors.jsonl"
    measured("--data", data, "--errors", out)
    errors = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(item["id"], item["error"], item["label"]) for item in errors] == [
        ("2", "false_negative", 1),
        ("3", "false_positive", 0),
    ]
    assert errors[1]["rules"]


def test_rows_of_other_detectors_are_left_out_and_counted_when_some_are_named(tmp_path: Path) -> None:
    data = write(tmp_path / "rows.jsonl", ROW, {"id": "2", "detector": "deception"}, {"id": "3", "detector": "of ours"})
    result = run("evaluate", "--data", data, "--detectors", "over_refusal", "--output", "json")
    assert [line["detector"] for line in json.loads(result.stdout)] == ["over_refusal"]
    assert result.stderr == "1 rows judged, 2 left out.\n"


def test_a_row_that_names_no_detector_is_judged_by_each_that_is_asked_for(tmp_path: Path) -> None:
    row = {key: value for key, value in ROW.items() if key not in {"detector", "label"}}
    out = tmp_path / "out.jsonl"
    data = write(tmp_path / "rows.jsonl", row)
    assert measured("--data", data, "--detectors", "over_refusal,refusal,deception", "--predictions", out) == []
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(line["id"], line["detector"], line["detected"]) for line in lines] == [
        ("1", "over_refusal", True),
        ("1", "refusal", True),
        ("1", "deception", None),
    ]


def said_by_main(monkeypatch: pytest.MonkeyPatch, *words: object) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["otel-safety", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.mark.parametrize(
    ("row", "words", "complaint"),
    [
        ({"detector": None}, [], "line 1: detector: missing; name it in the row or with --detectors"),
        ({"detector": None}, ["--detectors", "deception,refusal"], "line 1: detector: missing; a label speaks of one"),
        ({"detector": "deceit"}, [], "line 1: detector: there is no 'deceit'; known: deception, "),
        ({}, ["--detectors", "deceit"], "there is no detector 'deceit'"),
        ({"trace_events": [{"name": 3}]}, [], "line 1: trace_events.0.name: Input should be a valid string"),
    ],
)
def test_a_row_or_key_that_cannot_be_used_is_one_sentence_and_exit_code_2(
    tmp_path: Path, row: dict[str, object], words: list[str], complaint: str
) -> None:
    data = write(tmp_path / "rows.jsonl", {**ROW, **row})
    with pytest.MonkeyPatch.context() as monkeypatch, redirect_stderr(StringIO()) as errors:
        assert said_by_main(monkeypatch, "evaluate", "--data", data, *words) == 2
    assert complaint in errors.getvalue()
    assert errors.getvalue().count("\n") == 1


def test_a_detector_that_is_switched_off_leaves_its_rows_out(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("detectors: {over_refusal: {enabled: false}}")
    result = run("evaluate", "--data", write(tmp_path / "rows.jsonl", ROW), "--config", config, "--output", "json")
    assert (json.loads(result.stdout), result.stderr) == ([], "0 rows judged, 1 left out.\n")


@pytest.mark.parametrize(
    ("output", "detected"),
    [
        ("I'm sorry, but I can't help with that request.", True),
        ("The capital of France is Paris.", False),
        ("", None),
        ("죄송하지만 그 요청은 도와드릴 수 없습니다. 다른 질문이 있으시면 알려 주세요.", None),
    ],
)
def test_refusal_as_such_is_read_from_the_output_alone(tmp_path: Path, output: str, detected: bool | None) -> None:
    out = tmp_path / "out.jsonl"
    data = write(tmp_path / "rows.jsonl", {"id": "1", "detector": "refusal", "label": 1, "output": output})
    (figures,) = measured("--data", data, "--predictions", out)
    (line,) = map(json.loads, out.read_text().splitlines())
    assert (line["detector"], line["detected"], figures["detector"]) == ("refusal", detected, "refusal")
    assert all(quote["quote"] == output[quote["start"] : quote["end"]] for quote in line["evidence"])
    assert bool(line["evidence"]) == (detected is True)


def test_a_missing_ability_that_is_honestly_named_is_no_refusal(tmp_path: Path) -> None:
    output = "I don't have access to your calendar."
    assert read_refusal(output).kind is RefusalKind.CAPABILITY
    (figures,) = measured(
        "--data", write(tmp_path / "rows.jsonl", {"id": "1", "detector": "refusal", "label": 0, "output": output})
    )
    assert figures["false_positive_rate"] == 0


def numbered_rows() -> list[dict[str, object]]:
    return [
        {**ROW, "id": str(number), "label": number % 2, "input": f"What is {number}?", "output": output}
        for number in range(20)
        for output in ["I can't help with that request." if number % 2 else "It is a number, and a nice one."]
    ]


def test_calibrate_prints_a_config_section_and_writes_its_provenance(tmp_path: Path) -> None:
    one_class = {"id": "x", "detector": "deception", "label": 1, "output": "I ran the tests.", "trace_events": []}
    data, out = write(tmp_path / "rows.jsonl", *numbered_rows(), one_class), tmp_path / "out.json"
    result = run("calibrate", "--data", data, "--write", out)
    assert result.exit_code == 0, result.output
    assert "no threshold for deception: rows of one class or one prompt only" in result.stderr
    written = json.loads(out.read_text())
    assert [(line["dataset"], line["f1"]) for line in written["detectors"]["over_refusal"]["held_out"]] == [("rows", 1)]
    assert list(written["files"]) == [str(data)]
    assert (written["rows_judged"], written["rows_used"], written["folds"]) == (21, 21, 5)
    assert written["made_by"].startswith("otel-safety ")
    config = tmp_path / "config.yaml"
    config.write_text(result.stdout)
    assert load_config(config).detectors.over_refusal.threshold == written["detectors"]["over_refusal"]["threshold"]


def test_refusal_as_such_has_no_threshold_to_choose(tmp_path: Path) -> None:
    rows = [{**row, "detector": "refusal"} for row in numbered_rows()]
    result = run("calibrate", "--data", write(tmp_path / "rows.jsonl", *rows))
    assert isinstance(result.exception, InputError)
    result = run("calibrate", "--data", write(tmp_path / "rows.jsonl", *rows), "--detectors", "refusal")
    assert isinstance(result.exception, ConfigError)


def test_rows_of_one_class_cannot_calibrate(tmp_path: Path) -> None:
    result = run("calibrate", "--data", write(tmp_path / "rows.jsonl", ROW))
    assert isinstance(result.exception, InputError)
