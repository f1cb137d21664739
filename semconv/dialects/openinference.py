"""OpenInference (Arize): ``openinference.span.kind`` and what its instrumentations put beside it.

Messages stand in flattened lists (``llm.input_messages.N.message.*``), the input and the output of every span in
``input.value`` and ``output.value`` as bare text or as JSON of the instrumented framework. Source: OpenInference
semantic conventions and trace configuration; deviations as seen in real telemetry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..dialect import Dialect, no_log
from ..messages import ContentReader, finish_reasons, is_mapping, text_of
from ..operation import (
    ContentGap,
    Operation,
    OperationKind,
    OperationMessage,
    ToolCall,
    ToolExecution,
    ToolResult,
)
from ..span_view import SpanView
from . import genai, genai_legacy
from .genai import Content
from .openinference_frameworks import Said, crew_task, handed_in, name_of_run
from .openinference_messages import Flattened, completion_texts, flattened, is_whole, listed_messages, offered_tools
from .openinference_values import parameter_names, spoken, system_prompt_beside, tool_answer, tool_arguments

NAME: Final = "openinference"
KIND: Final = "openinference.span.kind"

_KINDS: Final[Mapping[str, OperationKind]] = {
    "LLM": OperationKind.LLM,
    "TOOL": OperationKind.TOOL,
    "AGENT": OperationKind.AGENT,
    "CHAIN": OperationKind.WORKFLOW,
    "RETRIEVER": OperationKind.RETRIEVAL,
}
_TELLING: Final = (OperationKind.LLM, OperationKind.AGENT, OperationKind.TOOL)
_HAND_OFF: Final = re.compile(r"hand[-_ ]?off\b", re.IGNORECASE)


def read_span(view: SpanView) -> Operation | None:
    """Read a span with an OpenInference kind; None for other spans."""
    if view.attributes.get(KIND) is None:
        return None
    reader = ContentReader()
    metadata = _metadata(view)
    kind = _operation_kind(view, metadata)
    beside = _beside(view)
    if beside is not None and kind in (OperationKind.WORKFLOW, OperationKind.OTHER):
        kind = beside.kind if beside.kind is not OperationKind.OTHER else kind
    said = _said(view, kind, reader)
    content = said.content
    if view.dropped_attributes and kind in _TELLING:
        reader.gaps.add(ContentGap.TRUNCATED)
    tool = _tool(view, reader) if kind is OperationKind.TOOL else None
    if tool is not None and handed_in(tool.name, tool.arguments) is not None:
        kind, tool = OperationKind.OTHER, None  # the answer, which the model and the agent tell as well
    if kind in (OperationKind.LLM, OperationKind.AGENT) and content.is_empty:
        reader.gaps.add(ContentGap.MISSING)
    attributes = view.attributes
    own = Operation(
        kind=kind,
        dialect=NAME,
        name=(text_of(attributes[KIND]) or "").lower(),
        agent_name=_agent_name(view, kind, metadata) or said.agent_name,
        agent_id=text_of(attributes.get("agent.id")),
        conversation_id=text_of(attributes.get("session.id")) or text_of(metadata.get("thread_id")),
        model=text_of(attributes.get("llm.response.model_name")) or text_of(attributes.get("llm.model_name")),
        system=content.system,
        input=content.input,
        output=content.output,
        whole_run_output=kind is OperationKind.AGENT and (said.whole_run or _is_whole_run(content.output or ())),
        tool=tool,
        tools=content.tools,
        gaps=frozenset(reader.gaps),
        finish_reasons=content.finish_reasons,
        error=genai.error_text(view),
    )
    return own if beside is None else _merged(own, beside)


def _metadata(view: SpanView) -> Mapping[str, object]:
    value = ContentReader().structure(view.attributes.get("metadata"))
    return value if is_mapping(value) else {}


def _operation_kind(view: SpanView, metadata: Mapping[str, object]) -> OperationKind:
    """Classify a span by its kind, and where the kind says little by what the span carries."""
    attributes = view.attributes
    kind = _KINDS.get((text_of(attributes[KIND]) or "").upper(), OperationKind.OTHER)
    named = text_of(attributes.get("tool.name")) is not None
    if kind is OperationKind.TOOL and not named and _HAND_OFF.match(view.name):
        return OperationKind.OTHER  # control passes to another agent, nothing is executed
    is_named_agent = text_of(metadata.get("lc_agent_name")) == view.name
    if kind is OperationKind.WORKFLOW and is_named_agent:
        return OperationKind.AGENT
    if kind is OperationKind.AGENT and "langchain" in view.scope_name and not is_named_agent:
        # LangChain's instrumentation takes every run with "agent" in its name for an agent.
        if named:
            return OperationKind.TOOL
        if attributes.get("llm.model_name") is not None and any(
            key.startswith("llm.output_messages.") for key in attributes
        ):
            return OperationKind.LLM
        if metadata.get("langgraph_node") == view.name or view.name.endswith("Parser"):
            return OperationKind.WORKFLOW  # a step of a graph, whose tools run in other steps
    return kind


def _agent_name(view: SpanView, kind: OperationKind, metadata: Mapping[str, object]) -> str | None:
    name = text_of(view.attributes.get("agent.name"))
    if name is None and kind in (OperationKind.AGENT, OperationKind.LLM):
        name = text_of(metadata.get("lc_agent_name"))
    if name is None and kind is OperationKind.AGENT:
        name = text_of(view.attributes.get("graph.node.id")) or name_of_run(view.name)
    return name


def _said(view: SpanView, kind: OperationKind, reader: ContentReader) -> Said:
    """Read what was said on a span that stands for a model call or an agent."""
    attributes = view.attributes
    if kind not in (OperationKind.LLM, OperationKind.AGENT):
        return Said(content=Content())
    lists = flattened(attributes)
    if kind is OperationKind.LLM:
        said = Said(content=_model_call(view, lists, reader))
    else:
        said = crew_task(attributes, reader) or _agent(view, lists, reader)
    content = said.content
    content.tools = content.tools or offered_tools(lists, attributes)
    content.finish_reasons = finish_reasons(attributes.get("llm.finish_reason")) or tuple(
        message.finish_reason for message in content.output or () if message.finish_reason
    )
    return said


def _model_call(view: SpanView, lists: Flattened, reader: ContentReader) -> Content:
    """Read a model call: from its lists of messages, else from the provider's request and answer."""
    scope, attributes = view.scope_name, view.attributes
    given = listed_messages(lists.given, attributes.get("llm.input_messages"), "user", reader, scope)
    returned = listed_messages(lists.returned, attributes.get("llm.output_messages"), "assistant", reader, scope)
    given = given or completion_texts(lists.prompts, "user", reader)
    returned = returned or completion_texts(lists.completions, "assistant", reader)
    if given is None or not is_whole(lists.given):
        told = spoken(attributes, "input", reader)
        if told is not None and len(told) > len(given or ()):
            given = told
        elif given is not None:
            reader.gaps.add(ContentGap.TRUNCATED)
    if returned is None or not is_whole(lists.returned):
        returned = returned or spoken(attributes, "output", reader)
    elif attributes.get("llm.finish_reason") is None and not any(message.finish_reason for message in returned):
        answer = spoken(attributes, "output", ContentReader()) or ()
        reason = next((message.finish_reason for message in answer if message.finish_reason), None)
        returned = (*returned[:-1], replace(returned[-1], finish_reason=reason)) if returned else returned
    system = None
    if given is not None and not any(message.role == "system" for message in given):
        system = system_prompt_beside(attributes)
    return Content(system=system, input=given, output=returned)


