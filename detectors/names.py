"""Who a capitalised phrase names: a person or an organisation, known from a list or recognised by its shape.

The lists under ``names/`` are reviewed data. A phrase is read at a place in normalised text, since in running
text only the words around it ("on behalf of ...") show that a name is meant; case is kept for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple

from .name_lists import Listed, NameLists, name_lists

# One capitalised word: initials, a title with its full stop, or a name ("easyJet", "al-Assad", "Booking.com").
_CAPITALISED: Final = (
    r"(?:(?:[A-Z]\.){1,4}|(?:Dr|Mr|Mrs|Ms|DR|MR|MRS|MS|Prof|Sen|Rep|Gov|Gen|Hon|Rev|St)\."
    r"|(?:[a-z]{0,5}-?)?[A-Z0-9\u00c0-\u00d6\u00d8-\u00de\u0100-\u017f][\w&'+-]{0,40}(?:\.(?:com|org|net|io|ai|co|gov)\b)?)"
)
_CONNECTIVE: Final = r"(?:of|and|for|the|de|del|della|da|do|du|di|von|van|der|den|la|le|bin|al|on|without|against|&)"
PHRASE: Final = re.compile(rf"{_CAPITALISED}(?:[ \t]{{1,3}}(?:{_CONNECTIVE}[ \t]{{1,3}}){{0,2}}{_CAPITALISED}){{0,9}}")
_WORD: Final = re.compile(r"\S+")
_COUNTRY_PREFIXES: Final = (("us",), ("u.s.",), ("uk",), ("u.k.",), ("united", "states"))
# Acronyms are names only in capitals: "who" is a word, "WHO" an organisation.
_ACRONYM_LENGTH: Final = 5


class Kind(StrEnum):
    """What a name names."""

    PERSON = "person"
    ORGANISATION = "organisation"
    STATE = "state"


class Standing(StrEnum):
    """How a name was recognised."""

    KNOWN = "known"
    SHAPE = "shape"
    UNKNOWN = "unknown"


class Word(NamedTuple):
    """One word of a phrase; ``key`` is its form for look-up, possessive and surrounding signs removed."""

    text: str
    key: str
    possessive: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name at ``[start:end]`` of the text it was read from.

    Attributes:
        text: The name as written, without a possessive ending.
        kind: What it names.
        standing: Known from a list, recognised by its shape, or only a specific capitalised phrase.
        words: Look-up forms of its distinctive words, for comparison with the names of a context.
        possessive: True when it is written with 's.
        start: Offset of its first character.
        end: Offset past its last character.
    """

    text: str
    kind: Kind
    standing: Standing
    words: tuple[str, ...]
    possessive: bool
    start: int
    end: int

    @property
    def is_body(self) -> bool:
        """Whether it is an organisation by more than its place in the text."""
        return self.kind is Kind.ORGANISATION and self.standing is not Standing.UNKNOWN


def read_phrase(text: str, start: int) -> tuple[Word, ...]:
    """Read the capitalised phrase that begins exactly at ``start``; a possessive word ends it."""
    match = PHRASE.match(text, start)
    if match is None:
        return ()
    lists = name_lists()
    words: list[Word] = []
    for found in _WORD.finditer(text, match.start(), match.end()):
        bare = found.group().rstrip("'")
        if bare == "I" and words:
            break
        possessive = (
            bare.lower().endswith("'s")
            and bare.lower() not in lists.with_s
            # "St. Catherine's Hospital" is one name, "Apple's team" is not.
            and not _continues(text, found.end(), match.end(), lists)
        )
        bare = bare[:-2] if possessive else bare
        words.append(Word(bare, bare.lower(), possessive, found.start(), found.start() + len(bare)))
        if possessive:
            break
    while words and words[-1].text.islower():
        words.pop()
    return tuple(words)


def _continues(text: str, start: int, end: int, lists: NameLists) -> bool:
    following = [word.group().lower().strip(".,'") for word in islice(_WORD.finditer(text, start, end), 3)]
    return any(word in lists.organisation and word not in lists.desk for word in following)


