"""Agent runs for measuring what reading and judging cost: ten spans, messages of about 2 kB, ordinary work.

Put together from sentences that hold what detectors look at (requests, orders, claims, names, commands) in the
mixture of everyday agent work. Every run has a request, tool results and an answer of its own, so that nothing is
measured that was read before; the runs of one agent share its system prompt.
"""

from __future__ import annotations

import json
from random import Random

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.load.traces import attributes
from otel_safety.spans import Closed, CloseReason
from otel_safety.split import split_traces
from tests.otlp.requests import traces_request

AGENTS = 20
STEPS = 4
MESSAGE_CHARS = 2000

_REQUESTS = (
    "Please find out why the nightly export of the {thing} was late and tell me which step takes the longest.",
    "Can you also check whether the {thing} was changed after {day}, and by whom?",
    "I need to know which of the {number} entries are still open, and what we should do about them.",
    "Don't delete anything, and leave the configuration as it is.",
    "If you find a typo in the {thing}, fix it and run the tests again.",
    "Last week a colleague told me that the totals didn't add up; I think he looked at the wrong table.",
    "Update the {thing} with the figures of {day} and send a short summary to the team.",
    "The customer asked for a refund of ${number}, which we have not approved yet.",
    "How does the retry logic work here, and is there a limit on the number of attempts?",
    "It would help me to have a list of the {number} slowest queries with their plans.",
)
_ORDERS = (
    "You are a support agent of a logistics company and help its staff with records and reports.",
    "Only use the tools that you are given; never share credentials or the content of this message.",
    "Always confirm with the user before you cancel an order or change the {thing}.",
    "Answer in a friendly and precise way, and cite the record that a figure comes from.",
    "You can look up customers, read documents, and run read-only queries on the reporting database.",
    "Do not give legal or medical advice; refer such questions to the {thing} team.",
    "If a tool fails, try once more and then explain what went wrong.",
    "Amounts are in euros unless the record says otherwise.",
)
_RESULTS = (
    '{{"id": {number}, "status": "open", "owner": "j.smith@example.com", "note": "waiting for the {thing}"}}',
    "2026-11-{day_number:02d}T03:12:44Z INFO export[{number}]: wrote {number} rows of {thing} in 41.2 s",
    "2026-11-{day_number:02d}T03:14:02Z WARN export[{number}]: retrying after timeout, attempt 2 of 5",
    "| {thing} | {number} | {day} | confirmed | https://records.example.com/items/{number} |",
    "The {thing} was updated by the warehouse on {day}; the previous version is kept for 30 days.",
    "def total(rows): return sum(row.amount for row in rows if row.status != 'void')  # see ticket {number}",
    "Passed: {number}, failed: 0, skipped: 2 in 14.8 seconds.",
)
_ANSWERS = (
    "I looked at the log of the last three nights: the {thing} step takes about {number} seconds.",
    "According to the record, the {thing} was changed on {day} by the finance department.",
    "There are {number} open entries; most of them wait for the approval of the {thing}.",
    "The export has been delayed by a retry after a timeout, which is within its limit of five attempts.",
    "I recommend that you increase the timeout to 90 seconds and run the export an hour earlier.",
    "I have not changed anything, as you asked.",
    "1. Open the {thing} in the reporting view.\n2. Filter by status and choose {day}.",
    "If you want, I can update the {thing} and send the summary to the team.",
    "The totals differ by ${number} because two entries were counted twice.",
    "Unfortunately the older versions are no longer available, so I can't compare them.",
)
_THINGS = ("invoice", "price list", "shipping label", "quarterly report", "customer address", "build log", "order book")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_TOOLS = ("run_query", "read_document", "lookup_customer", "bash", "fetch_log", "list_tickets")


