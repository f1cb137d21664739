r"""Runs of character codes (``\x6b\x61``, ``%6b``, ``&#107;``, ``6b 61``, ``01101011``, ``107 97``) and of hex digits.

A run tells bytes; whether they say anything, ``encoded_tokens`` decides. RE2 finds the runs, each character read once
for each form that occurs at all; of a long run so many characters are decoded as are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from .places import Places

CODE_SIGN: Final = (
    r"(?:\\x|%|\\u00)[0-9a-f]{2}(?:\\x|%|\\u00)|&#x?[0-9a-f]{2,3};&#|[01]{8}[ ,]{0,2}[01]{8}"
    r"|\b(?:(?:0x)?[0-9a-f]{2}[ ,:-]{1,2}){3}(?:0x)?[0-9a-f]{2}\b|\b(?:[0-9]{2,3}[ ,]{1,2}){7}[0-9]{2,3}\b"
)
"""Pattern of RE2: where it does not match, there is no run of character codes."""
# No text that people read has so many runs of what could be codes.
_MAX_RUNS: Final = 4_000
_CODE_SIGNS: Final = Places(CODE_SIGN)
# Not inside a word. The sign before a run is part of the match.
_APART: Final = r"(?:^|[^0-9a-z])"
_SEPARATORS: Final = str.maketrans("", "", " ,:-;")
_ASCII_CODES: Final = frozenset(range(32, 127))
_LONG_HEX: Final = Places("[0-9a-f]{16,}")
_SHORT_HEX: Final = Places("[0-9a-f]{8,}")


class Coded(NamedTuple):
    """A run ``[start:end]`` of a text, and the bytes it stands for, of a long one the first; ``None``: no more read."""

    start: int
    end: int
    raw: bytes | None


class _Form(NamedTuple):
    """One way to write codes: a literal that it has, its runs, whether they stand apart, and how one is read."""

    literal: str
    runs: Places
    apart: bool
    read: Callable[[str], bytes]


def code_runs(text: str, most: int) -> Iterator[Coded]:
    """Find the runs of character codes, form by form, and decode up to ``most`` characters of each."""
    if not _CODE_SIGNS.occur(text):
        return
    for form in _FORMS:
        runs = form.runs.find(text, _MAX_RUNS) if form.literal in text else []
        for start, end in runs:
            first = start + (form.apart and not _is_word(text[start]))
            if not (form.apart and _is_word(text[end : end + 1])):
                yield Coded(first, end, form.read(text[first : min(end, first + most)]))
        yield from _unread(runs)


def hex_runs(text: str, most: int, *, short: bool) -> Iterator[Coded]:
    """Find hex digits that stand apart, with or without ``0x``, and decode up to ``most`` of each.

    ``short``: from 8 digits on, otherwise from 16.
    """
    runs = (_SHORT_HEX if short else _LONG_HEX).find(text, _MAX_RUNS)
    for start, end in runs:
        first = start - 2 if text[max(0, start - 2) : start] == "0x" else start
        if (end - start) % 2 == 0 and not (_is_word(text[first - 1 : first]) or _is_word(text[end : end + 1])):
            yield Coded(first, end, _of_hex_digits(text[start : min(end, start + most)]))
    yield from _unread(runs)


def _unread(runs: Sequence[tuple[int, int]]) -> Iterator[Coded]:
    if len(runs) == _MAX_RUNS:
        yield Coded(runs[-1][1], runs[-1][1], None)


def _is_word(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _of_hex_digits(digits: str) -> bytes:
    try:
        # Where a long run was cut, half a code may be left.
        return bytes.fromhex(digits[: len(digits) // 2 * 2])
    except ValueError:
        return b""


def _escaped(prefix: str) -> Callable[[str], bytes]:
    return lambda run: _of_hex_digits(run.lower().replace(prefix, "").translate(_SEPARATORS))


def _of_bits(run: str) -> bytes:
    bits = run.translate(_SEPARATORS)
    count = len(bits) // 8
    return int(bits[: count * 8], 2).to_bytes(count, "big")


def _of_decimals(run: str) -> bytes:
    # Whoever writes decimal codes writes text in ASCII; other numbers are figures.
    codes = list(map(int, run.replace("&#", " ").replace(";", " ").replace(",", " ").split()))
    # Of the last one a part may be left, where a long run was cut.
    last = len(codes) if codes[-1] in _ASCII_CODES else len(codes) - 1
    return bytes(codes[:last]) if _ASCII_CODES.issuperset(codes[:last]) else b""


_FORMS: Final = (
    _Form("\\x", Places(r"(?:\\x[0-9a-f]{2}){4,}"), False, _escaped("\\x")),
    _Form("\\u00", Places(r"(?:\\u00[0-9a-f]{2}){4,}"), False, _escaped("\\u00")),
    _Form("%", Places(r"(?:%[0-9a-f]{2}){4,}"), False, _escaped("%")),
    _Form("&#x", Places(r"(?:&#x[0-9a-f]{2};){4,}"), False, _escaped("&#x")),
    _Form("&#", Places(r"(?:&#[0-9]{2,3};){4,}"), False, _of_decimals),
    _Form(
        "",
        Places(_APART + r"(?:0x)?[0-9a-f]{2}(?:[ ,:-]{1,2}(?:0x)?[0-9a-f]{2}){3,}"),
        True,
        _escaped("0x"),
    ),
    _Form("", Places(_APART + r"[01]{8}(?:[ ,]{0,2}[01]{8}){3,}"), True, _of_bits),
    _Form("", Places(_APART + r"[0-9]{2,3}(?:[ ,]{1,2}[0-9]{2,3}){7,}"), True, _of_decimals),
)
