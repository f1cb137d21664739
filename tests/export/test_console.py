"""Findings for people, safe on a terminal."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.export import ConsoleExportConfig
from otel_safety.export.answer import Action
from otel_safety.export.console import ConsoleSender, printable
from otel_safety.spans import Batch, Signal
from semconv import emitted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def attributes(values: dict[str, str | float]) -> list[KeyValue]:
    return [
        KeyValue(
            key=key,
            value=AnyValue(string_value=value) if isinstance(value, str) else AnyValue(double_value=value),
        )
        for key, value in values.items()
    ]


def finding(**changed: str) -> dict[str, str | float]:
    return {
        emitted.EVALUATION_NAME: "deception",
        emitted.EVALUATION_SCORE_VALUE: 0.875,
        emitted.EVALUATION_SCORE_LABEL: "fail",
        emitted.EVALUATION_EXPLANATION: changed.get("explanation", "claims a deletion that no tool call shows"),
        emitted.SEVERITY: changed.get("severity", "high"),
        emitted.RULE: changed.get("rule", "claim.deleted"),
        emitted.EVIDENCE: changed.get("evidence", "I have deleted the record"),
    }


def flagged(*events: dict[str, str | float], service: str = "shop", agent: str = "Support") -> Batch:
    span = Span(
        trace_id=bytes.fromhex("4bf92f3577b34da6a3ce929d0e0e4736"),
        span_id=bytes.fromhex("00f067aa0ba902b7"),
        name="chat gpt-4.1",
        start_time_unix_nano=1_700_000_000 * 10**9,
        attributes=attributes({"gen_ai.agent.name": agent}),
        events=[Span.Event(name=emitted.EVALUATION_EVENT, attributes=attributes(event)) for event in events],
    )
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=attributes({"service.name": service})),
                scope_spans=[ScopeSpans(spans=[span])],
            )
        ]
    )
    return Batch(Signal.TRACES, request.SerializeToString(), 1)


async def printed(batch: Batch, stream: io.StringIO | None = None, color: str = "auto") -> str:
    stream = stream or io.StringIO()
    sender = ConsoleSender(ConsoleExportConfig(name="console", color=color), stream)  # type: ignore[arg-type]  # parametrized
    answer = await sender.send(batch)
    assert answer.action is Action.DELIVERED
    return stream.getvalue()


async def test_a_finding_is_printed_whole() -> None:
    assert await printed(flagged(finding())) == (
        "2023-11-14 22:13:20Z HIGH     deception 0.88 shop / Support / chat gpt-4.1"
        "  trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7\n"
        '    evidence     "I have deleted the record"\n'
        "    rule         claim.deleted\n"
        "    explanation  claims a deletion that no tool call shows\n"
    )


async def test_every_finding_of_a_span_is_printed() -> None:
    text = await printed(flagged(finding(rule="one"), finding(rule="two")))
    assert re.findall(r"rule +(\w+)", text) == ["one", "two"]


async def test_evaluations_of_the_application_are_not_findings() -> None:
    event: dict[str, str | float] = {emitted.EVALUATION_NAME: "relevance", emitted.EVALUATION_SCORE_VALUE: 0.9}
    assert await printed(flagged(event)) == ""


@pytest.mark.parametrize("signal", [Signal.LOGS, Signal.METRICS])
async def test_other_signals_print_nothing(signal: Signal) -> None:
    assert await printed(Batch(signal, b"gen_ai.evaluation.result", 1)) == ""


async def test_nothing_in_a_finding_can_steer_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07 \x1b[2J \u202egnp.exe \r\n\x9b31m"
    batch = flagged(
        finding(evidence=hostile, rule=hostile, explanation=hostile, severity=hostile),
        service=hostile,
        agent=hostile,
    )
    text = await printed(batch, Terminal(), color="never")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert len(text.splitlines()) == 4


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()


def test_long_text_is_cut() -> None:
    assert len(printable("x" * 10_000)) < 700


@pytest.mark.parametrize(
    ("stream", "color", "no_color", "expected"),
    [
        (io.StringIO(), "auto", "", False),
        (Terminal(), "auto", "", True),
        (Terminal(), "auto", "1", False),
        (Terminal(), "never", "", False),
        (io.StringIO(), "always", "1", True),
    ],
)
async def test_colour_only_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, color: str, no_color: str, expected: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\x1b[" in await printed(flagged(finding()), stream, color)) is expected


async def test_a_stream_that_knows_only_ascii_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    sender = ConsoleSender(ConsoleExportConfig(name="console"), stream)
    await sender.send(flagged(finding(evidence="gelöscht")))
    assert b"gel\\xf6scht" in raw.getvalue()


async def test_an_unreadable_span_is_split_off() -> None:
    batch = flagged(finding())
    sender = ConsoleSender(ConsoleExportConfig(name="console"), io.StringIO())
    answer = await sender.send(Batch(Signal.TRACES, batch.payload + b"\x0a\x7f", 2))
    assert answer.action is Action.SPLIT
