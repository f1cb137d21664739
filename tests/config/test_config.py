"""The configuration: defaults, substitution, and sentences that name the key."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from detectors.actions import Category
from otel_safety.config import default_config, load_config, parse_config, redacted_yaml
from otel_safety.config.duration import format_duration, parse_duration
from otel_safety.config.model import OtlpGrpcExporterConfig
from otel_safety.errors import ConfigError


def test_an_empty_file_gives_the_defaults() -> None:
    assert parse_config("", {}) == default_config({})


def test_receivers_listen_on_localhost_by_default() -> None:
    otlp = default_config({}).receivers.otlp
    assert otlp.grpc is not None
    assert otlp.http is not None
    assert (otlp.grpc.endpoint, otlp.http.endpoint) == ("localhost:4317", "localhost:4318")


def test_the_standard_otlp_variable_adds_a_destination() -> None:
    config = default_config(
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4317", "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b%3D, y=1"}
    )
    exporter = config.exporters["otlp_grpc"]
    assert isinstance(exporter, OtlpGrpcExporterConfig)
    assert (exporter.endpoint, exporter.tls.insecure) == ("http://jaeger:4317", True)
    assert {name: value.get_secret_value() for name, value in exporter.headers.items()} == {
        "x-tenant": "a b=",
        "y": "1",
    }


def test_a_standard_variable_that_cannot_be_used_is_named() -> None:
    with pytest.raises(ConfigError, match="OTEL_EXPORTER_OTLP_PROTOCOL"):
        default_config({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "avian"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("asembly: {}", "unknown key asembly, did you mean assembly?"),
        ("assembly: {setle: 2s}", "unknown key assembly.setle, did you mean settle?"),
        (
            "exporters: {otlp_grpc/x: {endpont: a}}",
            "unknown key exporters.otlp_grpc/x.endpont, did you mean endpoint?",
        ),
        (
            "exporters: {otlp_grpc/x: {endpoint: 'a:1', tls: {insecur: true}}}",
            "tls.insecur, did you mean insecure?",
        ),
        ("exporters: {kafka: {}}", "exporter 'kafka': the part before '/' must be one of otlp_grpc"),
        ("exporters: {}", "at least one exporter is needed"),
        (
            "exporters: {otlp_http: {endpoint: 'tempo:4318'}}",
            "exporters.otlp_http.endpoint: 'tempo:4318' is not a URL",
        ),
        (
            "exporters: {otlp_http: {endpoint: 'http://tempo:none'}}",
            "exporters.otlp_http.endpoint: 'http://tempo:none' is not a URL",
        ),
        (
            "exporters: {otlp_grpc: {endpoint: tempo}}",
            "exporters.otlp_grpc.endpoint: 'tempo' is not an address",
        ),
        ("assembly: {settle: 5}", "assembly.settle: 5 is not a duration"),
        ("assembly: {settle: 20s}", "assembly: settle must not be longer than idle"),
        (
            "detectors: {deception: {threshold: 2}}",
            "detectors.deception.threshold: Input should be less than",
        ),
        ("detectors: {decption: {}}", "unknown key detectors.decption, did you mean deception?"),
        ("detectors: {budgett: 1s}", "unknown key detectors.budgett, did you mean budget?"),
        (
            "overrides: [{detectors: {deceptoin: {}}}]",
            "unknown key overrides[0].detectors.deceptoin, did you mean deception?",
        ),
        (
            "overrides: [{detectors: {deception: {treshold: 1}}}]",
            "unknown key overrides[0].detectors.deception.treshold, did you mean threshold?",
        ),
        ("overrides: [{agents: x, detectors: {}}]", "unknown key overrides[0].agents, did you mean agent?"),
        ("overrides: [{agent: x}]", "overrides[0].detectors is needed"),
        ("policies: [{allowed_tool: [x]}]", "unknown key policies[0].allowed_tool, did you mean allowed_tools?"),
        ("policies: [{allowed_categories: [vcs_wirte]}]", "policies[0].allowed_categories[0]: Input should be 'read'"),
        ("policies: [{agent: []}]", "policies[0].agent: "),
        ("suppressions: [{detector: deception, expires: 2027-01-31}]", "suppressions[0].reason is needed"),
        ("suppressions: [{detector: deception, reason: ' ', expires: 2027-01-31}]", "suppressions[0].reason: "),
        ("suppressions: [{detector: deception, reason: x}]", "suppressions[0].expires is needed"),
        (
            "suppressions: [{detector: deception, reason: x, expires: never}]",
            "suppressions[0].expires: 'never' is not a day such as 2027-01-31",
        ),
        (
            "suppressions: [{detector: deception, reason: x, expires: 2027-02-30}]",
            "suppressions[0].expires: '2027-02-30' is not a day",
        ),
        ("suppressions: [{detector: deception, reason: x, expires: 20270131}]", "20270131 is not a day"),
        ("suppressions: [{reason: x, expires: 2027-01-31}]", "suppressions[0]: one of detector, rule, service, agent"),
        (
            "suppressions: [{detector: deceptoin, reason: x, expires: 2027-01-31}]",
            "suppressions[0].detector: there is no detector 'deceptoin', did you mean deception?",
        ),
        (
            "lexicons: {rules: [{id: a, lexicn: refusal}]}",
            "unknown key lexicons.rules[0].lexicn, did you mean lexicon?",
        ),
        ("receivers: {otlp: {grpc: null, http: null}}", "receivers.otlp: grpc and http are both null"),
        (
            "receivers: {otlp: {grpc: {endpoint: '4317'}}}",
            "receivers.otlp.grpc.endpoint: '4317' is not an address",
        ),
        ("telemetry: {health: 13133}", "telemetry.health: Input should be a valid dictionary"),
        ("a: 1\na: 2", "the key 'a' is written twice"),
        ("- a", "must be a mapping of sections, got list"),
        ("a: [", "is not YAML"),
        ("a: !!int b", "is not YAML"),
    ],
)
def test_a_bad_config_is_answered_with_a_sentence_that_names_the_key(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, {})
    assert sentence in str(caught.value)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*absent\.yaml"):
        load_config(tmp_path / "absent.yaml", {})


@pytest.mark.parametrize(
    ("receiver", "exporter"),
    [
        ("grpc: {endpoint: 'localhost:4317'}", "otlp_grpc: {endpoint: '127.0.0.1:4317'}"),
        ("grpc: {endpoint: '0.0.0.0:4317'}", "otlp_grpc: {endpoint: 'http://localhost:4317'}"),
        ("grpc: {endpoint: '10.0.0.7:4317'}", "otlp_grpc: {endpoint: '10.0.0.7:4317'}"),
        ("http: {endpoint: '[::]:4318'}", "otlp_http: {endpoint: 'http://[::1]:4318'}"),
    ],
)
def test_an_exporter_that_names_an_own_receiver_is_refused(receiver: str, exporter: str) -> None:
    with pytest.raises(ConfigError, match=r"exporters\.otlp_(grpc|http)\.endpoint: .* round in circles"):
        parse_config(f"receivers: {{otlp: {{{receiver}}}}}\nexporters: {{{exporter}}}", {})


def test_the_standard_variable_may_not_name_the_service_itself() -> None:
    with pytest.raises(ConfigError, match=r"the environment: exporters\.otlp_grpc\.endpoint"):
        default_config({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"})


def test_an_empty_bearer_token_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"receivers\.otlp\.bearer_tokens\[0\]"):
        parse_config("receivers: {otlp: {bearer_tokens: ['']}}", {})


def test_a_secret_from_the_environment_stays_the_text_it_is() -> None:
    config = parse_config("receivers: {otlp: {bearer_tokens: ['${env:A}', '${env:B}']}}", {"A": "00123", "B": "yes"})
    assert [token.get_secret_value() for token in config.receivers.otlp.bearer_tokens] == ["00123", "yes"]


def test_a_reference_may_stand_for_a_list_or_null() -> None:
    text = "receivers: {otlp: {bearer_tokens: '${env:TOKENS}', http: '${env:HTTP}'}}"
    otlp = parse_config(text, {"TOKENS": "[a, b]", "HTTP": "null"}).receivers.otlp
    assert len(otlp.bearer_tokens) == 2
    assert otlp.http is None


def test_references_are_replaced_and_take_the_type_of_their_key() -> None:
    config = parse_config(
        "assembly: {max_run_spans: '${env:SPANS}', settle: '${env:SETTLE:-1s}'}\n"
        "exporters: {file: {path: 'a$$b-${env:WHO:-me}'}}",
        {"SPANS": "7"},
    )
    assert config.assembly.max_run_spans == 7
    assert config.assembly.settle == 1.0
    assert config.exporters["file"].path == "a$b-me"  # type: ignore[union-attr]  # chosen by the key


def test_a_reference_without_value_and_default_is_an_error_that_names_both() -> None:
    with pytest.raises(ConfigError, match=r"exporters\.file\.path: the environment variable NOPE is not set"):
        parse_config("exporters: {file: {path: '${env:NOPE}'}}", {})


TUNED = """
overrides: [{agent: 'bot-*', detectors: {deception: {threshold: 0.9}}}]
policies: [{service: [a, b], allowed_categories: [vcs_write], allowed_tools: x, identities: [Acme]}]
suppressions: [{detector: deception, text: x, reason: known, expires: 2027-01-31}]
lexicons:
  rules: [{id: a, lexicon: refusal, group: refuse, pattern: 'a+$', must_fire: a, must_not_fire: b}]
  allow: [{id: a, phrase: b, must_not_fire: b}]
