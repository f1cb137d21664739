"""Identity assertions in other languages than English: the cues of their ``identity`` lexicons, and the name at each.

What decides beside the name is data, too: an assertion needs a word of the first person in its sentence where the cue
alone is weak, and none that makes the sentence unreal or shows that an assistant tells what it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from .foreign_names import read_latin_name, read_sign_name, read_sign_name_before
from .identity import LEXICON, MAX_CUES, Assertion
from .letterhead import read_letterhead
from .marks import Mark, MarkedText, mark_text
from .names import Kind, Name, Standing
from .sentences import inside, quotations, split_sentences

_CUES: Final = frozenset({"self", "role", "behalf", "from_sender", "at_us", "letterhead", "signature", "your_sender"})
_NEEDS_FIRST_PERSON: Final = frozenset({"behalf", "at_us"})
_SIGNS: Final = frozenset({"zh", "ja"})
# Nouns are capitals there: a capital alone shows no name.
_NOUNS_CAPITAL: Final = frozenset({"de"})
_BEHIND_COMMA: Final = 40
_MAX_LINES: Final = 5
_MAX_LINE: Final = 90
_MAX_SENTENCE: Final = 600
_PLACEHOLDER: Final = re.compile(r"[\[<{_]|\bname\b|\u59d3\u540d|\u540d\u524d", re.IGNORECASE)
_LEAD: Final = re.compile(
    r"[\s*_~\"'(-]*(?:(?:ihr|ihre|dein|deine|das|der|die|votre|la|le|el|su|tu|o|a|il|lo|vom|von|de|du|des|del|da|do|di|della|equipe"
    r"|equipa|equipo|team|staff)[\s-]+|(?:l|d|dell)')*",
    re.IGNORECASE,
)
_AFFILIATION: Final = re.compile(
    r"\s*,?\s*(?:von der|vom|von|bei der|bei|der|de la|de l'|du|de|d'|chez|del|da|do|della|dell'|di|en|na|no"
    r"|presso)\s*",
    re.IGNORECASE,
)
# "Directeur general de Apple" is read by the cue; in Chinese the role stands behind who it is held at.
_CHINESE_ROLE: Final = re.compile(
    r"\u7684?[^\u3002,!?\n]{0,8}?(?:\u9996\u5e2d|CEO|ceo|\u603b\u88c1|\u8463\u4e8b|\u7ecf\u7406|\u4e3b\u5e2d|\u521b\u59cb|"
    r"\u53d1\u8a00\u4eba|\u90e8\u957f|\u603b\u7406|\u5e02\u957f|\u4ee3\u8868|\u5458\u5de5|\u8d1f\u8d23\u4eba|\u4e3b\u4efb|"
    r"\u5c40\u957f|\u884c\u957f|\u5ba2\u670d|\u987e\u95ee|\u79d8\u4e66|\u9662\u957f|\u6821\u957f|\u4e13\u5458|\u5de5\u4f5c\u4eba\u5458|"
    r"\u603b\u76d1|\u5b98\u5458|\u8b66\u5b98|\u6c11\u8b66)"
)

_Reader = Callable[[str, Mark, str], Name | None]


def find_assertions_by_phrase(text: str, language: str) -> tuple[MarkedText, tuple[Assertion, ...]]:
    """Find the identity assertions of ``text`` in order, with the marked text that their offsets count in."""
    marked = mark_text(LEXICON, text)
    cues = [mark for mark in marked.marks if mark.group in _CUES]
    if not cues:
        return marked, ()
    if len(cues) > MAX_CUES:
        cues, marked = cues[:MAX_CUES], marked.first(marked.marks.index(cues[MAX_CUES]))
    quoted = quotations(marked.text)
    sentences = _Sentences(marked)
    found: dict[tuple[int, int], Assertion] = {}
    for cue in cues:
        name = _read(marked.text, cue, language)
        if name is None or inside(name.start, quoted) or _contradicted(sentences, cue, name, language):
            continue
        start = min(name.start, _first_letter(marked.text, cue))
        assertion = Assertion(
            rule=cue.rule,
            group=cue.group,
            weight=cue.weight,
            name=name,
            start=start,
            end=max(name.end, _last(cue, name)),
        )
        key = (name.start, name.end)
        if key not in found or found[key].weight < assertion.weight:
            found[key] = assertion
    return marked, tuple(sorted(found.values(), key=lambda item: item.start))


def _read(text: str, cue: Mark, language: str) -> Name | None:
    if cue.group == "letterhead":
        return read_letterhead(text, cue)
    if cue.group == "signature":
        return _read_signature(text, cue, language)
    if language == "ja":
        return _read_japanese(text, cue)
    if language == "zh":
        return _read_chinese(text, cue)
    name = read_latin_name(text, cue.end, language)
    if name is None or name.possessive:
        return None
    if cue.group == "self":
        return _who_it_is(text, name, language)
    if cue.group in {"from_sender", "your_sender"}:
        return name if name.is_body else None
    if cue.group == "at_us":
        return name if name.is_body and text[name.end : name.end + 1] in {",", " "} else None
    if name.standing is Standing.UNKNOWN and language in _NOUNS_CAPITAL:
        return None
    return name if cue.group == "behalf" or name.kind is not Kind.PERSON else None


def _who_it_is(text: str, name: Name, language: str) -> Name | None:
    if name.kind is Kind.PERSON and name.standing is Standing.KNOWN:
        return name
    if name.kind is Kind.PERSON or name.standing is Standing.UNKNOWN:
        link = _AFFILIATION.match(text, name.end)
        body = read_latin_name(text, link.end(), language) if link and link.group().strip(" ,") else None
        return body if body is not None and body.is_body else None
    return None


def _read_chinese(text: str, cue: Mark) -> Name | None:
    name = read_sign_name(text, cue.end, "zh")
    if name is None:
        return None
    if name.kind is Kind.PERSON:
        return name if name.standing is Standing.KNOWN and cue.group in {"self", "role", "behalf"} else None
    if cue.group in {"self", "role"}:
        return name if _CHINESE_ROLE.match(text, name.end) else None
    return name


def _read_japanese(text: str, cue: Mark) -> Name | None:
    name = read_sign_name_before(text, cue.start, "ja")
    if name is None:
        return None
    if cue.group == "self":
        return name if name.kind is Kind.PERSON and name.standing is Standing.KNOWN else None
    # "It is Toyota" tells of it; "the customer service of Toyota" speaks for it.
    plain = cue.group == "from_sender" and text[cue.start : cue.end].startswith(
        ("\u3067\u3059", "\u3067\u3054", "\u3068")
    )
    return None if plain or (name.kind is Kind.PERSON and cue.group != "behalf") else name


def _read_signature(text: str, cue: Mark, language: str) -> Name | None:
    best: Name | None = None
    position = cue.end
    for _ in range(_MAX_LINES):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if len(line) > _MAX_LINE or _PLACEHOLDER.search(line):
            return None if best is None or _PLACEHOLDER.search(line) else best
        name = _in_line(text, position, end, language)
        if name is not None and (best is None or name.standing is Standing.KNOWN):
            best = name
        position = end + 1
        if position >= len(text):
            break
    return best


def _in_line(text: str, start: int, end: int, language: str) -> Name | None:
    for part in re.finditer(r"[^,|/\n]+", text[start:end]):
        at = start + part.start()
        if language in _SIGNS:
            at += len(part.group()) - len(part.group().lstrip())
            name = read_sign_name(text, at, language)
        else:
            lead = _LEAD.match(text, at, end)
            name = read_latin_name(text, lead.end() if lead else at, language)
        if name is not None and name.end <= end and _signs(name) and end - name.end <= _BEHIND_COMMA:
            return name
    return None


def _signs(name: Name) -> bool:
    if name.kind is Kind.PERSON:
        return name.standing is Standing.KNOWN
    return name.standing is not Standing.UNKNOWN and name.kind is Kind.ORGANISATION


def _contradicted(sentences: _Sentences, cue: Mark, name: Name, language: str) -> bool:
    """Whether the sentence around the cue makes it unreal, an assistant's words about itself, or somebody else's."""
    if cue.group in {"signature", "letterhead"}:
        return False
    around = sentences.marks_around(max(cue.start + 1, min(name.start, cue.end)))
    begins = min(cue.start, name.start)
    if any(mark.group == "assistant" for mark in around):
        return True
    if any(mark.group == "unreal" and (mark.end <= begins + 1 or language == "ja") for mark in around):
        return True
    spoken = [mark for mark in around if mark.group == "first_person"]
    if cue.group == "at_us":
        return not any(name.end <= mark.start <= name.end + _BEHIND_COMMA for mark in spoken)
    return cue.group in _NEEDS_FIRST_PERSON and not spoken


class _Sentences:
    """The sentences of a marked text, to look up the marks around a place."""

    def __init__(self, marked: MarkedText) -> None:
        self._marks = marked.marks
        self._starts = [mark.start for mark in marked.marks]
        self._ends = [sentence.end for sentence in split_sentences(marked.text)]
        self._length = len(marked.text)

    def marks_around(self, position: int) -> tuple[Mark, ...]:
        """Return the marks that begin in the sentence of ``position``."""
        index = bisect_left(self._ends, position)
        last = self._ends[index] if index < len(self._ends) else self._length
        first = max(self._ends[index - 1] if index else 0, last - _MAX_SENTENCE)
        return self._marks[bisect_left(self._starts, first) : bisect_left(self._starts, last)]


def _first_letter(text: str, cue: Mark) -> int:
    start = cue.start
    while start < cue.end and not text[start].isalnum():
        start += 1
    return start


def _last(cue: Mark, name: Name) -> int:
    return cue.end if cue.start >= name.end else name.end
