"""OTLP JSON lines out: one request per line, appended, as the Collector's file exporter writes them."""

from __future__ import annotations

import asyncio
import os
import stat
import sys

from otel_safety.errors import ConfigError
from otel_safety.export.answer import Action, Answer
from otel_safety.export.options import FileExportConfig
from otel_safety.otlp.json_codec import protobuf_to_json
from otel_safety.otlp.wire import WireError
from otel_safety.spans import Batch

_STANDARD_OUTPUT = "-"


class FileSender:
    """Appends to one file. A line is whole or absent, also when the disk is full.

    Raises:
        ConfigError: On start, when the file cannot be opened.
    """

    def __init__(self, config: FileExportConfig) -> None:
        self._name = config.name
        self._path = config.path
        self._descriptor: int | None = None
        self._can_truncate = False
        self._writing = False

    async def start(self) -> None:
        """Open the file, made if it does not exist."""
        self._descriptor = descriptor = self._open()
        self._can_truncate = stat.S_ISREG(os.fstat(descriptor).st_mode)

    async def send(self, batch: Batch) -> Answer:
        """Append one line; a full disk is an answer to try again."""
        descriptor = self._descriptor
        if descriptor is None:
            raise RuntimeError("send before start")
        self._writing = True
        try:
            await asyncio.to_thread(self._append, descriptor, batch)
        except WireError:
            return Answer(action=Action.DROP, reason="not a request of OTLP")
        except OSError as error:
            return Answer(action=Action.RETRY, reason=f"cannot write: {error.strerror}")
        return Answer(action=Action.DELIVERED)

    async def close(self) -> None:
        """Close the file; standard output stays open."""
        descriptor, self._descriptor = self._descriptor, None
        # A write that was given up at the drain's deadline goes on in its thread: closing below it could make it
        # write into another file with the same number.
        if descriptor is not None and self._path != _STANDARD_OUTPUT and not self._writing:
            os.close(descriptor)

    def _open(self) -> int:
        if self._path == _STANDARD_OUTPUT:
            return sys.stdout.fileno()
        try:
            return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise ConfigError(f"exporters.{self._name}.path: cannot open {self._path}: {error.strerror}") from error

    def _append(self, descriptor: int, batch: Batch) -> None:
        try:
            line = protobuf_to_json(batch.payload, batch.signal).rstrip(b"\n") + b"\n"
            size_before = os.fstat(descriptor).st_size
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError:
                if self._can_truncate:
                    os.ftruncate(descriptor, size_before)
                raise
        finally:
            self._writing = False
