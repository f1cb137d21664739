"""What a user may write in the configuration, with every default.

Unknown keys are refused. Times are durations (``5s``), sizes carry their unit in the key (``_mib``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from otel_safety.config.address import checked_address, checked_url, place
from otel_safety.config.detectors import DetectorsConfig, OverrideConfig, PolicyConfig
from otel_safety.config.lexicons import LexiconsConfig
from otel_safety.config.section import Duration, Section, Share
from otel_safety.config.suppressions import SuppressionConfig

Mebibytes = Annotated[float, Field(gt=0)]
ListenAddress = Annotated[str, BeforeValidator(checked_address)]


class ServerTlsConfig(Section):
    """TLS of a receiver; with ``client_ca_file`` clients must present a certificate."""

    cert_file: str
    key_file: str
    client_ca_file: str | None = None


class GrpcReceiverConfig(Section):
    """OTLP/gRPC in."""

    endpoint: ListenAddress = "localhost:4317"
    max_recv_msg_size_mib: Mebibytes = 64
    tls: ServerTlsConfig | None = None


class HttpReceiverConfig(Section):
    """OTLP/HTTP in: protobuf and JSON on one port."""

    endpoint: ListenAddress = "localhost:4318"
    max_request_body_size_mib: Mebibytes = 64
    tls: ServerTlsConfig | None = None


class OtlpReceiverConfig(Section):
    """The OTLP receiver. A transport set to null is not opened."""

    grpc: GrpcReceiverConfig | None = GrpcReceiverConfig()
    http: HttpReceiverConfig | None = HttpReceiverConfig()
    max_in_flight_mib: Mebibytes = 512
    bearer_tokens: tuple[Annotated[SecretStr, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _one_transport(self) -> OtlpReceiverConfig:
        if self.grpc is None and self.http is None:
            raise ValueError("grpc and http are both null: nothing could be received")
        return self


class ReceiversConfig(Section):
    """Where telemetry comes in."""

    otlp: OtlpReceiverConfig = OtlpReceiverConfig()


class AssemblyConfig(Section):
    """When a run is closed and how much is held."""

    settle: Duration = 2.0
    idle: Duration = 10.0
    hold: Duration = 30.0
    max_held_mib: Mebibytes = 256
    max_run_mib: Mebibytes = 16
    max_run_spans: Annotated[int, Field(gt=0)] = 10_000
    remember: Duration = 600.0
    max_remembered_mib: Mebibytes = 64

    @model_validator(mode="after")
    def _order(self) -> AssemblyConfig:
        if not self.settle <= self.idle <= self.hold:
            raise ValueError("settle must not be longer than idle, nor idle longer than hold")
        return self


class FindingsConfig(Section):
    """How findings are written onto spans."""

    evidence: Literal["quote", "offsets", "off"] = "quote"
    mark_error: Literal["never", "low", "medium", "high", "critical"] = "never"
    log_records: bool = False
    openinference: bool = False


class ClientTlsConfig(Section):
    """TLS towards a destination: on unless ``insecure``; a certificate and key make it mutual."""

    insecure: bool = False
    insecure_skip_verify: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name_override: str | None = None


class RetryConfig(Section):
    """Retries of a destination. ``max_elapsed_time: 0s`` never gives up; then a full queue refuses intake."""

    enabled: bool = True
    initial_interval: Duration = 5.0
    max_interval: Duration = 30.0
    max_elapsed_time: Duration = 0.0
    multiplier: Annotated[float, Field(ge=1)] = 1.5
    randomization_factor: Share = 0.5


class SendingQueueConfig(Section):
    """The bounded queue of a destination. ``on_full: refuse`` pushes back on senders, ``drop`` drops here."""

    queue_size_mib: Mebibytes = 128
    max_batch_mib: Mebibytes = 3
    flush_timeout: Duration = 0.2
    num_consumers: Annotated[int, Field(gt=0, le=100)] = 4
    on_full: Literal["refuse", "drop"] = "refuse"


class _OtlpExporterConfig(Section):
    endpoint: str
    tls: ClientTlsConfig = ClientTlsConfig()
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    timeout: Duration = 10.0
    retry_on_failure: RetryConfig = RetryConfig()
    sending_queue: SendingQueueConfig = SendingQueueConfig()


class OtlpGrpcExporterConfig(_OtlpExporterConfig):
    """OTLP/gRPC out. A scheme, http:// or https://, decides on TLS whatever ``tls.insecure`` says."""

    type: Literal["otlp_grpc"]
    compression: Literal["gzip", "none"] = "gzip"

    @field_validator("endpoint", mode="after")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        checked_address(value.removeprefix("http://").removeprefix("https://"))
        return value


