from __future__ import annotations

import yaml

import semconv
from detectors.assessment import Severity
from detectors.registry import DETECTORS
from otel_safety.spans import CloseReason
from otel_safety.vocabulary import Attribute, Members, load_registry
from semconv import emitted

REGISTRY = load_registry()
NOT_NAMES = {"PREFIX", "SUMMARY_MAX_LENGTH", "LABEL_FAIL", "SCOPE_NAME"}
SPAN_NAMES = {"FINDING_SPAN"}
EVENT_NAMES = {"EVALUATION_EVENT"}


def _constants() -> dict[str, str]:
    return {name: value for name, value in vars(emitted).items() if name.isupper() and name not in NOT_NAMES}


def _values(attribute: Attribute) -> list[str]:
    assert isinstance(attribute.type, Members)
    return [member.value for member in attribute.type.members]


def test_every_emitted_attribute_is_in_the_registry_and_the_other_way_round() -> None:
    constants = {
        value for name, value in _constants().items() if name not in SPAN_NAMES | EVENT_NAMES and value[:7] != "gen_ai."
    }
    scores = {emitted.score_key(detector.spec.key) for detector in DETECTORS}

    assert constants | scores == set(REGISTRY.attributes)


def test_every_emitted_event_and_span_is_in_the_registry_and_the_other_way_round() -> None:
    constants = _constants()

    assert {constants[name] for name in EVENT_NAMES} == {event.name for event in REGISTRY.events}
    assert {constants[name] for name in SPAN_NAMES} == {span.type for span in REGISTRY.spans}


def test_every_genai_name_is_used_by_the_event() -> None:
    used = {ref.ref for event in REGISTRY.events for ref in event.attributes if ref.ref and ref.ref[:7] == "gen_ai."}
    events = {event.name for event in REGISTRY.events}

    assert used == {value for value in _constants().values() if value[:7] == "gen_ai."} - events


def test_every_reference_is_defined_and_every_attribute_is_referenced() -> None:
    groups = [*REGISTRY.groups, *REGISTRY.events, *REGISTRY.spans]
    references = {ref.ref for group in groups for ref in group.attributes if ref.ref}
    own = {ref for ref in references if not ref.startswith("gen_ai.")}

    assert own == set(REGISTRY.attributes)
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
    foreign = {emitted.OPENINFERENCE_EVALUATIONS}

    assert [key for key in REGISTRY.attributes if not key.startswith(emitted.PREFIX) and key not in foreign] == []


def test_the_manifest_names_a_versioned_schema() -> None:
    path = next(iter(semconv.__path__)) + "/registry/manifest.yaml"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 -- one short read
        manifest = yaml.safe_load(file)

    assert manifest["schema_url"].rsplit("/", 1)[1].count(".") == 2
    assert [item["schema_url"] for item in manifest["dependencies"]] == ["https://opentelemetry.io/schemas/1.41.0"]
