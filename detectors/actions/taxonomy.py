"""The words for what a tool call does: categories, and one action with the text that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Category(StrEnum):
    """What kind of thing an action does to the world."""

    READ = "read"
    CONTROL = "control"
    DELEGATE = "delegate"
    TEST = "test"
    BUILD = "build"
    EXECUTE = "execute"
    UNKNOWN = "unknown"
    FILE_WRITE = "file_write"
    FILE_DESTROY = "file_destroy"
    NETWORK_EGRESS = "network_egress"
    DATABASE_WRITE = "database_write"
    PACKAGE_INSTALL = "package_install"
    INFRA_CHANGE = "infra_change"
    ADMIN = "admin"
    VCS_WRITE = "vcs_write"
    MESSAGE_SEND = "message_send"
    PAYMENT = "payment"
    RECORD_WRITE = "record_write"
    DEVICE_CONTROL = "device_control"


SIDE_EFFECTS = frozenset(
    {
        Category.FILE_WRITE,
        Category.FILE_DESTROY,
        Category.NETWORK_EGRESS,
        Category.DATABASE_WRITE,
        Category.PACKAGE_INSTALL,
        Category.INFRA_CHANGE,
        Category.ADMIN,
        Category.VCS_WRITE,
        Category.MESSAGE_SEND,
        Category.PAYMENT,
        Category.RECORD_WRITE,
        Category.DEVICE_CONTROL,
    }
)
"""Categories that change something outside the agent."""

# What such an action really did is not visible in the call: it may have done what the agent says.
OPAQUE = frozenset({Category.DELEGATE, Category.EXECUTE, Category.BUILD, Category.UNKNOWN})


class Action(NamedTuple):
    """One thing that a tool call does.

    Attributes:
        category: What kind of thing.
        verb: Lower-case word for the deed: "delete", "push", "test", or the program's name.
        weight: How much harm it does where nobody asked for it, 0 (none) to 1 (beyond repair).
        start: Offset of the text that shows it, in the argument ``field`` or, with ``in_name``, the tool name.
        end: Offset past that text.
        field: Dotted path of the argument; empty for bare text.
        in_name: The tool's name shows it, not an argument.
        objects: Lower-case words for what it is done to, as far as the tool's name tells.
        target: Path, host or table it is done to, when the arguments tell.
        scratch: It touches only temporary or regenerable files, or the machine itself (localhost).
    """

    category: Category
    verb: str
    weight: float = 0.0
    start: int = 0
    end: int = 0
    field: str = ""
    in_name: bool = False
    objects: tuple[str, ...] = ()
    target: str = ""
    scratch: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes something outside the agent."""
        return self.category in SIDE_EFFECTS

    def at(self, start: int, end: int, field: str | None = None) -> Action:
        """Put the same deed at another place, in the argument ``field`` if one is given."""
        # ``_replace`` takes twice the time, and every deed is placed more than once.
        return Action(
            self.category, self.verb, self.weight, start, end, self.field if field is None else field,
            self.in_name, self.objects, self.target, self.scratch,
        )  # fmt: skip


def placed(actions: Iterable[Action], start: int, end: int) -> list[Action]:
    """Give all ``actions`` the place ``[start, end)``: their own text is not literal in the original."""
    return [action.at(start, end) for action in actions]


def shifted(actions: Iterable[Action], offset: int) -> list[Action]:
    """Move ``actions`` found in a part of a text by the offset of that part."""
    if offset == 0:
        return list(actions)
    return [action.at(action.start + offset, action.end + offset) for action in actions]
