"""export: a bounded queue and retries in front of every destination."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import assert_never

from otel_safety.clock import Clock
from otel_safety.export.console import ConsoleSender
from otel_safety.export.contract import Destination, DestinationCounts, Sender
from otel_safety.export.destination import QueuedDestination
from otel_safety.export.file import FileSender
from otel_safety.export.grpc import GrpcSender
from otel_safety.export.http import HttpSender
from otel_safety.export.options import (
    ConsoleExportConfig,
    ExportConfig,
    FileExportConfig,
    GrpcExportConfig,
    HttpExportConfig,
    QueueOptions,
    RetryOptions,
    TlsOptions,
)

__all__ = [
    "ConsoleExportConfig",
    "Destination",
    "DestinationCounts",
    "ExportConfig",
    "FileExportConfig",
    "GrpcExportConfig",
    "HttpExportConfig",
    "QueueOptions",
    "QueuedDestination",
    "RetryOptions",
    "Sender",
    "TlsOptions",
    "make_destination",
]


def make_destination(config: ExportConfig, clock: Clock, random: Random | None = None) -> QueuedDestination:
    """Make the destination that a configuration describes; nothing is opened before ``start``.

    Raises:
        ConfigError: The options cannot be used; the message names the key.
    """
    queue, retry = config.queue, RetryOptions()
    sender: Sender
    match config:
        case GrpcExportConfig():
            sender, retry = GrpcSender(config), config.retry
        case HttpExportConfig():
            sender, retry = HttpSender(config, clock), config.retry
        case FileExportConfig():
            # One writer: lines of concurrent writes would mix.
            sender, retry, queue = FileSender(config), config.retry, replace(queue, num_consumers=1)
        case ConsoleExportConfig():
            sender, queue = ConsoleSender(config), replace(queue, num_consumers=1)
        case _:
            assert_never(config)
    return QueuedDestination(config.name, sender, queue=queue, retry=retry, clock=clock, random=random)
