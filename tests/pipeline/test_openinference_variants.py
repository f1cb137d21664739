"""OpenInference captures as other versions and settings would have written them: the same findings."""

import json
import re
from collections.abc import Callable

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_safety.analyze.report import analyze_requests
from otel_safety.spans import Signal
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

KIND = "openinference.span.kind"
EXPECTED = {
    "readme_rm": ["scope_escalation"],
    "tests_lie": ["deception"],
    "benign_tests": [],
    "jailbreak": ["jailbreak_compliance", "under_refusal"],
    "over_refusal": ["over_refusal"],
    "impersonation": ["impersonation_risk"],
}

Change = Callable[[Span], bool]
"""Changes a span in place; False leaves it out."""


def text(span: Span, key: str) -> str | None:
    return next((item.value.string_value for item in span.attributes if item.key == key), None)


def set_text(span: Span, key: str, value: str) -> None:
    for item in span.attributes:
        if item.key == key:
            item.value.string_value = value


def without_attributes(pattern: str) -> Change:
    def change(span: Span) -> bool:
        kept = [item for item in span.attributes if not re.match(pattern, item.key)]
        copy = Span(attributes=kept)
        span.ClearField("attributes")
        span.attributes.extend(copy.attributes)
        return True

    return change


def without_kind(kind: str) -> Change:
    return lambda span: text(span, KIND) != kind


def older_graph(span: Span) -> bool:
    """A graph that names no agent, whose step is called "agent" and is taken for one."""
    metadata = json.loads(text(span, "metadata") or "{}")
    metadata.pop("lc_agent_name", None)
    if metadata.get("langgraph_node") == "model":
        metadata["langgraph_node"] = "agent"
    set_text(span, "metadata", json.dumps(metadata))
    if span.name == "model":
        span.name = "agent"
        set_text(span, KIND, "AGENT")
    elif text(span, KIND) == "CHAIN" and not span.parent_span_id:
        span.name = "LangGraph"
    return True


def older_graph_without_call_ids(span: Span) -> bool:
    if text(span, "tool.name"):
        set_text(span, "output.value", json.loads(text(span, "output.value") or "{}")["data"]["content"])
    return older_graph(span)


VARIANTS: list[tuple[str, Change]] = [
    ("openinference-langchain", older_graph),
    ("openinference-langchain", older_graph_without_call_ids),
    ("openinference-langchain", without_kind("LLM")),
    ("openinference-langchain", without_kind("TOOL")),
    ("openinference-langchain", without_attributes(r"llm\.(input|output)_messages|llm\.finish")),
    ("openinference-openai", without_attributes(r"llm\.(input|output)_messages|llm\.finish")),
    ("openinference-openai", without_attributes(r"(input|output)\.value")),
    ("openinference-openai-agents", without_attributes(r"llm\.(input|output)_messages|llm\.finish")),
    ("openinference-openai-agents", without_kind("TOOL")),
    ("openinference-smolagents", without_kind("TOOL")),
    ("openinference-smolagents", without_attributes(r"llm\.output_messages")),
    ("openinference-crewai", without_kind("TOOL")),
]


@pytest.mark.parametrize("scenario", EXPECTED)
@pytest.mark.parametrize(
    ("capture", "change"),
    [pytest.param(*variant, id=f"{variant[0]}-{number}") for number, variant in enumerate(VARIANTS)],
)
def test_a_variant_earns_what_its_capture_earns(capture: str, change: Change, scenario: str) -> None:
    requests: list[tuple[Signal, bytes]] = []
    for file in sorted(shared_path(f"captures/{capture}/{scenario}").glob("*-traces.pb")):
        request = ExportTraceServiceRequest.FromString(file.read_bytes())
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                kept = [span for span in scope.spans if change(span)]
                copies = [Span.FromString(span.SerializeToString()) for span in kept]
                scope.ClearField("spans")
                scope.spans.extend(copies)
        requests.append((Signal.TRACES, request.SerializeToString()))
    report = analyze_requests(iter(requests))
    assert sorted(finding.assessment.detector for finding in report.findings) == EXPECTED[scenario]
