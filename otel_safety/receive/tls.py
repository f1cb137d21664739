"""TLS of the receivers, for gRPC and for HTTP, from the same three files."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from otel_safety.config.model import ServerTlsConfig
from otel_safety.errors import ConfigError


def grpc_credentials(tls: ServerTlsConfig | None, key: str) -> grpc.ServerCredentials | None:
    """Make gRPC server credentials; None without TLS.

    Raises:
        ConfigError: A file cannot be read; names the config ``key``.
    """
    if tls is None:
        return None
    http_context(tls, key)  # gRPC finds a key that does not fit only when a client comes
    try:
        pair = (Path(tls.key_file).read_bytes(), Path(tls.cert_file).read_bytes())
        roots = None if tls.client_ca_file is None else Path(tls.client_ca_file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{key}: {error}") from error
    return grpc.ssl_server_credentials([pair], root_certificates=roots, require_client_auth=roots is not None)


def http_context(tls: ServerTlsConfig | None, key: str) -> ssl.SSLContext | None:
    """Make a TLS context for HTTP; None without TLS.

    Raises:
        ConfigError: A file cannot be read, or certificate and key do not fit; names the config ``key``.
    """
    if tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        if tls.client_ca_file is not None:
            context.load_verify_locations(tls.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{key}: the certificate, key or CA file cannot be used: {error}") from error
    return context