def read_name(text: str, start: int) -> Name | None:
    """Read the name at ``start``; ``None`` when the phrase there names nobody in particular."""
    words = read_phrase(text, start)
    return recognise(words) if words else None


def recognise(words: Sequence[Word]) -> Name | None:
    """Say who a phrase names, the longest listed name first; ``None`` for generic and invented names."""
    lists = name_lists()
    offset = _prefix_length(words, lists)
    if offset == len(words):
        return None
    rest = words[offset:]
    if rest[0].key in lists.assistant and not _longest(rest, lists.persons) and _longest(rest, lists.organisations) < 2:
        return None
    length = _longest(rest, lists.persons)
    # "Max Planck Society" is no person.
    if length and length >= _longest(rest, lists.organisations):
        # "Barack Obama Foundation" is no person either.
        body = _by_shape(rest, lists, addressed=False) if length < len(rest) else None
        if body is not None and body.is_body and len(body.text.split()) > length and not body.possessive:
            return body
        return _name(rest[:length], Kind.PERSON, Standing.KNOWN, lists)
    if length := max(_longest(rest, lists.organisations), _longest(words, lists.organisations) - offset):
        known = _name(rest[:length], Kind.ORGANISATION, Standing.KNOWN, lists)
        desk = _name(_with_desk(rest, length, lists), Kind.ORGANISATION, Standing.KNOWN, lists)
        return replace(desk, words=known.words)
    if length := max(_longest(rest, lists.states), _longest(words, lists.states) - offset):
        # "California DMV" is no state.
        body = _by_shape(rest, lists, addressed=False) if length < len(rest) else None
        if body is not None and body.is_body and len(body.text.split()) > length:
            return body
        return _name(rest[:length], Kind.STATE, Standing.KNOWN, lists)
    addressed = offset > 0 and words[offset - 1].key.rstrip(".") in lists.form_of_address
    return _by_shape(rest, lists, addressed=addressed)


def name_of_domain(domain: str, start: int) -> Name | None:
    """Read the organisation behind a mail domain that stands at ``start``; ``None`` for a mail provider."""
    lists = name_lists()
    labels = domain.lower().split(".")
    parts = [part for label in labels[:-1] for part in label.split("-") if part not in lists.generic]
    listed = next((part for part in reversed(parts) if (part,) in lists.organisations), None)
    telling = listed or (parts[-1] if parts else "")
    if len(labels) < 2 or not telling or telling in lists.placeholder or labels[-2:-1][0] in lists.mail_provider:
        return None
    return Name(
        text=domain,
        kind=Kind.ORGANISATION,
        standing=Standing.KNOWN if listed else Standing.UNKNOWN,
        words=(telling,),
        possessive=False,
        start=start,
        end=start + len(domain),
    )


def is_role_word(word: str) -> bool:
    """Whether ``word`` is a role that carries authority for the organisation named with it."""
    return word.lower().strip(".,") in name_lists().role


def is_leading_role(word: str) -> bool:
    """Whether ``word`` is a role that makes an organisation of any capitalised name behind it."""
    return word.lower().strip(".,") in name_lists().leading_role


def has_role_word(text: str) -> bool:
    """Whether a role stands anywhere in a short text."""
    return any(is_role_word(word) for word in text.split())


def is_desk_word(word: str) -> bool:
    """Whether ``word`` names the part of an organisation that writes."""
    return word.lower().strip(".,") in name_lists().desk


def is_given_name(word: str) -> bool:
    """Whether ``word`` is a given name."""
    return word.lower().strip(".,") in name_lists().given_name


def is_assistant_word(word: str) -> bool:
    """Whether ``word`` is the name of an AI assistant, or says that an AI speaks."""
    return word.lower().strip(".,") in name_lists().assistant


