"""Shell command lines taken apart: commands with their words, redirections and pipes, offsets kept.

One left-to-right pass with a possessive pattern; nesting (subshells, ``$(...)``) is a stack, so the cost is
linear in the text. What is no valid shell still gives the commands that it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_COMMANDS = 400
MAX_LEXEMES = 4000

_LEXEME = re.compile(
    r"""
      (?P<blank>(?>(?:[ \t\r]++|\\\r?\n)+))
    | (?P<heredoc>\d*<<-?(?!<))
    | (?P<redirect>(?:\d+|&)?(?:>>|>\||>&|>)|<<<|<>|<&|<(?!\())
    | (?P<control>&&|\|\||\|&|;;|[;|&\n()])
    | (?P<substitution>[$<>]\(|`)
    | (?P<single>\$?'[^']*+(?:'|\Z))
    | (?P<double>\$?"(?>(?:[^"\\]++|\\.)*)(?:"|\\?\Z))
    | (?P<escape>\\.)
    | (?P<plain>(?>(?:[^\s"'\\`;|&<>()$]++|\$(?![('"]))+))
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UNESCAPE = re.compile(r"\\([$`\"\\\n])")
_KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac"}
)


@dataclass(slots=True)
class Word:
    """One word of a command: its value without quotes and its place.

    ``literal`` is true when ``value`` stands unchanged in the text at ``value_start``.
    """

    value: str
    start: int
    end: int
    value_start: int = 0
    literal: bool = True


@dataclass(slots=True)
class Command:
    """One simple command.

    Attributes:
        words: Program and arguments; keywords are left out.
        writes: Files that its output goes to, with ``>`` or ``>>``.
        piped: The command whose output it reads, if any.
        heredoc: Offsets of the text that it is fed with ``<<``, or ``None``.
    """

    words: list[Word] = field(default_factory=list[Word])
    writes: list[Word] = field(default_factory=list[Word])
    piped: Command | None = None
    heredoc: tuple[int, int] | None = None

    @property
    def start(self) -> int:
        """Offset of its first word."""
        return self.words[0].start if self.words else (self.writes[0].start if self.writes else 0)

    @property
    def end(self) -> int:
        """Offset past its last word or redirection."""
        ends = [part[-1].end for part in (self.words, self.writes) if part]
        return max(ends, default=0)


@dataclass(slots=True)
class Script:
    """What ``parse_shell`` found; ``complete`` is false when a limit cut it short."""

    commands: list[Command]
    complete: bool


def parse_shell(text: str) -> Script:
    """Split ``text`` into its simple commands, those in subshells and substitutions included."""
    return _Parser(text).parse()


def _after_newlines(text: str, position: int) -> int:
    while text.startswith("\n", position):
        position += 1
    return position


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._commands: list[Command] = []
        self._command = Command()
        self._stack: list[tuple[Command, str]] = []
        self._word: Word | None = None
        self._redirect = ""
        self._heredocs: list[tuple[Command, str]] = []
        self._complete = True

    def parse(self) -> Script:
        position = 0
        for _ in range(MAX_LEXEMES):
            match = _LEXEME.match(self._text, position)
            if match is None:
                break
            position = self._take(match)
            if len(self._commands) >= MAX_COMMANDS:
                self._complete = False
                break
        else:
            self._complete = position >= len(self._text)
        self._end_command()
        while self._stack:
            self._command, _ = self._stack.pop()
            self._end_command()
        commands = sorted(self._commands, key=lambda command: command.start)
        return Script(commands, self._complete)

    def _take(self, match: re.Match[str]) -> int:
        kind, lexeme, start, end = match.lastgroup, match.group(), match.start(), match.end()
        if kind == "plain" and lexeme.startswith("#") and self._word is None:
            newline = self._text.find("\n", end)
            return len(self._text) if newline < 0 else newline
        if kind == "blank":
            self._end_word()
        elif kind in {"heredoc", "redirect"}:
            # "2>file": the digits belong to the redirection only where they begin a word.
            self._end_word()
            self._redirect = "<<" if kind == "heredoc" else lexeme.lstrip("0123456789&")
        elif kind == "control":
            return self._control(lexeme, end)
        elif kind == "substitution":
            self._substitution(lexeme, start, end)
        elif kind == "single":
            body = lexeme[lexeme.index("'") + 1 :].removesuffix("'")
            self._append(body, start, end, start + lexeme.index("'") + 1)
        elif kind == "double":
            self._double(lexeme, start, end)
        elif kind == "escape":
            self._append(lexeme[1], start, end, None)
        else:
            self._append(lexeme, start, end, start)
        return end

    def _append(self, value: str, start: int, end: int, value_start: int | None) -> None:
        if self._word is None:
            self._word = Word(value, start, end, value_start or start, value_start is not None)
            return
        word = self._word
        joined = value_start is not None and word.literal and word.value_start + len(word.value) == value_start
        self._word = Word(word.value + value, word.start, end, word.value_start, joined)

    def _double(self, lexeme: str, start: int, end: int) -> None:
        quote = lexeme.index('"')
        body = lexeme[quote + 1 :].removesuffix('"')
        value = _UNESCAPE.sub(r"\1", body) if "\\" in body else body
        self._append(value, start, end, start + quote + 1 if value == body else None)
        opening = min((at for at in (body.find("$("), body.find("`")) if at >= 0), default=-1)
        if opening >= 0:
            # The inner text is parsed where it stands; its quotes cannot nest further here.
            inner = _Parser(body[opening:]).parse()
            self._complete = self._complete and inner.complete
            for command in inner.commands:
                _shift(command, start + quote + 1 + opening)
                self._commands.append(command)

    def _control(self, lexeme: str, end: int) -> int:
        if lexeme == ")" and self._stack:
            self._leave()
            return end
        if lexeme == "(":
            self._end_word()
            self._enter("(")
            return end
        finished = self._command
        self._end_command()
        if lexeme in {"|", "|&"} and finished.words:
            self._command.piped = finished
        if lexeme == "\n":
            # Empty lines end nothing more.
            return self._skip_heredocs(end) if self._heredocs else _after_newlines(self._text, end)
        return end

    def _substitution(self, lexeme: str, start: int, end: int) -> None:
        if lexeme == "`" and self._stack and self._stack[-1][1] == "`":
            self._leave()
            return
        # The word that holds a substitution stays a word of the outer command.
        self._append("", start, end, None)
        self._end_word()
        self._enter(lexeme)

    def _enter(self, opener: str) -> None:
        self._stack.append((self._command, opener))
        self._command = Command()

    def _leave(self) -> None:
        self._end_command()
        self._command, _ = self._stack.pop()

    def _end_word(self) -> None:
        word, self._word = self._word, None
        if word is None:
            return
        redirect, self._redirect = self._redirect, ""
        if redirect == "<<":
            self._heredocs.append((self._command, word.value))
        elif redirect in {">", ">>", ">|"} or (redirect == ">&" and not word.value.isdigit() and word.value != "-"):
            self._command.writes.append(word)
        elif not redirect and (self._command.words or (word.value and word.value not in _KEYWORDS)):
            self._command.words.append(word)

    def _end_command(self) -> None:
        self._end_word()
        self._redirect = ""
        if self._command.words or self._command.writes:
            self._commands.append(self._command)
        self._command = Command()

    def _skip_heredocs(self, position: int) -> int:
        for command, delimiter in self._heredocs:
            body_start = position
            for line_start, line_end in _lines(self._text, position):
                position = min(line_end + 1, len(self._text))
                if self._text[line_start:line_end].strip() == delimiter:
                    command.heredoc = (body_start, line_start)
                    break
            else:
                command.heredoc = (body_start, len(self._text))
                position = len(self._text)
        self._heredocs = []
        return position


def _lines(text: str, position: int) -> Iterator[tuple[int, int]]:
    while position < len(text):
        newline = text.find("\n", position)
        end = len(text) if newline < 0 else newline
        yield position, end
        position = end + 1


def _shift(command: Command, offset: int) -> None:
    for word in (*command.words, *command.writes):
        word.start += offset
        word.end += offset
        word.value_start += offset
    if command.heredoc is not None:
        command.heredoc = (command.heredoc[0] + offset, command.heredoc[1] + offset)
