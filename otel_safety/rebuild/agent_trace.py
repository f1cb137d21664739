"""From one part of a run to what the detectors judge: an agent trace."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.agent_trace import AgentTrace, Completeness, Gap, TraceEvent
from otel_safety.rebuild.conversation import (
    carries_content,
    final_answer,
    request,
    system_prompt,
    texts_in_order,
)
from otel_safety.rebuild.parts import Part
from otel_safety.rebuild.tool_calls import Call, CallLedger
from otel_safety.rebuild.tree import Node
from otel_safety.spans import Closed, CloseReason
from semconv.operation import ContentGap, Operation, OperationKind


def calls_of(part: Part) -> list[Call]:
    """Return the tool calls of a part, its inner agents' not included."""
    ledger = CallLedger()
    for number, node in enumerate(part.llm_calls):
        ledger.read_messages(node, first=number == 0)
    for node in part.agents:
        ledger.read_messages(node, first=not part.llm_calls)
    for node in part.tools:
        ledger.read_span(node)
    return ledger.calls()


def agent_trace(
    part: Part, own_calls: Sequence[Call], inner_calls: Sequence[Call], closed: Closed, run_ref: str
) -> AgentTrace:
    """Build the agent trace of one part.

    Args:
        part: The agent or conversation.
        own_calls: Its tool calls.
        inner_calls: Tool calls of agents that it called: they back its claims and are judged there.
        closed: What was closed, for its reason.
        run_ref: Reference of the run.
    """
    agents, llm_calls = part.agents, part.llm_calls
    system = system_prompt((*agents, *llm_calls))
    # Within one invocation of an agent the frameworks speak as users too; without one, each turn is a request.
    asked = request((*agents, *llm_calls)) if agents else request(reversed(llm_calls))
    answer = final_answer(agents, llm_calls)
    events = _events(part, own_calls, inner_calls)
    gaps = _gaps(part, closed, answered=bool(answer and answer[0]))
    if not gaps & {Gap.CONTENT_MISSING, Gap.CONTENT_BY_REFERENCE} and any(
        event.arguments is None for event in events or ()
    ):
        gaps.add(Gap.ARGUMENTS_MISSING)
    return AgentTrace(
        run_ref=run_ref,
        agent=part.name,
        system_prompt=system[0] if system else None,
        input=asked[0] if asked else None,
        output=answer[0] if answer else None,
        messages=texts_in_order(agents, llm_calls),
        trace_events=events,
        tools=_tools(part),
        finish_reasons=_finish_reasons(part, answer[1] if answer else None),
        completeness=Completeness(closed_by=closed.reason.value, gaps=frozenset(gaps)),
        input_ref=_carrier(part, asked, given=True),
        output_ref=_carrier(part, answer, given=False),
        system_ref=_carrier(part, system, given=True),
    )


def _events(part: Part, own_calls: Sequence[Call], inner_calls: Sequence[Call]) -> tuple[TraceEvent, ...] | None:
    placed = [(call.place, call.event(prior=False)) for call in own_calls]
    placed += [(call.place, call.event(prior=True)) for call in inner_calls]
    placed.sort(key=lambda item: item[0])
    if not placed and not any(_shows_tool_calls(node) for node in (*part.llm_calls, *part.agents)):
        return None
    return tuple(event for _, event in placed)


def _shows_tool_calls(node: Node) -> bool:
    """Tell whether tool calls, had there been any, would be seen on this span."""
    operation = node.operation
    if operation is None or operation.output is None or not operation.shows_calls:
        return False
    if node.kind is OperationKind.AGENT and not operation.whole_run_output:
        return False
    return ContentGap.MISSING not in operation.gaps or any(message.parts for message in operation.output)


def _gaps(part: Part, closed: Closed, *, answered: bool) -> set[Gap]:
    gaps: set[Gap] = set()
    speakers = [node.operation for node in (*part.agents, *part.llm_calls) if node.operation is not None]
    operations = [node.operation for node in part.nodes if node.operation is not None]
    if not any(map(carries_content, speakers)):
        elsewhere = any(ContentGap.BY_REFERENCE in operation.gaps for operation in speakers)
        gaps.add(Gap.CONTENT_BY_REFERENCE if elsewhere else Gap.CONTENT_MISSING)
    if any(ContentGap.TRUNCATED in operation.gaps for operation in operations):
        gaps.add(Gap.CONTENT_TRUNCATED)
    if closed.forgotten or _is_cut_off(part, closed.reason, answered=answered):
        gaps.add(Gap.INCOMPLETE)
    return gaps


def _is_cut_off(part: Part, reason: CloseReason, *, answered: bool) -> bool:
    """Tell whether spans of this part may be missing, by the tree.

    An agent span that is known has ended, and a span without an unseen parent is a root. Behind an unseen
    parent there may be more; after a silence, or at the end of everything, it is taken to be none when the
    conversation has its answer: the spans of the caller often take another way than the GenAI spans.
    """
    if part.agents or reason is CloseReason.ROOT or not any(node.detached for node in part.nodes):
        return False
    return not (answered and reason in (CloseReason.IDLE, CloseReason.LATE, CloseReason.SHUTDOWN))


def _tools(part: Part) -> tuple[str, ...] | None:
    offered = [
        node.operation.tools
        for node in (*part.agents, *part.llm_calls)
        if node.operation is not None and node.operation.tools is not None
    ]
    if not offered:
        return None
    return tuple(dict.fromkeys(tool.name for tools in offered for tool in tools))


def _finish_reasons(part: Part, answering: Node | None) -> tuple[str, ...]:
    if answering is not None and answering.kind is OperationKind.LLM and answering.operation is not None:
        return answering.operation.finish_reasons
    for node in (*reversed(part.llm_calls), *part.agents):
        if node.operation is not None and node.operation.finish_reasons:
            return node.operation.finish_reasons
    return ()


def _carrier(part: Part, found: tuple[str, Node] | None, *, given: bool) -> str | None:
    """Return the span that carries a text, best one that is still here.

    An answer is best found on the model call that gave it, a request where the run received it.
    """
    if found is None:
        return None
    text, source = found
    holders = [node for node in part.llm_calls if _holds(node.operation, text, given=given)]
    candidates = [source, *holders] if given else [*reversed(holders), source]
    return next((node for node in candidates if node.here), source).ref


def _holds(operation: Operation | None, text: str, *, given: bool) -> bool:
    if operation is None:
        return False
    if given and operation.system and text == "\n\n".join(operation.system):
        return True
    messages = operation.input if given else operation.output
    return any(message.text == text for message in messages or ())
