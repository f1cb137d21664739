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


def openinference_turn(
    number: int, request: str, answer: str, calls: Sequence[tuple[str, str, str]], own: Mapping[str, str]
) -> tuple[Signal, bytes]:
    """The same as OpenInference writes it; ``own``: attributes that every span has."""
    start = number * 60 * S
    export = ExportTraceServiceRequest()
    resource = export.resource_spans.add()
    resource.resource.attributes.extend(_attributes({"service.name": "shop"}))
    spans = resource.scope_spans.add().spans
    told: list[dict[str, str]] = [
        {"openinference.span.kind": "AGENT", "input.value": request, "output.value": answer},
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": request,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": answer,
        },
    ]
    told += [
        {"openinference.span.kind": "TOOL", "tool.name": name, "input.value": arguments, "output.value": result}
        for name, arguments, result in calls
    ]
    for place, attributes in enumerate(told, 1):
        span = spans.add(name=attributes["openinference.span.kind"], kind=Span.SPAN_KIND_INTERNAL)
        span.trace_id, span.span_id = number.to_bytes(16, "big"), bytes([place]) * 8
        span.parent_span_id = b"" if place == 1 else b"\x01" * 8
        span.start_time_unix_nano, span.end_time_unix_nano = start + place * S, start + (20 - place) * S
        span.attributes.extend(_attributes({**attributes, **own}))
    return Signal.TRACES, export.SerializeToString()


def _attributes(values: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in values.items()]
