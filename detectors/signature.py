"""Who a text is signed by: the lines after "Best regards,", the words after it, or a dash line at the end.

Read after a sign-off cue; offsets are characters of the normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from .letterhead import speaks_to_you
from .marks import Mark
from .names import Kind, Name, Standing, has_role_word, is_desk_word, read_name

_MAX_LINES: Final = 5
_MAX_LINE: Final = 90
# White space at the end of the text counts in.
_MAX_SIGNATURE: Final = 160
_SHORT_MESSAGE: Final = 600

_BULLETS: Final = ("-", "*", "\u2022", "#")
_SALUTATION: Final = re.compile(
    r"(?:^|\n)\W{0,4}(?:(?:my\s+)?dear(?:est)?|hi|hello|hey|greetings|good\s+(?:morning|day|evening))\b"
    r"|(?:^|\n)(?:team|all|everyone|folks|colleagues|friends|ladies\s+and\s+gentlemen|to\s+(?:whom|our|all|the)\s[^\n]{1,50})[,:]\s*\n",
    re.IGNORECASE,
)
_BLANK: Final = re.compile(
    r"\[[^\]\n]{2,60}\]|<[A-Za-z][^>@\n]{1,40}>|\{[^}\n]{2,40}\}|_{3,}|\byour\s+(?:full\s+)?name\b|\bname\s+here\b",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"[^,|/\u2022\u00b7\n]+")
_LEAD: Final = re.compile(r"[\s*_#>~\"'(-]*(?:(?:the|your|from)\s+|(?:at|for|of)\s+(?:the\s+)?)?", re.IGNORECASE)
_ROLE_OF: Final = re.compile(r"\s+(?:of|at|for|with)\s+(?:the\s+)?")
# What may stand between a name and the end of its part: a desk in small letters, a legal form, a year, brackets.
_TAIL: Final = re.compile(
    r"[\s.*_)\"']*(?:(?:account|accounts|customer|billing|security|support|service|services|care|success|relations|team"
    r"|teams|staff|department|desk|help|office|crew|family|inc|llc|ltd|corp|&|and)\b[\s.*_)]*){0,5}"
    r"(?:(?:\s*(?:&|and)\s)?\s*[A-Z][\w'&-]*){0,3}(?:(?:in|of|for)\s+[A-Z][\w ]*|[(<\[].*|(?:\d{4}|\u00a9|\(c\)|-).*)?",
    re.IGNORECASE,
)
# In running text the name ends the sentence, or something that is no verb follows.
_INLINE_END: Final = re.compile(
    r"(?:\s+(?:account|accounts|customer|billing|security|support|service|services|care|team|teams|staff|department"
    r"|desk)\b){0,4}\s*(?:$|\n|[.|(<\[\u00a9-]|,\s*[A-Z]|\d|[A-Z])"
)


def read_signature(text: str, mark: Mark) -> Name | None:
    """Read the signature behind a sign-off; ``None`` when it names nobody, or is left blank for the user."""
    if mark.rule.endswith(".002"):
        return _dash_signature(text, mark)
    if mark.rule.endswith(".003"):
        return _last_paragraph(text, mark)
    if mark.rule.endswith(".005"):
        return _message_end(text, mark)
    if mark.rule.endswith(".004"):
        return _block(text, mark.end) if is_near_end(text, mark) and is_letter(text) else None
    if "\n" not in text[mark.start : mark.end].strip(" \t\n*_") and "\n" not in text[mark.start : mark.end].lstrip():
        return _inline(text, mark)
    return _block(text, mark.end)


def is_at_end(mark: Mark) -> bool:
    """Whether a cue, such as a dash line or a last paragraph, is read near the end of a text only."""
    return mark.rule.endswith((".002", ".003", ".004", ".005"))


def _inline(text: str, mark: Mark) -> Name | None:
    line = text[mark.end : mark.end + _MAX_LINE].split("\n", 1)[0]
    if _BLANK.search(line):
        return None
    lead = _LEAD.match(text, mark.end)
    name = read_name(text, lead.end() if lead else mark.end)
    if name is None or not _signs(name) or name.possessive:
        return None
    return name if _INLINE_END.match(text, name.end) else None


def _dash_signature(text: str, mark: Mark) -> Name | None:
    if not is_near_end(text, mark):
        return None
    line = text.rfind("\n", 0, len(text[: mark.start].rstrip()))
    before = text[line + 1 : mark.start].strip()
    # A last line with a dash after another one is a list.
    if not before or before.startswith(_BULLETS) or before.endswith(":") or _quotes(text, mark):
        return None
    name = _block(text, mark.end)
    if name is None or name.kind is Kind.PERSON:
        return name
    return name if " " in name.text and (is_letter(text) or is_desk_word(name.text.split()[-1])) else None


def _message_end(text: str, mark: Mark) -> Name | None:
    """Read who a short message says at its end that it is from: "Reply STOP to end. - Con Edison Billing"."""
    if len(text) > _SHORT_MESSAGE or not is_near_end(text, mark) or _quotes(text, mark):
        return None
    return _block(text, mark.end) if speaks_to_you(text[: mark.start]) else None


def _quotes(text: str, mark: Mark) -> bool:
    # "To be is to do." - Immanuel Kant: the source of a quotation.
    return text[: mark.start + 1].rstrip(" \t\n.!?*_)")[-1:] in {'"', "'"} or '"' in text[mark.start : mark.end]


def _last_paragraph(text: str, mark: Mark) -> Name | None:
    if not is_near_end(text, mark):
        return None
    rest = text[mark.end :].strip()
    if not rest or "\n\n" in rest or rest.startswith(_BULLETS):
        return None
    name = _block(text, mark.end)
    if not is_letter(text):
        # "Your computer is infected. Call us.\n\nMicrosoft Support": no contact, since nothing leads to it.
        led_to = text[: mark.start].rstrip().endswith(":") or any(character.isdigit() for character in rest)
        lead = _LEAD.match(text, mark.end)
        first = name is not None and lead is not None and (name.start == lead.end() or text[name.start - 1] == "\n")
        alone = name is not None and name.kind is not Kind.PERSON and first
        if led_to or not alone or not speaks_to_you(text[: mark.start]):
            return None
    if name is None:
        return None
    # "The Editors\nThe Guardian": one word signs where a desk or a role stands beside it.
    beside = any(is_desk_word(word) for word in rest.split()) or has_role_word(rest)
    return name if name.kind is Kind.PERSON or " " in name.text or beside else None


def is_near_end(text: str, mark: Mark) -> bool:
    """Whether a cue stands where a signature would."""
    return len(text) - mark.end <= _MAX_SIGNATURE


@lru_cache(maxsize=4)
def is_letter(text: str) -> bool:
    """Whether ``text`` opens with a salutation somewhere."""
    return _SALUTATION.search(text) is not None


def _block(text: str, start: int) -> Name | None:
    parts: list[tuple[str, Name | None]] = []
    for part_start, part in _parts(text, start):
        if _BLANK.search(part):
            return None
        parts.append((part, _read_part(text, part_start, part)))
    names = [name for _, name in parts if name is not None and _signs(name)]
    if names:
        return max(names, key=_worth)
    person = next((name for _, name in parts if name is not None and name.kind is Kind.PERSON), None)
    if person is None:
        unknown = [name for _, name in parts if name is not None]
        held = any(name is None and has_role_word(part) for part, name in parts)
        # A name of two or three words, a role and another name: whoever it is signs for the last.
        first = parts[0][1] if parts else None
        tied = held and first is not None and 2 <= len(first.text.split()) <= 3 and len(unknown) > 1
        return unknown[-1] if tied else None
    # Name, role, and a capitalised line that is neither: the organisation, whatever it is called.
    if any(has_role_word(part if name is None else part.split()[0]) for part, name in parts if part.strip()):
        unknown = [name for _, name in parts if name is not None and name.standing is Standing.UNKNOWN]
        if unknown:
            return unknown[-1]
    return person


def _parts(text: str, start: int) -> Iterator[tuple[int, str]]:
    position, lines = start, 0
    while position < len(text) and lines < _MAX_LINES:
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if line.strip():
            if len(line) > _MAX_LINE:
                return
            lines += 1
            yield from ((position + part.start(), part.group()) for part in _PART.finditer(line))
        elif lines:
            return
        position = end + 1


def _read_part(text: str, start: int, part: str) -> Name | None:
    lead = _LEAD.match(text, start, start + len(part))
    name = read_name(text, lead.end() if lead else start)
    if name is None or name.start >= start + len(part):
        return _role_of(text, start, part)
    if name.end > start + len(part) or name.possessive:
        return None
    if has_role_word(part) and name.standing is Standing.UNKNOWN:
        return _role_of(text, start, part)
    return name if _TAIL.fullmatch(text, name.end, start + len(part)) else None


def _role_of(text: str, start: int, part: str) -> Name | None:
    if not has_role_word(part):
        return None
    for link in _ROLE_OF.finditer(text, start, start + len(part)):
        name = read_name(text, link.end())
        if name is not None and _signs(name):
            return name
    return None


def _signs(name: Name) -> bool:
    if name.kind is Kind.PERSON:
        return name.standing is Standing.KNOWN
    return name.standing is not Standing.UNKNOWN


def _worth(name: Name) -> tuple[bool, bool, int]:
    return (name.standing is Standing.KNOWN, name.kind is Kind.PERSON, -name.start)
