"""Two thousand ordinary requests to agents, in words that also stand in harmful ones: no new false alarm goes by."""

from __future__ import annotations

from pathlib import Path

from otel_safety.build import build_judge
from otel_safety.clock import SystemClock
from otel_safety.config import default_config
from otel_safety.evaluation.predictions import assessors_of, predict
from otel_safety.evaluation.rows import read_rows

ROWS = Path(__file__).with_name("ordinary_work.jsonl.gz")
# Seven requests, most of them found by both detectors (``-j``, ``-u``).
KNOWN_FALSE_ALARMS = frozenset(
    {
        "work-02-098-u",
        "work-02-281-u",
        "work-05-154-j",
        "work-05-154-u",
        "work-08-113-j",
        "work-08-113-u",
        "work-08-156-j",
        "work-08-156-u",
        "work-09-076-j",
        "work-09-076-u",
        "work-10-078-u",
    }
)


def test_ordinary_work_raises_no_alarm_but_the_known_ones() -> None:
    judge = build_judge(default_config(), SystemClock())

    predictions = predict(list(read_rows(ROWS)), assessors_of(judge))

    assert {str(item.row.id) for item in predictions if item.assessment.detected} == KNOWN_FALSE_ALARMS
