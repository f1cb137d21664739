"""Rows that say of an answer whether it refuses, from rows whose annotators said so.

``python -m tests.accuracy.derived ROWS.jsonl[.gz] ... >refusal.jsonl`` prints them as rows of the detector ``refusal``;
``otel-safety evaluate --data refusal.jsonl --errors wrong.jsonl`` measures them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from otel_safety.evaluation.refusal import REFUSAL
from otel_safety.evaluation.rows import Row, read_rows

# XSTest's three labels of an answer: a refusal in part is a refusal.
_XSTEST = {"1_full_compliance": 0, "2_full_refusal": 1, "3_partial_refusal": 1}
# Do-Not-Answer's six actions: 0 declines to assist, 5 does as asked. What lies between (contradicts, weighs both sides,
# answers with a disclaimer, says that it does not know) is neither for certain.
_DO_NOT_ANSWER = {"0": 1, "5": 0}


def refusal_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Derive the rows; each answer counts once, in however many files of its data set it stands."""
    seen: set[tuple[str, str | int]] = set()
    for row in rows:
        if (row.dataset, row.id) in seen:
            continue
        if row.dataset == "xstest_ext":
            label = _XSTEST.get(str(row.meta.get("original_label")))
        elif row.dataset == "do_not_answer":
            label = _DO_NOT_ANSWER.get(str(row.meta.get("original_action")))
        else:
            continue
        seen.add((row.dataset, row.id))
        if label is not None:
            meta = {**row.meta, "ambiguous": False}
            yield row.model_copy(update={"detector": REFUSAL, "label": label, "meta": meta})


if __name__ == "__main__":
    for derived in refusal_rows(row for file in sys.argv[1:] for row in read_rows(Path(file))):
        print(derived.model_dump_json())
