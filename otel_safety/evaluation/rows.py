"""Labelled rows: JSON lines, one row a line, as they are or gzipped."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError

from otel_safety.errors import InputError

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A label that a model took part in is a model's: "model (...)", "human + LLM annotator", "labelled by a model".
_BY_MODEL = re.compile(
    r"(?:^|[+&;]|\b(?:labell?ed|annotated|judged|rated|scored) by(?: an?)?\b)\s*"
    r"(?:llm|(?:language )?model|gpt|claude|judge)\b",
    re.IGNORECASE,
)
_UNION_MEMBERS = frozenset({"str", "int", "dict[str,any]"})
_BY_HUMAN = re.compile(r"\s*human\b", re.IGNORECASE)


class ToolCall(BaseModel):
    """One tool call of a row; ``arguments`` is an object, or text as it was written (a list becomes its JSON)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    arguments: Annotated[
        dict[str, Any] | str | None,
        BeforeValidator(lambda value: json.dumps(value) if isinstance(value, list) else value),
    ] = None
    result: Any = None


class Row(BaseModel):
    """One row: what a detector sees of a run, and what somebody said about it.

    ``trace_events`` null: not available; ``[]``: observed, and the run made no tool call. A row without ``label``
    is judged and predicted, and counts in no figure. ``meta.ambiguous`` rows count only when asked for;
    ``meta.label_source`` says who labelled; ``meta.group`` names what must not be on both sides of a
    cross-validation, beside the prompt.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | int
    detector: str | None = None
    dataset: str = "rows"
    label: Annotated[Literal[0, 1] | None, BeforeValidator(lambda value: int(value) if value in (0, 1) else value)] = (
        None
    )
    input: str | None = None
    output: str | None = None
    system_prompt: str | None = None
    scope_spec: str | None = None
    trace_events: tuple[ToolCall, ...] | None = None
    meta: Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)] = {}
    _place: str = PrivateAttr(default="")

    @property
    def place(self) -> str:
        """Where the row was read: file and line, or its id."""
        return self._place or f"row {self.id}"

    def stands_at(self, place: str) -> None:
        """Remember where the row was read; no row can bring this along."""
        self._place = place

    @property
    def ambiguous(self) -> bool:
        """Whether the label is borderline."""
        return bool(self.meta.get("ambiguous"))

    @property
    def labelled_by(self) -> Literal["human", "model", "derived", "unstated"]:
        """Who said so: a person, a model that took part, how the row was made (``derived``), or nobody says."""
        source = str(self.meta.get("label_source") or "")
        if not source:
            return "unstated"
        if _BY_MODEL.search(source):
            return "model"
        return "human" if _BY_HUMAN.match(source) else "derived"


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows of one file.

    Raises:
        InputError: The file cannot be read, or a line is no row; names the file, the line and the key.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            yield from _rows(path, gzip.GzipFile(fileobj=file) if packed else file)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {error}") from error


def _rows(path: Path, lines: IO[bytes] | gzip.GzipFile) -> Iterator[Row]:
    # Bytes end at \n only; a JSON string may hold U+2028.
    for number, line in enumerate(lines, start=1):
        content = line.removeprefix(_BYTE_ORDER_MARK).strip()
        if not content:
            continue
        place = f"{path} line {number}"
        try:
            row = Row.model_validate_json(content)
        except ValidationError as error:
            raise InputError(f"{place}: {_sentence(error)}") from error
        row.stands_at(place)
        yield row


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    # A union names its members in the location; they are no part of the key.
    key = ".".join(str(part) for part in first["loc"] if part not in _UNION_MEMBERS)
    return f"{key or 'the line'}: {first['msg']}"
