"""Throw-away environments of other people's packages, below ``.cache/live``, made from pinned requirements.

An environment is made once and again when its requirements change: ``environments/NAME.txt`` (pip) or
``environments/NAME/package-lock.json`` (npm).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

_REQUIREMENTS = Path(__file__).parent / "environments"
CACHE = Path(__file__).parents[2] / ".cache" / "live"
_INSTALL_PATIENCE_S = 600
_STAMP = ".made-from"


def python_environment(name: str) -> Path:
    """Path of the Python of an environment with the requirements of that name, which is made if need be."""
    requirements = _REQUIREMENTS / f"{name}.txt"
    folder = CACHE / name
    python = folder / "bin" / "python"
    if _begin(folder, requirements):
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements))
        _finish(folder, requirements)
    return python


def node_environment(name: str) -> Path:
    """Folder with the ``node_modules`` of that name, which is made if need be."""
    lock = _REQUIREMENTS / name / "package-lock.json"
    folder = CACHE / name
    if _begin(folder, lock):
        folder.mkdir(parents=True)
        shutil.copy(lock, folder)
        shutil.copy(lock.with_name("package.json"), folder)
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder))
        _finish(folder, lock)
    return folder


def versions(name: str) -> list[str]:
    """What the environment of that name proves, with versions: the first part of its requirements."""
    requirements = _REQUIREMENTS / f"{name}.txt"
    if requirements.exists():
        head = requirements.read_text("utf-8").partition("\n\n")[0]
        return [line for line in head.splitlines() if not line.startswith("#")]
    page = json.loads((_REQUIREMENTS / name / "package.json").read_text("utf-8"))
    return [f"{package}@{version}" for package, version in page["dependencies"].items()]


def _begin(folder: Path, requirements: Path) -> bool:
    """Clear the folder unless it was made from just these requirements; returns whether it has to be made."""
    stamp = folder / _STAMP
    if stamp.exists() and stamp.read_text("utf-8") == _origin(requirements):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _finish(folder: Path, requirements: Path) -> None:
    (folder / _STAMP).write_text(_origin(requirements), "utf-8")


def _origin(requirements: Path) -> str:
    return f"{sys.version_info[:2]} {sys.platform} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"


def _run(*command: str) -> None:
    """Run one step of an installation and print it; a failure ends the test with what the step said."""
    print(f"live: {' '.join(command)}", flush=True)
    begun = time.monotonic()
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=_INSTALL_PATIENCE_S, text=True
    )
    if answer.returncode != 0:
        pytest.fail(f"{' '.join(command)} ended with {answer.returncode}:\n{answer.stdout}", pytrace=False)
    print(f"live: took {time.monotonic() - begun:.0f} s", flush=True)
