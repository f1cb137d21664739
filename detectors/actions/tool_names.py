"""What a tool's name says: prefixes stripped, words split, the verb looked up in ``verbs.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from .deed_categories import PREPOSITIONS, category_of
from .taxonomy import Action, Category

MAX_NAME = 200


class Kind(StrEnum):
    """How a tool's arguments are to be read."""

    SHELL = "shell"
    PYTHON = "python"
    SQL = "sql"
    HTTP = "http"
    EDITOR = "editor"
    BROWSER = "browser"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ToolName:
    """A tool's name taken apart.

    ``action`` is what the name alone shows (``UNKNOWN`` when it shows nothing), with offsets into the name.
    """

    words: tuple[str, ...]
    kind: Kind
    action: Action


_PREFIX = re.compile(r"^(?:mcp__)?(?:[\w.-]+?(?:__|::|/|\.))+(?=\w)|^[A-Z]{1,3}-(?=[a-z])")
_BRAND = re.compile(
    r"PayPal|YouTube|GitHub|GitLab|DropBox|DocuSign|MailChimp|SendGrid|LinkedIn|WhatsApp|"
    r"WordPress|PostgreSQL|Postgres|PostHog"
    r"|OneDrive|SharePoint|HubSpot|BigQuery|CloudFlare|TripAdvisor|OpenAI|DeepL|23andMe|IFTTT|"
    r"OneNote|StackOverflow|FaceBook"
    r"|TradingView|ShipStation|ClickUp|DoorDash|ElasticSearch|OpenSearch|CallRail|"
    r"TextExpander|MessageBird|PostMark|ReadMe",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NOUN_AFTER = frozenset(
    {
        "manager",
        "system",
        "service",
        "server",
        "id",
        "ids",
        "name",
        "history",
        "status",
        "details",
        "count",
        "tracker",
        "control",
    }
)

_NOUN_AT_END = frozenset(
    {"list", "set", "link", "query", "count", "export", "import", "copy", "move", "change", "head", "text"}
)

_SHELL = re.compile(
    r"^(?:bash|sh|zsh|shell|terminal|cmd|powershell|console|command|exec|execute|"
    r"computer_terminal|tmux|repl_bash|local_shell"
    r"|(?:(?:execute|run|exec|invoke|start|use|local|persistent|safe)_?(?:in_?|a_?|"
    r"the_?)?)?(?:bash|shell|terminal|command|cmd|commands|powershell)(?:_?(?:tool|command|"
    r"commands|cmd|exec|execute|session|line|run|runner|executor|script))*"
    r"|terminal_?execute|command_?line|system)$",
    re.IGNORECASE,
)
_PYTHON = re.compile(
    r"^(?:(?:run|execute|exec|eval)_?)?(?:python\d?|ipython|jupyter|notebook|code)_?(?:tool|"
    r"interpreter|cell|repl|exec|execute|executor|code|run|runner|ast|sandbox|notebook)*$"
    r"|^execute_ipython_cell$|^(?:run|execute)_?(?:code|script|cell|python|notebook)\w*$|"
    r"^code_?(?:interpreter|execution)$",
    re.IGNORECASE,
)
_SQL = re.compile(
    r"^(?:(?:run|execute|exec|do)_?)?(?:sql|postgres(?:ql)?|mysql|sqlite|db|database|bigquery|"
    r"snowflake|duckdb|redshift|mssql)_?(?:db_?)?(?:query|tool|exec|execute|run|database|"
    r"statement|command|read_query|write_query|cli|sql)*$"
    r"|^(?:run|execute|exec|write|read)_?(?:a_?)?(?:sql|query|statement)(?:_?(?:query|sql|"
    r"statement))?$|^query_?(?:sql|db|database)$|sql_?query|execute_?sql",
    re.IGNORECASE,
)
_HTTP = re.compile(
    r"^(?:https?|rest|api|web)_?(?:request|call|client|fetch|tool|post|put|patch|delete|"
    r"get)s?$|^(?:make|send|execute|do)_?(?:an?_?)?(?:https?|api|web|rest)_?(?:request|call)$"
    r"|^requests?_?(?:post|put|patch|delete|get)?$|^(?:curl|fetch|webfetch|call_?api|invoke_?api)$|^requests_\w+$",
    re.IGNORECASE,
)
_EDITOR = re.compile(
    r"^(?:edit|write|multi_?edit|create|notebook_?edit|"
    r"str_?replace(?:_based)?(?:_edit(?:or)?)?(?:_?tool)?|text_?editor\w*|apply_?(?:patch|"
    r"diff)|replace_?in_?file|search_?replace"
    r"|search_?and_?replace|find_?and_?replace|insert_?(?:content|line|text)|editor|"
    r"file_?editor|patch|update_file|save_file|append_file|write_to_file)$",
    re.IGNORECASE,
)
_BROWSER = re.compile(
    r"^(?:browser|computer|browser_?use|playwright|puppeteer|selenium|web_?browser|computer_?use|browser_\w+)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"^(?:final_?(?:answer|result|output|response)|transfer_?(?:back_?)?to_?\w+|"
    r"hand_?off(?:_?to)?\w*|\w+_?handoff|todos?|todo_?(?:read|write|list|add|update)|"
    r"task_?(?:list|create|update|get|complete|done)|think\w*"
    r"|thinking|reflect|plan|planning|update_?plan|create_?plan|exit_?plan_?mode|finish|"
    r"submit_?(?:answer|final_?answer|result|output)|done|complete|complete_?task|stop|end"
    r"|terminate|return_?(?:answer|direct|result)|respond|reply_?to_?user|ask_?(?:user|human|"
    r"clarification|followup\w*|follow_?up\w*|question|user_?question|the_?user)"
    r"|message_?user|send_?message_?to_?user|notify_?user|attempt_?completion|switch_?mode|"
    r"route_?to_?\w+|give_?up|report_?intent|set_?(?:plan|goal)|(?:save|add|create|update|"
    r"search|recall|write|manage)_?(?:to_?)?(?:memory|memories)"
    r"|kill_?shell|bash_?output|memory|scratchpad|no_?op|wait|sleep|structured_?output|select_?tool|tool_?search|exit|"
    r"conversation_?end|escalate_?to_?\w+|sequential_?thinking)$",
    re.IGNORECASE,
)
_DELEGATE = re.compile(
    r"^(?:ask_\w+|delegate\w*|task|agent|sub_?agent\w*|spawn_?\w*agent\w*|\w+_agent|"
    r"call_\w*agent\w*|run_\w*agent\w*|consult_\w+|assign_?task\w*|dispatch_agent|"
    r"invoke_\w*agent\w*|coworker|Ask\w+|crew|team)$"
    r"|^(?:Delegate work to coworker|Ask question to coworker)$",
    re.IGNORECASE,
)
_WRITE_CONJUNCTIONS = frozenset({"and", "or"})


@cache
def _verbs() -> dict[str, tuple[str, bool, float]]:
    tables = tomllib.loads(files(__package__ or "detectors.actions").joinpath("verbs.toml").read_text("utf-8"))
    verbs: dict[str, tuple[str, bool, float]] = {}
    for group, table in tables.items():
        if group == "objects":
            continue
        for key, ambiguous in (("ambiguous", True), ("words", False)):
            for word in table[key]:
                if word not in verbs or verbs[word][1]:
                    verbs[word] = (group, ambiguous, float(table["weight"]))
    return verbs


def deeds() -> frozenset[str]:
    """Name the verbs that change something: those of every group but reading and running."""
    return frozenset(verb for verb, (group, _, _) in _verbs().items() if group not in {"read", "run"})


@lru_cache(maxsize=2048)
def read_tool_name(name: str) -> ToolName:
    """Take a tool's name apart; names longer than ``MAX_NAME`` characters are read up to there."""
    name = name[:MAX_NAME]
    prefix = _PREFIX.match(name)
    start = prefix.end() if prefix else 0
    stem = name[start:]
    spans = _word_spans(stem)
    words = tuple(word for word, _, _ in spans)
    kind = _kind(stem)
    if len(words) == 1 and start:
        # "user.create": what it is done to stands in the prefix.
        words += tuple(word for word, _, _ in _word_spans(name[:start]))
        kind = Kind.OTHER if kind is Kind.EDITOR else kind
    shown = Action(category=Category.UNKNOWN, verb=words[0] if words else "", in_name=True, start=start, end=len(name))
    if _CONTROL.match(stem) or (words and words[-1] in {"thought", "thoughts"}):
        return ToolName(words, Kind.OTHER, shown._replace(category=Category.CONTROL))
    if kind is Kind.OTHER and _DELEGATE.match(stem):
        return ToolName(words, kind, shown._replace(category=Category.DELEGATE))
    verb = _find_verb(words)
    if verb is None:
        return ToolName(words, kind, shown._replace(verb="", objects=words))
    # "RobotMoveTo": what is moved stands before the verb.
    behind = words[verb + 1 :]
    objects = behind if any(word not in PREPOSITIONS for word in behind) else words[:verb]
    group, _, weight = _verbs()[words[verb]]
    category, weight = category_of(group, words[verb], objects, weight)
    verb_start = start + (spans[verb][1] if verb < len(spans) else 0)
    action = shown._replace(category=category, verb=words[verb], weight=weight, objects=objects, start=verb_start)
    return ToolName(words, kind, action)


def _word_spans(stem: str) -> list[tuple[str, int, int]]:
    brands = [match.span() for match in _BRAND.finditer(stem)]
    spans: list[tuple[str, int, int]] = []
    position = 0
    for begin, end in [*brands, (len(stem), len(stem))]:
        spans += [(word.group().lower(), word.start(), word.end()) for word in _WORD.finditer(stem, position, begin)]
        if end > begin:
            spans.append((stem[begin:end].lower(), begin, end))
        position = end
    return spans


def _kind(stem: str) -> Kind:
    for pattern, kind in (
        (_SHELL, Kind.SHELL),
        (_SQL, Kind.SQL),
        (_PYTHON, Kind.PYTHON),
        (_HTTP, Kind.HTTP),
        (_EDITOR, Kind.EDITOR),
        (_BROWSER, Kind.BROWSER),
    ):
        if pattern.search(stem):
            return kind
    return Kind.OTHER


def _find_verb(words: tuple[str, ...]) -> int | None:
    verbs = _verbs()
    if len(words) == 0:
        return None
    if words[0] in verbs:
        # "search_and_replace", "get_or_create": the second verb is what changes something.
        if len(words) > 2 and words[1] in _WRITE_CONJUNCTIONS and words[2] in verbs:
            return 2 if verbs[words[0]][0] == "read" else 0
        if not verbs[words[0]][1] or len(words) == 1:
            return 0
    certain = next((index for index in range(len(words)) if _is_verb(words, index)), None)
    if certain is not None:
        return certain
    possible = [
        index
        for index, word in enumerate(words)
        if word in verbs and not _noun_use(words, index) and (index == 0 or word != "issue")
    ]
    # Among words that may be nouns, a verb of reading is the likelier verb: file_search, SmartLockViewAccess.
    return next((index for index in possible if verbs[words[index]][0] == "read"), possible[0] if possible else None)


def _is_verb(words: tuple[str, ...], index: int) -> bool:
    """Whether a word is a verb beyond doubt: "share_booking_list" ends in a noun."""
    word = words[index]
    return word in _verbs() and not _verbs()[word][1] and not _noun_use(words, index)


def _noun_use(words: tuple[str, ...], index: int) -> bool:
    if index == len(words) - 1:
        return index > 0 and words[index] in _NOUN_AT_END
    return words[index + 1] in _NOUN_AFTER and _verbs()[words[index]][1] and _verbs()[words[index]][0] != "destroy"
