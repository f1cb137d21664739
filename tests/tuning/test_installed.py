"""Detectors of other packages: the documented example, really installed, and what is said about a broken one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detectors.agent_trace import AgentTrace
from detectors.assessment import Answers, Assessment, DetectorSpec, Evidence, Severity, Source
from otel_safety.build import build_judge
from otel_safety.cli import cli
from otel_safety.clock import SystemClock
from otel_safety.config import parse_config, redacted_yaml
from otel_safety.errors import ConfigError
from otel_safety.installed import installed_keys
from semconv import emitted
from tests.tuning.recordings import run
from tests.tuning.test_end_to_end import found, judged, served

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "detector"
TELLS = run("Where is the wiki?", "It is at wiki.corp.example, ask there.", agent="guide")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory into which pip has installed the documented example."""
    target = tmp_path_factory.mktemp("site")
    options = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(EXAMPLE)]
    subprocess.run(command, check=True, timeout=120)
    return target


@pytest.fixture
def example(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("acme_otel_safety", None)


@pytest.mark.usefixtures("example")
def test_the_finding_of_an_installed_detector_arrives_on_the_span() -> None:
    spans, _, _ = served("", TELLS)
    (flagged,) = [span for span in spans if any(item.key == emitted.FLAGGED for item in span.attributes)]
    attributes = {item.key: item.value for item in flagged.attributes}
    assert attributes[emitted.score_key("internal_host")].double_value == 0.9
    assert [value.string_value for value in attributes[emitted.DETECTORS].array_value.values] == ["internal_host"]
    (event,) = flagged.events
    told = {item.key: item.value.string_value for item in event.attributes}
    assert (told[emitted.EVALUATION_NAME], told[emitted.RULE]) == ("internal_host", "internal_host.name")
    assert "wiki.corp.example" in told[emitted.EVIDENCE]


@pytest.mark.usefixtures("example")
def test_analyze_and_detectors_know_it(tmp_path: Path) -> None:
    (tmp_path / "run.pb").write_bytes(TELLS[1])
    answer = invoke("analyze", str(tmp_path / "run.pb"), "--output", "json", "--detectors", "internal_host")
    assert answer.exit_code == 1
    (only,) = json.loads(answer.stdout)["runs"]
    assert only["findings"][0]["evidence"][0]["quote"] == "wiki.corp.example"
    assert "internal_host" in invoke("detectors").stdout
    assert "otel_safety.internal_host.score" in invoke("detectors", "internal_host").stdout


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("detectors: {internal_host: {threshold: 0.9}}", True),
        ("detectors: {internal_host: {threshold: 0.95}}", False),
        ("detectors: {internal_host: {enabled: false}}", False),
        ("overrides: [{agent: guide, detectors: {internal_host: {enabled: false}}}]", False),
        ("suppressions: [{detector: internal_host, reason: an intranet bot, expires: 2999-01-01}]", False),
    ],
)
def test_its_settings_are_those_of_every_detector(text: str, finds: bool) -> None:
    assert bool(found(judged(text, TELLS))) is finds


@pytest.mark.usefixtures("example")
def test_its_settings_are_printed_and_read_back() -> None:
    config = parse_config("detectors: {internal_host: {threshold: 0.25}}", {})
    assert parse_config(redacted_yaml(config), {}) == config


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("detectors: {internal_hots: {}}", "unknown key detectors.internal_hots, did you mean internal_host?"),
        ("detectors: {internal_host: {enabld: true}}", "detectors.internal_host.enabld, did you mean enabled?"),
        ("detectors: {internal_host: 1}", "detectors.internal_host: "),
    ],
)
def test_a_wrong_setting_is_answered_with_the_nearest_key(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, {})
    assert sentence in str(caught.value)


def test_without_the_package_its_key_is_unknown() -> None:
    assert installed_keys() == frozenset()
    with pytest.raises(ConfigError, match=r"unknown key detectors\.internal_host"):
        parse_config("detectors: {internal_host: {}}", {})


GOOD = """
from tests.tuning.test_installed import Other
DETECTOR = Other("other")
"""


class Other:
    """A detector that answers what it is told to."""

    def __init__(self, key: str, **changes: object) -> None:
        self.answer: object = None
        fields = {
            "key": key, "title": "t", "severity": Severity.LOW, "threshold": 0.5, "mast": "", "catches": "",
            "ignores": (), "needs": (), "remediation": "", **changes,
        }  # fmt: skip
        self.spec = DetectorSpec(**fields)  # type: ignore[arg-type]  # wrong ones on purpose

    def assess(self, trace: AgentTrace) -> Assessment:
        if isinstance(self.answer, Exception) and trace.agent == "guide":
            raise self.answer
        if self.answer is None or trace.agent != "guide":
            return Answers(self.spec).clean()
        return self.answer  # type: ignore[return-value]  # wrong ones on purpose


