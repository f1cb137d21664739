"""Admission by bytes in flight: over the limit a sender is told when to come back, never to drop its data."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from otel_safety.errors import OverloadedError, TooLargeError

_RETRY_AFTER_S: Final = 1.0


class Admission:
    """Counts the bytes of requests being answered, on top of what the pipeline holds.

    Args:
        limit_bytes: Most bytes in flight at any time.
        in_flight: Bytes that the pipeline has taken in and not yet sent off.
    """

    def __init__(self, limit_bytes: int, in_flight: Callable[[], int]) -> None:
        self._limit_bytes = limit_bytes
        self._in_flight = in_flight
        self._answering = 0

    @property
    def answering_bytes(self) -> int:
        """Bytes of the requests being answered now."""
        return self._answering

    @property
    def full(self) -> bool:
        """True when no request, however small, would be admitted."""
        return self._answering + self._in_flight() >= self._limit_bytes

    def admit(self, size: int) -> Admitted:
        """Admit a request of ``size`` bytes; the result is a context manager that ends with the answer.

        Raises:
            OverloadedError: There is no room now.
            TooLargeError: There will never be room for a request of this size.
        """
        admitted = Admitted(self)
        admitted.grow(size)
        return admitted

    def take(self, size: int, total: int) -> None:
        """Take room for ``size`` bytes of a request that has ``total`` with them.

        Raises:
            OverloadedError: There is no room now.
            TooLargeError: There will never be room.
        """
        if total > self._limit_bytes:
            raise TooLargeError(f"the request is larger than the {self._limit_bytes} bytes that may be in flight")
        if self._answering + self._in_flight() + size > self._limit_bytes:
            raise OverloadedError("too many bytes in flight", retry_after_s=_RETRY_AFTER_S)
        self._answering += size

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        self._answering -= size


class Admitted:
    """Room for one request."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._size = 0

    def grow(self, size: int) -> None:
        """Take room for ``size`` more bytes.

        Raises:
            OverloadedError: There is no room now.
            TooLargeError: There will never be room.
        """
        self._admission.take(size, self._size + size)
        self._size += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admission.give_back(self._size)
        self._size = 0
