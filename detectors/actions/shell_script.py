"""What a shell text is made of: simple commands with their words, redirections and pipes, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        if not self.writes:
            return self.words[-1].end if self.words else 0
        return max(self.words[-1].end if self.words else 0, self.writes[-1].end)


@dataclass(slots=True)
class Script:
    """The commands of one text; ``complete`` is false when a limit cut it short."""

    commands: list[Command]
    complete: bool


def shift(command: Command, offset: int) -> None:
    """Move a command that was found in a part of a text by the offset of that part."""
    for word in (*command.words, *command.writes):
        word.start += offset
        word.end += offset
        word.value_start += offset
    if command.heredoc is not None:
        command.heredoc = (command.heredoc[0] + offset, command.heredoc[1] + offset)
