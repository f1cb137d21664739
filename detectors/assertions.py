"""Identity assertions of a text, in whatever language it is."""

from __future__ import annotations

from . import identity
from .identity import Assertion
from .identity_by_phrase import find_assertions_by_phrase
from .language import ENGLISH, language_of
from .marks import MarkedText

__all__ = ["Assertion", "find_assertions"]


def find_assertions(text: str) -> tuple[MarkedText, tuple[Assertion, ...]]:
    """Find the identity assertions of ``text`` in order, with the marked text that their offsets count in."""
    language = language_of(text) or ENGLISH
    return identity.find_assertions(text) if language == ENGLISH else find_assertions_by_phrase(text, language)
