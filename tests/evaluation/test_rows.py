"""Rows: what is read, what is refused with a sentence, and who is said to have labelled."""

import gzip
import json
from pathlib import Path

import pytest

from otel_safety.errors import InputError
from otel_safety.evaluation.rows import Row, read_rows

ROW = b'{"id": "1", "detector": "deception"}'


def sentence(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(read_rows(file))
    return str(caught.value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"detector": "d"}', "line 3: id: Field required"),
        ('{"id": "1", "label": 2}', "line 3: label: Input should be 0 or 1"),
        ('{"id": "1", "label": "1"}', "line 3: label: Input should be 0 or 1"),
        ('{"id": "1", "input": 5}', "line 3: input: Input should be a valid string"),
        ('{"id": "1", "meta": []}', "line 3: meta: Input should be an object"),
        ('{"id": "1", "trace_events": {}}', "line 3: trace_events: "),
        ('{"id": "1", "trace_events": [{"arguments": {}}]}', "line 3: trace_events.0.name: Field required"),
        ('{"id": "1", "trace_events": [{"name": "x", "arguments": 3}]}', "line 3: trace_events.0.arguments: "),
        ("{", "line 3: the line: Invalid JSON"),
        ("[]", "line 3: the line: Input should be an object"),
        ('{"id": "1", "x": %s}' % ("[" * 5000), "line 3: the line: Invalid JSON: recursion limit exceeded"),
    ],
)
def test_a_line_that_is_no_row_is_named_with_its_file_and_key(
    tmp_path: Path, line: str, complaint: str, packed: bool
) -> None:
    file = tmp_path / "rows"
    content = ROW + b"\n\n" + line.encode()
    file.write_bytes(gzip.compress(content) if packed else content)
    assert f"{file} {complaint}" in sentence(file)


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(ROW + b'\n{"id": "\xff"}')
    assert f"{file} line 2: the line: Invalid JSON" in sentence(file)


@pytest.mark.parametrize("damage", [slice(None, -12), slice(None, 15)])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: slice) -> None:
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(gzip.compress(ROW)[damage])
    assert sentence(file).startswith(f"cannot read {file}: ")


def test_a_gzip_file_with_changed_bytes_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl.gz"
    content = bytearray(gzip.compress(ROW * 50))
    content[12:20] = b"\xff" * 8
    file.write_bytes(content)
    assert sentence(file).startswith(f"cannot read {file}: ")


def test_a_file_that_is_away_is_named(tmp_path: Path) -> None:
    assert "cannot read" in sentence(tmp_path / "away.jsonl")


def test_rows_are_read_with_their_place_and_may_hold_any_line_separator_of_unicode(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    texts = ["one\u2028two", "\x85"]
    lines = [json.dumps({"id": text, "output": text}, ensure_ascii=False) for text in texts]
    file.write_text("\ufeff" + "\r\n".join(lines) + "\n", "utf-8")
    rows = list(read_rows(file))
    assert [row.output for row in rows] == texts
    assert [row.place for row in rows] == [f"{file} line 1", f"{file} line 2"]


def test_everything_but_the_id_may_be_absent_or_null(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    nulls = dict.fromkeys(
        ("detector", "label", "input", "output", "system_prompt", "scope_spec", "trace_events", "meta")
    )
    file.write_text(f"{json.dumps({'id': 7})}\n{json.dumps({'id': 7, **nulls})}")
    first, second = read_rows(file)
    assert first.model_dump() == second.model_dump()
    assert (first.id, first.label, first.trace_events, first.meta) == (7, None, None, {})


def test_no_tool_call_is_not_the_same_as_none_seen() -> None:
    assert Row(id="1", trace_events=()).trace_events == ()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("human", "human"),
        ("Human (R-Judge)", "human"),
        ("human labels of model output", "human"),
        ("human, 2 + adjudication", "human"),
        ("humanoid", "derived"),
        ("model (GPT-4 rubric)", "model"),
        ("LLM annotator: private person", "model"),
        ("gpt-4o", "model"),
        ("human label + LLM annotator reading", "model"),
        ("natural, labelled by an LLM annotator on reading", "model"),
        ("derived: calls removed", "derived"),
        ("natural trace, presumed truthful (18 read by an LLM annotator)", "derived"),
        ("rule; sample read", "derived"),
        (None, "unstated"),
        ("", "unstated"),
    ],
)
def test_a_label_is_of_a_person_of_a_model_that_took_part_derived_or_unstated(source: str | None, kind: str) -> None:
    assert Row(id="1", meta={"label_source": source}).labelled_by == kind
