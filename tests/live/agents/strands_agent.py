"""Strands Agents with its own telemetry, against the streamed answers of the scripted OpenAI endpoint."""

from strands import Agent, tool
from strands.models.openai import OpenAIModel

from tests.live.agents import tools
from tests.live.agents.telemetry import exported
from tests.scripted.openai_endpoint import MODEL, serve_openai
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT

with exported():
    model = OpenAIModel(client_args={"base_url": serve_openai(tools.scenario), "api_key": "none"}, model_id=MODEL)
    agent = Agent(
        model=model,
        name=AGENT_NAME,
        system_prompt=SYSTEM_PROMPT,
        tools=[tool(function) for function in tools.ALL],
        callback_handler=None,
    )
    agent(tools.scenario.request)
