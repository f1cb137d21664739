"""Bearer tokens: compared in constant time, all of them, before anything of a request is read."""

from __future__ import annotations

import hmac

from otel_safety.errors import UnauthenticatedError


def check_bearer(authorization: str | bytes | None, tokens: frozenset[str]) -> None:
    """Check the value of an ``authorization`` header; without ``tokens`` everyone may send.

    Raises:
        UnauthenticatedError: The header names none of the tokens.
    """
    if not tokens:
        return
    given = authorization.encode("utf-8", "replace") if isinstance(authorization, str) else authorization or b""
    scheme, _, token = given.partition(b" ")
    token = token.strip()
    # No early end: the time must not tell which token was nearly right.
    matches = [hmac.compare_digest(token, expected.encode()) for expected in tokens]
    if scheme.lower() != b"bearer" or not any(matches):
        raise UnauthenticatedError("a valid bearer token is needed")