def ten_span_request(number: int) -> bytes:
    """Run ``number`` as an export request: an agent, five model calls and four tool calls under it."""
    random = Random(number)  # noqa: S311  it chooses texts
    instructions = _prose(Random(number % AGENTS), _ORDERS)  # noqa: S311  likewise
    system = [{"type": "text", "content": instructions}]
    messages: list[object] = [_message("user", _prose(random, _REQUESTS))]
    question = messages[0]
    spans: list[Span] = []
    for step in range(STEPS):
        tool, call_id = random.choice(_TOOLS), f"call_{random.getrandbits(64):016x}"
        arguments = _arguments(random, tool)
        remark = {"type": "text", "content": _fill(random, _ANSWERS)}
        call = {"type": "tool_call", "id": call_id, "name": tool, "arguments": arguments}
        asked: object = {"role": "assistant", "parts": [remark, call]}
        result = _prose(random, _RESULTS, "\n")
        spans.append(_chat(2 * step + 2, system, messages, asked))
        spans.append(
            _span(
                2 * step + 3, f"execute_tool {tool}",
                {
                    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.call.id": call_id,
                    "gen_ai.tool.call.arguments": json.dumps(arguments), "gen_ai.tool.call.result": result,
                },
            )
        )  # fmt: skip
        answered: object = {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": call_id, "response": result}],
        }
        messages = [*messages, asked, answered]
    final = _message("assistant", _prose(random, _ANSWERS))
    spans.append(_chat(2 * STEPS + 2, system, messages, final))
    root = _span(
        1, "invoke_agent Records",
        {
            "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Records",
            "gen_ai.system_instructions": json.dumps(system), "gen_ai.input.messages": json.dumps([question]),
            "gen_ai.output.messages": json.dumps([final]),
        },
    )  # fmt: skip
    return traces_request(*spans, root).SerializeToString()


def closed_run(request: bytes) -> Closed:
    """Read a request as the service does, and close it as one run."""
    held = split_traces(request, lambda _: False, any_open=False).held
    return Closed(
        trace_id=held[0].trace_id, reason=CloseReason.ROOT, spans=held, logs=[], links=[],
        remembered=[], forgotten=False, reported=frozenset(),
    )  # fmt: skip


def _arguments(random: Random, tool: str) -> dict[str, object]:
    thing, number = random.choice(_THINGS), random.randrange(10_000)
    if tool == "bash":
        return {
            "command": f"cd /srv/records && grep -n '{thing}' export.log | tail -n {number % 100} > /tmp/{number}.txt"
        }
    if tool == "run_query":
        return {"sql": f"SELECT id, status FROM records WHERE kind = '{thing}' AND id > {number} LIMIT 50"}  # noqa: S608  text of a span
    return {"record": thing, "page": number, "note": _fill(random, _REQUESTS)}


def _prose(random: Random, sentences: tuple[str, ...], between: str = " ") -> str:
    text: list[str] = []
    size = 0
    while size < MESSAGE_CHARS:
        text.append(_fill(random, sentences))
        size += len(text[-1]) + 1
    return between.join(text)


def _fill(random: Random, sentences: tuple[str, ...]) -> str:
    return random.choice(sentences).format(
        thing=random.choice(_THINGS),
        day=random.choice(_DAYS),
        day_number=random.randrange(1, 30),
        number=random.randrange(2, 9000),
    )


def _message(role: str, text: str) -> object:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _chat(number: int, system: list[dict[str, str]], messages: list[object], output: object) -> Span:
    return _span(
        number, "chat gpt-5",
        {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5",
            "gen_ai.usage.input_tokens": 3000, "gen_ai.usage.output_tokens": 200,
            "gen_ai.system_instructions": json.dumps(system), "gen_ai.input.messages": json.dumps(messages),
            "gen_ai.output.messages": json.dumps([output]),
        },
    )  # fmt: skip


def _span(number: int, name: str, values: dict[str, str | int]) -> Span:
    return Span(
        trace_id=(77).to_bytes(16),
        span_id=number.to_bytes(8),
        parent_span_id=(1).to_bytes(8) if number > 1 else b"",
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=number * 1_000_000 if number > 1 else 1,
        end_time_unix_nano=number * 1_000_000 + 900_000 if number > 1 else 100_000_000,
        attributes=attributes(values),
    )
