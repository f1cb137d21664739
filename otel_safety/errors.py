"""Every error this package raises on purpose.

OtelSafetyError
├── ConfigError        the configuration or the command line cannot be used: exit code 2
├── InputError         a file to analyze cannot be read as OTLP: exit code 2
└── RequestError       a request on the wire is answered with an error
    ├── BadRequestError    the bytes are wrong: INVALID_ARGUMENT, HTTP 400
    ├── UnauthenticatedError  no or a wrong bearer token: UNAUTHENTICATED, HTTP 401
    ├── TooLargeError      over a size limit: RESOURCE_EXHAUSTED without RetryInfo, HTTP 413
    └── OverloadedError    try again later: UNAVAILABLE with RetryInfo, HTTP 503 with Retry-After
"""

from __future__ import annotations


class OtelSafetyError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(OtelSafetyError):
    """The configuration or the command line cannot be used; the message names the key."""


class InputError(OtelSafetyError):
    """A recorded input cannot be read as OTLP; the message names the file."""


class RequestError(OtelSafetyError):
    """A request on the wire is answered with an error."""


class BadRequestError(RequestError):
    """The same bytes can never be accepted."""


class UnauthenticatedError(RequestError):
    """The request carries no bearer token that is accepted here."""


class TooLargeError(RequestError):
    """The request is over a size limit and must not be sent again as it is."""


class OverloadedError(RequestError):
    """The sender should try again after ``retry_after_s`` seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