def install(directory: Path, source: str, *names: str, module: str = "othermod") -> None:
    """Lay a package out as an installer does."""
    (directory / f"{module}.py").write_text(source)
    metadata = directory / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    points = "".join(f"{name} = {module}:DETECTOR\n" for name in names)
    (metadata / "entry_points.txt").write_text(f"[otel_safety.detectors]\n{points}")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for module in ("othermod", "secondmod"):
        sys.modules.pop(module, None)


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        ("import absent_module", "other", "cannot be imported: ModuleNotFoundError: No module named 'absent_module'"),
        ("X = 1", "other", "cannot be imported: AttributeError"),
        ("raise SystemError('boom')", "other", "cannot be imported: SystemError: boom"),
        ("DETECTOR = 1", "other", "is no detector: an object with spec (a DetectorSpec) and assess is needed"),
        (GOOD.replace('Other("other")', "Other"), "other", "is no detector"),
        (GOOD.replace('"other"', '"another"'), "other", "the key of its spec is 'another'; both must be the same"),
        (GOOD.replace('"other"', '"Other"'), "Other", "the key must be snake_case"),
        (GOOD.replace('"other"', '"budget"'), "budget", "the key must be snake_case and none of budget"),
        (GOOD.replace('"other"', '"other", threshold=2'), "other", "a threshold between 0 and 1"),
        (GOOD.replace('"other"', '"other", severity="bad"'), "other", "its spec needs a Severity"),
        (GOOD.replace('"other"', '"deception"'), "deception", "there is another detector 'deception': our own"),
        (
            GOOD + "DETECTOR.assess = lambda trace: 1 / 0",
            "other",
            "the detector 'other' fails on a first trace: ZeroDivisionError",
        ),
    ],
)
def test_a_broken_detector_stops_the_start_with_a_sentence_that_names_it(
    directory: Path, source: str, name: str, sentence: str
) -> None:
    install(directory, source, name)
    with pytest.raises(ConfigError) as caught:
        build_judge(parse_config("", {}), SystemClock())
    assert f"the detector '{name}'" in str(caught.value)
    assert sentence in str(caught.value)


def test_a_broken_detector_that_is_off_is_not_imported(directory: Path) -> None:
    install(directory, "import absent_module", "other")
    judge = build_judge(parse_config("detectors: {other: {enabled: false}}", {}), SystemClock())
    assert "other" not in {detector.spec.key for detector in judge.detectors}


def test_two_packages_with_one_key_are_both_named(directory: Path) -> None:
    install(directory, GOOD, "other")
    install(directory, GOOD, "other", module="secondmod")
    with pytest.raises(ConfigError) as caught:
        build_judge(parse_config("", {}), SystemClock())
    assert "package othermod 1.0" in str(caught.value)
    assert "package secondmod 1.0" in str(caught.value)


SPEC = Other("other").spec
QUOTE = Evidence(rule="r", source=Source.OUTPUT, quote="I", start=0, end=1)


@pytest.mark.parametrize(
    "answer",
    [
        "finding",
        Answers(Other("elsewhere").spec).clean(),
        ValueError("broken"),
        Assessment(detector="other", severity=Severity.LOW, threshold=0.5, score=None),
        Assessment(detector="other", severity=Severity.LOW, threshold=0.5, score=float("nan"), evidence=(QUOTE,)),
        Assessment(
            detector="other",
            severity=Severity.LOW,
            threshold=0.5,
            score=1.0,
            evidence=(Evidence(rule="r", source=Source.OUTPUT, quote="I", start=0, end=1, span_ref="no span"),),
        ),
    ],
)
def test_an_answer_that_is_none_costs_only_itself(directory: Path, answer: object) -> None:
    install(directory, GOOD, "other")
    judge = build_judge(parse_config("", {}), SystemClock())
    sys.modules["othermod"].DETECTOR.answer = answer
    from otel_safety.analyze.report import analyze_requests

    (verdict,) = analyze_requests([TELLS], judge=judge).verdicts
    assert verdict.not_assessed["other"] == "error"
    assert "deception" in verdict.clean


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)
