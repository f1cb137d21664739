"""What SQL text does: one action per statement that changes something."""

from __future__ import annotations

import re

from .budget import COMMAND, Budget
from .taxonomy import Action, Category

# Comments and quoted text, so that no keyword inside them counts.
_HIDDEN = re.compile(
    r"--[^\n]*+|/\*(?>(?:[^*]++|\*(?!/))*)(?:\*/|\Z)|'(?>(?:[^'\\]++|''|\\.)*)(?:'|\Z)|\$\$(?>(?:[^$]++|\$(?!\$))*)(?:\$\$|\Z)",
    re.DOTALL,
)
_FIRST_WORD = re.compile(r"\s*+(?>(?:\(\s*+)*)([A-Za-z]+)")
_QUERY = re.compile(r"\s*+SELECT(?![A-Z])", re.IGNORECASE | re.ASCII)
_INNER_WRITE = re.compile(
    r"\b(INSERT\s++INTO|UPDATE\s++[\w.\"`\[\]]++\s++SET|DELETE\s++FROM|MERGE\s++INTO)\b", re.IGNORECASE
)
_SELECT_INTO = re.compile(r"\bINTO\s++(?:OUTFILE|DUMPFILE|(?!@)[\w.\"`\[]+)", re.IGNORECASE)
_WHERE = re.compile(r"\bWHERE\b(?!\s++(?:1\s*+=\s*+1|TRUE)\b)", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"^\s*+(?:CREATE|DROP|INSERT\s++INTO)\s++(?:OR\s++REPLACE\s++)?(?:TEMP|TEMPORARY)\b|#\w", re.IGNORECASE
)
_DROP_ALL = re.compile(r"^\s*+DROP\s++(?:DATABASE|SCHEMA|OWNED)\b", re.IGNORECASE)
_DROP_LIGHT = re.compile(r"^\s*+DROP\s++(?:INDEX|VIEW|TRIGGER|FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"^\s*+(?>(?:--[^\n]*+\n\s*+|/\*(?>(?:[^*]++|\*(?!/))*)\*/\s*+)*)(?:"
    r"SELECT\s++[\s\S]*?\bFROM\b|SELECT\s++[\w('*]|UPDATE\s++\S++(?:\s++(?:AS\s++)?\w++)?\s++SET\b|INSERT\s++(?:OR\s++\w++\s++)?INTO\b"
    r"|DELETE\s++FROM\b|DROP\s++(?:TABLE|DATABASE|SCHEMA|INDEX|VIEW|USER|ROLE)\b|TRUNCATE\s++(?:TABLE\s++)?\w"
    r"|ALTER\s++(?:TABLE|DATABASE|USER|ROLE|SYSTEM)\b|CREATE\s++(?:OR\s++REPLACE\s++)?(?:TEMP\w*\s++)?(?:TABLE|INDEX|UNIQUE|VIEW|DATABASE|USER|ROLE|SCHEMA)\b"
    r"|GRANT\s++\w|REVOKE\s++\w|MERGE\s++INTO\b|REPLACE\s++INTO\b|WITH\s++(?:RECURSIVE\s++)?\w++\s++AS\b|EXPLAIN\s|BEGIN\b|SHOW\s|DESCRIBE\s|PRAGMA\s)",
    re.IGNORECASE,
)

_WRITES = {
    "INSERT": ("insert", 0.4), "REPLACE": ("insert", 0.45), "MERGE": ("update", 0.5), "UPSERT": ("update", 0.45),
    "CREATE": ("create", 0.4), "ALTER": ("alter", 0.6), "RENAME": ("alter", 0.5), "LOAD": ("insert", 0.5),
    "COMMENT": ("alter", 0.3), "REINDEX": ("alter", 0.2), "VACUUM": ("alter", 0.2), "CALL": ("call", 0.35),
    "EXEC": ("call", 0.35), "EXECUTE": ("call", 0.35), "DO": ("call", 0.35), "IMPORT": ("insert", 0.5),
}  # fmt: skip


def looks_like_sql(text: str) -> bool:
    """Say whether ``text`` begins as a SQL statement, so that an argument of unknown meaning may be read as one."""
    return _STATEMENT.match(text[:2000]) is not None


def sql_actions(text: str, budget: Budget | None = None) -> list[Action]:
    """List what the statements of ``text`` do, with offsets; a text of only reads gives one READ."""
    budget = Budget() if budget is None else budget
    if _QUERY.match(text) and ";" not in text and "into" not in text.lower():
        # Most statements that agents make: no quoted text or comment in it matters.
        budget.take(1)
        return [Action(Category.READ, "select", end=len(text))]
    masked = _HIDDEN.sub(lambda match: " " * len(match.group()), text)
    actions: list[Action] = []
    position = 0
    for piece in masked.split(";"):
        start, position = position, position + len(piece) + 1
        body = piece.strip()
        if not body:
            continue
        if budget.is_spent:
            break
        budget.take(COMMAND)
        action = _statement(body)
        if action is not None:
            first = start + len(piece) - len(piece.lstrip())
            actions.append(_at(action, first, first + len(body)))
    if not actions and masked.strip():
        return [Action(category=Category.READ, verb="select", end=len(text))]
    return actions


def _statement(body: str) -> Action | None:
    match = _FIRST_WORD.match(body)
    word = match.group(1).upper() if match else ""
    if word == "EXPLAIN" and not re.match(r"EXPLAIN\s++(?:\([^)]*+)?ANALY[ZS]E", body, re.IGNORECASE):
        return None
    if word in {"WITH", "EXPLAIN", "BEGIN", "SET", "DECLARE"}:
        inner = _INNER_WRITE.search(body)
        if inner is None:
            return None
        body, word = body[inner.start() :], inner.group(1).split()[0].upper()
    if word == "SELECT":
        writes = _SELECT_INTO.search(body) if " FROM " in f" {body.upper()} " else None
        return _write("create", 0.4) if writes else None
    if word == "UPDATE":
        return _write("update", 0.5 if _WHERE.search(body) else 0.8)
    if word == "DELETE":
        return _write("delete", 0.6 if _WHERE.search(body) else 0.9)
    if word in {"GRANT", "REVOKE"} or re.match(r"(?:CREATE|ALTER|DROP)\s++(?:USER|ROLE|LOGIN)\b", body, re.IGNORECASE):
        return Action(category=Category.ADMIN, verb=word.lower(), weight=0.7)
    if word == "TRUNCATE":
        return _write("truncate", 0.9)
    if word == "DROP":
        weight = 1.0 if _DROP_ALL.match(body) else 0.5 if _DROP_LIGHT.match(body) else 0.9
        return _write("drop", weight, scratch=_TEMPORARY.search(body) is not None)
    if word == "COPY":
        return _write("insert", 0.5) if re.search(r"\bFROM\b", body, re.IGNORECASE) else None
    if word == "PRAGMA":
        return _write("alter", 0.3) if "=" in body else None
    if word in _WRITES:
        verb, weight = _WRITES[word]
        return _write(verb, weight, scratch=_TEMPORARY.search(body) is not None)
    return None


def _write(verb: str, weight: float, *, scratch: bool = False) -> Action:
    return Action(category=Category.DATABASE_WRITE, verb=verb, weight=0.05 if scratch else weight, scratch=scratch)


def _at(action: Action, start: int, end: int) -> Action:
    return Action(
        category=action.category, verb=action.verb, weight=action.weight, start=start, end=end, scratch=action.scratch
    )
