"""Shell words that matter to reading a command line: wrappers, shells, interpreters, SQL clients."""

from __future__ import annotations

import re

ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*\+?=")
KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac"}
)
SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish", "ash"})
PYTHONS = re.compile(r"^(?:python|pypy|ipython)[\d.]*$|^py$")
INTERPRETERS = frozenset(
    {"node", "ruby", "perl", "php", "lua", "rscript", "deno", "osascript", "tclsh", "groovy", "scala", "julia"}
)
# Wrapper -> options that take a value; what follows is the real command.
WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-T", "--user", "--group"}),
    "doas": frozenset({"-u"}),
    "env": frozenset({"-u", "-C", "--chdir", "--unset"}),
    "nohup": frozenset(),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n", "-p"}),
    "setsid": frozenset(),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "command": frozenset(),
    "builtin": frozenset(),
    "exec": frozenset({"-a"}),
    "unbuffer": frozenset(),
    "timeout": frozenset({"-s", "-k", "--signal", "--kill-after"}),
    "gtimeout": frozenset({"-s", "-k"}),
    "xargs": frozenset({"-n", "-P", "-I", "-L", "-d", "-s", "-a", "-E"}),
    "parallel": frozenset({"-j", "-n"}),
    "watch": frozenset({"-n"}),
    "strace": frozenset({"-e", "-o", "-p"}),
    "chronic": frozenset(),
    "caffeinate": frozenset(),
    "chroot": frozenset(),
    "runuser": frozenset({"-u"}),
    "flock": frozenset({"-w"}),
}
TAKES_OPERAND = frozenset({"timeout", "gtimeout", "chroot", "flock"})
SQL_CLIENTS: dict[str, frozenset[str]] = {
    "psql": frozenset({"-c", "--command"}),
    "mysql": frozenset({"-e", "--execute"}),
    "mariadb": frozenset({"-e", "--execute"}),
    "sqlite3": frozenset({"-cmd"}),
    "clickhouse-client": frozenset({"-q", "--query"}),
    "duckdb": frozenset({"-c"}),
    "sqlcmd": frozenset({"-Q", "-q"}),
    "cockroach": frozenset({"-e"}),
    "bq": frozenset(),
    "snowsql": frozenset({"-q"}),
}
DISCARDED = re.compile(r"^/dev/(?:null|stdout|stderr|tty|fd/\d+)$|^nul$")
TEST_FILE = re.compile(r"(?:^|/)(?:tests?[_./]|test_\w+|\w+_tests?\.|run_?tests?)|\btests?\b", re.IGNORECASE)


def program_name(word: str) -> str:
    """Name the program that the first word of a command calls: lower case, without its directory."""
    if word.isalnum():
        return word.lower()
    return word.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1].lower().removesuffix(".exe")
