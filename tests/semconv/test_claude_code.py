"""Claude Code, after its documentation: no recording was at hand."""

import json

import pytest

from otel_safety.rebuild import rebuild
from otel_safety.spans import HeldLog
from semconv.operation import ContentGap, LogContent, Operation, OperationKind
from semconv.reader import read_log
from semconv.span_view import AttributeValue, EventView, LogView
from tests.rebuild.made import TRACE, closed, held, span_id
from tests.semconv.spans import calls, log, read, read_tool, texts

TURN: dict[str, AttributeValue] = {"span.type": "interaction", "session.id": "s1"}


def tool_span(events: list[EventView] | None = None, **more: AttributeValue) -> Operation:
    attributes: dict[str, AttributeValue] = {"span.type": "tool", "tool_name": "Bash", "tool_use_id": "toolu_1"}
    return read(attributes | more, name="claude_code.tool", events=events or [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("claude_code.interaction", OperationKind.AGENT),
        ("claude_code.llm_request", OperationKind.LLM),
        ("claude_code.tool", OperationKind.TOOL),
        ("claude_code.tool.execution", OperationKind.OTHER),
        ("claude_code.tool.blocked_on_user", OperationKind.OTHER),
        ("claude_code.hook", OperationKind.OTHER),
    ],
)
def test_the_span_name_says_what_a_span_is(name: str, kind: OperationKind) -> None:
    assert read(TURN, name=name).kind is kind


def test_the_prompt_stands_on_the_turn() -> None:
    found = read(TURN | {"user_prompt": "Fix it.", "user_prompt_length": 7}, name="claude_code.interaction")
    assert (texts(found.input), found.conversation_id) == ([("user", "Fix it.")], "s1")


@pytest.mark.parametrize("hidden", ["<REDACTED>", "", None])
def test_a_hidden_prompt_is_missing(hidden: str | None) -> None:
    found = read(TURN | {"user_prompt": hidden}, name="claude_code.interaction")
    assert (found.input, found.gaps) == (None, frozenset({ContentGap.MISSING}))


def test_details_of_a_tool_are_its_arguments() -> None:
    assert tool_span().tool is not None
    assert read_tool({"tool_name": "Bash"}, name="claude_code.tool").arguments is None
    bash = tool_span(full_command="rm -rf build").tool
    assert bash is not None
    assert (bash.name, bash.call_id, bash.arguments) == ("Bash", "toolu_1", {"command": "rm -rf build"})
    edit = tool_span(tool_name="Edit", file_path="a.py").tool
    assert edit is not None
    assert (edit.name, edit.arguments) == ("Edit", {"file_path": "a.py"})


def test_the_output_event_of_a_tool_is_its_answer() -> None:
    event = EventView(name="tool.output", attributes={"bash_command": "ls", "output": "a b"})
    tool = tool_span([event]).tool
    assert tool is not None
    assert (tool.arguments, tool.result) == ({"command": "ls"}, "a b")


def test_a_failed_execution_is_an_error() -> None:
    assert tool_span(success=False).error == "error"
    assert tool_span(error="denied").error == "denied"


@pytest.mark.parametrize("carrier", ["name", "body", "attribute"])
def test_an_event_is_known_by_its_name_wherever_it_stands(carrier: str) -> None:
    name = "claude_code.user_prompt"
    attributes: dict[str, AttributeValue] = {
        "prompt": "a",
        "event.name": name if carrier == "attribute" else "user_prompt",
    }
    found = log(name if carrier == "name" else "", attributes, body=name if carrier == "body" else None)
    assert (texts(found.input), found.per_message) == ([("user", "a")], True)


def test_events_without_words_are_no_content() -> None:
    for name in ("claude_code.api_request", "claude_code.tool_decision", "claude_code.user_prompt"):
        assert read_log(LogView(event_name=name, body=None, attributes={"prompt": "<REDACTED>"})) is None
    assert read_log(LogView(event_name="other.user_prompt", body="user_prompt", attributes={"prompt": "a"})) is None


def test_bodies_of_the_api_are_the_whole_conversation() -> None:
    body = {
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}],
        "tools": [{"name": "Bash", "description": "Shell"}],
    }
    request = log("claude_code.api_request_body", {"body": json.dumps(body)})
    assert (request.system, texts(request.input), request.per_message) == (("Be kind.",), [("user", "a")], False)
    assert [tool.name for tool in request.tools or ()] == ["Bash"]
    answer = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}],
        "stop_reason": "tool_use",
    }
    response = log("claude_code.api_response_body", {"body": json.dumps(answer)})
    (call,) = calls(response.output)
    assert (call.id, call.arguments, response.finish_reasons) == ("toolu_1", {"command": "ls"}, ("tool_use",))


def test_a_cut_body_is_read_up_to_the_cut_and_a_stored_one_not_at_all() -> None:
    cut = log(
        "claude_code.api_request_body", {"body": '{"system": "Be kind.", "messages": [{"role": "user", "content": "Ple'}
    )
    assert (texts(cut.input), cut.gaps) == ([("user", "Ple")], frozenset({ContentGap.TRUNCATED}))
    stored = log("claude_code.api_request_body", {"body_ref": "bodies/x.request.json"})
    assert (stored.input, stored.gaps) == (None, frozenset({ContentGap.BY_REFERENCE}))


def record(span: str, content: LogContent) -> HeldLog:
    return HeldLog(trace_id=TRACE, span_id=span_id(span), content=content, size=1)


def test_a_turn_with_its_events_is_a_run() -> None:
    turn = read(TURN | {"user_prompt": "Tidy up."}, name="claude_code.interaction")
    model = read({"model": "claude", "stop_reason": "end_turn"}, name="claude_code.llm_request")
    spans = [
        held("turn", turn, at=(0, 9)),
        held("llm", model, parent="turn", at=(1, 2)),
        held("tool", tool_span(), parent="turn", at=(3, 5)),
        held("exec", read({}, name="claude_code.tool.execution"), parent="tool", at=(4, 5)),
    ]
    details: dict[str, AttributeValue] = {
        "tool_name": "Bash",
        "tool_use_id": "toolu_1",
        "tool_parameters": '{"command":"ls"}',
    }
    logs = [
        record("turn", log("claude_code.tool_result", details, at=5)),
        record("turn", log("claude_code.assistant_response", {"response": "All tidy."}, at=8)),
    ]
    (run,) = rebuild(closed(*spans, logs=logs))
    (trace,) = run.traces
    assert (trace.input, trace.output) == ("Tidy up.", "All tidy.")
    assert [(event.name, event.arguments, event.executed) for event in trace.trace_events or ()] == [
        ("Bash", {"command": "ls"}, True)
    ]


def test_without_any_option_nothing_is_assessed() -> None:
    turn = read(TURN | {"user_prompt": "<REDACTED>"}, name="claude_code.interaction")
    (run,) = rebuild(closed(held("turn", turn), held("tool", tool_span(), parent="turn")))
    (trace,) = run.traces
    assert (trace.input, trace.output) == (None, None)
    assert [gap.value for gap in trace.completeness.gaps] == ["content_missing"]