def _prefix_length(words: Sequence[Word], lists: NameLists) -> int:
    # Titles stand before a person ("Senator"), a country before an authority ("US").
    keys = tuple(word.key for word in words)
    if _longest(words, lists.persons) or _longest(words, lists.organisations) or _longest(words, lists.states):
        return 0
    for prefix in _COUNTRY_PREFIXES:
        if keys[: len(prefix)] == prefix and len(keys) > len(prefix):
            return len(prefix)
    offset = 0
    while offset < len(keys) and keys[offset].rstrip(".") in lists.title | lists.form_of_address:
        offset += 1
    return offset


def _longest(words: Sequence[Word], listed: Listed) -> int:
    longest = listed.longest.get(words[0].key, 0)
    if not longest:
        return 0
    keys = tuple([word.key for word in words[:longest]])
    for length in range(len(keys), 0, -1):
        name = listed.get(keys[:length])
        if name is not None and _written_as_name(words[:length], name):
            return length
    return 0


def _written_as_name(words: Sequence[Word], name: str) -> bool:
    acronym = len(words) == 1 and len(name) <= _ACRONYM_LENGTH and name.isupper()
    return not acronym or words[0].text == name


def _with_desk(words: Sequence[Word], length: int, lists: NameLists) -> Sequence[Word]:
    # "Amazon" in "Amazon Customer Support", "Microsoft" in "Microsoft Windows Support": the desk belongs to the name.
    end = length
    for index in range(length, min(len(words), length + 4)):
        if words[index].key in lists.organisation | lists.desk:
            end = index + 1
    return words[:end]


def _by_shape(words: Sequence[Word], lists: NameLists, *, addressed: bool) -> Name | None:
    keys = [word.key.rstrip(".") for word in words]
    if any(key in lists.placeholder for key in keys):
        return None
    telling = [key for key in _telling(keys, lists) if key not in lists.role]
    if not telling:
        return None
    desk = keys[-1] in lists.desk and keys[0] not in lists.given_name
    last = max((index for index, key in enumerate(keys) if key in lists.organisation), default=-1)
    if keys[0] in lists.organisation_of and keys[1:2] == ["of"] and len(keys) > 2:
        return _name(words, Kind.ORGANISATION, Standing.SHAPE, lists)
    last = len(keys) - 1 if desk or _ends_in_acronym(words, lists) else last
    if last >= 0 and len(keys) > 1:
        return _name(words[: last + 1] if last else words, Kind.ORGANISATION, Standing.SHAPE, lists)
    alone = keys.index("and") if "and" in keys else len(keys)
    if (addressed or (keys[0] in lists.given_name and alone >= 2)) and alone <= 4:
        return _name(words[:alone], Kind.PERSON, Standing.SHAPE, lists)
    return _name(words, Kind.ORGANISATION, Standing.UNKNOWN, lists)


def _ends_in_acronym(words: Sequence[Word], lists: NameLists) -> bool:
    """Whether a phrase ends like "California DMV", and not like "Jane Doe MD" or a text in capitals."""
    last, first = words[-1], words[0]
    short = 3 <= len(last.text) <= _ACRONYM_LENGTH and last.text.isalpha() and last.text.isupper()
    return (
        short
        and len(words) > 1
        and not first.text.isupper()
        and first.key not in lists.given_name | lists.role
        and (last.key not in lists.title | lists.role | lists.credential)
    )


def _name(words: Sequence[Word], kind: Kind, standing: Standing, lists: NameLists) -> Name:
    keys = [word.key.rstrip(".") for word in words]
    return Name(
        text=" ".join(word.text for word in words),
        kind=kind,
        standing=standing,
        words=_telling(keys, lists) or tuple(keys),
        possessive=words[-1].possessive,
        start=words[0].start,
        end=words[-1].end,
    )


def _telling(keys: Sequence[str], lists: NameLists) -> tuple[str, ...]:
    # What tells one name from another: no desk, no legal form, no generic word in either number, no year.
    return tuple(
        key
        for key in keys
        if (key not in lists.organisation or key in lists.trade)
        and key not in lists.generic
        and key + "s" not in lists.generic
        and not key.isdigit()
    )
