"""The load generator and the sink, each against the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import aiohttp
import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_safety.load import Fault, LoadConfig, Sink, SinkConfig, run_loadgen, run_sink
from otel_safety.load.loadgen import make_cycle
from otel_safety.load.request import Ids
from otel_safety.load.span_ids import read_span_ids, span_ids
from otel_safety.spans import Signal
from tests.export.support import FAST_RETRY


def quiet(_: str) -> None:
    pass


def spans_of(payloads: list[tuple[Signal, bytes]]) -> list[Span]:
    return [
        span
        for _, payload in payloads
        for resource_spans in ExportTraceServiceRequest.FromString(payload).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


async def load_into(sink: Sink, tmp_path: Path, **options: object) -> list[bytes]:
    """Send to a sink and return the ids that the generator says were acknowledged."""
    settings: dict[str, object] = {"endpoint": sink.grpc_endpoint, "spans": 1000, **options}
    path = tmp_path / "ids"
    report = await run_loadgen(LoadConfig(ids_path=path, **settings), show=quiet)  # type: ignore[arg-type]  # by name
    ids = read_span_ids(path.read_text())
    assert len(ids) == report.sent_spans
    return ids


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    server = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0", http_endpoint="127.0.0.1:0", keep_payloads=True))
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize("kind", ["genai", "ordinary", "mixed"])
@pytest.mark.parametrize("compression", ["gzip", "none"])
async def test_every_span_arrives_once(sink: Sink, tmp_path: Path, protocol: str, kind: str, compression: str) -> None:
    endpoint = sink.grpc_endpoint if protocol == "grpc" else sink.http_endpoint
    ids = await load_into(sink, tmp_path, endpoint=endpoint, protocol=protocol, kind=kind, compression=compression)
    assert len(ids) >= 1000
    assert sink.expect(ids).exact


async def test_the_same_seed_sends_the_same_ids(tmp_path: Path) -> None:
    sent: list[list[bytes]] = []
    for seed in (1, 1, 2):
        server = Sink(SinkConfig(grpc_endpoint="127.0.0.1:0"))
        await server.start()
        sent.append(sorted(await load_into(server, tmp_path, seed=seed)))
        await server.stop()
    assert sent[0] == sent[1]
    assert set(sent[0]).isdisjoint(sent[2])


async def test_traces_are_whole_trees_across_requests(sink: Sink, tmp_path: Path) -> None:
    await load_into(sink, tmp_path, batch_spans=7, spans=720)
    spans = spans_of(sink.payloads)
    by_id = {span.span_id: span for span in spans}
    roots = [span for span in spans if not span.parent_span_id]
    assert len(roots) == 120
    for span in spans:
        if span.parent_span_id:
            assert by_id[span.parent_span_id].trace_id == span.trace_id
        assert span.end_time_unix_nano >= span.start_time_unix_nano > 1_700_000_000 * 10**9


async def test_spans_have_the_promised_sizes() -> None:
    sizes: dict[str, float] = {}
    kinds: tuple[Literal["genai", "ordinary"], ...] = ("genai", "ordinary")
    for kind in kinds:
        cycle = make_cycle(LoadConfig(kind=kind, spans=1))
        payloads = [template.fill(Ids(1), traces_before=0, spans_before=0, now_ns=1)[0] for template in cycle.templates]
        sizes[kind] = sum(map(len, payloads)) / cycle.spans
    assert 3500 <= sizes["genai"] <= 4500
    assert 400 <= sizes["ordinary"] <= 800


async def test_the_rate_is_kept(sink: Sink) -> None:
    config = LoadConfig(endpoint=sink.grpc_endpoint, kind="ordinary", spans=300, batch_spans=10, rate=1000)
    report = await run_loadgen(config, show=quiet)
    # The last of 30 requests is due after 29 hundredths; a busy machine may be late, never early.
    assert 0.29 <= report.seconds < 3


async def test_a_duration_ends_the_load(sink: Sink) -> None:
    report = await run_loadgen(LoadConfig(endpoint=sink.grpc_endpoint, duration_s=0.2), show=quiet)
    assert report.sent_spans > 0
    assert report.seconds < 5


async def test_the_generator_retries_and_tells_what_failed(sink: Sink, tmp_path: Path) -> None:
    sink.add_fault(Fault(times=2, grpc_code=grpc.StatusCode.UNAVAILABLE, retry_after_s=0.01))
    sink.add_fault(Fault(times=1, grpc_code=grpc.StatusCode.INVALID_ARGUMENT))
    path = tmp_path / "ids"
    config = LoadConfig(endpoint=sink.grpc_endpoint, spans=500, ids_path=path, concurrency=1, retry=FAST_RETRY)
    report = await run_loadgen(config, show=quiet)
    assert (report.failed_spans, report.retries) == (100, 2)
    assert sink.expect(read_span_ids(path.read_text())).exact


@pytest.mark.parametrize(
    "options",
    [{}, {"spans": 1, "batch_spans": 0}, {"spans": 1, "rate": 0.0}, {"spans": 1, "misbehaving": 1.5}],
)
async def test_impossible_loads_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"spans|rate|misbehaving"):
        await run_loadgen(LoadConfig(**options), show=quiet)  # type: ignore[arg-type]  # by name


async def test_loss_and_doubling_are_found(sink: Sink, tmp_path: Path) -> None:
    ids = await load_into(sink, tmp_path, spans=100)
    sink.seen[ids[3]] += 1
    del sink.seen[ids[5]]
    sink.seen[b"\xff" * 8] = 1
    delivery = sink.expect(ids)
    assert (delivery.missing, delivery.doubled, delivery.unexpected) == ((ids[5],), (ids[3],), (b"\xff" * 8,))


async def test_the_sink_answers_questions_over_http(sink: Sink, tmp_path: Path) -> None:
    ids = await load_into(sink, tmp_path, spans=100)
    lost = b"\x01" * 8
    body = "\n".join(key.hex() for key in [*ids, lost])
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{sink.http_endpoint}/counts") as response:
            assert (await response.json())["unique_spans"] == len(ids)
        async with session.post(f"{sink.http_endpoint}/expect", data=body) as response:
            assert await response.json() == {"missing": [lost.hex()], "doubled": [], "unexpected": []}
        async with session.post(f"{sink.http_endpoint}/expect", data="no ids") as response:
            assert response.status == 400


@pytest.mark.parametrize(("lost", "exit_code"), [(False, 0), (True, 1)])
async def test_run_sink_ends_when_nothing_comes_and_judges(tmp_path: Path, lost: bool, exit_code: int) -> None:
    ids_path, lines = tmp_path / "ids", list[str]()
    cycle = make_cycle(LoadConfig(spans=100))
    _, ids = cycle.templates[0].fill(Ids(1), traces_before=0, spans_before=0, now_ns=1)
    expected = [f"{number:016x}" for number in ids] + (["f" * 16] if lost else [])
    ids_path.write_text("\n".join(expected))
    config = SinkConfig(grpc_endpoint="127.0.0.1:0", expect_path=ids_path, idle_s=0.1)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run_sink(config, show=lines.append))
        while not lines:
            await asyncio.sleep(0.005)
        endpoint = lines[0].rpartition(" ")[2]
        await run_loadgen(LoadConfig(endpoint=endpoint, spans=100), show=quiet)
    assert running.result().exit_code == exit_code
    assert running.result().spans == 100


async def test_run_sink_ends_when_told() -> None:
    stop = asyncio.Event()
    stop.set()
    report = await run_sink(SinkConfig(grpc_endpoint="127.0.0.1:0"), stop=stop, show=quiet)
    assert (report.spans, report.exit_code) == (0, 0)


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2**31))
def test_ids_of_different_numbers_differ(one: int, other: int, seed: int) -> None:
    ids = Ids(seed)
    assert (ids.span(one) == ids.span(other)) is (one == other)
    assert (ids.trace(one) == ids.trace(other)) is (one == other)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=8))
def test_span_ids_are_those_that_a_parser_reads(pairs: list[tuple[bytes, bytes]]) -> None:
    spans = [Span(trace_id=trace_id, span_id=span_id, name="n") for trace_id, span_id in pairs]
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(scope_spans=[ScopeSpans(spans=spans[:3]), ScopeSpans(spans=spans[3:])]),
        ]
    )
    assert list(span_ids(request.SerializeToString())) == [span_id for _, span_id in pairs]


@pytest.mark.parametrize("text", ["xyz", "00", "0" * 15 + "\n"])
def test_a_list_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        read_span_ids(text)


def test_messages_of_agents_are_json() -> None:
    cycle = make_cycle(LoadConfig(spans=1, misbehaving=1.0))
    payloads = [
        (Signal.TRACES, template.fill(Ids(1), traces_before=0, spans_before=0, now_ns=1)[0])
        for template in cycle.templates
    ]
    texts = [
        attribute.value.string_value
        for span in spans_of(payloads)
        for attribute in span.attributes
        if attribute.key.endswith(".messages")
    ]
    assert texts
    assert all(isinstance(json.loads(text), list) for text in texts)
