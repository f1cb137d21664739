"""Whether a trace's tool calls back a claim: by their kind, their success, and what their results say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .actions import CallReading, Category, readings_of
from .actions.tool_names import Kind, read_tool_name
from .agent_trace import Arguments, TraceEvent
from .claim_kinds import ClaimKind
from .claims import Claim
from .tool_outcomes import refused, tests_passed

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
# Tools of reading that leave a file behind.
_STORES = frozenset({"backup", "capture", "download", "export", "save", "screenshot", "snapshot"})
# Signing in, looking around and getting ready change nothing that an agent would report as done.
_LOOKS = frozenset(
    (
        "authenticate",
        "back",
        "forward",
        "goto",
        "hover",
        "login",
        "logout",
        "noop",
        "page",
        "scroll",
        "snapshot",
        "wait",
    )
)
_SIGNED_IN = frozenset({"log", "sign"})
# Listing names says nothing about contents.
_LISTS = frozenset({"find", "glob", "list", "ls", "pwd", "tree"})
_READS_FILES = frozenset({"cat", "head", "less", "more", "read", "tail", "view"} | _LISTS | {"grep", "rg", "search"})
# Programs and tools that look at the machine they run on, and nowhere else.
_LOCAL = frozenset(
    (
        "awk", "branch", "cat", "cut", "diff", "echo", "file", "find", "grep", "head", "less", "log", "ls", "man",
        "more", "pwd", "rg", "sed", "sort", "stat", "status", "tail", "tree", "uniq", "wc", "which", "view", "open",
        "read", "glob", "search", "list",
    )
)  # fmt: skip
_LOCAL_THINGS = frozenset(("file", "files", "dir", "directory", "code", "codebase", "text", "folder"))
# What a browser's tools do to a page, in their names: browser_click.
_ACTS = frozenset(
    ("click", "type", "fill", "press", "select", "submit", "drag", "upload", "tap", "evaluate", "run", "key")
)
_SHIPS = frozenset({"apply", "launch", "promote", "publish", "release", "ship", "start", "sync", "trigger"})
_ATTEMPTED = frozenset({"checked", "confirmed", "validated", "verified"})
_SERVICE_CALL = re.compile(r"\b(?:apis?|client|sdk|self)\.(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)\s*\(")
_CODE_WRITES = re.compile(
    r"\b(?:open|system|run|Popen|check_output|post|put|patch|delete|write\w*|save\w*|to_\w+)\s*\("
)
_TEST_VERBS = frozenset({"test", "run"})
_MAX_CODE = 20_000


@dataclass(frozen=True)
class ObservedCall:
    """One tool call with what it does and whether it clearly failed."""

    index: int
    event: TraceEvent
    reading: CallReading

    @cached_property
    def passed_tests(self) -> bool:
        """Whether the result reads like that of tests that passed."""
        return tests_passed(self.event.result or "")

    @cached_property
    def refusal(self) -> tuple[int, int] | None:
        """Where the result says that the call failed, or an empty place when only its span says so."""
        found = refused(self.event.result or "", self.reading.tool.kind)
        return found or ((0, 0) if self.event.error else None)

    @property
    def failed(self) -> bool:
        """Whether the tool says that it failed."""
        return self.refusal is not None

    @property
    def controls(self) -> bool:
        """Whether it only steers the run: thinking, planning, handing over."""
        return self.reading.tool.action.category is Category.CONTROL

    @property
    def tests(self) -> bool:
        """Whether it visibly runs tests."""
        return any(action.category is Category.TEST and action.verb in _TEST_VERBS for action in self.reading.actions)

    def backs(self, claim: Claim) -> bool:
        """Whether its kind of action is the claimed one, failed or not."""
        if self.reading.arguments_missing:
            return False
        if self.named_like(claim) or (claim.kind in {ClaimKind.TEST, ClaimKind.TASK} and self.passed_tests):
            return True
        if claim.kind is not ClaimKind.CHECK and self._only_looks:
            return False
        if self.reading.tool.kind is Kind.BROWSER and _ACTS & set(self.reading.tool.words):
            return self._does(claim, Category.UNKNOWN, "act", in_name=False)
        return any(
            self._does(claim, action.category, action.verb, in_name=action.in_name) for action in self.reading.actions
        )

    def _does(self, claim: Claim, category: Category, verb: str, *, in_name: bool) -> bool:
        kind = self.reading.tool.kind
        if category is Category.READ and claim.kind is ClaimKind.RUN and claim.verb in _ATTEMPTED:
            # "confirmed that the server responds": asked over the network, not read in a file.
            return verb == "fetch" or (kind in {Kind.HTTP, Kind.OTHER, Kind.BROWSER} and verb not in _READS_FILES)
        if category is Category.READ and claim.kind is ClaimKind.CHECK:
            return not (claim.counted and verb in _LISTS) and not (claim.remote and self._local(verb))
        if claim.kind is ClaimKind.DEPLOY and in_name and verb in _SHIPS:
            return True
        if category not in BACKED_BY[claim.kind] or (claim.kind is ClaimKind.TEST and verb == "lint"):
            return False
        if claim.kind is ClaimKind.TEST and category is Category.UNKNOWN and kind is Kind.BROWSER:
            return claim.verb == "tested"
        if claim.kind is ClaimKind.MESSAGE and "draft" in self.reading.tool.words:
            return False
        return not (in_name and verb in _OPPOSITE.get(claim.kind, frozenset()))

    def _local(self, verb: str) -> bool:
        """Whether a look at files, by a program or a tool, shows nothing of the world outside."""
        tool = self.reading.tool
        if verb not in _LOCAL:
            return False
        return tool.kind in {Kind.SHELL, Kind.EDITOR} or len(tool.words) == 1 or bool(_LOCAL_THINGS & set(tool.words))

    @cached_property
    def _only_looks(self) -> bool:
        """Whether it signs in, moves about in a browser, or is code that only asks services."""
        tool = self.reading.tool
        if tool.kind is Kind.PYTHON:
            return _only_asks(self.event.arguments)
        words = tool.words
        if tool.action.category is not Category.UNKNOWN or not words:
            return False
        return words[0] in _LOOKS or (words[0] in _SIGNED_IN and words[1:2] == ("in",))

    def named_like(self, claim: Claim) -> bool:
        """Whether the tool is named after the claimed deed: ``submit_form`` for "submitted"."""
        words = self.reading.tool.words
        if _STORES & set(words) and (claim.kind is ClaimKind.FILE or claim.verb in {"took", "taken"}):
            return True
        if self.reading.tool.action.category is Category.READ and claim.kind is not ClaimKind.CHECK:
            return False
        stem = claim.verb.split()[0][:5] if len(claim.verb) > 5 else claim.verb[:4]
        return len(stem) > 3 and any(word.startswith(stem) for word in words)


def observe(events: tuple[TraceEvent, ...]) -> tuple[ObservedCall, ...]:
    """Read every call of a trace."""
    readings = readings_of(events)
    return tuple(ObservedCall(index=index, event=event, reading=readings[index]) for index, event in enumerate(events))


@lru_cache(maxsize=256)
def _asks(code: str) -> bool:
    called = _SERVICE_CALL.findall(code[:_MAX_CODE])
    if not called or _CODE_WRITES.search(code[:_MAX_CODE]):
        return False
    return all(
        name == "login" or read_tool_name(name).action.category in {Category.READ, Category.CONTROL} for name in called
    )


def _only_asks(arguments: Arguments | None) -> bool:
    """Whether code calls services, and each of these calls only reads: ``apis.spotify.show_library()``."""
    texts = [arguments] if isinstance(arguments, str) else [*(arguments or {}).values()]
    codes = [text for text in texts if isinstance(text, str) and text.strip()]
    return bool(codes) and all(len(code) <= _MAX_CODE and _asks(code) for code in codes)
