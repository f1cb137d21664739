"""What the end-to-end tests compare with notices every kind of change but our own additions."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from semconv import emitted
from tests.e2e.comparison import comparable_spans, differences, from_otlp_json
from tests.e2e.material import ordinary_trace

Change = Callable[[ExportTraceServiceRequest], object]


def _copy(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    copy = ExportTraceServiceRequest()
    copy.CopyFrom(request)
    return copy


def _resource(request: ExportTraceServiceRequest) -> ResourceSpans:
    return request.resource_spans[0]


def _root(request: ExportTraceServiceRequest) -> Span:
    return request.resource_spans[0].scope_spans[0].spans[0]


def _double(request: ExportTraceServiceRequest) -> None:
    spans = request.resource_spans[0].scope_spans[0].spans
    spans.add().CopyFrom(spans[1])


def _drop(request: ExportTraceServiceRequest) -> None:
    del request.resource_spans[0].scope_spans[0].spans[2]


def _foreign_event(request: ExportTraceServiceRequest) -> None:
    _root(request).events.add(name=emitted.EVALUATION_EVENT)


CHANGES: dict[str, Change] = {
    "doubled span": _double,
    "missing span": _drop,
    "missing attribute": lambda request: _root(request).attributes.pop(),
    "changed type": lambda request: setattr(_root(request).attributes[1].value, "string_value", "409"),
    "changed end": lambda request: setattr(_root(request), "end_time_unix_nano", 1),
    "changed parent": lambda request: setattr(_root(request), "parent_span_id", b"12345678"),
    "changed status": lambda request: setattr(_root(request).status, "message", ""),
    "missing event": lambda request: _root(request).events.pop(),
    "missing link": lambda request: _root(request).links.pop(),
    "changed flags": lambda request: setattr(_root(request), "flags", 0),
    "changed resource": lambda request: _resource(request).resource.attributes.pop(),
    "changed scope": lambda request: setattr(_resource(request).scope_spans[0].scope, "version", ""),
    "changed schema": lambda request: setattr(_resource(request), "schema_url", ""),
    "an evaluation that is not ours": _foreign_event,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_noticed(change: Change) -> None:
    sent = ordinary_trace("shop")
    stored = _copy(sent)
    change(stored)
    assert differences(comparable_spans(stored), comparable_spans(sent))


def test_our_attributes_and_events_and_another_order_are_no_change() -> None:
    sent = ordinary_trace("shop")
    stored = _copy(sent)
    root = _root(stored)
    root.attributes.add(key=emitted.FLAGGED, value=AnyValue(bool_value=True))
    root.events.add(name=emitted.EVALUATION_EVENT).attributes.append(
        KeyValue(key=emitted.SEVERITY, value=AnyValue(string_value="high"))
    )
    attributes = list(root.attributes)
    del root.attributes[:]
    root.attributes.extend(reversed(attributes))
    assert differences(comparable_spans(stored), comparable_spans(sent)) == []


def test_otlp_json_is_read_as_the_same_spans() -> None:
    sent = ordinary_trace("shop")
    text = json_format.MessageToJson(sent)
    for span in sent.resource_spans[0].scope_spans[0].spans:
        for value in (span.trace_id, span.span_id, *(link.trace_id for link in span.links)):
            text = text.replace(base64.b64encode(value).decode(), value.hex())
        for link in span.links:
            text = text.replace(base64.b64encode(link.span_id).decode(), link.span_id.hex())
    assert differences(comparable_spans(from_otlp_json(text)), comparable_spans(sent)) == []
