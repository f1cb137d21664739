"""Words that are written so that a filter does not see them: leetspeak, spaced letters, shifted letters, reversed text.

A word counts as disguised only when the word behind it is one that the lexicons, the learned weights or the list of
function words know, and the written one is none: names of products, versions and measures stay as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import compress, islice, pairwise
from typing import Final

from .encoded_tokens import Piece, Undone
from .known_words import english_function_words, is_function_word, is_known, known_pairs, known_words

# The signs of leetspeak; a "1" is an i or an l.
_LEET: Final = tuple(str.maketrans("013456789@$!", f"o{one}eas" + "gtbgasi") for one in "il")
_LEET_SIGN: Final = re.compile(r"[A-Za-z][013456789@$!]|[013456789@$][A-Za-z]")
_LEET_WORD: Final = re.compile(r"[A-Za-z0-9@$!]+")
_MIN_LEET: Final = 3
# Words in leetspeak that are read in plain, and different words with such signs that are looked at.
_MAX_WORDS: Final = 500
_MAX_DISTINCT: Final = 4_000
# What stands around the parts of paths, addresses and names in code.
_JOINING: Final = frozenset("_/\\.#=@:&%$-")
_SPACERS: Final = " .*_~|,/-"
# Letters of a run, and characters of all runs, that are joined; a short run costs as much as one of some length.
_MAX_RUN: Final = 1_000
_MAX_SPACED: Final = 8_000
_MIN_COST: Final = 16
_SPACED: Final = re.compile(
    rf"(?<![^\W_])[A-Za-z0-9@$](?>(?:[{_SPACERS}]{{1,3}}[A-Za-z0-9@$](?![^\W_]|[@$])){{2,{_MAX_RUN}}})"
)
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


def leet_words(text: str) -> Undone:
    """Read digits and signs inside words as letters (``h4ck`` as ``hack``); linear."""
    # Each word is read once, and mostly none is one in leetspeak.
    signed = filter(_LEET_SIGN.search, dict.fromkeys(_LEET_WORD.findall(text)))
    readings = {word: plain for word in islice(signed, _MAX_DISTINCT) if (plain := _leet_reading(word.rstrip("!")))}
    # A short one ("t0", "1n") is told only by longer ones beside it.
    if all(len(word.rstrip("!")) < _MIN_LEET for word in readings):
        return Undone([])
    found: list[Piece] = []
    for word in _LEET_WORD.finditer(text):
        if word.group() not in readings:
            continue
        read = readings[word.group()]
        start, end = word.start(), word.start() + len(read)
        if not _joined(text, start, end):
            if len(found) == _MAX_WORDS:
                return Undone(found, start)
            found.append(Piece("leetspeak", start, end, read))
    return Undone(found if any(piece.end - piece.start >= _MIN_LEET for piece in found) else [])


def _joined(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    behind = text[end : end + 2]
    return before in _JOINING or (behind[:1] in _JOINING and behind[1:].isalnum())


def _leet_reading(written: str) -> str:
    # A name on a network ("@here") and a variable ("$tab") begin with a sign of their own.
    if written.isalpha() or (written[0] in "@$" and written[1:].isalpha()):
        return ""
    # A figure at the end is mostly that of a version ("HTML5"): no plural.
    known = is_known if written[-1].isalpha() else known_words().__contains__
    for signs in _LEET:
        plain = written.translate(signs)
        if plain.isalpha() and (known(plain.lower()) if len(plain) >= _MIN_LEET else is_function_word(plain)):
            return plain
    return ""


def spaced_words(text: str) -> Undone:
    """Join letters that stand apart (``h a c k``, ``k.i.l.l``) to words; linear."""
    found: list[Piece] = []
    room = _MAX_SPACED
    for run in _SPACED.finditer(text):
        if _WORD.search(text, *run.span()) is None:
            continue
        letters = _SPACED_GAP.sub("", run.group())
        if sum(map(str.isalpha, letters)) < _MIN_SPACED_LETTERS * len(letters):
            continue
        if room <= 0:
            return Undone(found, run.start())
        room -= max(_MIN_COST, run.end() - run.start())
        joined = _despaced(run.group())
        if joined and max(map(len, joined.split())) >= _MIN_SPACED:
            found.append(Piece("spacing", run.start(), run.end(), joined))
    return Undone(found)


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
            if is_known(word) if len(word) >= _MIN_LEET else word in english_function_words() or word in {"a", "i"}:
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
        hidden = Counter([word for word in sample if not is_known(word)][:_SAMPLE])
        words, counts = " ".join(hidden), tuple(hidden.values())

        def known(shift: dict[int, int]) -> int:
            # The letters of all words are shifted at once.
            return sum(compress(counts, map(is_known, words.translate(shift).split())))

        table = max((_ROT13, _ATBASH, *_SHIFTS), key=known)
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
    pairs = known_pairs()
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
    known = is_known if announced and len(word) > _MIN_LEET else is_function_word
    as_written, undone = is_function_word(word) or (announced and is_known(word)), known(undo(word))
    return int(undone) - int(as_written) if undone != as_written else 0


@cache
def telling_words() -> tuple[frozenset[str], frozenset[str]]:
    """Name what the function words of English become when shifted, and when reversed: without them, no text is."""
    words = [word for word in english_function_words() if len(word) >= _MIN_LEET and word.isascii() and word.isalpha()]
    shifted, turned = (word.translate(_ROT13) for word in words), (word[::-1] for word in words)
    return frozenset(word for word in shifted if not is_known(word)), frozenset(
        word for word in turned if not is_known(word)
    )
