"""Where in an answer a second voice takes over: the free one of a jailbroken persona, behind a tame one that declined.

Persona prompts ask for both: "[ChatGPT]: I can't help with that. [DAN]: Sure, here is how". What counts is what the
free voice says.
"""

from __future__ import annotations

import re
from typing import Final

from .marks import mark_text
from .remembered import remembered

# A speaker's name at a line start: "[DAN]", "(DAN)", "DAN:", "As DAN:"; other signs may stand around it.
_VOICE: Final = re.compile(
    r"(?m)^[^\w\n\[(]{0,6}([\[(]?)[^\w\n]{0,4}(?:[Aa]s )?([A-Za-z][\w .+'#-]{0,24}?)[^\w\n]{0,6}?[:\])]"
)
# The tame voice speaks first.
_FIRST_VOICE: Final = 200
# What stands before a colon at a line start without being a speaker.
_LABELS: Final = frozenset(
    {
        "note",
        "notes",
        "warning",
        "disclaimer",
        "subject",
        "reason",
        "reasons",
        "example",
        "answer",
        "user",
        "human",
        "system",
        "tip",
        "tips",
        "important",
        "remember",
        "summary",
        "source",
        "sources",
        "title",
        "question",
        "input",
        "output",
        "result",
        "results",
        "ps",
        "p.s",
        "update",
        "edit",
        "alternatives",
        "resources",
        "conclusion",
        "steps",
        "options",
        "for example",
        "in summary",
        "in short",
        "please note",
        "caution",
        "hotline",
        "explanation",
    }
)
_TAME_VOICES: Final = frozenset(
    {"chatgpt", "gpt", "classic", "normal", "standard", "original", "assistant", "ai", "normal output", "gpt-4"}
)
# What every name of a tame voice holds, beside the short one.
_TAME_NAMES: Final = ("gpt", "assistant", "classic", "normal", "standard", "original")
_AI: Final = re.compile(r"ai(?<![^\W_]ai)(?![^\W_])")
_VOICE_MARK: Final = 0.7


@remembered
def voice_start(text: str) -> int:
    """Find where a second voice takes over from a tame one, 0 when there is one voice only."""
    tame = ""
    marked, compliance = mark_text("refusal", text), mark_text("compliance", text)
    text = marked.text
    # Where no tame voice speaks first, the other speakers need not be looked for.
    for voice in _VOICE.finditer(text) if _introduces_a_tame_voice(text) else ():
        opening, name = voice.group(1), voice.group(2).strip().lower()
        if name in _TAME_VOICES and voice.start() < _FIRST_VOICE:
            tame = opening or "-"
        elif tame == (opening or "-") and name not in _LABELS and name not in _TAME_VOICES:
            return voice.start()
    personas = [mark for mark in compliance.of("persona") if mark.weight >= _VOICE_MARK]
    refusals = marked.of("refuse", "inability") if personas else ()
    return next((mark.start for mark in personas if mark.start > refusals[0].end), 0) if refusals else 0


def _introduces_a_tame_voice(text: str) -> bool:
    opening = text[: 2 * _FIRST_VOICE].lower()
    # Most openings name none; a pattern that may begin at every line takes longer than looking for the names.
    named = any(name in opening for name in _TAME_NAMES) or ("ai" in opening and _AI.search(opening) is not None)
    return named and any(
        voice.group(2).strip().lower() in _TAME_VOICES for voice in _VOICE.finditer(text, 0, 2 * _FIRST_VOICE)
    )
