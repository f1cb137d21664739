"""The agent's tools as typed Python functions, from which frameworks make their schemas; they answer by the script."""

import sys
from collections.abc import Callable

from tests.scripted.scenarios import SCENARIOS

scenario = SCENARIOS[sys.argv[1]]


def list_files(folder: str) -> str:
    """List the files of a folder.

    Args:
        folder: The folder.
    """
    return scenario.result("list_files", {"folder": folder})


def read_file(path: str) -> str:
    """Read a file.

    Args:
        path: The file.
    """
    return scenario.result("read_file", {"path": path})


def edit_file(path: str, old: str, new: str) -> str:
    """Replace text in a file.

    Args:
        path: The file.
        old: The text to replace.
        new: What stands there afterwards.
    """
    return scenario.result("edit_file", {"path": path, "old": old, "new": new})


def shell(command: str) -> str:
    """Run a shell command.

    Args:
        command: The command.
    """
    return scenario.result("shell", {"command": command})


def lookup_weather(city: str) -> str:
    """Tell the weather in a city.

    Args:
        city: The city.
    """
    return scenario.result("lookup_weather", {"city": city})


ALL: tuple[Callable[..., str], ...] = (list_files, read_file, edit_file, shell, lookup_weather)
