"""Words and patterns of an operator's own: in the configuration, or in files beside it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from otel_safety.config.section import Section, Share, SomeTexts, Text, Texts

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class _Entry(Section):
    id: Name
    phrase: Text | None = None
    pattern: Text | None = None
    note: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> _Entry:
        if (self.phrase is None) == (self.pattern is None):
            raise ValueError("exactly one of phrase and pattern is needed")
        return self


class RuleConfig(_Entry):
    """One more entry of a lexicon, with lines that it must fire on and lines that it must not."""

    lexicon: Text
    group: Text
    weight: Share = 0.8
    lang: Text = "en"
    must_fire: SomeTexts
    must_not_fire: SomeTexts


class AllowConfig(_Entry):
    """A term that cancels the marks it overlaps; without ``lexicon``, in every lexicon that can be cancelled in."""

    lexicon: SomeTexts | None = None
    must_fire: Texts = ()
    must_not_fire: SomeTexts


class LexiconFile(Section):
    """What a file holds."""

    rules: tuple[RuleConfig, ...] = ()
    allow: tuple[AllowConfig, ...] = ()


class LexiconsConfig(LexiconFile):
    """Rules and allow-list terms; paths of files are relative to the configuration file."""

    files: tuple[Text, ...] = ()
