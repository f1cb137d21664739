"""Spans made by hand, for what no recording shows."""

from collections.abc import Mapping, Sequence

from otel_safety.spans import Closed, CloseReason, Envelope, HeldLog, HeldSpan, Link, RememberedSpan
from semconv.operation import (
    ContentGap,
    JsonValue,
    Operation,
    OperationKind,
    OperationMessage,
    Text,
    ToolCall,
    ToolExecution,
    ToolResult,
)

TRACE = bytes(range(16))
S = 1_000_000_000


def span_id(name: str) -> bytes:
    """A span id that can be read in a failing test."""
    return name.encode().ljust(8, b"_")[:8] if name else b""


def ref(name: str) -> str:
    return span_id(name).hex()


def held(
    name: str,
    operation: Operation,
    *,
    parent: str = "",
    at: tuple[int, int] = (0, 100),
    service: str = "app",
    local_root: bool | None = None,
) -> HeldSpan:
    return HeldSpan(
        trace_id=TRACE,
        span_id=span_id(name),
        parent_id=span_id(parent),
        local_root=not parent if local_root is None else local_root,
        start_ns=at[0] * S,
        end_ns=at[1] * S,
        raw=name.encode(),
        envelope=Envelope(resource=b"", scope=b"", service=service),
        name=name,
        operation=operation,
    )


def remembered(span: HeldSpan) -> RememberedSpan:
    return RememberedSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        local_root=span.local_root,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        service=span.envelope.service,
        operation=span.operation,
    )


def link(name: str, *, parent: str = "", at: tuple[int, int] = (0, 100), local_root: bool | None = None) -> Link:
    return Link(
        trace_id=TRACE,
        span_id=span_id(name),
        parent_id=span_id(parent),
        local_root=not parent if local_root is None else local_root,
        start_ns=at[0] * S,
        end_ns=at[1] * S,
    )


def closed(
    *spans: HeldSpan,
    links: Sequence[Link] = (),
    logs: Sequence[HeldLog] = (),
    before: Sequence[HeldSpan] = (),
    reason: CloseReason = CloseReason.ROOT,
    forgotten: bool = False,
) -> Closed:
    return Closed(
        trace_id=TRACE,
        reason=reason,
        spans=list(spans),
        logs=list(logs),
        links=list(links),
        remembered=[remembered(span) for span in before],
        forgotten=forgotten,
        reported=frozenset(),
    )


def system(text: str) -> OperationMessage:
    return OperationMessage(role="system", parts=(Text(text),))


def user(text: str) -> OperationMessage:
    return OperationMessage(role="user", parts=(Text(text),))


def says(text: str) -> OperationMessage:
    return OperationMessage(role="assistant", parts=(Text(text),))


def asks(name: str, call_id: str | None = None, **arguments: JsonValue) -> OperationMessage:
    return OperationMessage(role="assistant", parts=(ToolCall(name=name, id=call_id, arguments=arguments),))


def answers(content: str | None, call_id: str | None = None, *, role: str = "tool") -> OperationMessage:
    return OperationMessage(role=role, parts=(ToolResult(id=call_id, content=content),))


def chat(
    given: Sequence[OperationMessage] | None,
    returned: Sequence[OperationMessage] | None,
    *,
    instructions: str | None = None,
    gaps: frozenset[ContentGap] = frozenset(),
    error: str | None = None,
    agent: str | None = None,
) -> Operation:
    nothing = given is None and returned is None
    return Operation(
        kind=OperationKind.LLM,
        dialect="made",
        name="chat",
        agent_name=agent,
        system=None if instructions is None else (instructions,),
        input=None if given is None else tuple(given),
        output=None if returned is None else tuple(returned),
        gaps=gaps | ({ContentGap.MISSING} if nothing else frozenset()),
        error=error,
    )


def agent(
    name: str | None = None,
    *,
    instructions: str | None = None,
    given: Sequence[OperationMessage] | None = None,
    returned: Sequence[OperationMessage] | None = None,
) -> Operation:
    calls = any(isinstance(part, ToolCall | ToolResult) for message in returned or () for part in message.parts)
    return Operation(
        kind=OperationKind.AGENT,
        dialect="made",
        name="invoke_agent",
        agent_name=name,
        system=None if instructions is None else (instructions,),
        input=None if given is None else tuple(given),
        output=None if returned is None else tuple(returned),
        whole_run_output=calls or len(returned or ()) > 1,
        gaps=frozenset({ContentGap.MISSING}) if given is None and returned is None else frozenset(),
    )


def tool(
    name: str,
    arguments: Mapping[str, JsonValue] | str | None = None,
    *,
    call_id: str | None = None,
    result: str | None = None,
    error: str | None = None,
) -> Operation:
    execution = ToolExecution(name=name, call_id=call_id, arguments=arguments, result=result, error=error)
    return Operation(kind=OperationKind.TOOL, dialect="made", name="execute_tool", tool=execution)


def other(kind: OperationKind = OperationKind.OTHER) -> Operation:
    return Operation(kind=kind, dialect="made")
