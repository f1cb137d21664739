"""Labelled rows: JSON lines, one row a line, as they are or gzipped."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from otel_safety.errors import InputError

_GZIP = b"\x1f\x8b"
_MODEL_LABELS = ("model", "llm", "gpt", "claude", "judge")


class Row(BaseModel):
    """One row: what a detector sees of a run, and what somebody said about it.

    ``trace_events`` null: not available; ``[]``: observed, and the run made no tool call. A row without ``label``
    is judged and predicted, and counts in no figure. ``meta.ambiguous`` rows count only when asked for;
    ``meta.label_source`` says who labelled; ``meta.group`` names what must not be on both sides of a
    cross-validation (default: the input).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    detector: str
    dataset: str = "rows"
    label: Literal[0, 1] | None = None
    input: str | None = None
    output: str | None = None
    system_prompt: str | None = None
    scope_spec: str | None = None
    trace_events: list[dict[str, Any]] | None = None
    meta: dict[str, Any] = {}

    @property
    def ambiguous(self) -> bool:
        """Whether the label is borderline."""
        return bool(self.meta.get("ambiguous"))

    @property
    def labelled_by(self) -> str:
        """What kind of label this is: ``human``, ``model``, or ``derived`` from how the row was made."""
        source = str(self.meta.get("label_source") or "").lower()
        if source.startswith("human"):
            return "human"
        return "model" if source.startswith(_MODEL_LABELS) else "derived"

    @property
    def group(self) -> str:
        """Rows of one group stand on one side of every cross-validation."""
        return str(self.meta.get("group") or self.input or self.id)


def read_rows(path: Path) -> Iterator[Row]:
    """Read the rows of one file.

    Raises:
        InputError: The file cannot be read, or a line is no row; names the file, the line and the key.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    # Not splitlines: a JSON string may hold U+2028.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield Row.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the line"
            raise InputError(f"{path} line {number}: {key}: {first['msg']}") from error
