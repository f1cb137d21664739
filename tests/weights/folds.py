"""Folds by prompt: one prompt is never on both sides."""

import hashlib

FOLDS = 5


def fold_of(prompt: str, count: int) -> int:
    """Number of the fold of a prompt, the same on every machine."""
    plain = " ".join(prompt.casefold().split())
    return int.from_bytes(hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=4).digest()) % count
