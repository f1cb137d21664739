"""What the split costs, as a ratio to protobuf's own parse: ``python -m tests.bench.split_cost``."""

import time
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_safety.otlp.cut import split_payload
from otel_safety.otlp.json_codec import json_to_protobuf, protobuf_to_json
from otel_safety.otlp.wire import WireLimits, check_structure
from otel_safety.spans import Batch, Signal
from otel_safety.split import split_traces
from tests.otlp.requests import genai_span, plain_span, traces_request

SPANS = 100


def cost_us(work: Callable[[], object]) -> float:
    """Best of five runs, microseconds per call."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(20):
            work()
        best = min(best, (time.perf_counter() - start) / 20)
    return best * 1e6


def ordinary(number: int, attributes: int) -> object:
    span = plain_span(number)
    for index in range(attributes):
        span.attributes.add(key=f"http.request.header.{index}").value.string_value = "a value of some length"
    return span


def big_genai(number: int) -> object:
    span = genai_span(number)
    span.attributes.add(key="gen_ai.output.messages").value.string_value = (
        '[{"role":"assistant","parts":[{"type":"text","content":"' + "It is rainy in Paris today. " * 140 + '"}]}]'
    )
    return span


def never(_: bytes) -> bool:
    return False


def main() -> None:
    plain = [ordinary(number, 8) for number in range(1, SPANS + 1)]
    mixed = [*plain[: SPANS - 5], *(big_genai(number) for number in range(1000, 1005))]
    genai = [big_genai(number) for number in range(1, SPANS + 1)]
    print(f"{SPANS} spans a request; microseconds per request, and in parentheses times protobuf's parse")
    for name, spans in (("ordinary", plain), ("5 % GenAI of 4 kB", mixed), ("GenAI of 4 kB", genai)):
        payload = traces_request(*spans).SerializeToString()  # type: ignore[arg-type]  # spans, all of them
        json_body = protobuf_to_json(payload, Signal.TRACES)
        batch = Batch(Signal.TRACES, payload, SPANS)
        parse = cost_us(lambda payload=payload: ExportTraceServiceRequest.FromString(payload))  # type: ignore[misc]  # a default
        rows = {
            "check_structure": lambda payload=payload: check_structure(payload, Signal.TRACES, WireLimits()),
            "split": lambda payload=payload: split_traces(payload, never, any_open=False),
            "split, traces open": lambda payload=payload: split_traces(payload, never, any_open=True),
            "split_payload in 4": lambda batch=batch: split_payload(batch, len(batch.payload) // 4),
            "json_to_protobuf": lambda body=json_body: json_to_protobuf(body, Signal.TRACES),
            "protobuf_to_json": lambda payload=payload: protobuf_to_json(payload, Signal.TRACES),
        }
        costs: dict[str, float] = {}
        print(f"\n{name}: {len(payload)} bytes, parse {parse:.0f}")
        for row, work in rows.items():
            cost = cost_us(work)
            costs[row] = cost
            print(f"  {row:20} {cost:9.0f} ({cost / parse:.1f})")
        if name == "ordinary":
            recognising = (costs["split"] - costs["check_structure"]) / SPANS
            print(f"  telling that a span is not GenAI: {recognising:.2f} microseconds a span, goal under 1")


if __name__ == "__main__":
    main()
