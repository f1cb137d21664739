"""A loop around the OpenAI client, as many applications write it, below the span of a web request or without one."""

import json
from contextlib import nullcontext

from openai import OpenAI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from tests.scripted.openai_endpoint import MODEL, serve_openai
from tests.scripted.scenarios import SYSTEM_PROMPT, TOOLS, Scenario, tool_schema

_TOOLS = [
    {"type": "function", "function": {"name": tool, "description": purpose, "parameters": tool_schema(tool)}}
    for tool, (purpose, _) in TOOLS.items()
]


def converse(scenario: Scenario, provider: TracerProvider, *, in_request: bool, stream: bool = False) -> None:
    """Ask the model until it calls no tool any more."""
    client = OpenAI(base_url=serve_openai(scenario), api_key="none")
    messages: list = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": scenario.request}]
    tracer = provider.get_tracer("office-api")
    with tracer.start_as_current_span("POST /ask", kind=SpanKind.SERVER) if in_request else nullcontext():
        while True:
            answer = (_streamed if stream else _whole)(client, messages)
            messages.append(answer)
            if not answer.get("tool_calls"):
                return
            for call in answer["tool_calls"]:
                result = scenario.result(call["function"]["name"], json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


def _whole(client: OpenAI, messages: list) -> dict:
    completion = client.chat.completions.create(model=MODEL, messages=messages, tools=_TOOLS)
    return completion.choices[0].message.model_dump(exclude_none=True)


def _streamed(client: OpenAI, messages: list) -> dict:
    chunks = client.chat.completions.create(model=MODEL, messages=messages, tools=_TOOLS, stream=True)
    text, calls = "", {}
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for piece in choice.delta.tool_calls or ():
                call = calls.setdefault(
                    piece.index, {"id": piece.id, "type": "function", "function": {"name": "", "arguments": ""}}
                )
                call["function"]["name"] += piece.function.name or ""
                call["function"]["arguments"] += piece.function.arguments or ""
    answer: dict = {"role": "assistant"}
    return answer | ({"tool_calls": list(calls.values())} if calls else {"content": text})
