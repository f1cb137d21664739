"""Tool spans that carry the only argument of a call without its name."""

import pytest

from otel_safety.rebuild import rebuild
from otel_safety.rebuild.arguments import compatible, named, without_names
from tests.rebuild.made import answers, asks, chat, closed, held, says, tool, user


@pytest.mark.parametrize(
    ("executed", "requested", "together"),
    [
        ("ls", {"command": "ls"}, {"command": "ls"}),
        ("5", {"count": 5}, {"count": 5}),
        ("[1,2]", {"items": [1, 2]}, {"items": [1, 2]}),
        ({"deep": True}, {"options": {"deep": True}}, {"options": {"deep": True}}),
        ({"command": "ls"}, {"command": "ls"}, {"command": "ls"}),
        ("ls", None, "ls"),
        (None, {"command": "ls"}, {"command": "ls"}),
    ],
)
def test_a_request_names_the_argument_of_its_execution(executed: object, requested: object, together: object) -> None:
    assert compatible(executed, requested)  # type: ignore[arg-type]  # arguments, as parametrised
    assert named(executed, requested) == together  # type: ignore[arg-type]  # arguments, as parametrised


def test_other_arguments_are_other_arguments() -> None:
    assert not compatible("ls", {"command": "rm"})
    assert not compatible("ls", {"command": "ls", "cwd": "/"})
    assert named("ls -la", {"command": "ls"}) == "ls -la"
    assert without_names({"command": "ls", "cwd": "/é"}) == '["ls","/é"]'
    assert without_names({}) is None


@pytest.mark.parametrize("call_id", ["a", None])
def test_a_span_with_a_bare_argument_is_the_execution_of_its_request(call_id: str | None) -> None:
    (run,) = rebuild(
        closed(
            held("first", chat([user("go")], [asks("bash", "a", command="ls")]), at=(0, 1)),
            held("tool", tool("bash", "ls", call_id=call_id, result="x"), at=(2, 3)),
            held(
                "last", chat([user("go"), asks("bash", "a", command="ls"), answers("x", "a")], [says("x")]), at=(4, 5)
            ),
        )
    )
    (trace,) = run.traces
    assert [(event.name, event.arguments, event.executed) for event in trace.trace_events or ()] == [
        ("bash", {"command": "ls"}, True)
    ]
