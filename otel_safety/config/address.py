"""Addresses as the configuration writes them: host:port, or a URL."""

from __future__ import annotations

from urllib.parse import urlsplit

# What is reached on the loopback interface when something listens on it or on every interface.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104  compared, not listened on


def checked_address(value: str) -> str:
    """Give back a host:port, the host in brackets when it is an IPv6 address.

    Raises:
        ValueError: It is none.
    """
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} is not an address; write host:port, such as localhost:4317")
    return value


def checked_url(value: str) -> str:
    """Give back an http or https URL.

    Raises:
        ValueError: It is none.
    """
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number, or an IPv6 address is not closed
        usable = False
    if not usable:
        raise ValueError(f"{value!r} is not a URL; write http://host:4318 or https://host")
    return value


def place(endpoint: str) -> tuple[str, int | None]:
    """Host and port of an address or URL; every way to say this machine is ``localhost``."""
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    host = parts.hostname or ""
    return ("localhost" if host in _LOOPBACK else host), parts.port
