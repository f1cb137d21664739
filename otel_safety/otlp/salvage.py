"""What can be known of a message that protobuf refuses: is its structure whole, and can its text be repaired."""

from __future__ import annotations

from otel_safety.otlp.schema import Kind, MessageType
from otel_safety.otlp.wire import LENGTH_DELIMITED, Buffer, WireError, fields, length_delimited

# Protobuf implementations refuse messages nested deeper than this (upb, C++, Java: 100).
MAX_DEPTH = 100


def count_messages(buf: Buffer, message: MessageType, most: int) -> int:
    """Count the messages nested in ``buf``, at every depth and in any number, without recursion.

    Returns:
        The count, or a number above ``most`` as soon as there are more fields than that.

    Raises:
        WireError: A message is truncated or not protobuf.
    """
    count = seen = 0
    waiting = [(0, len(buf), message)]
    while waiting:
        start, end, current = waiting.pop()
        for number, wire_type, _, value_start, value_end in fields(buf, start, end):
            seen += 1
            if seen > most:
                return most + 1
            inner = current.by_number.get(number)
            if inner is not None and inner.message is not None and wire_type == LENGTH_DELIMITED:
                count += 1
                waiting.append((value_start, value_end, inner.message))
    return count


def repaired(raw: bytes, message: MessageType) -> bytes:
    """Copy a message with every string made valid UTF-8; bad bytes become U+FFFD. For reading, never for sending.

    Raises:
        WireError: The message is not protobuf, or nested too deeply for any parser.
    """
    return _repaired(raw, 0, len(raw), message, MAX_DEPTH)


def _repaired(buf: bytes, start: int, end: int, message: MessageType, depth: int) -> bytes:
    if depth == 0:
        raise WireError(f"nested deeper than {MAX_DEPTH} messages")
    pieces: list[bytes] = []
    for number, wire_type, tag_start, value_start, value_end in fields(buf, start, end):
        inner = message.by_number.get(number)
        if inner is None or wire_type != LENGTH_DELIMITED:
            pieces.append(buf[tag_start:value_end])
        elif inner.message is not None:
            body = _repaired(buf, value_start, value_end, inner.message, depth - 1)
            pieces.append(length_delimited(number, body))
        elif inner.kind is Kind.STRING:
            text = buf[value_start:value_end].decode("utf-8", "replace")
            pieces.append(length_delimited(number, text.encode("utf-8")))
        else:
            pieces.append(buf[tag_start:value_end])
    return b"".join(pieces)