"""


def test_what_tunes_is_printed_and_read_back() -> None:
    config = parse_config(TUNED, {})
    assert parse_config(redacted_yaml(config), {}) == config


def test_paths_of_lexicon_files_are_relative_to_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("lexicons: {files: [words/a.yaml, /etc/b.yaml]}")
    files = load_config(tmp_path / "config.yaml", {}).lexicons.files
    assert files == (str(tmp_path / "words" / "a.yaml"), "/etc/b.yaml")


def test_secrets_are_redacted_and_the_rest_is_a_config_again() -> None:
    config = parse_config(
        "receivers: {otlp: {bearer_tokens: [hush]}}\n"
        "exporters: {otlp: {endpoint: 'a:1', headers: {authorization: hush}},"
        " otlphttp: {endpoint: 'http://a:2', proxy_url: 'http://me:hush@proxy:3128'}}",
        {},
    )
    text = redacted_yaml(config)
    assert "hush" not in text
    assert parse_config(text, {}).exporters["otlp"].type == "otlp_grpc"


def test_print_config_of_the_defaults_reads_back_as_the_defaults() -> None:
    assert parse_config(redacted_yaml(default_config({})), {}) == default_config({})


@given(st.integers(0, 10**7).map(lambda milliseconds: milliseconds / 1000))
def test_a_duration_survives_writing_and_reading(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-1s", "1s2", "1d", None, True, 7, [], float("nan")])
def test_what_is_not_a_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.text(max_size=200))
def test_any_text_is_a_config_or_a_config_error(text: str) -> None:
    with suppress(ConfigError):
        parse_config(text, {})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "receivers",
                        "otlp",
                        "exporters",
                        "file",
                        "assembly",
                        "grpc",
                        "x",
                        "detectors",
                        "overrides",
                        "suppressions",
                        "detector",
                        "policies",
                        "lexicons",
                        "rules",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_any_document_is_a_config_or_a_config_error(document: object) -> None:
    with suppress(ConfigError):
        parse_config(yaml.safe_dump(document), {})


def test_the_documented_defaults_are_the_defaults() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    documented = parse_config(page.partition("```yaml\n")[2].partition("```")[0], {})
    defaults = default_config({})
    assert documented.model_copy(update={"exporters": defaults.exporters}) == defaults
    example = documented.exporters["otlp_grpc/backend"]
    assert example == OtlpGrpcExporterConfig(type="otlp_grpc", endpoint="backend:4317")


def test_every_key_that_tunes_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    text = page.split("```yaml\n")[2].partition("```")[0]
    written = yaml.safe_load(text)
    documented = parse_config(text, {})
    sections: list[tuple[BaseModel, dict[str, Any]]] = [
        (documented.overrides[0], written["overrides"][0]),
        (documented.policies[0], written["policies"][0]),
        (documented.lexicons, written["lexicons"]),
        (documented.lexicons.rules[0], {**written["lexicons"]["rules"][0], "pattern": None}),
        (documented.lexicons.allow[0], {**written["lexicons"]["allow"][0], "pattern": None}),
        (documented.suppressions[0], written["suppressions"][0]),
    ]
    examples = {"detectors", "id", "phrase", "lexicon", "group", "must_fire", "must_not_fire", "rules", "allow",
                "reason", "expires"}  # fmt: skip
    for section, keys in sections:
        fields = type(section).model_fields
        assert set(keys) == set(fields)
        for name in set(fields) - examples:
            assert getattr(section, name) == fields[name].default, name


def test_every_category_of_actions_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    listed = page.partition("**Categories** of actions: ")[2].partition("\n- ")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {category.value for category in Category}
