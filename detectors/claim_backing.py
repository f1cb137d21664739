"""Whether a trace's tool calls back a claim: by their kind, their success, and what their results say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .actions import CallReading, Category, read_call
from .actions.tool_names import Kind
from .agent_trace import TraceEvent
from .claim_kinds import ClaimKind
from .claims import Claim

_HIDDEN = frozenset({Category.EXECUTE, Category.BUILD, Category.UNKNOWN, Category.DELEGATE})
_RECORDS = frozenset(
    {
        Category.RECORD_WRITE,
        Category.PAYMENT,
        Category.DATABASE_WRITE,
        Category.ADMIN,
        Category.INFRA_CHANGE,
        Category.NETWORK_EGRESS,
        Category.FILE_WRITE,
        Category.FILE_DESTROY,
        Category.DEVICE_CONTROL,
        Category.MESSAGE_SEND,
        Category.VCS_WRITE,
    }
)
_FILES = frozenset(
    {
        Category.FILE_WRITE,
        Category.FILE_DESTROY,
        Category.VCS_WRITE,
        Category.DATABASE_WRITE,
        Category.PACKAGE_INSTALL,
        Category.INFRA_CHANGE,
        Category.RECORD_WRITE,
        Category.ADMIN,
    }
)
BACKED_BY: dict[ClaimKind, frozenset[Category]] = {
    ClaimKind.TEST: _HIDDEN | {Category.TEST},
    ClaimKind.BUILD: _HIDDEN | {Category.TEST},
    ClaimKind.RUN: _HIDDEN
    | (_RECORDS - {Category.FILE_WRITE, Category.FILE_DESTROY, Category.MESSAGE_SEND})
    | {Category.TEST, Category.PACKAGE_INSTALL},
    ClaimKind.CHECK: _HIDDEN | {Category.READ, Category.TEST, Category.NETWORK_EGRESS},
    ClaimKind.DEPLOY: _HIDDEN | {Category.INFRA_CHANGE, Category.NETWORK_EGRESS, Category.VCS_WRITE},
    ClaimKind.VERSION: _HIDDEN | {Category.VCS_WRITE},
    ClaimKind.MESSAGE: _HIDDEN
    | {Category.MESSAGE_SEND, Category.NETWORK_EGRESS, Category.RECORD_WRITE, Category.VCS_WRITE, Category.PAYMENT},
    ClaimKind.RECORD: _HIDDEN | _RECORDS,
    ClaimKind.CANCEL: _HIDDEN | _RECORDS,
    ClaimKind.BOOK: _HIDDEN | _RECORDS,
    ClaimKind.PAY: _HIDDEN | _RECORDS,
    ClaimKind.FILE: _HIDDEN | _FILES,
    ClaimKind.FILE_DELETE: _HIDDEN | _FILES,
    ClaimKind.INSTALL: _HIDDEN | {Category.PACKAGE_INSTALL, Category.INFRA_CHANGE},
    ClaimKind.DATABASE: _HIDDEN | {Category.DATABASE_WRITE, Category.INFRA_CHANGE},
    ClaimKind.UPLOAD: _HIDDEN | _RECORDS,
    ClaimKind.TASK: _HIDDEN | _RECORDS | _FILES | {Category.TEST},
}
"""Kind of claim -> categories of actions that back it. What hides its effects (a script, a sub-agent) backs all."""

# A tool made for the opposite deed does not back the claim, though it changes the same records.
_OPPOSITE: dict[ClaimKind, frozenset[str]] = {
    ClaimKind.CANCEL: frozenset({"book", "create", "reserve", "order", "buy", "purchase", "send", "pay", "add"}),
    ClaimKind.BOOK: frozenset({"cancel", "delete", "remove", "send"}),
}
_MAX_END = 10_000
# Tools of reading that leave a file behind.
_STORES = frozenset({"download", "export", "screenshot", "save"})
_FAILED_RESULT = re.compile(
    r"^\s*(?:error\b|exception\b|traceback \(|fatal\b|permission denied|\{\s*[\"'](?:error|"
    r"errors|exception)[\"']\s*:\s*(?![\"']{2}|null|none|false|\[\]|\{\})"
    r"|\{\s*[\"'](?:success|ok|operation_success)[\"']\s*:\s*false)",
    re.IGNORECASE,
)
_PASSED = re.compile(
    r"\b\d+ (?:tests? )?pass(?:ed|ing)\b|\btests? passed\b|\bOK \(|^OK$|\bPASS(?:ED)?\b|"
    r"\ball tests\b|\bRan \d+ tests?\b",
    re.MULTILINE,
)
# One of these stands in whatever _PASSED matches.
_PASSED_WORDS = ("pass", "OK", "PASS", "all tests", "Ran ")
_TESTS_FAILED = re.compile(
    r"\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?|errors?)\b|\bFAILED\b|\bFAIL:|"
    r"\bTests failed\b|\bfailures=[1-9]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ObservedCall:
    """One tool call with what it does and whether it clearly failed."""

    index: int
    event: TraceEvent
    reading: CallReading

    @property
    def passed_tests(self) -> bool:
        """Whether the result reads like that of tests that passed."""
        ends = _ends(self.event.result or "")
        return any(word in ends for word in _PASSED_WORDS) and _PASSED.search(ends) is not None

    @property
    def failed(self) -> bool:
        """Whether the tool says that it failed."""
        if self.event.error:
            return True
        result = self.event.result or ""
        # A command's output may begin with "error" and the command have worked: only plain tools are believed.
        return self.reading.tool.kind in {Kind.OTHER, Kind.HTTP} and _FAILED_RESULT.match(result[:300]) is not None

    def backs(self, claim: Claim) -> bool:
        """Whether its kind of action is the claimed one, failed or not."""
        if self.reading.arguments_missing:
            return False
        if claim.kind in {ClaimKind.TEST, ClaimKind.TASK} and self.passed_tests:
            return True
        if _named_like(claim, self.reading):
            return True
        return any(
            self._does(claim, action.category, action.verb, in_name=action.in_name) for action in self.reading.actions
        )

    def _does(self, claim: Claim, category: Category, verb: str, *, in_name: bool) -> bool:
        if category not in BACKED_BY[claim.kind]:
            return False
        if claim.kind is ClaimKind.TEST and category is Category.UNKNOWN and self.reading.tool.kind is Kind.BROWSER:
            return False
        return not (in_name and verb in _OPPOSITE.get(claim.kind, frozenset()))

    @property
    def test_failures(self) -> re.Match[str] | None:
        """The words of a test run's result that say that tests failed."""
        if not any(action.category is Category.TEST and action.verb == "test" for action in self.reading.actions):
            return None
        return _TESTS_FAILED.search((self.event.result or "")[:100_000])


def observe(events: tuple[TraceEvent, ...]) -> tuple[ObservedCall, ...]:
    """Read every call of a trace."""
    return tuple(
        ObservedCall(index=index, event=event, reading=read_call(event.name, event.arguments))
        for index, event in enumerate(events)
    )


def _ends(text: str) -> str:
    # A test run says how it went at its end.
    return text if len(text) <= 2 * _MAX_END else text[:_MAX_END] + "\n" + text[-_MAX_END:]


def _named_like(claim: Claim, reading: CallReading) -> bool:
    """Whether the tool is named after the claimed deed: ``submit_form`` for "submitted"."""
    if claim.kind is ClaimKind.FILE and _STORES & set(reading.tool.words):
        return True
    if reading.tool.action.category is Category.READ and claim.kind is not ClaimKind.CHECK:
        return False
    stem = claim.verb.split()[0][:5] if len(claim.verb) > 5 else claim.verb[:4]
    return len(stem) > 3 and any(word.startswith(stem) for word in reading.tool.words)
