"""Guardrails and evaluators: their models speak about the run, not in it."""

from dataclasses import replace

import pytest

from otel_safety.rebuild import rebuild
from tests.rebuild.made import agent, chat, closed, held, other, says, user


@pytest.mark.parametrize("check", ["guardrail", "evaluator"])
def test_what_a_check_says_is_not_what_the_agent_says(check: str) -> None:
    (run,) = rebuild(
        closed(
            held("agent", agent("A"), at=(0, 100)),
            held("chat", chat([user("hello")], [says("hi")]), parent="agent", at=(1, 2)),
            held("check", replace(other(), name=check), parent="agent", at=(3, 6)),
            held("judge", chat([user("Is this fine? hi")], [says("safe")]), parent="check", at=(4, 5)),
        )
    )
    told = [(trace.agent, trace.input, trace.output) for trace in run.traces]
    assert told == [("A", "hello", "hi"), (None, "Is this fine? hi", "safe")]
