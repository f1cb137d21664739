"""What a destination can be told: frozen values, already checked by the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from otel_safety.spans import Signal

# The response limit that the OTLP specification recommends to clients; holds after decompression.
MAX_RESPONSE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """TLS towards a destination: on unless ``insecure``; a certificate with its key makes it mutual.

    ``insecure_skip_verify`` is for OTLP/HTTP alone: gRPC cannot leave verification out and refuses the option.
    """

    insecure: bool = False
    insecure_skip_verify: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name_override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    """The bounded sending queue of a destination.

    Attributes:
        capacity_bytes: Bytes waiting or being sent from which on the queue is full.
        max_batch_bytes: Largest request that is put together, before compression.
        flush_interval_s: Longest time that a batch waits for others to join it.
        num_consumers: Requests on their way at the same time.
        on_full: ``refuse``: intake is refused upstream while the queue is full; ``drop``: this destination
            drops what comes while it is full, and counts it.
    """

    capacity_bytes: int = 128 << 20
    max_batch_bytes: int = 3 << 20
    flush_interval_s: float = 0.2
    num_consumers: int = 4
    on_full: Literal["refuse", "drop"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryOptions:
    """Exponential backoff with jitter; the names and meanings are the Collector's ``retry_on_failure``.

    ``max_elapsed_time_s`` 0 never gives up. ``randomization_factor`` 0.5 spreads an interval over 0.5 to 1.5
    times its length.
    """

    enabled: bool = True
    initial_interval_s: float = 5.0
    max_interval_s: float = 30.0
    max_elapsed_time_s: float = 300.0
    multiplier: float = 1.5
    randomization_factor: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcExportConfig:
    """OTLP/gRPC out. ``endpoint`` is ``host:port``; a scheme http:// or https:// decides on TLS."""

    name: str
    endpoint: str
    tls: TlsOptions = TlsOptions()
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    compression: Literal["gzip", "none"] = "gzip"
    timeout_s: float = 10.0
    queue: QueueOptions = QueueOptions()
    retry: RetryOptions = RetryOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpExportConfig:
    """OTLP/HTTP out, protobuf. ``endpoint`` is the base URL; ``urls`` replaces it for single signals.

    Proxies are taken from ``proxy_url`` alone, never from the environment.
    """

    name: str
    endpoint: str
    urls: Mapping[Signal, str] = field(default_factory=dict[Signal, str])
    proxy_url: str | None = field(default=None, repr=False)
    tls: TlsOptions = TlsOptions()
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    compression: Literal["gzip", "zstd", "none"] = "gzip"
    timeout_s: float = 10.0
    queue: QueueOptions = QueueOptions()
    retry: RetryOptions = RetryOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileExportConfig:
    """OTLP JSON lines, as the Collector's file exporter writes them; path ``-`` is standard output."""

    name: str
    path: str
    queue: QueueOptions = QueueOptions()
    retry: RetryOptions = RetryOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleExportConfig:
    """Findings printed for people on standard output."""

    name: str
    color: Literal["auto", "always", "never"] = "auto"
    queue: QueueOptions = QueueOptions(flush_interval_s=0.0)


ExportConfig: TypeAlias = GrpcExportConfig | HttpExportConfig | FileExportConfig | ConsoleExportConfig
