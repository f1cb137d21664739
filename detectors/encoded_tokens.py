r"""Tokens that hold another text: base64, hexadecimal and binary digits, character codes and escapes.

A token counts only when it decodes to readable text. Images, keys, hashes and random ids do not; the parts of a web
token and names in base64 do, and what they say is then read like any other text. Shorter tokens count where the text
speaks of an encoding. Encodings in one another are undone to a depth of two; every step is linear and none makes a
text longer, so decoding costs no more than reading.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .places import Places

MAX_DEPTH: Final = 2
LONG_SIGN: Final = r"[a-z0-9+/_-]{16}"
"""Pattern of RE2: where it does not match, no token hides, unless announced."""
CODE_SIGN: Final = (
    r"(?:\\x|%|\\u00)[0-9a-f]{2}(?:\\x|%|\\u00)|&#x?[0-9a-f]{2,3};&#|[01]{8}[ ,]{0,2}[01]{8}"
    r"|\b(?:(?:0x)?[0-9a-f]{2}[ ,:-]{1,2}){3}(?:0x)?[0-9a-f]{2}\b|\b(?:[0-9]{2,3}[ ,]{1,2}){7}[0-9]{2,3}\b"
)
"""The same for runs of character codes."""
_MIN_PRINTABLE: Final = 0.95
_MIN_LETTERS: Final = 0.7
_MIN_BASE64: Final = 16
_MIN_SHORT: Final = 8
# Bytes of chance may be printable where they are few: then only letters count.
_SHORT_TEXT: Final = 12
_SHORT_SIGNS: Final = frozenset(" '-,.?!\n")
# A text of this length without a blank is an id, not language, where it is ASCII.
_MAX_WORD: Final = 24
_ASCII_CODES: Final = range(32, 127)

_SYMBOLS: Final = "A-Za-z0-9+/_-"
# A token, and the lines below it that hold nothing but such symbols.
_BLOCK: Final = rf"(?>(?:\r?\n[ \t]{{0,8}}[{_SYMBOLS}]+={{0,2}}(?=[ \t]{{0,8}}(?:\r?\n|\Z)))*)"
_BASE64: Final = re.compile(rf"[{_SYMBOLS}]{{{_MIN_BASE64},}}={{0,2}}{_BLOCK}")
_SHORT_BASE64: Final = re.compile(
    rf"(?<![{_SYMBOLS}])(?:[{_SYMBOLS}]{{{_MIN_SHORT},}}={{0,2}}|[{_SYMBOLS}]{{{_MIN_SHORT - 2},}}={{1,2}}){_BLOCK}"
)
_LINE: Final = re.compile(r"\S+")
_HEX: Final = re.compile(rf"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{{{_MIN_BASE64},}}(?![0-9A-Za-z])")
_SHORT_HEX: Final = re.compile(rf"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{{{_MIN_SHORT},}}(?![0-9A-Za-z])")
_LONG: Final = Places(rf"[{_SYMBOLS}]{{{_MIN_BASE64},}}")
_LONG_HEX: Final = Places(rf"[0-9a-f]{{{_MIN_BASE64}}}")
_CODE_SIGNS: Final = Places(CODE_SIGN)
_CODES: Final = (
    # Base, one code with its separator.
    (16, re.compile(r"(?>(?:\\x[0-9a-fA-F]{2}){4,})")),
    (16, re.compile(r"(?>(?:\\u00[0-9a-fA-F]{2}){4,})")),
    (16, re.compile(r"(?>(?:%[0-9a-fA-F]{2}){4,})")),
    (16, re.compile(r"(?>(?:&#x[0-9a-fA-F]{2};){4,})")),
    (10, re.compile(r"(?>(?:&#[0-9]{2,3};){4,})")),
    (
        16,
        re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{2}(?>(?:[ ,:-]{1,2}(?:0x)?[0-9a-fA-F]{2}){3,})(?![0-9A-Za-z])"),
    ),
    (2, re.compile(r"(?<![0-9A-Za-z])[01]{8}(?>(?:[ ,]{0,2}[01]{8}){3,})(?![0-9A-Za-z])")),
    (10, re.compile(r"(?<![0-9A-Za-z])[0-9]{2,3}(?>(?:[ ,]{1,2}[0-9]{2,3}){7,})(?![0-9A-Za-z])")),
)
_DIGITS: Final = {2: re.compile("[01]{8}"), 10: re.compile("[0-9]{2,3}"), 16: re.compile("(?<!0x)[0-9a-fA-F]{2}")}
_PREFIXES: Final = re.compile(r"\\x|\\u00|&#x?|0x")


class Piece(NamedTuple):
    """A part ``[start:end]`` of a text that stands for another ``text``; ``kind`` names how it is written."""

    kind: str
    start: int
    end: int
    text: str


def encoded_tokens(text: str, *, announced: bool = False, depth: int = MAX_DEPTH) -> list[Piece]:
    """Decode the tokens of ``text``, in order and apart from each other; linear.

    ``announced`` when the text speaks of an encoding: then single short words count, too.
    """
    found: list[Piece] = []
    for find in (_codes, _hexadecimal, _base64):
        taken = [(piece.start, piece.end) for piece in found]
        found += [piece for piece in find(text, announced, depth) if not _any_meets(taken, piece)]
        found.sort(key=lambda piece: piece.start)
    return found


def splice(text: str, pieces: Sequence[Piece]) -> str:
    """Write what the ``pieces`` stand for in their place."""
    parts: list[str] = []
    last = 0
    for piece in pieces:
        parts += (text[last : piece.start], piece.text)
        last = piece.end
    return "".join((*parts, text[last:]))


def is_readable(text: str) -> bool:
    """Whether a decoded text is language: nearly all printable, mostly letters and blanks, in words."""
    if not text.strip():
        return False
    if len(text) < _SHORT_TEXT:
        return text.isascii() and all(item.isalpha() or item in _SHORT_SIGNS for item in text)
    printable = sum(item.isprintable() or item in "\n\r\t" for item in text)
    letters = sum(item.isalpha() or item.isspace() for item in text)
    if printable < _MIN_PRINTABLE * len(text) or letters < _MIN_LETTERS * len(text):
        return False
    return not text.isascii() or len(text) <= _MAX_WORD or text.count(" ") * _MAX_WORD >= len(text) // 2


def _any_meets(taken: Sequence[tuple[int, int]], piece: Piece) -> bool:
    # Sorted and apart: the last one that begins before the piece ends decides.
    low, high = 0, len(taken)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if taken[middle][0] < piece.end else (low, middle)
    return low > 0 and taken[low - 1][1] > piece.start


def _base64(text: str, announced: bool, depth: int) -> Iterator[Piece]:
    blocks = _SHORT_BASE64.finditer(text) if announced else _long_blocks(text)
    for block in blocks:
        lines = [(block.start() + line.start(), block.start() + line.end()) for line in _LINE.finditer(block.group())]
        yield from _of_lines(text, lines, depth)


def _long_blocks(text: str) -> Iterator[re.Match[str]]:
    last = 0
    for start, _ in _LONG.find(text):
        block = _BASE64.match(text, start) if start >= last else None
        if block is not None:
            last = block.end()
            yield block


def _of_lines(text: str, lines: Sequence[tuple[int, int]], depth: int) -> Iterator[Piece]:
    """Decode a block of lines: as a whole, without its last line (a word of prose), or each line alone."""
    for count in (len(lines), len(lines) - 1) if len(lines) > 1 else ():
        joined = "".join(text[start:end] for start, end in lines[:count])
        decoded = _readable(_base64_bytes(joined), depth)
        if decoded is not None:
            yield Piece("base64", lines[0][0], lines[count - 1][1], decoded)
            return
    for start, end in lines:
        decoded = _readable(_base64_bytes(text[start:end]), depth) if end - start >= _MIN_SHORT else None
        if decoded is not None:
            yield Piece("base64", start, end, decoded)


def _hexadecimal(text: str, announced: bool, depth: int) -> Iterator[Piece]:
    if not announced and not _LONG_HEX.occur(text):
        return
    for token in (_SHORT_HEX if announced else _HEX).finditer(text):
        digits = token.group().removeprefix("0x")
        decoded = _readable(bytes.fromhex(digits), depth) if len(digits) % 2 == 0 else None
        if decoded is not None:
            yield Piece("hex", token.start(), token.end(), decoded)


def _codes(text: str, announced: bool, depth: int) -> Iterator[Piece]:
    del announced  # A run of codes is long enough to tell by itself.
    if not _CODE_SIGNS.occur(text):
        return
    found: list[Piece] = []
    for base, run in _CODES:
        for match in run.finditer(text):
            numbers = [int(code, base) for code in _DIGITS[base].findall(_PREFIXES.sub(" ", match.group()))]
            raw = bytes(numbers) if numbers and max(numbers) < 256 else b""
            decoded = _readable(raw, depth) if base != 10 or all(item in _ASCII_CODES for item in raw) else None
            if decoded is not None:
                found.append(Piece("codes", match.start(), match.end(), decoded))
    found.sort(key=lambda piece: (piece.start, -piece.end))
    last = 0
    for piece in found:
        if piece.start >= last:
            yield piece
            last = piece.end


def _base64_bytes(token: str) -> bytes:
    standard = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        return b""


def _readable(raw: bytes, depth: int) -> str | None:
    """Read decoded bytes, and what is encoded in them again; ``None`` where they are no language."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if depth > 1:
        text = splice(text, encoded_tokens(text, depth=depth - 1))
    return text if is_readable(text) else None
