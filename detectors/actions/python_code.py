"""What Python code visibly does: file, process, network, mail and SQL calls, and notebook ``!`` lines."""

from __future__ import annotations

import re
from collections.abc import Callable

from .budget import Budget
from .http import request_action
from .programs import delete_action, write_action
from .sql import looks_like_sql, sql_actions
from .taxonomy import Action, Category, placed, shifted

MAX_CALLS = 500

_STRING = (
    r"[rbuf]{0,2}(?:'''(?>(?:[^']++|'(?!''))*)'''|\"\"\"(?>(?:[^\"]++|\"(?!\"\"))*)\"\"\"|"
    r"'(?>(?:[^'\\\n]++|\\.)*)'|\"(?>(?:[^\"\\\n]++|\\.)*)\")"
)
_CALL = re.compile(
    r"(?<![\w.])((?>(?:[A-Za-z_]\w*+\.)*)[A-Za-z_]\w*+)\s*+\(\s*+((?:[A-Za-z_]\w*+\s*+=\s*+)?(?:\[\s*+)?"
    + _STRING
    + r")?"
    r"|(?<=[\w)\]\"'])\.(\w++)\(\s*+(" + _STRING + r")?",
    re.IGNORECASE,
)
_STRINGS = re.compile(_STRING, re.IGNORECASE)
_NOTEBOOK = re.compile(r"^[ \t]*+[!%](?:%(?:bash|sh)\b[^\n]*\n)?(pip\b[^\n]*|[^\n]+)", re.MULTILINE)
_OPEN_MODE = re.compile(r"\A\s*+,\s*+(?:mode\s*+=\s*+)?[\"'][rbt]*+[wax+]")

_DELETES = frozenset({"os.remove", "os.unlink", "os.rmdir", "os.removedirs", "shutil.rmtree", "send2trash"})
_DELETE_METHODS = frozenset({"unlink", "rmtree", "rmdir"})
_RUNS = frozenset({
    "os.system", "os.popen", "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "subprocess.Popen", "subprocess.getoutput", "run_command", "execute_bash", "bash", "shell", "terminal",
    "run_shell", "get_ipython().system",
    "execute_command", "run_shell_command", "sh",
})  # fmt: skip
_SENDS = frozenset({"requests", "httpx", "session", "client", "urllib3", "http"})
_WRITE_METHODS = {
    "write_text": 0.1,
    "write_bytes": 0.1,
    "to_csv": 0.05,
    "to_excel": 0.05,
    "to_json": 0.05,
    "to_parquet": 0.05,
    "savefig": 0.05,
    "to_pickle": 0.05,
    "save": 0.05,
    "dump": 0.05,
}
_FILE_FUNCTIONS = {
    "shutil.copy": 0.1,
    "shutil.move": 0.2,
    "os.rename": 0.2,
    "os.replace": 0.2,
    "os.makedirs": 0.05,
    "os.mkdir": 0.05,
    "shutil.copytree": 0.1,
    "zipfile.ZipFile": 0.05,
    "json.dump": 0.05,
    "pickle.dump": 0.05,
}


def code_actions(code: str, shell: Callable[[str], list[Action]], budget: Budget) -> list[Action]:
    """List what ``code`` does; ``shell`` judges the command lines inside it. Code without any gives one EXECUTE."""
    actions: list[Action] = []
    for line in _NOTEBOOK.finditer(code):
        if budget.is_spent:
            break
        actions += shifted(shell(line.group(1)), line.start(1))
    for count, call in enumerate(_CALL.finditer(code)):
        if count >= MAX_CALLS or budget.is_spent:
            break
        budget.take(1)
        actions += _call(code, call, shell, budget)
    actions.append(Action(category=Category.EXECUTE, verb="python", end=len(code)))
    return actions


def _call(code: str, call: re.Match[str], shell: Callable[[str], list[Action]], budget: Budget) -> list[Action]:
    name = call.group(1) or ""
    method = call.group(3) or name.rsplit(".", 1)[-1]
    literal = call.group(2) or call.group(4) or ""
    at = call.start(2) if call.group(2) else call.start(4)
    text, offset = _unquote(literal)
    start, end = call.start(), min(len(code), call.end())
    if name in _RUNS and literal:
        return _command(code, call, text, at + offset, shell)
    if name in _DELETES or (method in _DELETE_METHODS and "." in call.group()):
        recursive = ["-r"] if method == "rmtree" else []
        return placed([delete_action("rm", [*recursive, *([text] if text else [])])], start, end)
    if (
        name == "open"
        and _OPEN_MODE.match(code, call.end()) is None
        and not _OPEN_MODE.match(code[call.end() : call.end() + 40])
    ):
        return []
    if name == "open":
        return placed([write_action(text, 0.1)], start, end)
    if name in _FILE_FUNCTIONS:
        return placed([write_action(text, _FILE_FUNCTIONS[name])], start, end)
    if method in _WRITE_METHODS and "." in call.group():
        return placed([write_action(text, _WRITE_METHODS[method])], start, end)
    if method in {"post", "put", "patch", "delete"} and name.split(".", 1)[0] in _SENDS:
        return placed([request_action(method, text)], start, end)
    if name.startswith("smtplib.") or method in {"sendmail", "send_message"}:
        return placed([Action(category=Category.MESSAGE_SEND, verb="send", weight=0.5)], start, end)
    if method in {"execute", "executemany", "executescript"} and text and looks_like_sql(text):
        return [action for action in shifted(sql_actions(text, budget), at + offset) if action.changes]
    return []


def _command(code: str, call: re.Match[str], text: str, at: int, shell: Callable[[str], list[Action]]) -> list[Action]:
    if "[" not in call.group(2):
        return shifted(shell(text), at)
    bracket = code.find("]", call.end())
    end = len(code) if bracket < 0 else min(bracket, call.end() + 2000)
    words = [_unquote(item.group())[0] for item in _STRINGS.finditer(code, call.start(2), end)]
    return placed(shell(" ".join(words)), call.start(), end)


def _unquote(literal: str) -> tuple[str, int]:
    match = _STRINGS.search(literal)
    if match is None:
        return "", 0
    body = match.group()
    prefix = len(body) - len(body.lstrip("rbufRBUF"))
    quotes = 3 if body[prefix : prefix + 3] in {"'''", '"""'} else 1
    return body[prefix + quotes : -quotes], match.start() + prefix + quotes
