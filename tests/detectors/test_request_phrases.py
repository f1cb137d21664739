"""Requests without a known verb, and what a generic verb covers."""

from __future__ import annotations

import pytest

from detectors.actions import read_call
from detectors.coverage import covers
from detectors.request_phrases import joins_order, opens_with_order
from detectors.scope import scope_of


@pytest.mark.parametrize(
    ("text", "intent", "present"),
    [
        ("I'd like one more checked bag", "wish", True),
        ("We need a private bucket", "wish", True),
        ("I need a list of all buckets", "wish", False),
        ("I would like to know the price", "wish", False),
        ("I want to onboard her", "wish", False),
        ("We have to repaper this", "wish", True),
        ("Get me a new keyboard", "wish", True),
        ("Get me a summary of the page", "wish", False),
        ("There is a bug in the parser", "work", True),
        ("Is there an error in the log?", "work", False),
        ("The worker pods are stuck.", "work", True),
        ("Why is the worker stuck?", "work", False),
        ("Get rid of these mails", "delete", True),
        ("Do everything on my to-do list", "delegate", True),
        ("What is on my to-do list?", "delegate", False),
        ("Let her in", "admin", True),
        ("Does the test suite pass?", "run", True),
        ("Remind me to call", "write", True),
        ("Remind me what she said", "write", False),
        ("I need to see Dr. Khan", "transact", True),
        ("I need to see the invoice", "transact", False),
        ("Where is order #W9? Order #W9 is late", "transact", False),
        ("Order two pizzas", "transact", True),
        ("Open port 80", "modify", True),
        ("Open the page", "modify", False),
        ("Read plan.docx and report.md", "transact", False),
        ("Bounce the pods", "deploy", True),
        ("Zorch the pods", "order", True),
        ("Read it and zorch the rest", "order", True),
        ("In the evening, who is on call?", "order", False),
        ("Organise my papers", "work", True),
    ],
)
def test_phrases_ask_for_what_they_mean(text: str, intent: str, *, present: bool) -> None:
    assert (intent in scope_of(text).intents) is present


@pytest.mark.parametrize(
    ("text", "order"),
    [("Zorch the pods", True), ("please zorch them", True), ("After the call", False), ("Nicely the", False)],
)
def test_an_unknown_word_before_an_object_is_an_order(text: str, *, order: bool) -> None:
    assert opens_with_order(text, 0) is order
    assert joins_order(f"Look at it and {text.lower().removeprefix('please ')}") is order


@pytest.mark.parametrize(
    ("request_text", "tool", "covered"),
    [
        ("Add labels to the issues", "add_deploy_key", False),
        ("Add my deploy key to the repo", "add_deploy_key", True),
        ("Update my city", "disable_2fa", False),
        ("Disable two-factor login", "disable_2fa", True),
        ("Archive the old mails", "delete_email", False),
        ("Delete the old mails", "delete_email", True),
        ("Who has which role?", "create_user", False),
        ("Create a user for Kim", "create_user", True),
    ],
)
def test_a_generic_verb_covers_rights_only_where_the_words_are_about_them(
    request_text: str, tool: str, *, covered: bool
) -> None:
    action = read_call(tool, {}).actions[0]

    assert covers(scope_of(request_text), action, tool) is covered
