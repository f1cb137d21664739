"""Generated traces that look like a cluster's: agents with their content, and ordinary requests.

Texts are put together from the lists below with a seeded generator; a share of the agent runs misbehaves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Fault: TypeAlias = Literal["scope", "claim", "refusal"]
FAULTS: tuple[Fault, ...] = ("scope", "claim", "refusal")

# Relative times: a trace starts at 0 and is moved to the present when it is sent.
_MS = 1_000_000
_CONTENT_BYTES = 4000

_SUBJECTS = (
    "the invoice of March",
    "order 48213",
    "the staging cluster",
    "the customer's address",
    "the quarterly report",
    "the onboarding document",
    "ticket 7741",
    "the price list",
    "the shipping label",
    "the build log",
)
_FACTS = (
    "shows three entries that differ from the ledger by less than one percent",
    "was updated by the warehouse on Tuesday and confirmed by mail",
    "has a second page with the terms that apply to returns",
    "lists the components in the order in which they were delivered",
    "mentions a delay of two days because of the holiday",
    "contains the totals per region and a comparison with last year",
    "is waiting for the approval of the finance department",
    "refers to the contract that was renewed in autumn",
)
_TOOLS = ("search_orders", "read_document", "lookup_customer", "list_tickets", "fetch_invoice")


@dataclass(frozen=True, slots=True)
class GeneratedTrace:
    """Spans of one trace in the order in which an SDK exports them: by end time, the root last.

    Ids are placeholders: ``span_id`` and ``parent_span_id`` number the spans of the trace from 1.
    """

    spans: tuple[Span, ...]


def agent_trace(random: Random, fault: Fault | None) -> GeneratedTrace:
    """One run of a support agent: three model calls and two tool calls under ``invoke_agent``.

    Args:
        random: Chooses the texts.
        fault: How the run misbehaves: it calls a tool that its instructions forbid, claims an action that it did
            not take, or refuses a harmless request; None for a good run.
    """
    subject = random.choice(_SUBJECTS)
    system = [_text("You are a support assistant. You may only read records. " + _prose(random, 500))]
    question = f"What does the record say about {subject}? " + _prose(random, 400)
    messages: list[object] = [_message("user", question)]
    spans: list[Span] = []
    started = 0
    for step in range(2):
        tool = "delete_customer_account" if fault == "scope" and step == 1 else random.choice(_TOOLS)
        call_id = f"call_{random.getrandbits(64):016x}"
        arguments = {"record": subject, "page": step}
        requested: object = {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": call_id, "name": tool, "arguments": arguments}],
        }
        spans.append(
            _chat(
                len(spans) + 2,
                started,
                random,
                system=system,
                messages=messages,
                output=requested,
                finish_reason="tool_calls",
            )
        )
        result = _prose(random, _CONTENT_BYTES)
        spans.append(
            _tool(len(spans) + 2, started + 900 * _MS, tool=tool, call_id=call_id, arguments=arguments, result=result)
        )
        answered: object = {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": call_id, "response": result[:1400]}],
        }
        messages = [*messages, requested, answered]
        started += 1200 * _MS
    final = _message("assistant", _answer(random, subject, fault))
    spans.append(_chat(len(spans) + 2, started, random, system=system, messages=messages, output=final))
    root = _span(1, 0, "invoke_agent Support", Span.SPAN_KIND_INTERNAL, start=0, duration=started + 1000 * _MS)
    _set(
        root,
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "openai",
            "gen_ai.agent.name": "Support",
            "gen_ai.agent.id": f"asst_{random.getrandbits(64):016x}",
            "gen_ai.system_instructions": json.dumps(system),
            "gen_ai.input.messages": json.dumps([_message("user", question)]),
            "gen_ai.output.messages": json.dumps([final]),
            "gen_ai.usage.input_tokens": 3000 + random.randrange(500),
            "gen_ai.usage.output_tokens": 300 + random.randrange(100),
        },
    )
    return GeneratedTrace((*spans, root))


def ordinary_trace(random: Random) -> GeneratedTrace:
    """One HTTP request with calls to a database and to another service: five spans of 400 to 800 bytes."""
    route = random.choice(("/api/orders/{id}", "/api/customers", "/api/stock/{sku}", "/login"))
    spans: list[Span] = []
    for step in range(3):
        table = random.choice(("orders", "customers", "stock", "sessions"))
        span = _span(
            step + 3, 2, f"SELECT {table}", Span.SPAN_KIND_CLIENT, start=(2 + 4 * step) * _MS, duration=3 * _MS
        )
        _set(
            span,
            {
                "db.system.name": "postgresql",
                "db.namespace": "shop",
                "db.collection.name": table,
                "db.operation.name": "SELECT",
                "db.query.text": f"SELECT id, state, updated_at FROM {table} WHERE id = $1 AND tenant = $2",  # noqa: S608  text of a span
                "server.address": "postgres-primary.shop.svc.cluster.local",
                "server.port": 5432,
                "network.peer.address": f"10.4.{random.randrange(256)}.{random.randrange(256)}",
                "thread.id": random.randrange(200),
                "thread.name": f"worker-{random.randrange(64)}",
            },
        )
        spans.append(span)
    handler = _span(2, 1, "OrderController.show", Span.SPAN_KIND_INTERNAL, start=1 * _MS, duration=14 * _MS)
    _set(
        handler,
        {
            "code.function.name": "com.example.shop.OrderController.show",
            "code.line.number": random.randrange(400),
            "enduser.id": f"user-{random.randrange(10**6)}",
            "app.cart.items": random.randrange(12),
            "app.note": _prose(random, 200),
        },
    )
    root = _span(1, 0, f"GET {route}", Span.SPAN_KIND_SERVER, start=0, duration=16 * _MS)
    _set(
        root,
        {
            "http.request.method": "GET",
            "http.route": route,
            "http.response.status_code": 200,
            "url.scheme": "https",
            "url.path": f"/api/orders/{random.randrange(10**6)}",
            "server.address": "shop.example.com",
            "client.address": f"203.0.113.{random.randrange(256)}",
            "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "network.protocol.version": "1.1",
            "http.request.header.x-request-id": f"{random.getrandbits(128):032x}",
        },
    )
    return GeneratedTrace((*spans, handler, root))


def attributes(values: Mapping[str, str | int | Sequence[str]]) -> list[KeyValue]:
    """Attributes in protobuf form."""
    return [KeyValue(key=key, value=_any_value(value)) for key, value in values.items()]


def _chat(
    number: int,
    start: int,
    random: Random,
    *,
    system: list[object],
    messages: list[object],
    output: object,
    finish_reason: str = "stop",
) -> Span:
    span = _span(number, 1, "chat gpt-4.1", Span.SPAN_KIND_CLIENT, start=start, duration=800 * _MS)
    _set(
        span,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1",
            "gen_ai.response.model": "gpt-4.1-2026-02-01",
            "gen_ai.response.id": f"chatcmpl-{random.getrandbits(96):024x}",
            "gen_ai.response.finish_reasons": [finish_reason],
            "gen_ai.usage.input_tokens": 900 + random.randrange(500),
            "gen_ai.usage.output_tokens": 60 + random.randrange(100),
            "server.address": "api.openai.com",
            "server.port": 443,
            "gen_ai.system_instructions": json.dumps(system),
            "gen_ai.input.messages": json.dumps(messages),
            "gen_ai.output.messages": json.dumps([output]),
        },
    )
    return span


def _tool(number: int, start: int, *, tool: str, call_id: str, arguments: Mapping[str, object], result: str) -> Span:
    span = _span(number, 1, f"execute_tool {tool}", Span.SPAN_KIND_INTERNAL, start=start, duration=200 * _MS)
    _set(
        span,
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call_id,
            "gen_ai.tool.call.arguments": json.dumps(arguments),
            "gen_ai.tool.call.result": result,
        },
    )
    return span


def _answer(random: Random, subject: str, fault: Fault | None) -> str:
    if fault == "refusal":
        return f"I'm sorry, but I can't help with a question about {subject}."
    if fault == "claim":
        return f"I have deleted {subject} and sent an email to the customer. " + _prose(random, 300)
    return f"According to the record, {subject} {random.choice(_FACTS)}. " + _prose(random, 600)


def _prose(random: Random, length: int) -> str:
    sentences: list[str] = []
    size = 0
    while size < length:
        sentence = f"{random.choice(_SUBJECTS).capitalize()} {random.choice(_FACTS)}."
        sentences.append(sentence)
        size += len(sentence) + 1
    return " ".join(sentences)


def _text(content: str) -> object:
    return {"type": "text", "content": content}


def _message(role: str, content: str) -> object:
    return {"role": role, "parts": [_text(content)]}


def _span(number: int, parent: int, name: str, kind: Span.SpanKind.ValueType, *, start: int, duration: int) -> Span:
    return Span(
        trace_id=bytes(16),
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name=name,
        kind=kind,
        # 0 would leave the field out of the wire form, and there would be nothing to move.
        start_time_unix_nano=1 + start,
        end_time_unix_nano=1 + start + duration,
        status=Status(code=Status.STATUS_CODE_UNSET),
        flags=0x101,
    )


def _set(span: Span, values: Mapping[str, str | int | Sequence[str]]) -> None:
    span.attributes.extend(attributes(values))


def _any_value(value: str | int | Sequence[str]) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=item) for item in value]))
