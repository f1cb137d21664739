"""What a shell command line does, wrappers and nested languages followed: sudo, xargs, ``bash -c``, SQL clients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import paths
from .budget import COMMAND, Budget
from .packages import package_action, script_action
from .plain_commands import PLAIN, plain_actions
from .programs import delete_action, program_action, write_action
from .python_code import code_actions
from .shell_script import Command, Word
from .shell_syntax import parse_shell
from .shell_words import (
    ASSIGNMENT,
    DISCARDED,
    INTERPRETERS,
    PYTHONS,
    SHELLS,
    SQL_CLIENTS,
    TAKES_OPERAND,
    TEST_FILE,
    WRAPPERS,
    program_name,
)
from .sql import sql_actions
from .taxonomy import Action, Category, placed, shifted

_BARE_ADDRESS = re.compile(r"^(?:\w+://)?(?!127\.|10\.|192\.168\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?=[:/]|$)")
MAX_DEPTH = 4


class Reading(NamedTuple):
    """What a text does; ``complete`` is false when a limit cut the reading short."""

    actions: tuple[Action, ...]
    complete: bool


def read_shell(text: str, budget: Budget | None = None) -> Reading:
    """Read ``text`` as shell: one action or more per simple command, with offsets into ``text``.

    ``budget`` is drawn on; without one the text has its own.
    """
    budget = Budget() if budget is None else budget
    plain = plain_actions(text, budget)
    return _read(text, 0, budget) if plain is None else Reading(tuple(plain), complete=True)


def _read(text: str, depth: int, budget: Budget) -> Reading:
    script = parse_shell(text, budget)
    actions: list[Action] = []
    complete = script.complete
    for command in script.commands:
        if not command.writes and command.words[0].value in PLAIN:
            # Most commands look something up, and nothing in their arguments changes that.
            actions.append(Action(Category.READ, command.words[0].value, start=command.start, end=command.end))
            continue
        if budget.is_spent:
            complete = False
            break
        budget.take(COMMAND)
        reading = _Reader(text, depth, command, budget).read()
        actions += reading.actions
        complete = complete and reading.complete
    return Reading(tuple(actions), complete)


class _Reader:
    def __init__(self, text: str, depth: int, command: Command, budget: Budget) -> None:
        self._text = text
        self._depth = depth
        self._budget = budget
        self._command = command
        self._complete = True
        self._inner = 0

    def read(self) -> Reading:
        actions = [self._redirection(word) for word in self._command.writes if not DISCARDED.match(word.value)]
        words, elevated, fed = self._unwrap()
        if words:
            actions += self._program(words, fed=fed)
        if elevated:
            actions = [
                item._replace(weight=min(1.0, item.weight + 0.1)) if item.weight >= 0.1 else item for item in actions
            ]
        return Reading(tuple([item if item.end else self._whole(item) for item in actions]), self._complete)

    def _whole(self, action: Action) -> Action:
        return action.at(self._command.start, self._command.end)

    def _redirection(self, word: Word) -> Action:
        start = self._command.start
        if word.value.startswith(("/dev/tcp/", "/dev/udp/")):
            action = Action(category=Category.NETWORK_EGRESS, verb="send", weight=0.9, target=word.value)
        else:
            action = write_action(word.value, 0.1)
        return action.at(start, max(word.end, start))

    def _unwrap(self) -> tuple[list[Word], bool, bool]:
        words = list(self._command.words)
        elevated = fed = False
        for _ in range(MAX_DEPTH * 2):
            while words and "=" in words[0].value and ASSIGNMENT.match(words[0].value):
                words = words[1:]
            name = program_name(words[0].value) if words else ""
            if name not in WRAPPERS:
                break
            elevated = elevated or name in {"sudo", "doas"}
            fed = fed or name in {"xargs", "parallel"}
            rest = _after_options(words[1:], WRAPPERS[name])
            words = rest[1:] if name in TAKES_OPERAND else rest
        return words, elevated, fed

    def _program(self, words: list[Word], *, fed: bool) -> list[Action]:
        self._inner += 1
        if self._inner > MAX_DEPTH:
            self._complete = False
            return []
        name = program_name(words[0].value)
        values = [name, *[word.value for word in words[1:]]]
        if name in SHELLS or name in {"su", "eval", "ssh", "cmd", "powershell", "pwsh"}:
            return self._shell(name, words)
        if PYTHONS.match(name):
            return self._python(words, values)
        if name in INTERPRETERS:
            tests = len(values) > 1 and TEST_FILE.search(values[1]) is not None
            return [Action(category=Category.TEST if tests else Category.EXECUTE, verb="test" if tests else name)]
        if name in SQL_CLIENTS and name != "bq":
            return self._sql(name, words)
        if name == "find":
            return self._find(words, values)
        if name in {"docker", "podman", "kubectl", "oc"} and "exec" in values[:4]:
            return self._inside_container(words, values)
        if fed and name in {"rm", "unlink", "shred"}:
            # What xargs removes is not in the text.
            return [delete_action(name, values[1:])._replace(weight=0.6)]
        if words[0].value.startswith("./") or name.endswith((".sh", ".py", ".bash")):
            known = package_action(values)
            if known is None:
                tests = TEST_FILE.search(words[0].value) is not None
                return [
                    Action(category=Category.TEST if tests else Category.EXECUTE, verb="test" if tests else "script")
                ]
        return [program_action(values)]

    def _shell(self, name: str, words: list[Word]) -> list[Action]:
        rest = words[1:]
        if name == "eval":
            return [action for word in rest for action in self._nested(word)]
        if name == "ssh":
            operands = _after_options(
                rest, frozenset({"-i", "-p", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-b", "-c"})
            )
            inner = [action for word in operands[1:] for action in (self._nested(word) if " " in word.value else [])]
            if not inner and len(operands) > 1:
                inner = [program_action([program_name(operands[1].value), *(word.value for word in operands[2:])])]
            return inner or [Action(category=Category.EXECUTE, verb="ssh")]
        for index, word in enumerate(rest[:-1]):
            if re.match(r"^-[a-z]*c$|^--command$|^/[cCkK]$|^-[Cc]ommand$", word.value):
                return self._nested(rest[index + 1])
        return self._fed_shell(name, rest)

    def _fed_shell(self, name: str, rest: Sequence[Word]) -> list[Action]:
        scripts = [word for word in rest if not word.value.startswith("-")]
        if self._command.heredoc is not None:
            return self._heredoc_shell()
        source = self._command.piped
        if source is not None and source.words and (not scripts or "-s" in [word.value for word in rest]):
            feeder = program_name(source.words[0].value)
            if feeder in {"echo", "printf"}:
                return [action for word in source.words[1:] for action in self._nested(word)]
            if feeder in {"curl", "wget", "fetch"}:
                start = min(source.start, self._command.start)
                # An installer comes from a named host; code from a bare address is nobody's installer.
                bare = any(_BARE_ADDRESS.match(word.value) for word in source.words[1:])
                remote = Action(
                    category=Category.PACKAGE_INSTALL, verb="run remote code", weight=0.85 if bare else 0.72
                )
                return [remote.at(start, self._command.end)]
            if feeder in {"base64", "xxd", "openssl", "gunzip"}:
                return [Action(category=Category.ADMIN, verb="run hidden code", weight=0.6)]
        if scripts and TEST_FILE.search(scripts[0].value):
            return [Action(category=Category.TEST, verb="test")]
        return [Action(category=Category.EXECUTE, verb=name, target=scripts[0].value if scripts else "")]

    def _heredoc_shell(self) -> list[Action]:
        start, end = self._command.heredoc or (0, 0)
        if self._depth >= MAX_DEPTH:
            self._complete = False
            return []
        reading = _read(self._text[start:end], self._depth + 1, self._budget)
        self._complete = self._complete and reading.complete
        return shifted(reading.actions, start)

    def _nested(self, word: Word) -> list[Action]:
        if self._depth >= MAX_DEPTH:
            self._complete = False
            return []
        reading = _read(word.value, self._depth + 1, self._budget)
        self._complete = self._complete and reading.complete
        return _in_word(list(reading.actions), word)

    def _code(self, code: str) -> list[Action]:
        def shell(line: str) -> list[Action]:
            if self._depth >= MAX_DEPTH:
                return []
            return list(_read(line, self._depth + 1, self._budget).actions)

        return code_actions(code, shell, self._budget)

    def _python(self, words: list[Word], values: list[str]) -> list[Action]:
        if "-c" in values[:-1]:
            word = words[values.index("-c") + 1]
            return _in_word(self._code(word.value), word)
        if "-m" in values[:-1]:
            module = values[values.index("-m") + 1 :]
            return [package_action(module) or Action(category=Category.EXECUTE, verb=module[0])]
        if self._command.heredoc is not None:
            start, end = self._command.heredoc
            return shifted(self._code(self._text[start:end]), start)
        scripts = [value for value in values[1:] if not value.startswith("-")]
        if not scripts:
            return [
                Action(
                    category=Category.READ if "--version" in values or "-V" in values else Category.EXECUTE,
                    verb="python",
                )
            ]
        return [script_action(scripts)]

    def _sql(self, name: str, words: list[Word]) -> list[Action]:
        options = SQL_CLIENTS[name]
        actions: list[Action] = []
        for index, word in enumerate(words[1:], 1):
            if word.value in options and index + 1 < len(words):
                actions += self._statements(words[index + 1])
            elif any(option.startswith("--") and word.value.startswith(option + "=") for option in options):
                actions += placed(sql_actions(word.value.split("=", 1)[1], self._budget), word.start, word.end)
        plain = [word for word in words[1:] if not word.value.startswith("-")]
        if name == "sqlite3" and len(plain) > 1:
            statements = [word for word in plain[1:] if not word.value.startswith(".")]
            actions += [
                action for word in statements for action in _in_word(sql_actions(word.value, self._budget), word)
            ]
        if self._command.heredoc is not None:
            start, end = self._command.heredoc
            actions += shifted(sql_actions(self._text[start:end], self._budget), start)
        source = self._command.piped
        if source is not None and source.words and program_name(source.words[0].value) in {"echo", "printf"}:
            actions += [
                action for word in source.words[1:] for action in _in_word(sql_actions(word.value, self._budget), word)
            ]
        return actions or [Action(category=Category.EXECUTE, verb=name)]

    def _statements(self, word: Word) -> list[Action]:
        return _in_word(sql_actions(word.value, self._budget), word)

    def _find(self, words: list[Word], values: list[str]) -> list[Action]:
        roots = [value for value in values[1:] if not value.startswith(("-", "(", "!"))][:1]
        for index, value in enumerate(values):
            if value == "-delete":
                scratch = bool(roots) and paths.is_temporary(roots[0])
                weight = 0.08 if scratch else 0.7
                return [Action(category=Category.FILE_DESTROY, verb="delete", weight=weight, scratch=scratch)]
            if value in {"-exec", "-execdir", "-ok"} and index + 1 < len(words):
                inner = self._program(words[index + 1 :], fed=True)
                return [item if item.end else self._whole(item) for item in inner]
        return [Action(category=Category.READ, verb="find")]

    def _inside_container(self, words: list[Word], values: list[str]) -> list[Action]:
        rest = words[values.index("--") + 1 :] if "--" in values else []
        if not rest:
            after = words[values.index("exec") + 1 :]
            rest = _after_options(after, frozenset({"-u", "-w", "-e", "-n", "-c", "--user", "--workdir", "--env"}))[1:]
        return self._program(rest, fed=False) if rest else [Action(category=Category.EXECUTE, verb="exec")]


def _after_options(words: list[Word], with_value: frozenset[str]) -> list[Word]:
    index = 0
    while index < len(words):
        value = words[index].value
        if value in with_value:
            index += 2
        elif value.startswith("-") or ASSIGNMENT.match(value):
            index += 1
        else:
            break
    return words[index:]


def _in_word(actions: list[Action], word: Word) -> list[Action]:
    if word.literal:
        return shifted(actions, word.value_start)
    return placed(actions, word.start, word.end)
