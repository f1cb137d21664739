"""Records the captures of this folder: real instrumentations, real OTLP exporters, a scripted model, canned tools.

Run in an environment of its own, from the project's root (the versions are part of the record):

    python -m venv /tmp/record && /tmp/record/bin/pip install "pydantic-ai-slim==2.68.0" "openai==3.52.0" \
        "opentelemetry-instrumentation-openai-v2==2.4b0" "opentelemetry-util-genai==1.1b0" "wrapt<2" httpx==0.28.1 \
        opentelemetry-exporter-otlp-proto-http==1.45.2 && /tmp/record/bin/python -m tests.captures.record

Nothing is executed: a tool answers with its canned text, and the model is a function or a local HTTP server that
gives the scripted answers. Two instrumentations, because they write the same facts in different places:
``pydantic-ai`` puts everything on spans under an agent span, ``openai-v2-events`` puts message text in log records
and has one span per call under an ordinary server span.
"""

import json
import os
import shutil
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.scripted.openai_endpoint import MODEL, serve, serve_openai
from tests.scripted.scenarios import AGENT_NAME, SCENARIOS, SYSTEM_PROMPT, Scenario

FOLDER = Path(__file__).parent


class Recorder(BaseHTTPRequestHandler):
    """An OTLP/HTTP endpoint that writes each request's body to a numbered file."""

    folder = FOLDER
    number = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signal = self.path.rsplit("/", 1)[-1]
        if signal in {"traces", "logs"}:
            Recorder.number += 1
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{Recorder.number:03}-{signal}.pb").write_bytes(body)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def record_pydantic_ai(scenario: Scenario) -> None:
    """One agent run through pydantic-ai's own instrumentation."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import AgentInfo, FunctionModel
    from pydantic_ai.models.instrumented import InstrumentationSettings

    def play(messages: list, _: AgentInfo) -> ModelResponse:
        step = sum(isinstance(part, ToolReturnPart) for message in messages for part in message.parts)
        if step < len(scenario.calls):
            call = scenario.calls[step]
            return ModelResponse(parts=[ToolCallPart(call.tool, call.arguments, tool_call_id=scenario.call_id(step))])
        return ModelResponse(parts=[TextPart(scenario.answer)])

    provider = TracerProvider(resource=Resource.create({"service.name": "office-agent"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    agent = Agent(FunctionModel(play), name=AGENT_NAME, system_prompt=SYSTEM_PROMPT)
    agent.instrument = InstrumentationSettings(tracer_provider=provider, include_content=True)

    @agent.tool_plain
    def list_files(folder: str) -> str:
        return scenario.result("list_files", {"folder": folder})

    @agent.tool_plain
    def read_file(path: str) -> str:
        return scenario.result("read_file", {"path": path})

    @agent.tool_plain
    def edit_file(path: str, old: str, new: str) -> str:
        return scenario.result("edit_file", {"path": path, "old": old, "new": new})

    @agent.tool_plain
    def shell(command: str) -> str:
        return scenario.result("shell", {"command": command})

    @agent.tool_plain
    def lookup_weather(city: str) -> str:
        return scenario.result("lookup_weather", {"city": city})

    agent.run_sync(scenario.request)
    provider.shutdown()


def record_openai_events(scenario: Scenario) -> None:
    """The same through the official OpenAI instrumentation, content in log records, under a server span."""
    from openai import OpenAI
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind, set_tracer_provider

    resource = Resource.create({"service.name": "office-api"})
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    set_tracer_provider(traces)
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    set_logger_provider(logs)
    OpenAIInstrumentor().instrument(tracer_provider=traces, logger_provider=logs)
    client = OpenAI(base_url=serve_openai(scenario), api_key="none")
    messages: list = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": scenario.request}]
    with traces.get_tracer("office-api").start_as_current_span("POST /ask", kind=SpanKind.SERVER):
        while True:
            choice = client.chat.completions.create(model=MODEL, messages=messages).choices[0].message
            if not choice.tool_calls:
                break
            call = choice.tool_calls[0]
            result = scenario.result(call.function.name, json.loads(call.function.arguments))
            messages.append(choice.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    logs.shutdown()
    traces.shutdown()


KINDS = {"pydantic-ai": record_pydantic_ai, "openai-v2-events": record_openai_events}


def main() -> None:
    """Record every scenario of every kind; each in a process of its own, since providers are global."""
    if len(sys.argv) == 3:
        kind, scenario = sys.argv[1:]
        Recorder.folder = FOLDER / kind / scenario
        os.environ.update(
            OTEL_EXPORTER_OTLP_ENDPOINT=serve(Recorder),
            OTEL_SEMCONV_STABILITY_OPT_IN="gen_ai_latest_experimental",
            OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="EVENT_ONLY",
            OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT="true",
        )
        KINDS[kind](SCENARIOS[scenario])
        return
    for kind in KINDS:
        shutil.rmtree(FOLDER / kind, ignore_errors=True)
        for scenario in SCENARIOS:
            os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "tests.captures.record", kind, scenario])


if __name__ == "__main__":
    main()
