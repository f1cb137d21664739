"""pydantic-ai with its own instrumentation and its function model."""

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings

from tests.live.agents import tools
from tests.live.agents.telemetry import exported
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT


def play(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """Answer by the script."""
    step = sum(isinstance(part, ToolReturnPart) for message in messages for part in message.parts)
    if step == len(tools.scenario.calls):
        return ModelResponse(parts=[TextPart(tools.scenario.answer)])
    call = tools.scenario.calls[step]
    return ModelResponse(parts=[ToolCallPart(call.tool, call.arguments, tool_call_id=tools.scenario.call_id(step))])


with exported() as provider:
    agent = Agent(FunctionModel(play), name=AGENT_NAME, instructions=SYSTEM_PROMPT, tools=tools.ALL)
    agent.instrument = InstrumentationSettings(tracer_provider=provider)
    agent.run_sync(tools.scenario.request)
