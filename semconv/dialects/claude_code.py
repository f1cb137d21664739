"""Claude Code and the Claude Agent SDK: spans ``claude_code.*`` and the log events beside them.

Written from the documentation (code.claude.com/docs/en/monitoring-usage and agent-sdk/observability, 2026); no
recording was at hand. ``claude_code.interaction`` spans one turn of the agent, ``claude_code.llm_request`` one model
call, ``claude_code.tool`` one tool with its permission wait and its execution under it. All content is opt-in: the
prompt on the interaction (``OTEL_LOG_USER_PROMPTS``), command and path on the tool (``OTEL_LOG_TOOL_DETAILS``), input
and output in its span event ``tool.output`` (``OTEL_LOG_TOOL_CONTENT``). Answers travel in log events only:
``assistant_response`` (``OTEL_LOG_ASSISTANT_RESPONSES``) and ``api_request_body`` / ``api_response_body``
(``OTEL_LOG_RAW_API_BODIES``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..dialect import Dialect
from ..messages import ContentReader, is_mapping, result_text, text_of
from ..operation import (
    ContentGap,
    JsonValue,
    LogContent,
    Operation,
    OperationKind,
    OperationMessage,
    Text,
    ToolCall,
    ToolExecution,
    ToolResult,
)
from ..span_view import Attributes, LogView, SpanView
from . import genai
from .genai import Content

NAME: Final = "claude-code"

_PREFIX: Final = "claude_code."
_REDACTED: Final = "<REDACTED>"
_KINDS: Final[Mapping[str, OperationKind]] = {
    "interaction": OperationKind.AGENT,
    "llm_request": OperationKind.LLM,
    "tool": OperationKind.TOOL,
}
# Details of a call that stand as attributes of their own, and the argument that each is of the tool's input.
_DETAILS: Final[Mapping[str, str]] = {
    "full_command": "command",
    "bash_command": "command",
    "file_path": "file_path",
    "skill_name": "skill",
    "subagent_type": "subagent_type",
}
_INPUTS: Final = ("tool_input", "input", "tool_parameters")
_OUTPUTS: Final = ("output", "content", "tool_output", "result")


def read_span(view: SpanView) -> Operation | None:
    """Read a span named ``claude_code.*``; None for other spans."""
    if not view.name.startswith(_PREFIX):
        return None
    name = view.name.removeprefix(_PREFIX)
    kind = _KINDS.get(name, OperationKind.OTHER)
    attributes = view.attributes
    reader = ContentReader()
    content = Content()
    prompt = _shown(attributes.get("user_prompt"))
    if kind is OperationKind.AGENT and prompt is not None:
        content.input = _message("user", prompt)
    reason = text_of(attributes.get("stop_reason"))
    content.finish_reasons = (reason,) if reason else ()
    found = genai.operation(view, content, reader, dialect=NAME, kind=kind)
    return Operation(
        kind=kind,
        dialect=NAME,
        name=name,
        agent_name=found.agent_name or _agent(attributes),
        agent_id=found.agent_id or text_of(attributes.get("agent_id")),
        conversation_id=found.conversation_id,
        model=found.model or text_of(attributes.get("model")),
        response_id=found.response_id or text_of(attributes.get("request_id")),
        input=content.input,
        tool=_tool(view, reader) if kind is OperationKind.TOOL else None,
        gaps=frozenset(reader.gaps),
        finish_reasons=found.finish_reasons,
        error=_failure(view),
    )


def read_log(view: LogView) -> LogContent | None:
    """Read a log event of Claude Code that carries words; None for other records."""
    name = _event(view)
    if name is None:
        return None
    reader = ContentReader()
    content = _event_content(name, view.attributes, reader)
    if content is None:
        return None
    return LogContent(
        dialect=NAME,
        system=content.system,
        input=content.input,
        output=content.output,
        tools=content.tools,
        finish_reasons=content.finish_reasons,
        gaps=frozenset(reader.gaps),
        sequence=view.time_ns,
        per_message=name not in ("api_request_body", "api_response_body"),
    )


def _event(view: LogView) -> str | None:
    """Return the event's name without its prefix, which stands in the name or in the body."""
    for written in (view.event_name, view.body, text_of(view.attributes.get("event.name"))):
        if isinstance(written, str) and written.startswith(_PREFIX):
            return written.removeprefix(_PREFIX)
    return None


