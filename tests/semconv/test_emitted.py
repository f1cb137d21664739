from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import semconv
from detectors.assessment import Severity
from detectors.registry import DETECTORS
from otel_safety.emitted_module import constant_name, emitted_module
from otel_safety.spans import CloseReason
from otel_safety.vocabulary import Attribute, Members, load_registry
from semconv import emitted

REGISTRY = load_registry()
NOT_NAMES = {"PREFIX", "SUMMARY_MAX_LENGTH", "LABEL_FAIL", "SCOPE_NAME"}
SPAN_NAMES = {"FINDING_SPAN"}
EVENT_NAMES = {"EVALUATION_EVENT"}
# Attributes of the GenAI conventions, which the registry refers to and does not define.
CONVENTION = {
    "gen_ai.evaluation.name",
    "gen_ai.evaluation.score.value",
    "gen_ai.evaluation.score.label",
    "gen_ai.evaluation.explanation",
    "gen_ai.response.id",
}


def _constants() -> dict[str, str]:
    return {name: value for name, value in vars(emitted).items() if name.isupper() and name not in NOT_NAMES}


def _values(attribute: Attribute) -> list[str]:
    assert isinstance(attribute.type, Members)
    return [member.value for member in attribute.type.members]


def test_the_constants_are_those_that_the_registry_gives() -> None:
    assert Path(emitted.__file__).read_text("utf-8") == emitted_module(REGISTRY)


def test_the_generated_constants_are_formatted_as_the_project_is() -> None:
    source = Path(emitted.__file__)
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", source.name, "-"],
        input=emitted_module(REGISTRY),
        cwd=source.parents[1],
        capture_output=True,
        check=True,
        text=True,
    )

    assert checked.stdout == emitted_module(REGISTRY)


def test_a_change_of_the_registry_changes_the_constants() -> None:
    changed = load_registry()
    changed.groups[0].attributes[0].ref = "otel_safety.warned"
    changed.attributes[emitted.SUMMARY].annotations = {"constants": {"SUMMARY_MAX_LENGTH": 100}}
    written = emitted_module(changed)

    assert 'WARNED: Final = "otel_safety.warned"\n' in written
    assert "SUMMARY_MAX_LENGTH: Final = 100\n" in written
    assert "\nFLAGGED" not in written


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("otel_safety.run.flagged", "RUN_FLAGGED"),
        ("gen_ai.evaluation.score.value", "EVALUATION_SCORE_VALUE"),
        ("evaluations", "OPENINFERENCE_EVALUATIONS"),
    ],
)
def test_a_constant_is_named_after_its_key(key: str, name: str) -> None:
    assert constant_name(key) == name
    assert getattr(emitted, name) == key


def test_every_emitted_attribute_is_in_the_registry_and_the_other_way_round() -> None:
    constants = {
        value
        for name, value in _constants().items()
        if name not in SPAN_NAMES | EVENT_NAMES and value not in CONVENTION
    }
    scores = {emitted.score_key(detector.spec.key) for detector in DETECTORS}

    assert constants | scores == set(REGISTRY.attributes)


def test_every_emitted_event_and_span_is_in_the_registry_and_the_other_way_round() -> None:
    constants = _constants()

    assert {constants[name] for name in EVENT_NAMES} == {str(event.name) for event in REGISTRY.events}
    assert {constants[name] for name in SPAN_NAMES} == {span.type for span in REGISTRY.spans}


def test_every_genai_name_is_used_by_the_event() -> None:
    used = {ref.ref for event in REGISTRY.events for ref in event.attributes if ref.ref and ref.ref[:7] == "gen_ai."}
    events = {str(event.name) for event in REGISTRY.events}

    assert used == {value for value in _constants().values() if value[:7] == "gen_ai."} - events
    assert used == CONVENTION | {emitted.EVALUATION_TARGET}


def test_every_reference_is_defined_and_every_attribute_is_referenced() -> None:
    groups = [*REGISTRY.groups, *REGISTRY.events, *REGISTRY.spans]
    references = {ref.ref for group in groups for ref in group.attributes if ref.ref}

    assert references == set(REGISTRY.attributes) | CONVENTION
    assert {ref.ref_group for group in groups for ref in group.attributes if ref.ref_group} <= {
        group.id for group in REGISTRY.groups
    }


def test_every_attribute_has_examples_or_a_closed_set_of_values() -> None:
    assert [
        key for key, item in REGISTRY.attributes.items() if not item.examples and not isinstance(item.type, Members)
    ] == []


def test_closed_sets_of_values_are_those_of_the_code() -> None:
    assert _values(REGISTRY.attributes[emitted.SEVERITY]) == [item.value for item in Severity]
    assert _values(REGISTRY.attributes[emitted.RUN_COMPLETENESS]) == [item.value for item in CloseReason]


def test_the_prefix_is_that_of_every_own_name() -> None:
    foreign = {emitted.OPENINFERENCE_EVALUATIONS, emitted.EVALUATION_TARGET}

    assert [key for key in REGISTRY.attributes if not key.startswith(emitted.PREFIX) and key not in foreign] == []


def test_the_manifest_names_a_versioned_schema() -> None:
    path = next(iter(semconv.__path__)) + "/registry/manifest.yaml"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 -- one short read
        manifest = yaml.safe_load(file)

    assert manifest["schema_url"].rsplit("/", 1)[1].count(".") == 2
    assert [item["schema_url"] for item in manifest["dependencies"]] == ["https://opentelemetry.io/schemas/1.41.0"]
