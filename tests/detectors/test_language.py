from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from detectors.language import supported

FOREIGN: dict[str, str] = yaml.safe_load((Path(__file__).parent / "foreign_texts.yaml").read_text("utf-8"))


@pytest.mark.parametrize("language", FOREIGN)
def test_text_in_another_language_is_not_supported(language: str) -> None:
    assert not supported(FOREIGN[language])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "OK",
        "Paris",
        "3.14159, 2.71828; 1.41421",
        "I cannot do that.",
        "def total(items): return sum(item.price for item in items if item.de_la)",
        "SELECT name FROM users WHERE id = 7",
        '{"city": "São Paulo", "país": "Brasil"}',
        "Los Angeles, San Diego, El Paso, Las Vegas",
        "The French say 'c'est la vie', and that is a fine phrase for what you describe.",
        "In Spanish, 'I want a coffee' is 'Quiero un café, por favor, con leche para la mesa'.",
        "The word привет means hello in Russian, and you may hear it from anyone.",
        "Here is the translation you asked for:\n\n我无法回答",
        "\U0001f600 \U0001f680 \U0001f389 \U0001f600 \U0001f680 \U0001f389 \U0001f389",
    ],
)
def test_english_short_or_undecided_text_is_supported(text: str) -> None:
    assert supported(text)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert supported(text) in (True, False)


@pytest.mark.parametrize("language", FOREIGN)
def test_long_text_is_judged_like_short_text(language: str) -> None:
    assert not supported((FOREIGN[language] + " ") * 2_000)
