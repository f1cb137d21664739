"""The official OpenAI instrumentation (opentelemetry-instrumentation-openai-v2); content mode from the environment."""

import sys

from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

from tests.live.agents.openai_client import converse
from tests.live.agents.telemetry import exported
from tests.scripted.scenarios import SCENARIOS

with exported() as provider:
    OpenAIInstrumentor().instrument()
    converse(
        SCENARIOS[sys.argv[1]], provider, in_request="in-request" in sys.argv[2:], stream="streamed" in sys.argv[2:]
    )
