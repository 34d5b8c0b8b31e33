"""The worklist as CSV: one column for each field of a row, the same values as in the JSON."""

from __future__ import annotations

import csv
import io

from pipeline.records.worklist import Worklist, WorklistRow

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets run what begins so; patient names and reasons come from outside."""


def csv_text(worklist: Worklist) -> str:
    """The whole file; lists are joined by semicolons, unknown values are empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(WorklistRow.model_fields), lineterminator="\n")
    writer.writeheader()
    for row in worklist.studies:
        writer.writerow({name: _cell(value) for name, value in row.model_dump().items()})
    return file.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = "; ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
