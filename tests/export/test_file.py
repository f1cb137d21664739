"""OTLP JSON lines: whole lines or none."""

import json
import os
import resource
import signal as signals
from pathlib import Path

import pytest

from otel_safety.errors import ConfigError
from otel_safety.export import FileExportConfig, QueueOptions, RetryOptions
from otel_safety.export.answer import Action
from otel_safety.export.file import FileSender
from otel_safety.spans import Batch, Signal
from tests.export.support import FAST_RETRY, NO_WAIT, batch, deliver, span_id


def config(path: Path | str, retry: RetryOptions = FAST_RETRY) -> FileExportConfig:
    return FileExportConfig(name="file", path=str(path), queue=NO_WAIT, retry=retry)


def ids(text: str) -> list[str]:
    return [
        span["spanId"]
        for line in text.splitlines()
        for resource_spans in json.loads(line)["resourceSpans"]
        for scope_spans in resource_spans["scopeSpans"]
        for span in scope_spans["spans"]
    ]


async def test_lines_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    await deliver(config(path), batch(1, 2))
    await deliver(config(path), batch(3))
    assert ids(path.read_text()) == [span_id(number).hex() for number in (1, 2, 3)]


async def test_a_large_batch_becomes_lines_of_whole_spans(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    await deliver(config(path), *(batch(*range(start, start + 50)) for start in range(0, 1000, 50)))
    assert ids(path.read_text()) == [span_id(number).hex() for number in range(1000)]


async def test_a_span_with_invalid_utf8_is_written_like_the_others(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    good = batch(1, 2, name="work")
    await deliver(config(path), Batch(Signal.TRACES, good.payload.replace(b"work", b"w\xffrk"), 2))
    assert ids(path.read_text()) == [span_id(1).hex(), span_id(2).hex()]


async def test_bytes_that_are_no_request_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    queue = QueueOptions(flush_interval_s=0.0, max_batch_bytes=1)
    settings = FileExportConfig(name="file", path=str(path), queue=queue)
    destination = await deliver(settings, Batch(Signal.TRACES, b"\x0a\x7f", 1), batch(2))
    assert ids(path.read_text()) == [span_id(2).hex()]
    assert destination.counts[Signal.TRACES].failed_items == 1


async def test_a_full_disk_leaves_no_part_of_a_line_and_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    sender = FileSender(config(path))
    await sender.start()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signals.signal(signals.SIGXFSZ, signals.SIG_IGN)
    try:
        first = await sender.send(batch(1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, hard))
        full = await sender.send(batch(2, name="x" * 500))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signals.signal(signals.SIGXFSZ, previous)
    again = await sender.send(batch(2))
    await sender.close()
    assert [answer.action for answer in (first, full, again)] == [
        Action.DELIVERED,
        Action.RETRY,
        Action.DELIVERED,
    ]
    assert ids(path.read_text()) == [span_id(1).hex(), span_id(2).hex()]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_device_that_is_always_full_is_given_up_and_counted() -> None:
    retry = RetryOptions(initial_interval_s=0.001, max_elapsed_time_s=0.02)
    destination = await deliver(config("/dev/full", retry), batch(1, 2))
    counts = destination.counts[Signal.TRACES]
    assert (counts.failed_items, counts.sent_items) == (2, 0)
    assert counts.retries > 0


async def test_dash_is_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    await deliver(config("-"), batch(1))
    os.write(1, b"")
    assert ids(capfd.readouterr().out) == [span_id(1).hex()]


async def test_a_file_that_cannot_be_opened_is_named() -> None:
    with pytest.raises(ConfigError, match=r"exporters\.file\.path: cannot open /nowhere/out"):
        await FileSender(config("/nowhere/out")).start()
