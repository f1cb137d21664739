"""OTLP requests of agents that talk with a user over several traces."""

import json
from collections.abc import Mapping, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.spans import Signal

S = 1_000_000_000


def said(role: str, text: str) -> Mapping[str, object]:
    """A message of the GenAI conventions."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def turn(
    number: int,
    request: str,
    answer: str,
    calls: Sequence[tuple[str, Mapping[str, object], str]] = (),
    *,
    conversation: str | None = "c-1",
    service: str = "shop",
    history: Sequence[Mapping[str, object]] = (),
) -> tuple[Signal, bytes]:
    """One trace: an agent is asked, calls its tools and answers, ``number`` minutes after midnight."""
    trace_id = number.to_bytes(16, "big")
    start = number * 60 * S
    export = ExportTraceServiceRequest()
    resource = export.resource_spans.add()
    resource.resource.attributes.extend(_attributes({"service.name": service}))
    spans = resource.scope_spans.add().spans
    own = {} if conversation is None else {"gen_ai.conversation.id": conversation}
    agent = spans.add(name="invoke_agent helper", start_time_unix_nano=start, end_time_unix_nano=start + 9 * S)
    agent.attributes.extend(
        _attributes(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "helper",
                "gen_ai.input.messages": json.dumps([*history, said("user", request)]),
                "gen_ai.output.messages": json.dumps([{**said("assistant", answer), "finish_reason": "stop"}]),
                **own,
            }
        )
    )
    for place, (name, arguments, result) in enumerate(calls, 1):
        tool = spans.add(name=f"execute_tool {name}", parent_span_id=b"\x01" * 8)
        tool.start_time_unix_nano, tool.end_time_unix_nano = start + place * S, start + place * S + 1
        tool.attributes.extend(
            _attributes(
                {
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.name": name,
                    "gen_ai.tool.call.id": f"call-{number}-{place}",
                    "gen_ai.tool.call.arguments": json.dumps(arguments),
                    "gen_ai.tool.call.result": result,
                }
            )
        )
    chat = spans.add(name="chat m", parent_span_id=b"\x01" * 8)
    chat.start_time_unix_nano, chat.end_time_unix_nano = start, start + 8 * S
    chat.attributes.extend(
        _attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.input.messages": json.dumps([*history, said("user", request)]),
                "gen_ai.output.messages": json.dumps([{**said("assistant", answer), "finish_reason": "stop"}]),
                **own,
            }
        )
    )
    for place, span in enumerate(spans, 1):
        span.trace_id, span.span_id, span.kind = trace_id, bytes([place]) * 8, Span.SPAN_KIND_INTERNAL
    return Signal.TRACES, export.SerializeToString()


def _attributes(values: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items()]
