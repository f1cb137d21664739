"""What the commands make of a configuration that tunes."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from otel_safety.cli import cli
from otel_safety.errors import ConfigError
from tests.tuning.recordings import run

RULE = """
lexicons:
  rules:
    - {{id: ours, lexicon: refusal, group: refuse, phrase: not our desk, must_fire: {fire}, must_not_fire: Our desk.}}
"""


def test_validate_tests_the_lines_of_rules(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(RULE.format(fire="This is not our desk."))
    assert validate(str(config)).output == f"{config} is valid\n"
    config.write_text(RULE.format(fire="This is not our problem."))
    answer = validate(str(config))
    assert isinstance(answer.exception, ConfigError)
    sentence = "lexicons.rules[0].must_fire[0]: user.refuse.ours does not fire on: 'This is not our problem.'"
    assert sentence in str(answer.exception)


def test_validate_tells_expired_suppressions_and_fails_on_them_when_asked_to(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("suppressions: [{detector: deception, reason: known, expires: 2020-01-31}]")
    plain, strict = validate(str(config)), validate(str(config), "--fail-on-expired")
    assert (plain.exit_code, strict.exit_code) == (0, 1)
    assert plain.stderr == strict.stderr
    assert "suppressions[0] (known) expired on 2020-01-31" in plain.stderr


def test_evaluate_judges_with_the_words_and_the_settings_and_ignores_suppressions(tmp_path: Path) -> None:
    row = {"id": "1", "detector": "over_refusal", "input": "When is it due?", "output": "That is not our desk."}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    out = tmp_path / "out.jsonl"
    files = ("--data", str(tmp_path / "rows.jsonl"), "--config", str(tmp_path / "config.yaml"))
    suppression = "suppressions: [{detector: over_refusal, reason: known, expires: 2999-01-01}]\n"
    for threshold, detected in ((0.5, True), (0.99, False)):
        override = f"overrides: [{{detectors: {{over_refusal: {{threshold: {threshold}}}}}}}]\n"
        (tmp_path / "config.yaml").write_text(RULE.format(fire="x") + override + suppression)
        assert CliRunner().invoke(cli, ["evaluate", *files, "--predictions", str(out)]).exit_code == 0
        told = json.loads(out.read_text())
        assert (told["detected"], told["rules"]) == (detected, ["user.refuse.ours"])


def test_refusal_as_such_is_evaluated_with_the_words_of_the_configuration_too(tmp_path: Path) -> None:
    row = {"id": "1", "detector": "refusal", "input": "When is it due?", "output": "That is not our desk."}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    (tmp_path / "config.yaml").write_text(RULE.format(fire="x"))
    told: list[bool] = []
    for config in ((), ("--config", str(tmp_path / "config.yaml"))):
        out = tmp_path / "out.jsonl"
        arguments = [
            "--data",
            str(tmp_path / "rows.jsonl"),
            "--detectors",
            "refusal",
            "--predictions",
            str(out),
            *config,
        ]
        assert CliRunner().invoke(cli, ["evaluate", *arguments]).exit_code == 0
        told.append(json.loads(out.read_text())["detected"])
    assert told == [False, True]


def test_a_start_does_not_fail_on_a_line_that_validate_fails_on(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(RULE.format(fire="x"))
    (tmp_path / "run.pb").write_bytes(run("How are you?", "Fine.")[1])
    arguments = ["analyze", str(tmp_path / "run.pb"), "--config", str(tmp_path / "config.yaml")]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert isinstance(validate(str(tmp_path / "config.yaml")).exception, ConfigError)


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments])
