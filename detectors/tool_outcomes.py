"""What a tool's result says about how the call went: it failed, tests passed, tests failed, how many."""

from __future__ import annotations

import re
from typing import Final

from .actions.tool_names import Kind

_MAX_END: Final = 10_000
_HEAD: Final = 600
_TAIL: Final = 400
_MAX_COUNTED: Final = 20

# Plain tools answer a refusal in their first words, or in a field of their JSON.
_REFUSED: Final = re.compile(
    r"^[\W_]*(?:(?:an?\s+|the\s+)?(?:tool\s+|execution\s+|request\s+|operation\s+|api\s+|http\s+|runtime\s+)*"
    r"(?:error|exception|failure|failed|fatal|traceback \(|timeout|timed\s+out)\b"
    r"|(?:permission|access|request|payment|card|transaction)\s+(?:was\s+|has\s+been\s+)?(?:denied|declined|rejected|refused)"
    r"|unauthori[sz]ed\b|forbidden\b|not\s+found\b|bad\s+request\b|invalid\b|insufficient\b|sold\s+out\b|rejected\b"
    r"|\w*error\w*>|string\s+(?:to\s+replace\s+)?(?:was\s+)?not\s+found\b|no\s+changes?\s+(?:were\s+|was\s+)?made\b"
    r"|declined\b|denied\b|unable\s+to\b|could\s*(?:not|n't)\b|can(?:not|'t)\b|no\s+such\b|no\s+replacement\s+was"
    r"|you\s+(?:do\s+not|don't|cannot|can't|are\s+not)\b"
    r"|\w*(?:Error|Exception)\s*[:(])",
    re.IGNORECASE,
)
_NOTHING: Final = re.compile(r"^[\W_]*no\s+(?:\w+\s+){1,4}?(?:available|found|matched|matches)\b", re.IGNORECASE)
_DONE: Final = re.compile(
    r"\b(?:success\w*|created|updated|completed|done|saved|sent|confirmed|added)\b", re.IGNORECASE
)
_REFUSED_FIELD: Final = re.compile(
    r"[\"'](?:status|state|result|outcome|code|type)[\"']\s*:\s*[\"'](?:failed|failure|fail|error|rejected|denied|declined"
    r"|unsuccessful|not_?found|forbidden|unauthorized|refused|invalid\w*)[\"']"
    r"|[\"'](?:success|ok|succeeded|successful|is_?success|operation_success|successfull)[\"']\s*:\s*(?:false|0\b|[\"']false)"
    r"|[\"'](?:error|errors|exception|error_?message|err|failure_?reason)[\"']\s*:\s*"
    r"(?![\"']{2}|null|none|false|0\b|\[\s*\]|\{\s*\}|[\"'](?:none|null|no\s+errors?|0)?[\"'])"
    r"|[\"'](?:status_?code|http_?status|http_?code|code|status)[\"']\s*:\s*[\"']?[45]\d\d\b"
    r"|[\"'](?:message|detail|response|msg|output)[\"']\s*:\s*[\"'](?:you\s+(?:do\s+not|don't|cannot|can't|are\s+not|have\s+no)"
    r"|(?:\w+\s+){0,4}?(?:not\s+found|not\s+enough|does\s+not\s+exist|is\s+invalid|insufficient|failed|denied|declined)\b"
    r"|error|cannot|could\s+not|unable|invalid|no\s+such)",
    re.IGNORECASE,
)
_WORKED_FIELD: Final = re.compile(
    r"[\"'](?:success|ok|succeeded|successful)[\"']\s*:\s*true|[\"']status[\"']\s*:\s*[\"'](?:ok|success\w*|confirmed)",
    re.IGNORECASE,
)
# A command's output may speak of errors anywhere and the command have worked: its last line is believed.
_BROKE: Final = re.compile(
    r"^(?:\w+\.)*\w*(?:Error|Exception)\b(?::|$)|^error(?:\[\w+\])?:|^fatal:|^E: |^npm ERR!|^make(?:\[\d+\])?: \*\*\*"
    r"|\bBUILD FAIL(?:ED|URE)\b|\bcommand not found\b|: Permission denied$|: No such file or directory$"
    r"|\bcould not compile\b|\bAutomatic merge failed\b|^CONFLICT \(|! \[(?:remote )?rejected\]|\bfailed to push\b"
    r"|: error(?::| [A-Z]{1,4}\d+)|^\W*exit(?:ed)?\s*(?:code|status|with(?:\s+code)?)?\W*[1-9]\d{0,2}\b"
    r"|\[?(?:command\s+)?(?:finished|completed|exited)\s+with\s+exit\s+code\s*:?\s*[1-9]\d{0,2}\b"
    r"|[\"']exit_?code[\"']\s*:\s*[1-9]\d{0,2}\b",
    re.IGNORECASE | re.MULTILINE,
)
_PASSED: Final = re.compile(
    r"\b\d+ (?:tests? )?pass(?:ed|ing)\b|\btests? passed\b|\bOK \(|^OK$|\bPASS(?:ED)?\b|"
    r"\ball tests\b|\bRan \d+ tests?\b",
    re.MULTILINE,
)
# One of these stands in whatever _PASSED matches.
_PASSED_WORDS: Final = ("pass", "OK", "PASS", "all tests", "Ran ")
_TESTS_FAILED: Final = re.compile(
    r"\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?|errors?)\b|\bFAILED\b(?! \(expected)|\bFAIL:|^FAIL\b"
    r"|\bTests failed\b|\b(?:failures|errors)=[1-9]|\b(?:Failures|Errors): [1-9]|\btest result: FAILED"
    r"|\bcould not compile\b|\berrors? during collection\b|\bcollected 0 items\b|\bno tests ran\b"
    r"|\bBUILD FAIL(?:ED|URE)\b|\bcommand not found\b|\bNo module named (?:pytest|unittest)\b|npm ERR! ",
    re.MULTILINE,
)
_COUNTED: Final = re.compile(
    r"\b(\d{1,6}) (?:tests? )?pass(?:ed|ing)\b|\bRan (\d{1,6}) tests?\b|\bTests:\s+(?:\d+ \w+, ){0,3}?(\d{1,6}) passed"
    r"|\bTests run: (\d{1,6})\b|\b(\d{1,6}) (?:examples?|specs?|assertions?|total|tests?)\b"
)


