"""Agent runs as OTLP requests, written by the GenAI convention."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.spans import Signal

_S = 1_000_000_000


@dataclass(frozen=True)
class Called:
    """A tool call of the run."""

    tool: str
    arguments: dict[str, str]
    result: str = "ok"


def run(
    asked: str,
    answered: str,
    *called: Called,
    service: str = "shop",
    agent: str = "clerk",
    instructions: str = "You are a helpful assistant.",
) -> tuple[Signal, bytes]:
    """One agent run: an agent span with a model call and the tool calls below it."""
    trace_id = hashlib.blake2b(f"{asked}{answered}{called}{service}{agent}".encode(), digest_size=16).digest()
    spans = [
        _span(trace_id, 1, 0, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}),
        _span(
            trace_id,
            2,
            1,
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.system_instructions": json.dumps([{"type": "text", "content": instructions}]),
                "gen_ai.input.messages": _messages("user", asked),
                "gen_ai.output.messages": _messages("assistant", answered),
            },
        ),
    ]
    for number, call in enumerate(called, 3):
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.tool,
            "gen_ai.tool.call.arguments": json.dumps(call.arguments),
            "gen_ai.tool.call.result": json.dumps(call.result),
        }
        spans.append(_span(trace_id, number, 1, attributes))
    return Signal.TRACES, _request(service, spans)


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}])


def _span(trace_id: bytes, number: int, parent: int, attributes: dict[str, str]) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=attributes["gen_ai.operation.name"],
        start_time_unix_nano=number * _S,
        end_time_unix_nano=(20 if number == 1 else number + 1) * _S,
        attributes=[_attribute(key, value) for key, value in attributes.items()],
    )


def _attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _request(service: str, spans: Sequence[Span]) -> bytes:
    resource = Resource(attributes=[_attribute("service.name", service)])
    scoped = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=spans)])
    return ExportTraceServiceRequest(resource_spans=[scoped]).SerializeToString()
