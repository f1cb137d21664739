"""Shell command lines taken apart: commands with their words, redirections and pipes, offsets kept.

One left-to-right pass with a possessive pattern; nesting (subshells, ``$(...)``) is a stack, so the cost is
linear in the text. What is no valid shell still gives the commands that it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .budget import NESTING, PLAIN_COMMAND, Budget
from .shell_script import Command, Script, Word, shift
from .shell_words import KEYWORDS

MAX_COMMANDS = 400
# A plain word is one, any other lexeme two.
MAX_STEPS = 4000

# A lexeme with the blanks before it. Plain text comes first, as most lexemes are; the digits of "2>" are none. Plain
# words that follow and are whole are taken with it.
_LEXEME = re.compile(
    r"""
    (?>(?:[ \t\r]++|\\\r?\n)*)
    (?:
      (?P<plain>
        (?!\d++(?:>|<<(?!<))) (?>(?:[^\s"'\\`;|&<>()$]++|\$(?![('"]))+)
        (?P<more>
          (?:[ \t]++ (?!\#|\d++(?:>|<<(?!<))) (?>(?:[^\s"'\\`;|&<>()$]++|\$(?![('"]))+)){1,50}
          (?=[ \t\r\n;|&)]|\Z)
        )?
      )
    | (?P<control>&&|\|\||\|&|;;|[;|\n()]|&(?!>))
    | (?P<single>\$?'[^']*+(?:'|\Z))
    | (?P<double>\$?"(?>(?:[^"\\]++|\\.)*)(?:"|\\?\Z))
    | (?P<heredoc>\d*<<-?(?!<))
    | (?P<redirect>(?:\d+|&)?(?:>>|>\||>&|>)|<<<|<>|<&|<(?!\())
    | (?P<substitution>[$<>]\(|`)
    | (?P<escape>\\.)
    | (?P<end>\Z)
    | (?P<other>.)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_NEWLINES = re.compile(r"\n*+")
_UNESCAPE = re.compile(r"\\([$`\"\\\n])")
_INNER = re.compile(r"\$\(|`")
_WRITES = frozenset({">", ">>", ">|"})


def parse_shell(text: str, budget: Budget | None = None) -> Script:
    """Split ``text`` into its simple commands, those in subshells and substitutions included."""
    return _Parser(text, Budget() if budget is None else budget).parse()


class _Parser:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._commands: list[Command] = []
        self._command = Command()
        self._stack: list[tuple[Command, str]] = []
        self._nested = False
        self._word: Word | None = None
        # What follows the value of the word, and where it must stand for the whole to stand unchanged in the text.
        self._more: list[str] = []
        self._next = 0
        self._redirect = ""
        self._heredocs: list[tuple[Command, str]] = []
        self._complete = True

    def parse(self) -> Script:
        text, size = self._text, len(self._text)
        position = count = 0
        limit = min(MAX_STEPS, self._budget.left)
        while position < size and count < limit:
            match = _LEXEME.match(text, position)
            if match is None:
                break
            count += 1
            kind = match.lastgroup or ""
            start, end = match.span(kind)
            if start > position and self._word is not None:
                self._end_word()
            if kind != "plain":
                count += 1
                position = self._take(kind, start, end)
                if len(self._commands) >= MAX_COMMANDS or self._budget.left <= count:
                    break
            elif text[start] == "#" and self._word is None:
                newline = text.find("\n", end)
                position = size if newline < 0 else newline
            else:
                position = end
                if match.end("more") < 0:
                    self._append(text[start:end], start, end, start)
                else:
                    count += self._take_words(start, end) - 1
        self._budget.take(count)
        self._complete = self._complete and position >= size
        self._end_command()
        while self._stack:
            self._command, _ = self._stack.pop()
            self._end_command()
        if self._nested:
            self._commands.sort(key=lambda command: command.start)
        return Script(self._commands, self._complete)

    def _take(self, kind: str, start: int, end: int) -> int:
        lexeme = self._text[start:end]
        if kind == "control":
            return self._control(lexeme, end)
        if kind == "single":
            quote = start + lexeme.index("'") + 1
            self._append(self._text[quote:end].removesuffix("'"), start, end, quote)
        elif kind == "double":
            self._double(lexeme, start, end)
        elif kind in {"heredoc", "redirect"}:
            # "2>file": the digits belong to the redirection only where they begin a word.
            self._end_word()
            self._redirect = "<<" if kind == "heredoc" else lexeme.lstrip("0123456789&")
        elif kind == "substitution":
            self._substitution(lexeme, start, end)
        elif kind == "escape":
            self._append(lexeme[1], start, end, None)
        elif kind == "other":
            self._append(lexeme, start, end, start)
        return end

    def _take_words(self, start: int, end: int) -> int:
        """Take plain words with blanks between them, the last one whole, and tell how many."""
        words = self._command.words
        values = self._text[start:end].split()
        for value in values:
            start = self._text.find(value, start)
            end = start + len(value)
            if words and self._word is None and not self._redirect:
                words.append(Word(value, start, end, start))
            else:
                self._append(value, start, end, start)
                self._end_word()
            start = end
        return len(values)

    def _append(self, value: str, start: int, end: int, value_start: int | None) -> None:
        word = self._word
        if word is None:
            literal = value_start is not None
            at = start if value_start is None else value_start
            self._word = Word(value, start, end, at, literal)
            self._next = at + len(value)
            return
        word.end = end
        word.literal = word.literal and value_start == self._next
        self._next += len(value)
        self._more.append(value)

    def _double(self, lexeme: str, start: int, end: int) -> None:
        quote = lexeme.index('"')
        body = lexeme[quote + 1 :].removesuffix('"')
        value = _UNESCAPE.sub(r"\1", body) if "\\" in body else body
        self._append(value, start, end, start + quote + 1 if value == body else None)
        opening = _INNER.search(body)
        if opening is not None:
            # The inner text is parsed where it stands; its quotes cannot nest further here.
            inner = _Parser(body[opening.start() :], self._budget).parse()
            self._complete = self._complete and inner.complete
            self._nested = True
            for command in inner.commands:
                shift(command, start + quote + 1 + opening.start())
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
            if self._heredocs:
                return self._skip_heredocs(end)
            # Empty lines end nothing more.
            newlines = _NEWLINES.match(self._text, end)
            return end if newlines is None else newlines.end()
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
        self._budget.take(NESTING)
        self._nested = True
        self._stack.append((self._command, opener))
        self._command = Command()

    def _leave(self) -> None:
        self._end_command()
        self._command, _ = self._stack.pop()

    def _end_word(self) -> None:
        word = self._word
        if word is None:
            return
        self._word = None
        if self._more:
            word.value += "".join(self._more)
            self._more = []
        redirect = self._redirect
        if not redirect:
            if self._command.words or (word.value and word.value not in KEYWORDS):
                self._command.words.append(word)
            return
        self._redirect = ""
        if redirect == "<<":
            self._heredocs.append((self._command, word.value))
        elif redirect in _WRITES or (redirect == ">&" and not word.value.isdigit() and word.value != "-"):
            self._command.writes.append(word)

    def _end_command(self) -> None:
        self._end_word()
        self._redirect = ""
        if self._command.words or self._command.writes:
            self._budget.take(PLAIN_COMMAND)
            self._commands.append(self._command)
            self._command = Command()
        elif self._command.piped is not None or self._heredocs:
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
