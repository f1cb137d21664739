"""Instrumented agents, each in its environment, and how each is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.live.environments import node_environment, python_environment
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT, TOOLS, Scenario, tool_schema

Protocol = Literal["grpc", "http/protobuf"]

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 120
_LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}
_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumented:
    """An agent under a real instrumentation.

    Attributes:
        name: Of the test.
        environment: Name of its requirements.
        module: Module of ``tests.live.agents``, or an ``.mjs`` file there.
        protocol: Over which it exports.
        arguments: Given to the agent after the scenario.
        settings: Environment variables that its user sets.
        agent_name: What the instrumentation calls the agent; None when it knows of none.
    """

    name: str
    environment: str
    module: str
    protocol: Protocol
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    agent_name: str | None = None

    def install(self) -> None:
        """Make its environment if need be."""
        if self.module.endswith(".mjs"):
            node_environment(self.environment)
        else:
            python_environment(self.environment)

    def run(self, scenario: Scenario, endpoint: str) -> None:
        """Play a scenario in a process of its own, a service of that name, which exports before it ends."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "OTEL_SERVICE_NAME": scenario.name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": self.protocol,
            **self.settings,
        }
        answer = subprocess.run(
            self._command(scenario),
            cwd=_ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_PATIENCE_S,
            text=True,
        )
        # An exporter that cannot deliver only logs it.
        if answer.returncode != 0 or re.search(r"[Ff]ailed to export|Traceback", answer.stdout):
            pytest.fail(f"{self.name} ended with {answer.returncode}:\n{answer.stdout}", pytrace=False)

    def _command(self, scenario: Scenario) -> list[str]:
        if not self.module.endswith(".mjs"):
            python = python_environment(self.environment)
            return [str(python), "-m", f"tests.live.agents.{self.module}", scenario.name, *self.arguments]
        # Node finds packages from where the file lies.
        program = shutil.copy(Path(__file__).parent / "agents" / self.module, node_environment(self.environment))
        tools = {name: {"description": purpose, "schema": tool_schema(name)} for name, (purpose, _) in TOOLS.items()}
        script = {"agent": AGENT_NAME, "system": SYSTEM_PROMPT, "tools": tools, "scenario": asdict(scenario)}
        return ["node", str(program), json.dumps(script), *self.arguments]


ALL = (
    Instrumented(
        name="pydantic-ai-grpc",
        environment="pydantic-ai",
        module="pydantic_ai_agent",
        protocol="grpc",
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="pydantic-ai-http",
        environment="pydantic-ai",
        module="pydantic_ai_agent",
        protocol="http/protobuf",
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="openai-official-span-grpc",
        environment="openai-official",
        module="openai_official",
        protocol="grpc",
        arguments=("in-request",),
        settings={**_LATEST, _CONTENT: "SPAN_ONLY"},
    ),
    Instrumented(
        name="openai-official-event-http",
        environment="openai-official",
        module="openai_official",
        protocol="http/protobuf",
        arguments=("in-request",),
        settings={**_LATEST, _CONTENT: "EVENT_ONLY", "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true"},
    ),
    Instrumented(
        name="openai-official-streamed-separate-traces-grpc",
        environment="openai-official",
        module="openai_official",
        protocol="grpc",
        arguments=("streamed",),
        settings={**_LATEST, _CONTENT: "SPAN_ONLY"},
    ),
    Instrumented(
        name="openai-traceloop-http",
        environment="openai-traceloop",
        module="openai_traceloop",
        protocol="http/protobuf",
        arguments=("in-request",),
    ),
    Instrumented(
        name="openai-traceloop-streamed-separate-traces-grpc",
        environment="openai-traceloop",
        module="openai_traceloop",
        protocol="grpc",
        arguments=("streamed",),
    ),
    Instrumented(
        name="openai-openinference-grpc",
        environment="openai-openinference",
        module="openai_openinference",
        protocol="grpc",
        arguments=("in-request",),
    ),
    Instrumented(
        name="openai-openinference-streamed-separate-traces-http",
        environment="openai-openinference",
        module="openai_openinference",
        protocol="http/protobuf",
        arguments=("streamed",),
    ),
    Instrumented(
        name="langgraph-openinference-grpc",
        environment="langgraph",
        module="langgraph_agent",
        protocol="grpc",
        arguments=("openinference",),
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="langgraph-traceloop-http",
        environment="langgraph",
        module="langgraph_agent",
        protocol="http/protobuf",
        arguments=("traceloop",),
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="openai-agents-openinference-http",
        environment="openai-agents",
        module="openai_agents_agent",
        protocol="http/protobuf",
        arguments=("openinference",),
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="openai-agents-traceloop-grpc",
        environment="openai-agents",
        module="openai_agents_agent",
        protocol="grpc",
        arguments=("traceloop",),
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="google-adk-grpc",
        environment="google-adk",
        module="google_adk_agent",
        protocol="grpc",
        settings={_CONTENT: "true"},
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="strands-http",
        environment="strands",
        module="strands_agent",
        protocol="http/protobuf",
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="strands-latest-grpc",
        environment="strands",
        module="strands_agent",
        protocol="grpc",
        settings=_LATEST,
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="vercel-ai-http",
        environment="vercel-ai",
        module="vercel_ai.mjs",
        protocol="http/protobuf",
        agent_name=AGENT_NAME,
    ),
    Instrumented(
        name="vercel-ai-streamed-grpc",
        environment="vercel-ai",
        module="vercel_ai.mjs",
        protocol="grpc",
        arguments=("streamed",),
        agent_name=AGENT_NAME,
    ),
)
