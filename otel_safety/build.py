"""Builds the parts of the data path from the configuration."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from detectors.registry import DETECTORS

from detectors.assessment import Detector, Severity
from otel_safety import __version__
from otel_safety.annotate import EmitOptions
from otel_safety.assemble import AssemblyLimits
from otel_safety.clock import Clock
from otel_safety.config import Config
from otel_safety.config.model import (
    ConsoleExporterConfig,
    DetectorsConfig,
    ExporterConfig,
    FileExporterConfig,
    OtlpGrpcExporterConfig,
    OtlpHttpExporterConfig,
)
from otel_safety.errors import ConfigError
from otel_safety.export import (
    ConsoleExportConfig,
    Destination,
    ExportConfig,
    FileExportConfig,
    GrpcExportConfig,
    HttpExportConfig,
    QueueOptions,
    RetryOptions,
    TlsOptions,
    make_destination,
)
from otel_safety.judge import Judge

MIB = 1 << 20
# A disk that is full or away is waited for, as a destination that is down is.
_NEVER_GIVES_UP = RetryOptions(max_elapsed_time_s=0)


def build_destinations(config: Config, clock: Clock) -> list[Destination]:
    """One destination per entry of the ``exporters`` section; nothing is opened yet.

    Raises:
        ConfigError: A file that an exporter names cannot be used.
    """
    return [make_destination(_export_config(name, section), clock) for name, section in config.exporters.items()]


def _export_config(name: str, section: ExporterConfig) -> ExportConfig:
    match section:
        case ConsoleExporterConfig():
            return ConsoleExportConfig(name=name, color=section.color)
        case FileExporterConfig():
            return FileExportConfig(name=name, path=section.path, retry=_NEVER_GIVES_UP)
        case OtlpGrpcExporterConfig():
            return GrpcExportConfig(name=name, compression=section.compression, **_otlp_options(section))
        case OtlpHttpExporterConfig():
            return HttpExportConfig(name=name, compression=section.compression, **_otlp_options(section))


def _otlp_options(section: OtlpGrpcExporterConfig | OtlpHttpExporterConfig) -> dict[str, Any]:
    queue, retry = section.sending_queue, section.retry_on_failure
    return {
        "endpoint": section.endpoint,
        "tls": TlsOptions(**section.tls.model_dump()),
        "headers": {key: value.get_secret_value() for key, value in section.headers.items()},
        "timeout_s": section.timeout,
        "queue": QueueOptions(
            capacity_bytes=int(queue.queue_size_mib * MIB),
            max_batch_bytes=int(queue.max_batch_mib * MIB),
            flush_interval_s=queue.flush_timeout,
            num_consumers=queue.num_consumers,
            on_full=queue.on_full,
        ),
        "retry": RetryOptions(
            enabled=retry.enabled,
            initial_interval_s=retry.initial_interval,
            max_interval_s=retry.max_interval,
            max_elapsed_time_s=retry.max_elapsed_time,
            multiplier=retry.multiplier,
            randomization_factor=retry.randomization_factor,
        ),
    }


def assembly_limits(config: Config) -> AssemblyLimits:
    """Limits of the assembler, in seconds and bytes."""
    assembly = config.assembly
    return AssemblyLimits(
        settle_s=assembly.settle,
        idle_s=assembly.idle,
        hold_s=assembly.hold,
        max_held_bytes=int(assembly.max_held_mib * MIB),
        max_run_bytes=int(assembly.max_run_mib * MIB),
        max_run_spans=assembly.max_run_spans,
        remember_s=assembly.remember,
        max_remembered_bytes=int(assembly.max_remembered_mib * MIB),
    )


def emit_options(config: Config) -> EmitOptions:
    """How findings are written."""
    findings = config.findings
    return EmitOptions(
        evidence=findings.evidence,
        mark_error=None if findings.mark_error == "never" else Severity(findings.mark_error),
        log_records=findings.log_records,
        openinference=findings.openinference,
        version=__version__,
    )


def build_judge(settings: DetectorsConfig, clock: Clock, only: Collection[str] | None = None) -> Judge:
    """The enabled detectors with their thresholds and budget.

    Args:
        settings: The ``detectors`` section.
        clock: Time source of the budget.
        only: Keys to keep; None keeps every enabled detector.

    Raises:
        ConfigError: ``only`` names no detector, or every detector is off.
    """
    known = {detector.spec.key for detector in DETECTORS}
    for key in only or ():
        if key not in known:
            raise ConfigError(f"there is no detector {key!r}; known: {', '.join(sorted(known))}")
    chosen: list[Detector] = []
    thresholds: dict[str, float] = {}
    for detector in DETECTORS:
        key = detector.spec.key
        setting = settings.of(key)
        if not setting.enabled or (only is not None and key not in only):
            continue
        chosen.append(detector)
        if setting.threshold is not None:
            thresholds[key] = setting.threshold
    if not chosen:
        raise ConfigError("detectors: every detector is off, nothing would be judged")
    return Judge(chosen, clock, thresholds=thresholds, budget_s=settings.budget)