def _agent(view: SpanView, lists: Flattened, reader: ContentReader) -> Said:
    """Read an agent: what it was asked, and what it gave back, which can be its whole conversation."""
    scope, attributes = view.scope_name, view.attributes
    given = spoken(attributes, "input", reader)
    if not given or not any(message.parts for message in given):
        given = listed_messages(lists.given, None, "user", reader, scope) or given
    returned = spoken(attributes, "output", reader)
    if not returned:
        returned = listed_messages(lists.returned, None, "assistant", reader, scope)
    said = _told_apart(given or None, returned or None)
    if given and not any(message.role == "system" for message in said.content.input or ()):
        said.content.system = system_prompt_beside(attributes)
    return said


def _told_apart(given: tuple[OperationMessage, ...] | None, returned: tuple[OperationMessage, ...] | None) -> Said:
    """Move what went before the answer from the output, where a state holds all of it, to the input."""
    asked = next((message.text for message in reversed(given or ()) if message.role == "user" and message.text), None)
    for index in range(len(returned or ()) - 1, -1, -1):
        message = (returned or ())[index]
        if message.role == "user" and not any(isinstance(part, ToolResult) for part in message.parts):
            if asked in (None, message.text):
                before, after = (returned or ())[: index + 1], (returned or ())[index + 1 :]
                return Said(content=Content(input=before, output=after), whole_run=True)
            break
    return Said(content=Content(input=given, output=returned))


