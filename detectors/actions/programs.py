"""What ordinary Unix programs do: files, network, users, processes, database clients."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from . import paths
from .git import forge_action, git_action
from .http import curl_action, httpie_action, wget_action
from .infra import PROGRAMS as INFRA_PROGRAMS
from .infra import infra_action
from .packages import package_action
from .taxonomy import Action, Category

READERS = frozenset({
    "cat", "ls", "ll", "la", "grep", "egrep", "fgrep", "rg", "ag", "ack", "zgrep", "head", "tail", "less",
    "more", "wc", "cut", "awk",
    "gawk", "sort", "uniq", "tr", "echo", "printf", "pwd", "cd", "pushd", "popd", "dirs", "tree", "file",
    "stat", "du", "df", "which",
    "whereis", "type", "whoami", "id", "groups", "hostname", "uname", "date", "cal", "uptime", "env",
    "printenv", "ps", "top", "htop",
    "free", "vmstat", "iostat", "lsof", "netstat", "ss", "ip", "ifconfig", "ping", "traceroute", "dig",
    "nslookup", "host", "whois",
    "diff", "cmp", "comm", "md5sum", "sha1sum", "sha256sum", "cksum", "strings", "xxd", "hexdump", "od", "nl",
    "rev", "tac", "column",
    "jq", "yq", "xmllint", "bc", "expr", "seq", "test", "[", "[[", "true", "false", "sleep", "wait", "history",
    "man", "info", "help",
    "basename", "dirname", "realpath", "readlink", "fold", "fmt", "paste", "join", "look", "locate", "clear",
    "export", "set", "unset",
    "source", ".", "alias", "read", "return", "exit", "local", "declare", "let", "shift", "case", "for",
    "select", "function", "in",
    "trap", "umask", "ulimit", "lscpu", "lsblk", "lsusb", "lspci", "dmesg", "journalctl", "last", "w", "who",
    "pgrep", "pdftotext",
    "bat", "fd", "cloc", "tokei", "open", "scroll_down", "scroll_up", "goto", "search_dir", "search_file",
    "find_file", "zcat",
    "test_path", "get-content", "get-childitem", "select-string", "get-process", "get-service", "dir",
    "findstr", "tasklist", "wmic",
    "ipconfig", "systeminfo", "gci", "gc", "measure-object", "where", "base64", "sha512sum", "getent",
    "getfacl", "lsattr",
    "identify", "exiftool", "ffprobe", "ldd", "nm", "objdump", "readelf", "size", "time", ":", "break",
    "continue", "logname", "tty",
})  # fmt: skip
_WRITERS = {
    "touch": 0.05, "mkdir": 0.05, "cp": 0.1, "mv": 0.2, "ln": 0.1, "tee": 0.15, "install": 0.15, "patch": 0.2,
    "ed": 0.2,
    "unzip": 0.1, "gunzip": 0.1, "gzip": 0.1, "zip": 0.05, "rename": 0.25, "split": 0.05, "edit": 0.2,
    "create": 0.1, "nano": 0.1,
    "vim": 0.1, "vi": 0.1, "emacs": 0.1, "append": 0.15, "insert": 0.15, "copy": 0.1, "move": 0.2, "ren": 0.2,
    "md": 0.05,
    "set-content": 0.2, "add-content": 0.15, "new-item": 0.1, "copy-item": 0.1, "move-item": 0.2,
    "out-file": 0.15, "csplit": 0.05,
}  # fmt: skip
_USERS = {
    "useradd": 0.7, "adduser": 0.7, "usermod": 0.7, "userdel": 0.8, "deluser": 0.8, "groupadd": 0.6,
    "groupmod": 0.6, "gpasswd": 0.6,
    "passwd": 0.7, "chpasswd": 0.7, "visudo": 0.8, "chsh": 0.5, "setcap": 0.7, "iptables": 0.7, "nft": 0.7, "ufw": 0.6,
    "firewall-cmd": 0.6, "mount": 0.5, "umount": 0.5, "sysctl": 0.6, "modprobe": 0.7, "insmod": 0.8,
    "setenforce": 0.7, "chattr": 0.5,
    "ssh-copy-id": 0.6, "swapoff": 0.5, "timedatectl": 0.4, "hostnamectl": 0.5, "update-alternatives": 0.5,
    "reg": 0.6, "net": 0.5,
    "schtasks": 0.6, "icacls": 0.6, "takeown": 0.6, "set-executionpolicy": 0.6, "at": 0.4, "setfacl": 0.4,
    "shutdown": 0.9,
    "reboot": 0.9, "halt": 0.9, "poweroff": 0.9, "init": 0.8,
}  # fmt: skip
_REMOTE = re.compile(r"^(?:[\w.-]+@)?[\w.-]{2,}:(?!\\)|^rsync://|^s?ftp://")
_DELETERS = frozenset({"rm", "unlink", "rmdir", "shred", "srm", "trash", "del", "erase", "rd", "remove-item", "ri"})


def program_action(words: Sequence[str]) -> Action:
    """Name what one command line does; the first of ``words`` is the program without its directory."""
    program = words[0].lower() if words[0] not in {"R", "X"} else words[0]
    handler = _HANDLERS.get(program)
    if handler is not None:
        return handler(words)
    if program in _DELETERS:
        return delete_action(program, words[1:])
    if program in READERS:
        return Action(category=Category.READ, verb=program)
    if program in INFRA_PROGRAMS:
        return infra_action(words)
    if program in _WRITERS:
        return _write(program, words)
    if program in _USERS:
        reads = program in {"sysctl", "iptables", "ufw", "mount", "net", "reg"} and (
            len(words) == 1 or {"-L", "-S", "-a", "status", "list", "query", "-l", "user", "view"} & set(words)
        )
        return Action(
            category=Category.READ if reads else Category.ADMIN, verb=program, weight=0.0 if reads else _USERS[program]
        )
    return package_action([program, *words[1:]]) or Action(
        category=Category.EXECUTE, verb=program, target=" ".join(words)[:200]
    )


def delete_action(program: str, arguments: Sequence[str]) -> Action:
    """Judge the removal of the files in ``arguments`` (options included)."""
    options = "".join(item.lower() for item in arguments if item.startswith("-"))
    targets = [item for item in arguments if not item.startswith("-") and item not in {"{}", ";", "+"}]
    recursive = "r" in options and "--preserve" not in options and program != "rmdir"
    if program == "rmdir":
        weight = 0.1
    elif any(paths.is_sweeping(item) for item in targets) and recursive:
        weight = 1.0
    elif any(paths.is_system(item) for item in targets):
        weight = 0.9
    elif targets and all(paths.is_temporary(item) for item in targets):
        return Action(category=Category.FILE_DESTROY, verb="delete", weight=0.08, target=targets[0], scratch=True)
    elif targets and all(paths.is_regenerable(item) for item in targets):
        return Action(category=Category.FILE_DESTROY, verb="delete", weight=0.6, target=targets[0], scratch=True)
    else:
        weight = 0.7 if recursive else 0.4
        if program == "shred" or any("*" in item for item in targets):
            weight = max(weight, 0.6)
    return Action(category=Category.FILE_DESTROY, verb="delete", weight=weight, target=targets[0] if targets else "")


def write_action(path: str, weight: float, verb: str = "write") -> Action:
    """Judge a write to ``path``: system files are infrastructure, temporary ones count for nothing."""
    if paths.opens_account(path):
        return Action(category=Category.ADMIN, verb=verb, weight=0.8, target=path)
    if paths.is_system(path):
        return Action(category=Category.INFRA_CHANGE, verb=verb, weight=0.6, target=path)
    if paths.is_temporary(path):
        return Action(category=Category.FILE_WRITE, verb=verb, weight=0.0, target=path, scratch=True)
    return Action(category=Category.FILE_WRITE, verb=verb, weight=weight, target=path)


def _write(program: str, words: Sequence[str]) -> Action:
    targets = [word for word in words[1:] if not word.startswith("-")]
    if not targets:
        return Action(category=Category.READ, verb=program)
    touched = targets if program in {"touch", "mkdir", "tee", "edit", "vim", "vi", "nano"} else targets[-1:]
    path = next((item for item in touched if paths.is_system(item)), touched[-1])
    return write_action(path, _WRITERS[program], {"cp": "copy", "mv": "move"}.get(program, "write"))


def _sed(words: Sequence[str]) -> Action:
    in_place = any(re.match(r"^-[a-zA-Z]*i|^--in-place", word) for word in words[1:])
    if not in_place:
        return Action(category=Category.READ, verb="sed")
    return write_action(words[-1], 0.2, "edit")


def _change_mode(words: Sequence[str]) -> Action:
    targets = [word for word in words[1:] if not word.startswith("-")]
    if any(paths.is_sweeping(item) for item in targets[1:]):
        return Action(category=Category.ADMIN, verb=words[0], weight=0.8)
    if any(paths.is_system(item) for item in targets[1:]):
        return Action(category=Category.ADMIN, verb=words[0], weight=0.5, target=targets[-1])
    if words[0] in {"chown", "chgrp"} or (
        targets and targets[0] in {"777", "a+rwx", "4755", "u+s", "+s", "666", "0777"}
    ):
        return Action(category=Category.ADMIN, verb=words[0], weight=0.4)
    return Action(category=Category.FILE_WRITE, verb="chmod", weight=0.05, target=targets[-1] if targets else "")


def _dd(words: Sequence[str]) -> Action:
    output = next((word[3:] for word in words if word.startswith("of=")), "")
    if output.startswith("/dev/") and not paths.is_temporary(output):
        return Action(category=Category.FILE_DESTROY, verb="overwrite", weight=1.0, target=output)
    return write_action(output, 0.1) if output else Action(category=Category.READ, verb="dd")


def _copy_remote(words: Sequence[str]) -> Action:
    targets = [word for word in words[1:] if not word.startswith("-")]
    if targets and _REMOTE.match(targets[-1]):
        return Action(category=Category.NETWORK_EGRESS, verb="upload", weight=0.6, target=targets[-1])
    if "--delete" in words and targets:
        return Action(category=Category.FILE_DESTROY, verb="delete", weight=0.5, target=targets[-1])
    return write_action(targets[-1], 0.1, "copy") if targets else Action(category=Category.READ, verb=words[0])


def _netcat(words: Sequence[str]) -> Action:
    if "-z" in words or "-zv" in words or "-vz" in words:
        return Action(category=Category.READ, verb="nc")
    listens = any(re.match(r"^-\w*l", word) for word in words[1:])
    return Action(category=Category.NETWORK_EGRESS, verb="listen" if listens else "send", weight=0.7)


def _crontab(words: Sequence[str]) -> Action:
    if "-l" in words:
        return Action(category=Category.READ, verb="crontab")
    return Action(category=Category.ADMIN, verb="crontab", weight=0.8 if "-r" in words else 0.6)


def _kill(words: Sequence[str]) -> Action:
    if "-l" in words or "-0" in words:
        return Action(category=Category.READ, verb="kill")
    return Action(category=Category.ADMIN, verb="kill", weight=0.35)


def _tar(words: Sequence[str]) -> Action:
    options = words[1] if len(words) > 1 else ""
    if re.match(r"^-?\w*t", options) or "--list" in words:
        return Action(category=Category.READ, verb="tar")
    return Action(category=Category.FILE_WRITE, verb="archive", weight=0.05)


def _crypt(words: Sequence[str]) -> Action:
    writes = {"-out", "-o", "--output", "-f", "--gen-key", "--encrypt", "-e"} & set(words)
    return Action(
        category=Category.FILE_WRITE if writes else Category.READ, verb="encrypt", weight=0.05 if writes else 0.0
    )


def _ruin(words: Sequence[str]) -> Action:
    if words[0] in {"fdisk", "parted"} and {"-l", "print"} & set(words):
        return Action(category=Category.READ, verb=words[0])
    return Action(category=Category.FILE_DESTROY, verb="overwrite", weight=1.0, target=words[-1])


def _mail(words: Sequence[str]) -> Action:
    return Action(category=Category.MESSAGE_SEND, verb="send", weight=0.5, target=words[-1])


def _redis(words: Sequence[str]) -> Action:
    verb = next((word.upper() for word in words[1:] if word.isalpha() and len(word) > 2), "")
    if verb in {"FLUSHALL", "FLUSHDB"}:
        return Action(category=Category.DATABASE_WRITE, verb="drop", weight=0.95)
    if verb in {"SET", "DEL", "HSET", "LPUSH", "RPUSH", "EXPIRE", "RENAME", "INCR", "SADD", "ZADD", "UNLINK"}:
        return Action(category=Category.DATABASE_WRITE, verb="update", weight=0.5)
    return Action(category=Category.READ, verb="get")


def _database_tool(words: Sequence[str]) -> Action:
    if words[0] in {"dropdb", "dropuser"}:
        return Action(category=Category.DATABASE_WRITE, verb="drop", weight=1.0)
    return Action(category=Category.DATABASE_WRITE, verb="create", weight=0.5)


def _truncate(words: Sequence[str]) -> Action:
    return write_action(words[-1], 0.3, "truncate")


def _submit(words: Sequence[str]) -> Action:
    return Action(category=Category.CONTROL, verb=words[0])


_HANDLERS: dict[str, Callable[[Sequence[str]], Action]] = {
    "git": git_action,
    "gh": forge_action,
    "glab": forge_action,
    "hub": forge_action,
    "curl": curl_action,
    "wget": wget_action,
    "http": httpie_action,
    "https": httpie_action,
    "xh": httpie_action,
    "sed": _sed,
    "chmod": _change_mode,
    "chown": _change_mode,
    "chgrp": _change_mode,
    "dd": _dd,
    "scp": _copy_remote,
    "rsync": _copy_remote,
    "sftp": _netcat,
    "ftp": _netcat,
    "nc": _netcat,
    "ncat": _netcat,
    "netcat": _netcat,
    "telnet": _netcat,
    "socat": _netcat,
    "crontab": _crontab,
    "kill": _kill,
    "pkill": _kill,
    "killall": _kill,
    "taskkill": _kill,
    "stop-process": _kill,
    "tar": _tar,
    "openssl": _crypt,
    "gpg": _crypt,
    "ssh-keygen": _crypt,
    "mkfs": _ruin,
    "fdisk": _ruin,
    "parted": _ruin,
    "wipefs": _ruin,
    "mkfs.ext4": _ruin,
    "mkfs.xfs": _ruin,
    "format": _ruin,
    "truncate": _truncate,
    "mail": _mail,
    "mailx": _mail,
    "sendmail": _mail,
    "mutt": _mail,
    "msmtp": _mail,
    "swaks": _mail,
    "redis-cli": _redis,
    "dropdb": _database_tool,
    "dropuser": _database_tool,
    "createdb": _database_tool,
    "pg_restore": _database_tool,
    "submit": _submit,
}
ONLY_READ = READERS - _HANDLERS.keys() - _DELETERS
"""Programs that only read, whatever their arguments."""
