"""Every run is answered by every detector, and each place where the answer stands says the same."""

from __future__ import annotations

from collections import Counter
from io import StringIO
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from rich.console import Console

from detectors.assessment import NotAssessed
from detectors.registry import DETECTORS
from otel_safety.analyze.report import analyze_requests
from otel_safety.analyze.table import print_report
from otel_safety.judge import Judge
from otel_safety.spans import Signal
from otel_safety.telemetry.metrics import instruments
from semconv import emitted
from tests.pipeline.material import CAPTURES, FakeClock, Service, captured

SCENARIOS = sorted(path.name for path in (CAPTURES / "openai-v2-events").iterdir())
ALL = {detector.spec.key for detector in DETECTORS}


def requests(*, with_logs: bool) -> list[tuple[Signal, bytes]]:
    """All runs of a recording whose message text stands in log records."""
    return [
        request
        for scenario in SCENARIOS
        for request in captured("openai-v2-events", scenario)
        if with_logs or request[0] is Signal.TRACES
    ]


def served(*, with_logs: bool) -> Service:
    service = Service()
    for signal, payload in requests(with_logs=with_logs):
        service.pipeline.accept(signal, payload)
    service.stop()
    return service


def on_roots(service: Service) -> dict[tuple[str, str], dict[str, str]]:
    """Per run (trace and root), the answer of each detector as its root span says it."""
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for span in service.kept.spans():
        said = attributes(span)
        if emitted.RUN_FLAGGED not in said:
            continue
        told = dict(entry.split(":") for entry in said.get(emitted.RUN_NOT_ASSESSED, ()))
        told |= dict.fromkeys(said.get(emitted.RUN_DETECTORS, ()), "finding")
        answers[span.trace_id.hex(), span.span_id.hex()] = {key: told.get(key, "clean") for key in ALL}
    return answers


def attributes(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in span.attributes:
        value = item.value
        listed = [entry.string_value for entry in value.array_value.values]
        found[item.key] = listed if value.HasField("array_value") else value.string_value
    return found


@pytest.mark.parametrize("with_logs", [True, False])
def test_the_root_span_the_metrics_and_the_report_tell_the_same_answers(with_logs: bool) -> None:
    service = served(with_logs=with_logs)
    report = analyze_requests(requests(with_logs=with_logs), judge=Judge(DETECTORS, FakeClock())).as_json()

    roots = on_roots(service)
    assert len(roots) == len(SCENARIOS)

    in_json: dict[tuple[str, str], dict[str, str]] = {}
    for run in report["runs"]:
        answers = dict(run["not_assessed"]) | dict.fromkeys(run["clean"], "clean")
        answers |= {finding["detector"]: "finding" for finding in run["findings"]}
        in_json[run["trace_id"], run["root_span_id"]] = answers
        # Exactly one answer per detector.
        assert len(run["clean"]) + len(run["not_assessed"]) + len(
            {item["detector"] for item in run["findings"]}
        ) == len(ALL)
    assert in_json == roots

    (assessments,) = [
        item for item in instruments(service.pipeline, [], []) if item.name == "otel_safety_detector_assessments"
    ]
    counted: dict[tuple[object, object], int | float] = {}
    for item in assessments.read():
        told = item.attributes or {}
        counted[told["detector"], told["answer"]] = item.value
    assert counted == Counter((key, answer) for run in roots.values() for key, answer in run.items())


def test_without_their_log_records_no_run_is_clean_for_any_detector() -> None:
    for answers in on_roots(served(with_logs=False)).values():
        assert answers == dict.fromkeys(ALL, NotAssessed.CONTENT_MISSING.value)


def test_analyze_counts_what_could_not_be_judged_and_why() -> None:
    console = Console(file=StringIO(), width=120)
    report = analyze_requests(requests(with_logs=False))
    print_report(report, console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "Not assessed (which is not the same as clean)" in printed
    for key in ALL:
        (row,) = [line for line in printed.splitlines() if key in line]
        assert NotAssessed.CONTENT_MISSING in row
        assert f" {len(SCENARIOS)} " in row
