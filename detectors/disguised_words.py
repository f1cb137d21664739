"""Words that are written so that a filter does not see them: leetspeak, spaced letters, shifted letters, reversed text.

A word counts as disguised only when the word behind it is one that the lexicons, the learned weights or the list of
function words know, and the written one is none: names of products, versions and measures stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Final

from .encoded_tokens import Piece
from .language import ENGLISH, function_words
from .learned import load_model
from .lexicon import load_lexicon

# The signs of leetspeak; a "1" is an i or an l.
_LEET: Final = tuple(str.maketrans("013456789@$!", f"o{one}eas" + "gtbgasi") for one in "il")
_LEET_SIGN: Final = re.compile(r"[A-Za-z][013456789@$!]|[013456789@$][A-Za-z]")
_LEET_WORD: Final = re.compile(r"[A-Za-z0-9@$!]+")
_MIN_LEET: Final = 3
# Words in leetspeak or spaced letters that are read in plain; more of them are read as written.
_MAX_WORDS: Final = 1_000
# What stands around the parts of paths, addresses and names in code.
_JOINING: Final = frozenset("_/\\.#=@:&%$-")
_SPACERS: Final = " .*_~|,/-"
_SPACED: Final = re.compile(rf"(?<![^\W_])[A-Za-z0-9@$](?>(?:[{_SPACERS}]{{1,3}}[A-Za-z0-9@$](?![^\W_]|[@$])){{2,}})")
_SPACED_GAP: Final = re.compile(rf"[{_SPACERS}]+")
_MIN_SPACED: Final = 3
_MIN_SPACED_LETTERS: Final = 0.6
_MAX_UNSPACED: Final = 300
_LONGEST_WORD: Final = 16
_MIN_KNOWN_SHARE: Final = 0.8

_WORD: Final = re.compile(r"[A-Za-z]+")
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_UPPER: Final = _LOWER.upper()
_SHIFTS: Final = tuple(
    str.maketrans(_LOWER + _UPPER, _LOWER[by:] + _LOWER[:by] + _UPPER[by:] + _UPPER[:by]) for by in range(1, 26)
)
_ROT13: Final = _SHIFTS[12]
_ATBASH: Final = str.maketrans(_LOWER + _UPPER, _LOWER[::-1] + _UPPER[::-1])
# Words that are looked at to tell by how much the letters are shifted.
_SAMPLE: Final = 400
# Distinct function words that show a text to be shifted or reversed, where nothing says so.
_MIN_TELLING: Final = 3
_MIN_ANNOUNCED: Final = 2
_MAX_SILENCE: Final = 12
_PARTING: Final = re.compile(r'[:"\n\[\]{}<>`]')
_LITERAL: Final = re.compile(r"[a-z]{4,}")
_ESCAPE: Final = re.compile(r"\\.")
_ENDINGS: Final = ("s", "ing", "ed", "er", "ers")


def leet_words(text: str) -> list[Piece]:
    """Read digits and signs inside words as letters (``h4ck`` as ``hack``); linear."""
    found: list[Piece] = []
    last = 0
    for sign in _LEET_SIGN.finditer(text):
        if sign.start() < last:
            continue
        start = sign.start()
        while start > last and (text[start - 1].isalnum() or text[start - 1] in "@$!") and text[start - 1].isascii():
            start -= 1
        word = _LEET_WORD.match(text, start)
        if word is None:
            continue
        if len(found) == _MAX_WORDS:
            break
        last = word.end()
        written = word.group().rstrip("!")
        if not _joined(text, start, start + len(written)) and (plain := _leet_reading(written)):
            found.append(Piece("leetspeak", start, start + len(written), plain))
    # A short one ("t0", "1n") is told only by longer ones beside it.
    return found if any(piece.end - piece.start >= _MIN_LEET for piece in found) else []


def _joined(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    behind = text[end : end + 2]
    return before in _JOINING or (behind[:1] in _JOINING and behind[1:].isalnum())


def _leet_reading(written: str) -> str:
    # A name on a network ("@here") and a variable ("$tab") begin with a sign of their own.
    if written.isalpha() or (written[0] in "@$" and written[1:].isalpha()):
        return ""
    # A figure at the end is mostly that of a version ("HTML5"): no plural.
    known = is_known if written[-1].isalpha() else _known_words().__contains__
    for signs in _LEET:
        plain = written.translate(signs)
        if plain.isalpha() and (known(plain.lower()) if len(plain) >= _MIN_LEET else _is_function_word(plain)):
            return plain
    return ""


def spaced_words(text: str) -> list[Piece]:
    """Join letters that stand apart (``h a c k``, ``k.i.l.l``) to words; linear."""
    found: list[Piece] = []
    for run in _SPACED.finditer(text):
        if len(found) == _MAX_WORDS:
            break
        letters = _SPACED_GAP.sub("", run.group())
        if sum(map(str.isalpha, letters)) < _MIN_SPACED_LETTERS * len(letters):
            continue
        joined = _despaced(run.group())
        if joined and max(map(len, joined.split())) >= _MIN_SPACED:
            found.append(Piece("spacing", run.start(), run.end(), joined))
    return found


def _despaced(run: str) -> str:
    gaps = _SPACED_GAP.findall(run)
    least = min(map(len, gaps))
    spacers = {gap for gap in gaps if len(gap) == least}
    # "k.i.l.l h.i.m": the blank parts words.
    spacer = (spacers - {" "} or spacers).pop()
    # One spacer throughout, or it is no word that was spaced ("e.g., a").
    if not spacers <= {spacer, " "} or not set("".join(gaps)) <= {spacer[0], " ", "/"}:
        return ""
    joined = _SPACED_GAP.sub("", run)
    # "F.B.I."
    if spacer == "." and joined.isupper() and (len(joined) <= _MIN_SPACED or not is_known(joined)):
        return ""
    if len(set(gaps)) > 1:
        return _SPACED_GAP.sub(lambda gap: "" if gap.group() == spacer else " ", run)
    return joined if len(joined) > _MAX_UNSPACED or is_known(joined) else _parted(joined)


def _parted(joined: str) -> str:
    """Part letters without blanks into known words, as long ones as can be; as they are where too few are known."""
    lower = joined.translate(_LEET[0]).lower()
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(lower) + 1):
        choices = [(best[end - 1][0], end - 1)]
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = lower[start:end]
            if is_known(word) if len(word) >= _MIN_LEET else word in _function_words() or word in {"a", "i"}:
                choices.append((best[start][0] + len(word) ** 2, start))
        best.append(max(choices))
    words: list[str] = []
    known, end = 0, len(lower)
    while end:
        start = best[end][1]
        words.append(joined[start:end])
        known += end - start if best[end][0] > best[start][0] else 0
        end = start
    return " ".join(reversed(words)) if known >= _MIN_KNOWN_SHARE * len(lower) else joined


def shifted_parts(text: str, *, announced: bool) -> list[Piece]:
    """Read the parts of a text whose letters are shifted along the alphabet (ROT13), or mirrored in it; linear.

    Any shift but 13 is looked for only when ``announced``.
    """
    table = _ROT13
    if announced:
        sample = _WORD.findall(text)[: 4 * _SAMPLE]
        hidden = [word for word in sample if not is_known(word)][:_SAMPLE]
        shifts = (_ROT13, _ATBASH, *_SHIFTS)
        table = max(shifts, key=lambda shift: sum(is_known(word.translate(shift)) for word in hidden))
    return [
        Piece("shifted", start, end, text[start:end].translate(table))
        for start, end in _disguised(text, lambda word: word.translate(table), announced)
    ]


def reversed_parts(text: str, *, announced: bool) -> list[Piece]:
    """Read the parts of a text that are written backwards, as a whole or word by word; linear."""
    return [
        Piece("reversed", start, end, _turned(text[start:end]))
        for start, end in _disguised(text, lambda word: word[::-1], announced)
    ]


def _turned(part: str) -> str:
    whole = part[::-1]
    by_word = _WORD.sub(lambda word: word.group()[::-1], part)
    return max((whole, by_word), key=_fluency)


def _fluency(text: str) -> int:
    """Count the pairs of words that people are known to write."""
    pairs = _known_pairs()
    return sum(f"{first} {second}" in pairs for first, second in pairwise(_WORD.findall(text.lower())[:_SAMPLE]))


def _disguised(text: str, undo: Callable[[str], str], announced: bool) -> Iterator[tuple[int, int]]:
    """Find stretches of words that ``undo`` turns into language, and that are none as they stand."""
    words = list(_WORD.finditer(text))
    written = [word.group() for word in words]
    told = {word: _reading(word, undo, announced) for word in set(written)}
    readings = [told[word] for word in written]
    behind = at = 0
    while at < len(words):
        if readings[at] <= 0:
            at += 1
            continue
        first, last, score, best, ahead = at, at, 0, 0, at
        telling: set[str] = set()
        while ahead < len(words) and score >= 0 and ahead - last <= _MAX_SILENCE:
            score += readings[ahead]
            if readings[ahead] > 0:
                telling.add(words[ahead].group().lower())
                if score > best:
                    best, last = score, ahead
            ahead += 1
        alone = announced and len(telling) == 1 and len(words[first].group()) > _MIN_LEET
        if alone or (min(best, len(telling)) >= (_MIN_ANNOUNCED if announced else _MIN_TELLING)):
            if not alone:
                first, last = _with_silent(text, words, readings, (behind, first, last))
            yield words[first].start(), words[last].end()
            behind = last + 1
        at = max(last, at) + 1


def _with_silent(
    text: str, words: list[re.Match[str]], readings: list[int], stretch: tuple[int, int, int]
) -> tuple[int, int]:
    """Take in the words on both sides that tell nothing, and are no known words as they stand."""
    behind, first, last = stretch
    least, most = max(behind, first - _MAX_SILENCE), min(len(words), last + 1 + _MAX_SILENCE)

    def silent(at: int, gap: tuple[int, int]) -> bool:
        return not readings[at] and not is_known(words[at].group()) and not _PARTING.search(text, *gap)

    while first > least and silent(first - 1, (words[first - 1].end(), words[first].start())):
        first -= 1
    while last + 1 < most and silent(last + 1, (words[last].end(), words[last + 1].start())):
        last += 1
    return first, last


def _reading(word: str, undo: Callable[[str], str], announced: bool) -> int:
    """Tell whether a word is one when undone (1), as it stands (-1), or both or neither (0)."""
    if len(word) == 1:
        return 0
    known = is_known if announced and len(word) > _MIN_LEET else _is_function_word
    as_written, undone = _is_function_word(word) or (announced and is_known(word)), known(undo(word))
    return int(undone) - int(as_written) if undone != as_written else 0


def telling_words() -> Iterator[str]:
    """Name what the function words of English become when shifted or reversed: where none stands, no text is."""
    for word in sorted(_function_words()):
        if len(word) >= _MIN_LEET and word.isascii() and word.isalpha():
            yield from (other for other in (word.translate(_ROT13), word[::-1]) if not is_known(other))


def is_known(word: str) -> bool:
    """Whether ``word`` is one of the English words that we know, in its form or with a common ending."""
    lower, words = word.lower(), _known_words()
    return lower in words or any(lower.endswith(ending) and lower[: -len(ending)] in words for ending in _ENDINGS)


def _is_function_word(word: str) -> bool:
    return word.lower() in _function_words()


@cache
def _function_words() -> frozenset[str]:
    return function_words(ENGLISH)


@cache
def _known_words() -> frozenset[str]:
    known = set(_function_words())
    for name in ("request", "answer"):
        for feature in load_model(name).weights:
            if feature[0] not in "@#":
                known.update(word for word in _WORD.findall(feature) if len(word) >= _MIN_LEET)
    for name in ("harm", "adversarial"):
        for entry in load_lexicon(name).entries:
            known.update(_LITERAL.findall(_ESCAPE.sub(" ", entry.pattern.lower())))
    return frozenset(known)


@cache
def _known_pairs() -> frozenset[str]:
    return frozenset(
        feature.lstrip("^")
        for name in ("request", "answer")
        for feature in load_model(name).weights
        if feature[0] not in "@#" and " " in feature
    )
