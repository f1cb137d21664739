"""Which settings hold for an agent: the order in which they are written decides, never the order of the runs."""

from itertools import permutations

import pytest

from detectors.agent_trace import AgentTrace
from otel_safety.config import parse_config
from otel_safety.tuning import AgentSettings, AgentTuning
from otel_safety.tuning.selector import Globs

KEYS = ("over_refusal", "under_refusal", "deception")


def tuning(text: str) -> AgentTuning:
    return AgentTuning.of(parse_config(text, {}), KEYS)


@pytest.mark.parametrize(
    ("globs", "name", "matches"),
    [
        (["*"], "", True),
        (["?*"], "", False),
        (["bot"], "bot", True),
        (["bot"], "bots", False),
        (["bot"], "Bot", False),
        (["bot-[12]"], "bot-2", True),
        (["a", "b*"], "bcd", True),
        (["a|b"], "a", False),
        (["*.x"], "multi\nline.x", True),
    ],
)
def test_a_glob_matches_a_whole_name(globs: list[str], name: str, matches: bool) -> None:
    assert Globs.of(globs).match(name) is matches


def test_without_overrides_and_policies_every_agent_has_the_settings_of_the_detectors() -> None:
    plain = tuning("detectors: {deception: {enabled: false}, over_refusal: {threshold: 0.9}}")
    expected = AgentSettings(off=frozenset({"deception"}), thresholds={"over_refusal": 0.9})
    assert plain.settings("s", "a") == plain.settings("", "") == expected


ORDERED = """
detectors: {over_refusal: {threshold: 0.9}, deception: {enabled: false}}
overrides:
  - {agent: "bot-*", detectors: {over_refusal: {threshold: 0.5}, under_refusal: {enabled: false}}}
  - {service: [shop, bank], detectors: {over_refusal: {threshold: 0.2}, deception: {enabled: true}}}
  - {agent: bot-1, detectors: {under_refusal: {enabled: true, threshold: 0.1}}}
"""


@pytest.mark.parametrize(
    ("service", "agent", "off", "thresholds"),
    [
        ("x", "other", {"deception"}, {"over_refusal": 0.9}),
        ("x", "bot-2", {"deception", "under_refusal"}, {"over_refusal": 0.5}),
        ("bank", "bot-2", {"under_refusal"}, {"over_refusal": 0.2}),
        ("shop", "bot-1", set(), {"over_refusal": 0.2, "under_refusal": 0.1}),
        ("x", "bot-1", {"deception"}, {"over_refusal": 0.5, "under_refusal": 0.1}),
    ],
)
def test_the_later_override_stands_key_by_key(
    service: str, agent: str, off: set[str], thresholds: dict[str, float]
) -> None:
    found = tuning(ORDERED).settings(service, agent)
    assert (set(found.off), dict(found.thresholds)) == (off, thresholds)


def test_the_order_in_which_agents_are_seen_changes_nothing() -> None:
    agents = [("x", "bot-2"), ("shop", "bot-1"), ("", "")]
    seen = [
        {agent: one.settings(*agent) for agent in order} for order in permutations(agents) for one in [tuning(ORDERED)]
    ]
    assert all(settings == seen[0] for settings in seen)


def test_a_detector_that_is_off_is_needed_when_one_agent_turns_it_on() -> None:
    assert tuning(ORDERED).judges("deception")
    assert not tuning("detectors: {deception: {enabled: false}}").judges("deception")


def test_policies_add_up_and_the_later_declared_scope_stands() -> None:
    found = tuning(
        """
policies:
  - {allowed_categories: [vcs_write], identities: Acme, declared_scope: Read.}
  - {agent: bot, allowed_categories: [payment], allowed_tools: [git_*], declared_scope: Read and pay.}
  - {agent: other, allowed_tools: [rm]}
"""
    ).settings("s", "bot")
    assert found.permissions.categories == {"vcs_write", "payment"}
    assert (found.permissions.tools, found.permissions.identities) == (("git_*",), ("Acme",))
    assert found.permissions.declared_scope == "Read and pay."


def test_a_trace_without_a_policy_is_judged_as_it_is() -> None:
    trace = AgentTrace(input="x")
    assert AgentTuning().settings("s", "a").applied(trace) is trace


def test_names_made_up_by_senders_do_not_fill_the_memory() -> None:
    one = tuning(ORDERED)
    for number in range(2000):
        one.settings("x", f"bot-{number}")
    one.settings("x", "y" * 100_000)
    info = one._kept.cache_info()
    assert info.currsize == info.maxsize == 1024
