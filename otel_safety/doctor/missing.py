"""What telemetry of an agent can lack, and what of an agent trace goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from detectors.assessment import NotAssessed


class Missing(StrEnum):
    """Something that telemetry of an agent lacks; the value is public and documented in docs/doctor.md."""

    MESSAGE_CONTENT = "message_content"
    CONTENT_BY_REFERENCE = "content_by_reference"
    TRUNCATED_ATTRIBUTES = "truncated_attributes"
    USER_REQUEST = "user_request"
    ANSWER = "answer"
    SYSTEM_PROMPT = "system_prompt"
    TOOL_TELEMETRY = "tool_telemetry"
    TOOL_ARGUMENTS = "tool_arguments"
    TOOL_RESULTS = "tool_results"
    TOOL_EXECUTION = "tool_execution"
    AGENT_NAME = "agent_name"
    CONVERSATION_ID = "conversation_id"
    PARENT_SPANS = "parent_spans"


MEANING: Final[Mapping[Missing, str]] = {
    Missing.MESSAGE_CONTENT: "no message text was captured",
    Missing.CONTENT_BY_REFERENCE: "message text is stored elsewhere; references are never followed",
    Missing.TRUNCATED_ATTRIBUTES: "message text was cut by an attribute limit",
    Missing.USER_REQUEST: "what the agent was asked was not captured",
    Missing.ANSWER: "what the agent answered was not captured",
    Missing.SYSTEM_PROMPT: "no system prompt was seen",
    Missing.TOOL_TELEMETRY: "nothing shows whether tools were called",
    Missing.TOOL_ARGUMENTS: "tool calls were seen without their arguments",
    Missing.TOOL_RESULTS: "tool calls were seen without their results",
    Missing.TOOL_EXECUTION: "tool calls were requested, and nothing shows that they ran",
    Missing.AGENT_NAME: "the agent has no name",
    Missing.CONVERSATION_ID: "nothing tells which runs belong to one conversation",
    Missing.PARENT_SPANS: "spans name a parent that was not seen",
}

# The fields of an agent trace that are empty because of it.
FIELDS: Final[Mapping[Missing, frozenset[str]]] = {
    Missing.MESSAGE_CONTENT: frozenset({"input", "output"}),
    Missing.CONTENT_BY_REFERENCE: frozenset({"input", "output"}),
    Missing.USER_REQUEST: frozenset({"input"}),
    Missing.ANSWER: frozenset({"output"}),
    Missing.TOOL_TELEMETRY: frozenset({"trace_events"}),
}

# What each reason that telemetry can mend points to. The other reasons lie in the run itself.
CAUSES: Final[Mapping[NotAssessed, frozenset[Missing]]] = {
    NotAssessed.CONTENT_MISSING: frozenset({Missing.MESSAGE_CONTENT, Missing.USER_REQUEST, Missing.ANSWER}),
    NotAssessed.CONTENT_BY_REFERENCE: frozenset({Missing.CONTENT_BY_REFERENCE}),
    NotAssessed.CONTENT_TRUNCATED: frozenset({Missing.TRUNCATED_ATTRIBUTES}),
    NotAssessed.ARGUMENTS_MISSING: frozenset({Missing.TOOL_ARGUMENTS}),
    NotAssessed.NO_INPUT: frozenset({Missing.USER_REQUEST}),
    NotAssessed.NO_OUTPUT: frozenset({Missing.ANSWER}),
    NotAssessed.TOOLS_UNOBSERVED: frozenset({Missing.TOOL_TELEMETRY}),
    NotAssessed.EXECUTION_UNSEEN: frozenset({Missing.TOOL_EXECUTION}),
    NotAssessed.SCOPE_UNKNOWN: frozenset({Missing.USER_REQUEST, Missing.SYSTEM_PROMPT}),
    NotAssessed.INCOMPLETE: frozenset({Missing.PARENT_SPANS}),
}
