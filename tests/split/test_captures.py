"""Real recordings: every span is there once after the split, and OTLP/JSON carries them both ways."""

from collections import Counter
from pathlib import Path

import pytest

from otel_safety.otlp.json_codec import json_to_protobuf, protobuf_to_json
from otel_safety.spans import Signal
from otel_safety.split import split_logs, split_traces
from tests.otlp.requests import REQUEST_TYPES
from tests.shared_material import shared_path
from tests.split.test_split import raw_spans, spans_out

pytestmark = pytest.mark.shared


def recordings(kind: str) -> list[Path]:
    return sorted(Path(shared_path("captures")).glob(f"*/*/*-{kind}.pb"))


def test_every_span_of_every_capture_is_forwarded_or_held() -> None:
    held = 0
    for path in recordings("traces"):
        payload = path.read_bytes()
        found = split_traces(payload, lambda _: True, any_open=True)
        assert spans_out(found) == Counter(raw_spans(payload)), path
        assert (found.unreadable, found.rejected, found.stripped) == (0, 0, 0), path
        assert len(found.links) == (found.forward.items if found.forward else 0), path
        held += len(found.held)
    assert held > 100


def test_every_log_record_of_every_capture_can_be_read() -> None:
    for path in recordings("logs"):
        found = split_logs(path.read_bytes())
        assert found.items > 0
        assert found.unreadable == 0, path


def test_every_capture_survives_otlp_json() -> None:
    for kind, signal in (("traces", Signal.TRACES), ("logs", Signal.LOGS)):
        for path in recordings(kind):
            payload = path.read_bytes()
            again = json_to_protobuf(protobuf_to_json(payload, signal), signal)
            assert REQUEST_TYPES[signal].FromString(again) == REQUEST_TYPES[signal].FromString(payload), path