def _event_content(name: str, attributes: Attributes, reader: ContentReader) -> Content | None:
    if name in ("api_request_body", "api_response_body"):
        return _body(name, attributes, reader)
    if name == "user_prompt":
        prompt = _shown(attributes.get("prompt"))
        return Content(input=_message("user", prompt)) if prompt is not None else None
    if name == "assistant_response":
        answer = _shown(attributes.get("response"))
        return Content(output=_message("assistant", answer)) if answer is not None else None
    if name == "tool_result":
        return _tool_event(attributes, reader)
    return None


def _body(name: str, attributes: Attributes, reader: ContentReader) -> Content | None:
    """Read a request or response of the Messages API; one that was written to a file is not followed."""
    body = reader.structure(attributes.get("body"))
    if not is_mapping(body):
        if attributes.get("body_ref") is None:
            return None
        reader.gaps.add(ContentGap.BY_REFERENCE)
        return Content()
    if name == "api_response_body":
        reason = text_of(body.get("stop_reason"))
        return Content(output=reader.messages(body, "assistant"), finish_reasons=(reason,) if reason else ())
    content = Content(input=reader.messages(body.get("messages", ()), "user"))
    if body.get("system") is not None:
        content.system = reader.instructions(body["system"])
    if body.get("tools") is not None:
        content.tools = ContentReader().tool_definitions(body["tools"])
    return content


def _tool_event(attributes: Attributes, reader: ContentReader) -> Content | None:
    """Read the event of one finished call as the request and the answer that it stands for."""
    name = text_of(attributes.get("tool_name"))
    if name is None:
        return None
    call_id = text_of(attributes.get("tool_use_id"))
    call = ToolCall(name=name, id=call_id, arguments=_arguments((attributes,), reader))
    answer = ToolResult(id=call_id, name=name, content=_shown(attributes.get("error")))
    return Content(
        output=(OperationMessage(role="assistant", parts=(call,)), OperationMessage(role="tool", parts=(answer,)))
    )


def _tool(view: SpanView, reader: ContentReader) -> ToolExecution:
    carriers = [*(event.attributes for event in view.events if event.name.startswith("tool.")), view.attributes]
    output = next((found for carrier in carriers if (found := _first(carrier, _OUTPUTS)) is not None), None)
    attributes = view.attributes
    return ToolExecution(
        name=text_of(attributes.get("tool_name")) or text_of(attributes.get("gen_ai.tool.name")) or genai.UNKNOWN_TOOL,
        call_id=text_of(attributes.get("tool_use_id")) or text_of(attributes.get("gen_ai.tool.call.id")),
        arguments=_arguments(carriers, reader),
        result=result_text(output),
        error=_failure(view),
    )


def _arguments(
    carriers: tuple[Attributes, ...] | list[Attributes], reader: ContentReader
) -> Mapping[str, JsonValue] | str | None:
    """Read the input of a tool: whole where a carrier has it, else what stands beside as details."""
    for carrier in carriers:
        whole = _first(carrier, _INPUTS)
        if whole is not None:
            return reader.arguments(whole)
    details: dict[str, JsonValue] = {}
    for carrier in carriers:
        for key, argument in _DETAILS.items():
            value = _shown(carrier.get(key))
            if value is not None:
                details.setdefault(argument, value)
    return details or None


def _first(carrier: Attributes, keys: tuple[str, ...]) -> str | None:
    return next((shown for key in keys if (shown := _shown(carrier.get(key))) is not None), None)


def _shown(value: object) -> str | None:
    """Return a text that was captured; None for one that was left out or redacted."""
    return value if isinstance(value, str) and value not in ("", _REDACTED) else None


def _agent(attributes: Attributes) -> str | None:
    """Return the name of a subagent, which model calls carry in ``query_source``; the main loop has none."""
    source = text_of(attributes.get("query_source"))
    return None if source is None or source.startswith(("repl", "sdk", "main")) else source


def _failure(view: SpanView) -> str | None:
    error = genai.error_text(view) or _shown(view.attributes.get("error"))
    return error or ("error" if view.attributes.get("success") is False else None)


def _message(role: str, text: str) -> tuple[OperationMessage, ...]:
    return (OperationMessage(role=role, parts=(Text(text),)),)


DIALECT: Final = Dialect(name=NAME, markers=(b"claude_code.",), read_span=read_span, read_log=read_log)
