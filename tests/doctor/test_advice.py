"""The advice table: every gap of every dialect has a setting with its source, and the right one."""

from __future__ import annotations

import pytest

from otel_safety.doctor.advice import advice_for, advice_table
from otel_safety.doctor.missing import MEANING, Missing
from otel_safety.doctor.observation import Instrumentation
from semconv.reader import DIALECTS


def test_the_last_entry_and_no_other_fits_every_instrumentation() -> None:
    anything = Instrumentation("a dialect of tomorrow", "com.example.tracer", "9.9")
    fitting = [entry for entry in advice_table() if any(match.fits(anything) for match in entry.matches)]
    assert fitting == [advice_table()[-1]]


@pytest.mark.parametrize("what", list(Missing))
@pytest.mark.parametrize("dialect", [*(dialect.name for dialect in DIALECTS), "a dialect of tomorrow"])
def test_everything_that_can_lack_has_a_setting_in_every_dialect(dialect: str, what: Missing) -> None:
    advice = advice_for(Instrumentation(dialect, "com.example.tracer", ""), what)
    assert advice is not None
    assert advice.setting
    assert advice.source.startswith("https://")


def test_every_thing_that_can_lack_has_a_meaning() -> None:
    assert set(MEANING) == set(Missing)


def test_no_entry_stands_behind_one_that_takes_all_that_it_could_fit() -> None:
    names = [entry.name for entry in advice_table()]
    assert len(names) == len(set(names))
    for number, entry in enumerate(advice_table()):
        for match in entry.matches:
            # What the patterns themselves read as: an instrumentation of just that name.
            literal = Instrumentation(*(part.replace("*", "9") for part in (match.dialect, match.scope, match.version)))
            taker = next(other for other in advice_table() if any(m.fits(literal) for m in other.matches))
            assert advice_table().index(taker) >= number, f"{entry.name} is never reached: {taker.name} takes it"


@pytest.mark.parametrize(
    ("dialect", "scope", "version", "named", "setting"),
    [
        (
            "genai",
            "opentelemetry.util.genai.handler",
            "1.1b0",
            "OpenTelemetry GenAI",
            "CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
        ),
        ("genai", "opentelemetry.instrumentation.openai_v2", "", "openai-v2 up to 2.1", "CAPTURE_MESSAGE_CONTENT=true"),
        ("genai", "gcp.vertex.agent", "2.13.0", "Google ADK 2", "CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT"),
        ("google-adk", "gcp.vertex.agent", "", "Google ADK 1", "ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=true"),
        ("genai", "agent_framework", "1.23.0", "Agent Framework", "ENABLE_SENSITIVE_DATA=true"),
        (
            "genai",
            "semantic_kernel.functions.kernel_function",
            "",
            "Semantic Kernel",
            "OTEL_DIAGNOSTICS_SENSITIVE=true",
        ),
        ("traceloop", "opentelemetry.instrumentation.openai.v1", "0.40.14", "Traceloop", "TRACELOOP_TRACE_CONTENT"),
        ("genai", "opentelemetry.instrumentation.anthropic", "0.62.4", "Traceloop", "TRACELOOP_TRACE_CONTENT"),
        ("openai-agents", "opentelemetry.instrumentation.openai_agents", "", "openai-agents-v2", "=span_only"),
        (
            "openinference",
            "openinference.instrumentation.langchain",
            "0.1",
            "OpenInference",
            "OPENINFERENCE_HIDE_INPUTS",
        ),
        ("genai", "openlit.instrumentation.openai", "", "OpenLIT", "capture_message_content=True"),
        ("vercel-ai", "ai", "", "Vercel", "recordInputs: true"),
        ("strands", "strands.telemetry.tracer", "", "Strands", "gen_ai_span_attributes_only"),
        ("langsmith", "langsmith", "", "LangSmith", "LANGSMITH_HIDE_INPUTS"),
        ("langfuse", "langfuse-sdk", "5.0.4", "Langfuse", "IO_CAPTURE_ENABLED"),
        ("logfire", "logfire.openai", "5.2", "Logfire", "scrubbing"),
        ("pydantic-ai", "pydantic-ai", "1.0.18", "Pydantic AI", "include_content=True"),
        ("claude-code", "com.anthropic.claude_code.tracing", "", "Claude Code", "OTEL_LOG_USER_PROMPTS=1"),
        ("mcp", "fastmcp", "", "MCP", "Instrument the agent"),
    ],
)
def test_missing_text_is_mended_in_the_instrumentation_that_lacks_it(
    dialect: str, scope: str, version: str, named: str, setting: str
) -> None:
    advice = advice_for(Instrumentation(dialect, scope, version), Missing.MESSAGE_CONTENT)
    assert advice is not None
    assert named in advice.instrumentation
    assert setting in advice.setting


def test_a_reference_is_mended_by_capturing_text_beside_it_and_a_cut_by_the_limit() -> None:
    handler = Instrumentation("genai", "opentelemetry.util.genai.handler", "1.1b0")
    beside = advice_for(handler, Missing.CONTENT_BY_REFERENCE)
    limit = advice_for(handler, Missing.TRUNCATED_ATTRIBUTES)
    assert beside is not None
    assert "SPAN_ONLY" in beside.setting
    assert limit is not None
    assert "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" in limit.setting
