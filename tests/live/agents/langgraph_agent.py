"""LangChain's agent on LangGraph, against the scripted OpenAI endpoint; the argument is whose instrumentation."""

import sys

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.live.agents import tools
from tests.live.agents.telemetry import exported
from tests.scripted.openai_endpoint import MODEL, serve_openai
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT

if sys.argv[2] == "openinference":
    from openinference.instrumentation.langchain import LangChainInstrumentor
else:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor as LangChainInstrumentor

with exported() as provider:
    LangChainInstrumentor().instrument(tracer_provider=provider)
    model = ChatOpenAI(model=MODEL, base_url=serve_openai(tools.scenario), api_key="none")
    agent = create_agent(
        model, tools=[tool(function) for function in tools.ALL], system_prompt=SYSTEM_PROMPT, name=AGENT_NAME
    )
    agent.invoke({"messages": [{"role": "user", "content": tools.scenario.request}]})
