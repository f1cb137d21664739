r"""Tokens that hold another text: base64, hexadecimal and binary digits, character codes and escapes.

A token counts only when it decodes to readable text. Images, keys, hashes and random ids do not; the parts of a web
token and names in base64 do, and what they say is then read like any other text. Shorter tokens count where the text
speaks of an encoding. Encodings in one another are undone to a depth of two; every step is linear and none makes a
text longer, so decoding costs no more than reading.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from .character_codes import CODE_SIGN, Coded, code_runs, hex_runs
from .places import Places

MAX_DEPTH: Final = 2
ANY_SIGN: Final = rf"[a-z0-9+/_-]{{16}}|{CODE_SIGN}"
"""Pattern of RE2: where it does not match, no token hides, unless announced."""
_SIGN: Final = Places(ANY_SIGN)
MAX_DECODED: Final = 12_000
"""Characters of encoded tokens that are decoded of one text."""
# No text that people read holds so many tokens that say something, or so many that could.
_MAX_TOKENS: Final = 500
_MAX_LONG: Final = 4_000
# Short tokens are looked for in so much of a text that speaks of an encoding.
_MAX_SHORT: Final = 8_000
_MIN_PRINTABLE: Final = 0.95
_MIN_LETTERS: Final = 0.7
_MIN_BASE64: Final = 16
_MIN_SHORT: Final = 8
# Four codes and what parts them.
_MIN_NESTED: Final = 11
# Bytes of chance may be printable where they are few: then only letters count.
_SHORT_TEXT: Final = 12
_SHORT_SIGNS: Final = frozenset(" '-,.?!\n")
# A text of this length without a blank is an id, not language, where it is ASCII.
_MAX_WORD: Final = 24
# ASCII that can be printed or parts lines; letters and blanks.
_PRINTABLE: Final = bytes((*b"\t\n\r", *range(32, 127)))
_SPEAKING: Final = bytes(byte for byte in range(128) if chr(byte).isalpha() or chr(byte).isspace())

_SYMBOLS: Final = "A-Za-z0-9+/_-"
# The lines below a token that hold nothing but such symbols.
_BLOCK: Final = rf"(?>(?:\r?\n[ \t]{{0,8}}[{_SYMBOLS}]+={{0,2}}(?=[ \t]{{0,8}}(?:\r?\n|\Z)))*)"
_BASE64: Final = re.compile(rf"[{_SYMBOLS}]+={{0,2}}{_BLOCK}")
_SHORT_BASE64: Final = re.compile(
    rf"(?<![{_SYMBOLS}])(?:[{_SYMBOLS}]{{{_MIN_SHORT},}}={{0,2}}|[{_SYMBOLS}]{{{_MIN_SHORT - 2},}}={{1,2}}){_BLOCK}"
)
_LINE_ENDS: Final = frozenset("\r\n")
_LINE: Final = re.compile(r"\S+")
_WHOLE_LINE: Final = re.compile(rf"\S{{{_MIN_SHORT},}}")
_LONG: Final = Places(rf"[{_SYMBOLS}]{{{_MIN_BASE64},}}={{0,2}}")


class Piece(NamedTuple):
    """A part ``[start:end]`` of a text that stands for another ``text``; ``kind`` names how it is written."""

    kind: str
    start: int
    end: int
    text: str


class Undone(NamedTuple):
    """Pieces of a text that were read in plain, in order and apart; ``end`` where what follows was not looked at."""

    pieces: list[Piece]
    end: int | None = None


def encoded_tokens(text: str, *, announced: bool = False, depth: int = MAX_DEPTH) -> Undone:
    """Decode the tokens of ``text``; linear.

    ``announced`` when the text speaks of an encoding: then single short words count, too, in the beginning of it.
    """
    if not announced or len(text) <= _MAX_SHORT:
        return _decoded(text, announced, depth)
    # No token is cut in two.
    cut = max(text.rfind(" ", 0, _MAX_SHORT), text.rfind("\n", 0, _MAX_SHORT)) + 1
    near, far = _decoded(text[:cut], True, depth), _decoded(text[cut:], False, depth)
    if near.end is not None:
        return near
    moved = [Piece(piece.kind, piece.start + cut, piece.end + cut, piece.text) for piece in far.pieces]
    return Undone(near.pieces + moved, None if far.end is None else far.end + cut)


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
    if text.isascii():
        encoded = text.encode()
        strange, others = len(encoded.translate(None, _PRINTABLE)), len(encoded.translate(None, _SPEAKING))
    else:
        strange = sum(not (item.isprintable() or item in "\n\r\t") for item in text)
        others = sum(not (item.isalpha() or item.isspace()) for item in text)
    if len(text) - strange < _MIN_PRINTABLE * len(text) or len(text) - others < _MIN_LETTERS * len(text):
        return False
    return not text.isascii() or len(text) <= _MAX_WORD or text.count(" ") * _MAX_WORD >= len(text) // 2


def _decoded(text: str, announced: bool, depth: int) -> Undone:
    found: list[Piece] = []
    ends: list[int] = []
    finders = (
        _read("codes", code_runs(text, MAX_DECODED), depth),
        _read("hex", hex_runs(text, MAX_DECODED, short=announced), depth),
        _base64(text, announced, depth),
    )
    for pieces in finders:
        taken = [(piece.start, piece.end) for piece in found]
        undone = _bounded(piece for piece in pieces if not _any_meets(taken, piece))
        found += undone.pieces
        found.sort(key=_start)
        ends += [] if undone.end is None else [undone.end]
    return Undone(found, min(ends) if ends else None)


def _start(piece: Piece) -> int:
    return piece.start


def _bounded(pieces: Iterable[Piece]) -> Undone:
    """Take as many ``pieces`` as are read; one without a kind stands where no more was looked for."""
    kept: list[Piece] = []
    room = MAX_DECODED
    for piece in pieces:
        if not piece.kind or room <= 0 or len(kept) == _MAX_TOKENS:
            return Undone(kept, piece.start)
        kept.append(piece)
        room -= piece.end - piece.start
        if _is_cut(piece):
            return Undone(kept, piece.end)
    return Undone(kept)


def _is_cut(part: Piece | Coded) -> bool:
    return part.end - part.start > MAX_DECODED


def _any_meets(taken: Sequence[tuple[int, int]], piece: Piece) -> bool:
    # Sorted and apart: the last one that begins before the piece ends decides.
    low, high = 0, len(taken)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if taken[middle][0] < piece.end else (low, middle)
    return low > 0 and taken[low - 1][1] > piece.start


def _read(kind: str, runs: Iterable[Coded], depth: int) -> Iterator[Piece]:
    """Read runs that may overlap; those that say something come in order and apart."""
    last = 0
    for run in sorted(runs, key=lambda run: (run.start, -run.end)):
        if run.raw is None:
            yield Piece("", run.start, run.end, "")
        elif run.start >= last and (decoded := _readable(run.raw, depth, cut=_is_cut(run))) is not None:
            yield Piece(kind, run.start, run.end, decoded)
            last = run.end


def _base64(text: str, announced: bool, depth: int) -> Iterator[Piece]:
    if announced:
        for match in _SHORT_BASE64.finditer(text):
            yield from _of_block(text, match.start(), match.end(), depth)
        return
    last = 0
    tokens = _LONG.find(text, _MAX_LONG)
    for start, end in tokens:
        if start >= last:
            # Lines may follow only at a line end.
            block = _BASE64.match(text, start) if text[end : end + 1] in _LINE_ENDS else None
            last = end if block is None else block.end()
            yield from _of_block(text, start, last, depth)
    if len(tokens) == _MAX_LONG:
        yield Piece("", last, last, "")


def _of_block(text: str, start: int, end: int, depth: int) -> Iterator[Piece]:
    """Decode a block of lines: as a whole, without its last line (a word of prose), or each line alone."""
    lines = [line.span() for line in _LINE.finditer(text, start, min(end, start + MAX_DECODED))]
    for count in (len(lines), len(lines) - 1) if len(lines) > 1 else ():
        joined = "".join(text[first:last] for first, last in lines[:count])
        # What is too long to be decoded whole ends where the block does.
        last = end if end - start > MAX_DECODED else lines[count - 1][1]
        piece = _of_base64(joined, start, last, depth)
        if piece is not None:
            yield piece
            return
    for line in _WHOLE_LINE.finditer(text, start, end):
        piece = _of_base64(line.group(), line.start(), line.end(), depth)
        if piece is not None:
            yield piece


def _of_base64(token: str, start: int, end: int, depth: int) -> Piece | None:
    decoded = _readable(_base64_bytes(token[:MAX_DECODED]), depth, cut=end - start > MAX_DECODED)
    return None if decoded is None else Piece("base64", start, end, decoded)


def _base64_bytes(token: str) -> bytes:
    standard = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        return b""


def _readable(raw: bytes, depth: int, *, cut: bool = False) -> str | None:
    """Read decoded bytes, and what is encoded in them again; ``None`` where they are no language."""
    try:
        # Where bytes were cut, the last character may be incomplete.
        text = codecs.getincrementaldecoder("utf-8")().decode(raw) if cut else raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if depth > 1 and len(text) >= _MIN_NESTED and _SIGN.occur(text):
        text = splice(text, encoded_tokens(text, depth=depth - 1).pieces)
    return text if is_readable(text) else None