def _is_whole_run(output: tuple[OperationMessage, ...]) -> bool:
    return len(output) > 1 or any(
        isinstance(part, ToolCall | ToolResult) for message in output for part in message.parts
    )


def _tool(view: SpanView, reader: ContentReader) -> ToolExecution:
    attributes = view.attributes
    names = parameter_names(attributes.get("tool.json_schema") or attributes.get("tool.parameters"))
    given = attributes.get("input.value")
    if given is None:
        given = attributes.get("tool_call.function.arguments")
    text, call_id, failed = tool_answer(attributes.get("output.value"), reader)
    error = genai.error_text(view) or ((text or "error") if failed else None)
    name = text_of(attributes.get("tool.name")) or text_of(attributes.get("tool_call.function.name"))
    return ToolExecution(
        name=name or name_of_run(view.name) or view.name.strip() or genai.UNKNOWN_TOOL,
        call_id=text_of(attributes.get("tool.id")) or text_of(attributes.get("tool_call.id")) or call_id,
        arguments=reader.arguments(tool_arguments(given, names, reader)),
        result=text,
        error=error,
    )


def _beside(view: SpanView) -> Operation | None:
    """Return what the conventions' own attributes on the same span say; None when there are none."""
    if not any(key.startswith(genai.PREFIX) for key in view.attributes):
        return None
    return genai_legacy.read_span(view) or genai.read_span(view)


def _merged(own: Operation, beside: Operation) -> Operation:
    """Fill in from the conventions' attributes what OpenInference's leave open."""
    missing = own.input is None and own.output is None and own.system is None
    gaps = own.gaps
    if ContentGap.MISSING in gaps and missing:
        gaps = (gaps - {ContentGap.MISSING}) | beside.gaps
    return replace(
        own,
        agent_name=own.agent_name or beside.agent_name,
        agent_id=own.agent_id or beside.agent_id,
        conversation_id=own.conversation_id or beside.conversation_id,
        model=own.model or beside.model,
        response_id=beside.response_id,
        system=beside.system if own.system is None else own.system,
        input=beside.input if own.input is None else own.input,
        output=beside.output if own.output is None else own.output,
        whole_run_output=own.whole_run_output or (own.output is None and beside.whole_run_output),
        tool=_merged_tools(own.tool, beside.tool),
        tools=own.tools or beside.tools,
        finish_reasons=own.finish_reasons or beside.finish_reasons,
        gaps=gaps,
    )


def _merged_tools(own: ToolExecution | None, beside: ToolExecution | None) -> ToolExecution | None:
    if own is None or beside is None:
        return own
    return replace(
        own,
        name=own.name if beside.name == genai.UNKNOWN_TOOL else beside.name,
        call_id=own.call_id or beside.call_id,
        arguments=beside.arguments if own.arguments is None else own.arguments,
        result=beside.result if own.result is None else own.result,
    )


DIALECT: Final = Dialect(name=NAME, markers=(KIND.encode(),), read_span=read_span, read_log=no_log)
