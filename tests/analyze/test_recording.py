"""Recordings are read by their content, whatever their name and form."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from otel_safety.analyze.recording import read_recording, recording_files
from otel_safety.errors import InputError
from otel_safety.otlp.json_codec import protobuf_to_json
from otel_safety.spans import Signal
from tests.pipeline.material import captured

((_, TRACES),) = captured("pydantic-ai", "weather")
((_, LOGS), (_, SERVER_TRACES)) = captured("openai-v2-events", "weather")


def framed(*payloads: bytes) -> bytes:
    return b"".join(len(payload).to_bytes(4, "big") + payload for payload in payloads)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda: TRACES, [(Signal.TRACES, TRACES)]),
        (lambda: LOGS, [(Signal.LOGS, LOGS)]),
        (lambda: gzip.compress(TRACES), [(Signal.TRACES, TRACES)]),
        (lambda: zstandard.compress(LOGS), [(Signal.LOGS, LOGS)]),
        (lambda: framed(TRACES, LOGS), [(Signal.TRACES, TRACES), (Signal.LOGS, LOGS)]),
        (lambda: b"", []),
    ],
    ids=["traces", "logs", "gzip", "zstd", "length-prefixed", "empty"],
)
def test_protobuf_recordings_are_told_apart(
    tmp_path: Path, content: Callable[[], bytes], expected: list[tuple[Signal, bytes]]
) -> None:
    file = tmp_path / "no-telling-name"
    file.write_bytes(content())
    assert list(read_recording(file)) == expected


def test_json_and_json_lines_hold_the_same_spans(tmp_path: Path) -> None:
    document, line = tmp_path / "one.txt", tmp_path / "many.txt"
    document.write_bytes(protobuf_to_json(TRACES, Signal.TRACES))
    line.write_bytes(
        protobuf_to_json(LOGS, Signal.LOGS) + b"\n\n" + protobuf_to_json(SERVER_TRACES, Signal.TRACES) + b"\n"
    )
    ((signal, payload),) = read_recording(document)
    assert (signal, protobuf_to_json(payload, signal)) == (Signal.TRACES, document.read_bytes())
    assert [signal for signal, _ in read_recording(line)] == [Signal.LOGS, Signal.TRACES]


@pytest.mark.parametrize("content", [b"hello", b"{}", b'{"resourceSpans": 7}', b"\x0a\xff", TRACES[:-3], b"{\xff"])
def test_what_is_no_otlp_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken"
    file.write_bytes(content)
    with pytest.raises(InputError, match="broken is not an OTLP recording"):
        list(read_recording(file))


def test_a_directory_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b/2.pb", "a.pb", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in recording_files(tmp_path)] == ["a.pb", "2.pb"]


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file"):
        recording_files(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        recording_files(tmp_path / "absent")
