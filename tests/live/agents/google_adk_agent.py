"""Google's Agent Development Kit with its own telemetry and a model class that plays the script."""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

from tests.live.agents import tools
from tests.live.agents.telemetry import exported
from tests.scripted.openai_endpoint import MODEL
from tests.scripted.scenarios import AGENT_NAME, SYSTEM_PROMPT


class ScriptedModel(BaseLlm):
    """Answers by the script."""

    async def generate_content_async(
        self,
        llm_request: LlmRequest,
        stream: bool = False,  # noqa: ARG002  the kit's interface
    ) -> AsyncGenerator[LlmResponse, None]:
        parts = [part for content in llm_request.contents for part in content.parts or ()]
        step = sum(part.function_response is not None for part in parts)
        if step < len(tools.scenario.calls):
            call = tools.scenario.calls[step]
            part = types.Part(
                function_call=types.FunctionCall(
                    id=tools.scenario.call_id(step), name=call.tool, args=dict(call.arguments)
                )
            )
        else:
            part = types.Part(text=tools.scenario.answer)
        yield LlmResponse(content=types.Content(role="model", parts=[part]), finish_reason=types.FinishReason.STOP)


async def run() -> None:
    """One user message through an in-memory session."""
    agent = LlmAgent(name=AGENT_NAME, model=ScriptedModel(model=MODEL), instruction=SYSTEM_PROMPT, tools=[*tools.ALL])
    runner = InMemoryRunner(agent=agent, app_name="office")
    session = await runner.session_service.create_session(app_name="office", user_id="clerk")
    message = types.Content(role="user", parts=[types.Part(text=tools.scenario.request)])
    async for _ in runner.run_async(user_id="clerk", session_id=session.id, new_message=message):
        pass


with exported():
    asyncio.run(run())
