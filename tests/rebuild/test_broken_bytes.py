"""Captures with broken bytes in them: whatever still parses is rebuilt without an exception."""

import random

import pytest

from otel_safety.errors import RequestError
from otel_safety.rebuild import rebuild
from tests.rebuild.captured import closed_traces, requests
from tests.shared_material import shared_path

pytestmark = pytest.mark.shared

ROUNDS = 60


@pytest.mark.parametrize(
    "capture",
    [
        "otel-util-genai-agent",
        "pydantic-ai-v5",
        "agent-framework",
        "google-adk-logs",
        "otel-openai-v2-2.1b0-legacy",
        "traceloop-openai-0.40-parented",
        "strands-default",
        "strands-latest",
        "traceloop-langchain",
        "traceloop-crewai",
        "google-adk-1.14-default",
        "pydantic-ai-1.0-v1",
        "otel-openai-agents-v2",
        "semantic-kernel",
        "openinference-langchain",
        "openinference-crewai",
        "openinference-smolagents",
        "langsmith-otel",
        "langfuse",
        "vercel-ai-sdk-generate",
        "fastmcp-native",
    ],
)
def test_broken_bytes_break_nothing(capture: str) -> None:
    recorded = requests(shared_path(f"captures/{capture}/readme_rm"))
    dice = random.Random(capture)  # noqa: S311  reproducible damage
    rebuilt = 0
    for _ in range(ROUNDS):
        try:
            closed = closed_traces([(name, damaged(payload, dice)) for name, payload in recorded])
        except RequestError:  # refused on the wire
            continue
        for trace in closed:
            rebuilt += len(rebuild(trace))
    assert rebuilt > 0


def damaged(payload: bytes, dice: random.Random) -> bytes:
    """Payload with some bytes replaced, mostly in place so that much of the structure survives."""
    bytes_ = bytearray(payload)
    for _ in range(dice.randint(1, 12)):
        bytes_[dice.randrange(len(bytes_))] = dice.choice(b'"\\[]{},:0\x00\x7f\xff')
    if dice.random() < 0.1:
        del bytes_[dice.randrange(len(bytes_)) :]
    return bytes(bytes_)