class OtlpHttpExporterConfig(_OtlpExporterConfig):
    """OTLP/HTTP out; ``endpoint`` is the base URL, /v1/traces and its siblings are added."""

    type: Literal["otlp_http"]
    compression: Literal["gzip", "zstd", "none"] = "gzip"
    proxy_url: SecretStr | None = None

    @field_validator("endpoint", mode="after")
    @classmethod
    def _with_scheme(cls, value: str) -> str:
        return checked_url(value).rstrip("/")


class FileExporterConfig(Section):
    """OTLP JSON lines, as the Collector's file exporter writes them; ``-`` is standard output."""

    type: Literal["file"]
    path: Annotated[str, Field(min_length=1)]


class ConsoleExporterConfig(Section):
    """Findings printed for people."""

    type: Literal["console"]
    color: Literal["auto", "always", "never"] = "auto"


ExporterConfig = Annotated[
    OtlpGrpcExporterConfig | OtlpHttpExporterConfig | FileExporterConfig | ConsoleExporterConfig,
    Field(discriminator="type"),
]
EXPORTER_TYPES = ("otlp_grpc", "otlp_http", "file", "console")
# The names that the Collector used before v0.144.
_ALIASES = {"otlp": "otlp_grpc", "otlphttp": "otlp_http"}


def _with_types(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    typed: dict[str, Any] = {}
    for name, body in value.items():
        kind = str(name).partition("/")[0]
        kind = _ALIASES.get(kind, kind)
        if kind not in EXPORTER_TYPES:
            raise ValueError(f"exporter {name!r}: the part before '/' must be one of {', '.join(EXPORTER_TYPES)}")
        typed[str(name)] = {**(body or {}), "type": kind} if isinstance(body, dict | None) else body
    return typed


def _findings_printed() -> dict[str, ExporterConfig]:
    return {"console": ConsoleExporterConfig(type="console")}


class HealthConfig(Section):
    """``/healthz/live`` and ``/healthz/ready``."""

    endpoint: ListenAddress = "localhost:13133"


class MetricsConfig(Section):
    """Own metrics in Prometheus form at ``/metrics``."""

    endpoint: ListenAddress = "localhost:8888"


class LogsConfig(Section):
    """Own log, on standard error; message content of agents never appears in it."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class TelemetryConfig(Section):
    """What the service says about itself. ``health`` or ``metrics`` set to null is not opened."""

    health: HealthConfig | None = HealthConfig()
    metrics: MetricsConfig | None = MetricsConfig()
    logs: LogsConfig = LogsConfig()


class ServiceConfig(Section):
    """The process: how long SIGTERM may take to judge and deliver what is held."""

    drain_timeout: Duration = 20.0


class Config(Section):
    """The whole configuration."""

    receivers: ReceiversConfig = ReceiversConfig()
    assembly: AssemblyConfig = AssemblyConfig()
    detectors: DetectorsConfig = DetectorsConfig()
    overrides: tuple[OverrideConfig, ...] = ()
    policies: tuple[PolicyConfig, ...] = ()
    lexicons: LexiconsConfig = LexiconsConfig()
    suppressions: tuple[SuppressionConfig, ...] = ()
    findings: FindingsConfig = FindingsConfig()
    exporters: Annotated[dict[str, ExporterConfig], BeforeValidator(_with_types)] = Field(
        default_factory=_findings_printed
    )
    telemetry: TelemetryConfig = TelemetryConfig()
    service: ServiceConfig = ServiceConfig()

    @field_validator("exporters", mode="after")
    @classmethod
    def _some_exporter(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not value:
            raise ValueError("at least one exporter is needed: spans must have somewhere to go")
        return value

    @model_validator(mode="after")
    def _no_circle(self) -> Config:
        otlp = self.receivers.otlp
        own = {place(receiver.endpoint) for receiver in (otlp.grpc, otlp.http) if receiver is not None}
        for name, exporter in self.exporters.items():
            if isinstance(exporter, _OtlpExporterConfig) and place(exporter.endpoint) in own:
                raise ValueError(
                    f"exporters.{name}.endpoint: {exporter.endpoint} is a receiver of this service; "
                    "every span would go round in circles"
                )
        return self