def refused(result: str, kind: Kind) -> tuple[int, int] | None:
    """Where ``result`` says that the call did not do what it was made for; ``None`` when nothing says so."""
    if kind in {Kind.SHELL, Kind.PYTHON, Kind.SQL}:
        return _broke(result)
    head = result[:_HEAD]
    match = _REFUSED.match(head)
    if match is not None and "success" not in head[: match.end() + 40].lower():
        return match.span()
    match = _NOTHING.match(head)
    if match is not None and not _DONE.search(head):
        return match.span()
    if head.lstrip()[:1] in {"{", "["} and not _WORKED_FIELD.search(head):
        match = _REFUSED_FIELD.search(head)
        return match.span() if match else None
    return None


def _broke(result: str) -> tuple[int, int] | None:
    tail = result.rstrip()
    start = max(0, len(tail) - _TAIL)
    # The last lines of a shell that reports its exit code, or the very last one.
    line = tail.rfind("\n", start) + 1
    for first in dict.fromkeys((max(line, start), max(tail.rfind("\n", start, max(line - 1, start)) + 1, start))):
        match = _BROKE.search(tail, first)
        if match is not None:
            return match.span()
    return None


def tests_passed(result: str) -> bool:
    """Whether ``result`` reads like that of tests that passed."""
    ends = _ends(result)
    return any(word in ends for word in _PASSED_WORDS) and _PASSED.search(ends) is not None


def tests_failed(result: str) -> tuple[int, int] | None:
    """Where ``result``, that of a test run, says that tests failed or were not run at all."""
    match = _TESTS_FAILED.search(result[:100_000])
    return match.span() if match else None


def test_counts(result: str) -> frozenset[int]:
    """The numbers of tests that ``result`` tells of; empty when it tells of none or was cut."""
    if len(result) > 2 * _MAX_END or "[cut " in result or "truncated" in result:
        return frozenset()
    found = [int(next(filter(None, match.groups()))) for match in _COUNTED.finditer(result)]
    return frozenset(found) if len(found) <= _MAX_COUNTED else frozenset()


def _ends(text: str) -> str:
    # A test run says how it went at its end.
    return text if len(text) <= 2 * _MAX_END else text[:_MAX_END] + "\n" + text[-_MAX_END:]
