"""Which files matter: system configuration, temporary files, files that a build makes again."""

from __future__ import annotations

import re

_SYSTEM = re.compile(
    r"^(?:/etc/|/usr/|/bin/|/sbin/|/lib(?:64)?/|/boot/|/opt/|/sys/|/proc/sys/|/dev/(?!null|std|fd|tcp|udp|shm)"
    r"|/var/(?!tmp|folders)|/root/\.|/Library/|/System/|[a-z]:[\\/](?:windows|program files))"
    r"|(?:^|/)\.ssh/|(?:^~|\$HOME|/home/[^/]+|/root)/\.(?:bashrc|bash_profile|profile|zshrc|gitconfig|netrc|aws/|kube/)",
    re.IGNORECASE,
)
_OPENS_ACCOUNT = re.compile(
    r"(?:^|/)\.ssh/authorized_keys2?$|^/etc/(?:sudoers|shadow|passwd|gshadow|pam\.d/|ssh/sshd_config)"
)
_TEMPORARY = re.compile(
    r"^(?:/tmp|/var/tmp|/dev/shm|\$TMPDIR|\$\{TMPDIR\}|%TEMP%|/private/tmp|/var/folders)(?:/|$)"
    r"|^/dev/(?:null|stdout|stderr|fd/\d+)$"
    r"|\.(?:tmp|temp|swp|bak|orig|pyc|log|cache)$",
    re.IGNORECASE,
)
_REGENERABLE = re.compile(
    r"(?:^|/)(?:node_modules|__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.nox|\.venv|venv|dist|build"
    r"|target|\.next|\.nuxt|coverage|htmlcov|\.coverage|[^/]*\.egg-info|\.gradle|\.cache|\.parcel-cache|out)/?\*?$",
    re.IGNORECASE,
)
_SWEEPING = re.compile(r"^(?:/|/\*|~|~/|~/\*|\$HOME/?\*?|\$\{HOME\}/?\*?|\*|\.|\./?\*?|\.\./?\*?|/[a-z]+/?\*?)$")


def is_system(path: str) -> bool:
    """Say whether ``path`` is configuration of the machine or of the user's account."""
    return _SYSTEM.search(path) is not None and not is_temporary(path)


def opens_account(path: str) -> bool:
    """Say whether ``path`` decides who may log in to the machine, and as whom."""
    return _OPENS_ACCOUNT.search(path) is not None


def is_temporary(path: str) -> bool:
    """Say whether ``path`` is a place or a kind of file that nobody keeps."""
    return _TEMPORARY.search(path) is not None and ".." not in path


def is_regenerable(path: str) -> bool:
    """Say whether a build or an install makes ``path`` again."""
    return _REGENERABLE.search(path) is not None


def is_sweeping(path: str) -> bool:
    """Say whether ``path`` names everything: the root, the home, all of the working directory."""
    return _SWEEPING.match(path) is not None and not is_temporary(path)
