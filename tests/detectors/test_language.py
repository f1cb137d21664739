from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from detectors import language
from detectors.language import SUPPORTED, language_of

_TEXTS = Path(__file__).parent
FOREIGN: dict[str, str] = yaml.safe_load((_TEXTS / "foreign_texts.yaml").read_text("utf-8"))
READ: dict[str, list[str]] = yaml.safe_load((_TEXTS / "read_texts.yaml").read_text("utf-8"))


@pytest.mark.parametrize("language", FOREIGN)
def test_text_in_a_language_without_lexicons_has_no_language(language: str) -> None:
    assert language_of(FOREIGN[language]) is None


@pytest.mark.parametrize(("language", "text"), [(language, text) for language in READ for text in READ[language]])
def test_text_in_a_language_with_lexicons_is_told_from_the_others(language: str, text: str) -> None:
    assert language_of(text) == language


def test_every_language_with_lexicons_has_texts() -> None:
    assert sorted(READ) == sorted(set(SUPPORTED) - {"en"})


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
        "Ludwig van Beethoven, Vincent van Gogh and Charles de Gaulle",
        "Book a table at La Cocina de la Abuela for Juan de la Cruz.",
        "git push -u origin feature/de-la-fuente && npm run build",
        "The museum shows works by José Ortega y Gasset and Anne-Louis Girodet de Roussy-Trioson.",
        "Volkswagen, Deutsche Bahn, Bundesverband der Deutschen Industrie",
        "Hotel Port de la Selva, Costa Brava",
        "I met 王小明 and 田中さん at the fair.",
    ],
)
def test_english_short_or_undecided_text_counts_as_english(text: str) -> None:
    assert language_of(text) == "en"


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert language_of(text) in {None, *SUPPORTED}


@pytest.mark.parametrize("language", FOREIGN)
def test_long_text_is_judged_like_short_text(language: str) -> None:
    assert language_of((FOREIGN[language] + " ") * 2_000) is None


def test_words_that_tell_plain_english_are_words_of_no_other_language() -> None:
    others = set().union(*language._words().known.values())

    assert others.isdisjoint(word.strip() for word in language._ONLY_ENGLISH)
    assert all(word.strip() in language.function_words("en") for word in language._ONLY_ENGLISH)


def test_a_text_that_is_mostly_of_another_language_is_not_plainly_english() -> None:
    english = "Please tell me whether you and the others are with it, and that this is all. "
    for text in FOREIGN.values():
        assert not language._is_plainly_english(text)
    for texts in READ.values():
        assert not any(language._is_plainly_english(english + 4 * f"{text} ") for text in texts if len(text) > 100)
