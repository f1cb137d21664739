"""The OpenAI Agents SDK over the Responses API of the scripted endpoint; the argument is whose instrumentation."""

import sys

from agents import Agent, OpenAIResponsesModel, Runner, function_tool
from openai import AsyncOpenAI

from tests.live.agents import tools
from tests.live.agents.telemetry import exported
from tests.scripted.openai_endpoint import MODEL, serve_openai
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT

if sys.argv[2] == "openinference":
    from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
else:
    from opentelemetry.instrumentation.openai_agents import OpenAIAgentsInstrumentor

with exported() as provider:
    OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
    client = AsyncOpenAI(base_url=serve_openai(tools.scenario), api_key="none")
    agent = Agent(
        name=AGENT_NAME,
        instructions=SYSTEM_PROMPT,
        tools=[function_tool(function) for function in tools.ALL],
        model=OpenAIResponsesModel(model=MODEL, openai_client=client),
    )
    Runner.run_sync(agent, tools.scenario.request)
