"""The words of one test must not reach the next: lexicons are extended for the whole process."""

from collections.abc import Generator

import pytest

from detectors.lexicon import extend_lexicons


@pytest.fixture(autouse=True)
def _shipped_lexicons() -> Generator[None]:
    yield
    extend_lexicons({})
