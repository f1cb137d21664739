"""One call or answer that several spans of vendor dialects report is one."""

import json

from otel_safety.rebuild import rebuild
from tests.rebuild.made import closed, held
from tests.semconv.spans import read

ASKED = {"role": "user", "content": "What does it say?"}
PROMPT = json.dumps([ASKED])
CALL = json.dumps([{"toolCallId": "c1", "toolName": "read_file", "input": '{"path":"a","lines":3}'}])


def test_a_tool_its_mcp_client_and_its_mcp_server_report_one_call() -> None:
    tool = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "mcp__files__read_file",
            "gen_ai.tool.call.id": "c1",
            "gen_ai.tool.call.arguments": '{"path": "a"}',
            "gen_ai.tool.call.result": "text",
        }
    )
    client = read({"mcp.method.name": "tools/call", "mcp.session.id": "s"}, name="MCP send tools/call read_file")
    server = read({"mcp.method.name": "tools/call", "gen_ai.tool.name": "read_file"}, name="tools/call read_file")
    agent = read({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "A"})
    (run,) = rebuild(
        closed(
            held("agent", agent, at=(0, 9)),
            held("tool", tool, parent="agent", at=(1, 8)),
            held("client", client, parent="tool", at=(2, 7)),
            held("server", server, parent="client", at=(3, 6), service="files", local_root=True),
            held("listing", read({"mcp.method.name": "tools/list"}), parent="agent", at=(0, 1)),
        )
    )
    (trace,) = run.traces
    assert [(event.name, event.arguments, event.result) for event in trace.trace_events or ()] == [
        ("mcp__files__read_file", {"path": "a"}, "text")
    ]


def test_a_call_of_the_ai_sdk_its_steps_and_its_tool_are_one_run() -> None:
    root = read(
        {"ai.operationId": "ai.generateText", "ai.prompt": f'{{"messages":{PROMPT}}}', "ai.response.text": "Hi."}
    )
    first = read(
        {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt.messages": PROMPT, "ai.response.toolCalls": CALL}
    )
    tool = read(
        {
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "read_file",
            "ai.toolCall.id": "c1",
            "ai.toolCall.args": '{"path":"a","lines":3}',
            "ai.toolCall.result": '"Hi."',
        }
    )
    (run,) = rebuild(
        closed(
            held("root", root, at=(0, 9)),
            held("first", first, parent="root", at=(1, 2)),
            held("tool", tool, parent="root", at=(3, 4)),
        )
    )
    (trace,) = run.traces
    assert (trace.input, trace.output) == ("What does it say?", "Hi.")
    assert [(event.name, event.result) for event in trace.trace_events or ()] == [("read_file", "Hi.")]


def test_a_tool_that_langfuse_saw_with_bare_arguments_is_the_one_that_the_model_asked_for() -> None:
    function = {"name": "read_file", "arguments": '{"path": "a", "lines": 3}'}
    asks = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    given = {"messages": [ASKED]}
    told = {"messages": [ASKED, asks, {"role": "tool", "tool_call_id": "c1", "content": "Hi."}]}

    def observed(kind: str, given: object, returned: object) -> dict[str, str]:
        return {
            "langfuse.observation.type": kind,
            "langfuse.observation.input": json.dumps(given),
            "langfuse.observation.output": returned if isinstance(returned, str) else json.dumps(returned),
        }

    (run,) = rebuild(
        closed(
            held("agent", read(observed("agent", {"args": ["What does it say?"], "kwargs": {}}, "Hi."), name="A")),
            held("first", read(observed("generation", given, asks)), parent="agent", at=(1, 2)),
            held(
                "tool",
                read(observed("tool", {"args": ["a", 3], "kwargs": {}}, "Hi."), name="read_file"),
                parent="agent",
                at=(3, 4),
            ),
            held("last", read(observed("generation", told, "Hi.")), parent="agent", at=(5, 6)),
        )
    )
    (trace,) = run.traces
    assert [(event.name, event.arguments, event.result) for event in trace.trace_events or ()] == [
        ("read_file", {"path": "a", "lines": 3}, "Hi.")
    ]
