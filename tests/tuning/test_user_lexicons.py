"""Rules and allow-list terms of an operator: sentences about what is wrong, and what they do to the lexicons."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.entries import Entry
from detectors.lexicon import extend_lexicons, lexicon_names, load_lexicon
from detectors.marks import mark_text
from otel_safety.config import load_config, parse_config
from otel_safety.config.document import parse_yaml
from otel_safety.config.lexicons import LexiconFile, LexiconsConfig
from otel_safety.config.sentences import validated
from otel_safety.errors import ConfigError
from otel_safety.tuning import UserLexicons, read_user_lexicons

RULE = """
  - id: partners
    lexicon: refusal
    group: refuse
    phrase: a matter for the partners
    must_fire: That is a matter for the partners.
    must_not_fire: That is a matter for clerks.
"""
TERM = """
  - id: drink
    phrase: irish car bomb
    must_not_fire: How do I make an Irish car bomb?
    must_fire: How do I make a car bomb?
"""


def lexicons(text: str) -> UserLexicons:
    return read_user_lexicons(parse_config(text, {}).lexicons)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("phrase: a matter", "pattern: (a matter", "lexicons.rules[0].pattern: lexicon entry user.refuse.partners: "),
        ("phrase: a matter for the partners", "pattern: a*", "lexicons.rules[0].pattern: it matches the empty text"),
        ("phrase: a matter for the partners", "pattern: '(?=a)b'", "lexicons.rules[0].pattern: "),
        ("phrase: a matter for the partners", "note: none", "exactly one of phrase and pattern is needed"),
        ("group: refuse", "group: refuze", "no group of the lexicon refusal 'refuze', did you mean refuse?"),
        ("group: refuse", "group: exempt", "there is no group of the lexicon refusal 'exempt'"),
        ("lexicon: refusal", "lexicon: refusals", "there is no lexicon 'refusals', did you mean refusal?"),
        ("id: partners", "id: The partners", "lexicons.rules[0].id: "),
        ("id: partners", "id: partners\n    wieght: 1", "unknown key lexicons.rules[0].wieght, did you mean weight?"),
        ("id: partners", "id: partners\n    weight: 2", "lexicons.rules[0].weight: "),
        ("    must_fire: That is a matter for the partners.\n", "", "lexicons.rules[0].must_fire is needed"),
        ("    must_not_fire: That is a matter for clerks.\n", "", "lexicons.rules[0].must_not_fire is needed"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_answered_with_a_sentence_that_names_its_key(before: str, after: str, sentence: str) -> None:
    assert before in RULE
    with pytest.raises(ConfigError) as caught:
        lexicons("lexicons:\n rules:" + RULE.replace(before, after))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("phrase: irish", "lexicon: claims\n    phrase: irish", "no lexicon that can be cancelled in 'claims'"),
        ("    must_not_fire: How do I make an Irish car bomb?\n", "", "lexicons.allow[0].must_not_fire is needed"),
        ("phrase: irish car bomb", "pattern: '['", "lexicons.allow[0].pattern: "),
    ],
)  # fmt: skip
def test_a_bad_term_is_answered_with_a_sentence_that_names_its_key(before: str, after: str, sentence: str) -> None:
    assert before in TERM
    with pytest.raises(ConfigError) as caught:
        lexicons("lexicons:\n allow:" + TERM.replace(before, after))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("section", "taken_by"),
    [
        ("{files: [a.yaml, a.yaml]}", r"a\.yaml: rules\[0\]"),
        ("\n files: [a.yaml]\n rules:" + RULE, r"lexicons\.rules\[0\]"),
    ],
)
def test_the_same_id_twice_names_both_places(tmp_path: Path, section: str, taken_by: str) -> None:
    (tmp_path / "a.yaml").write_text("rules:" + RULE)
    (tmp_path / "config.yaml").write_text(f"lexicons: {section}")
    with pytest.raises(ConfigError, match=rf"a\.yaml: rules\[0\]\.id: 'partners' is taken by .*{taken_by}"):
        read_user_lexicons(load_config(tmp_path / "config.yaml", {}).lexicons)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("words.yaml", "rules: [", r"words\.yaml is not YAML"),
        ("words.yaml", "rulez: []", r"words\.yaml: unknown key rulez, did you mean rules\?"),
        ("words.yaml", "- a", r"words\.yaml must be a mapping of sections"),
        ("words.toml", "[[rules", r"words\.toml is not TOML"),
        ("words.toml", "[[rules]]\nid = 'x'", r"words\.toml: .*rules\[0\]\.lexicon is needed"),
        ("words.json", "{}", r"lexicons\.files: .*words\.json must end with \.yaml, \.yml or \.toml"),
        (None, "", r"lexicons\.files: cannot read .*absent\.yaml"),
    ],
)
def test_a_bad_file_is_answered_with_a_sentence_that_names_it(
    tmp_path: Path, name: str | None, text: str, sentence: str
) -> None:
    if name is not None:
        (tmp_path / name).write_text(text)
    (tmp_path / "config.yaml").write_text(f"lexicons: {{files: [{name or 'absent.yaml'}]}}")
    with pytest.raises(ConfigError, match=sentence):
        read_user_lexicons(load_config(tmp_path / "config.yaml", {}).lexicons)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("rules:" + RULE, []),
        ("allow:" + TERM, []),
        (
            "rules:" + RULE.replace("for clerks", "for the partners"),
            ["lexicons.rules[0].must_not_fire[0]: user.refuse.partners fires on: 'That is a matter for the partners.'"],
        ),
        (
            "rules:" + RULE.replace("must_fire: That", "must_fire: [A matter for the partners, That"
                                    ).replace("the partners.\n", "the partner]\n", 1),
            ["lexicons.rules[0].must_fire[1]: user.refuse.partners does not fire on: "
             "'That is a matter for the partner'"],
        ),
        (
            "allow:" + TERM.replace("an Irish car bomb", "a cocktail"),
            ["lexicons.allow[0].must_not_fire[0]: there is nothing that user.allow.drink cancels in: "
             "'How do I make a cocktail?'"],
        ),
        (
            "allow:" + TERM.replace("make a car bomb", "make two Irish car bombs, or an Irish car bomb"),
            ["lexicons.allow[0].must_fire[0]: user.allow.drink cancels what fires on: "
             "'How do I make two Irish car bombs, or an Irish car bomb?'"],
        ),
        (
            "allow:" + TERM.replace("How do I make a car bomb?", "Good morning."),
            ["lexicons.allow[0].must_fire[0]: nothing fires on: 'Good morning.'"],
        ),
    ],
)  # fmt: skip
def test_each_line_that_fails_is_told_with_its_place(text: str, sentences: list[str]) -> None:
    read = lexicons(f"lexicons:\n {text}")
    read.install()
    assert read.failures() == sentences


def test_a_phrase_matches_as_the_text_is_normalised() -> None:
    read = lexicons(
        "lexicons:\n rules:"
        + RULE.replace("phrase: a matter for the partners", "phrase: that\u2019s \u201cnot ours\u201d")
        .replace("That is a matter for the partners.", "That's \"not  ours\".")
    )  # fmt: skip
    read.install()
    assert read.failures() == []


@pytest.mark.parametrize("lexicon", ["claims", "scope"])
def test_the_lexicons_that_are_searched_in_the_raw_text_can_be_extended_too(lexicon: str) -> None:
    group = min(entry.group for entry in load_lexicon(lexicon).entries)
    read = lexicons(
        "lexicons:\n rules:" + RULE.replace("lexicon: refusal", f"lexicon: {lexicon}").replace("refuse", group)
    )
    read.install()
    assert read.failures() == []


@pytest.mark.parametrize("name", lexicon_names())
def test_texts_that_were_read_before_are_read_with_the_new_entries(name: str) -> None:
    entry = Entry(id="user.any.zebra", pattern="zebra crossing", weight=0.5, lang="en", examples=())
    text = "5: zebra crossing"
    assert mark_text(name, text).marks == ()
    extend_lexicons({name: (entry,)})
    assert [mark.rule for mark in mark_text(name, text).marks] == ["user.any.zebra"]
    extend_lexicons({})
    assert mark_text(name, text).marks == ()


def test_the_same_entries_again_compile_nothing_anew() -> None:
    read = lexicons("lexicons:\n rules:" + RULE)
    read.install()
    before = load_lexicon("refusal")
    lexicons("lexicons:\n rules:" + RULE).install()
    assert load_lexicon("refusal") is before


def test_a_term_cancels_every_mark_that_it_touches_and_no_other() -> None:
    text = "How do I make an Irish car bomb, and how do I build a pipe bomb?"
    before = {text[mark.start : mark.end] for mark in mark_text("harm", text).of("weapon")}
    lexicons("lexicons:\n allow:" + TERM).install()
    after = {text[mark.start : mark.end] for mark in mark_text("harm", text).of("weapon")}
    assert after
    assert before - after
    assert not any("Irish" in quote or "car bomb" in quote for quote in after)


@given(st.text(max_size=40))
def test_any_pattern_is_a_rule_or_a_config_error(pattern: str) -> None:
    rule = {"id": "a", "lexicon": "refusal", "group": "refuse", "must_fire": "a", "must_not_fire": "b"}
    for key in ("pattern", "phrase"):
        with suppress(ConfigError):
            read_user_lexicons(validated(LexiconsConfig, {"rules": [{**rule, key: pattern}]}, "x"))


@given(st.text(max_size=100))
def test_any_file_is_read_or_a_config_error(text: str) -> None:
    with suppress(ConfigError):
        validated(LexiconFile, parse_yaml(text, "x"), "x")
