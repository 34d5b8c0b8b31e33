"""The worklist as one HTML file that can be sorted and filtered, without a network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.report.render import content_hash, environment
from pipeline.report.texts import ReportTexts
from pipeline.worklist.rows import needs_a_human_first

_TEMPLATES = Path(__file__).parent / "templates"
_FIRST_COLUMNS = ("picture", "case")
_IDENTITY_COLUMNS = ("patient_name", "patient_id", "study_date")
_MAIN_COLUMNS = ("priority", "finding", "side", "sentence")
_LAST_COLUMNS = ("missing", "review")
"""A narrow screen has no room for the identity and the last columns: see worklist.css."""


@dataclass(frozen=True)
class Group:
    """Rows that stand together under one heading."""

    heading: str
    rows: tuple[WorklistRow, ...]


def worklist_html(worklist: Worklist, texts: ReportTexts) -> str:
    """The page."""
    identity = _identity(worklist)
    script = (_TEMPLATES / "worklist.js").read_text(encoding="utf-8")
    template = environment(_TEMPLATES).get_template("worklist.html.j2")
    return template.render(
        worklist=worklist,
        groups=groups(worklist, texts),
        columns=[*_FIRST_COLUMNS, *identity, *_MAIN_COLUMNS, *_LAST_COLUMNS],
        columns_always=len(_FIRST_COLUMNS + _MAIN_COLUMNS),
        identity=identity,
        counts=counts(worklist, texts),
        texts=texts,
        words=texts.worklist,
        script=Markup(script),
        script_hash=content_hash(script),
        tallies=tallies(worklist),
    )


def groups(worklist: Worklist, texts: ReportTexts) -> tuple[Group, Group]:
    """Those that need a human first, and the others."""
    words, rows = texts.worklist, worklist.studies
    return (
        Group(words.first_group, tuple(row for row in rows if needs_a_human_first(row))),
        Group(words.second_group, tuple(row for row in rows if not needs_a_human_first(row))),
    )


def counts(worklist: Worklist, texts: ReportTexts) -> str:
    """How many studies there are, by status, and what was not used at all."""
    statuses = Counter(row.status for row in worklist.studies)
    numbers = {status: statuses[status] for status in texts.status}
    said = texts.worklist.counts.format(studies=len(worklist.studies), **numbers)
    if not worklist.quarantined:
        return said
    return f"{said} {texts.worklist.quarantined.format(files=worklist.quarantined)}"


def tallies(worklist: Worklist) -> dict[str, int]:
    """How many studies there are by what is to be done: by urgency, and still to be reviewed."""
    rows = worklist.studies
    urgency = Counter(str(row.priority or "none") for row in rows)
    return {
        **{name: urgency[name] for name in ("none", "1", "2", "3", "4")},
        "open": sum(row.review in {"open", "outdated"} for row in rows),
    }


def _identity(worklist: Worklist) -> list[str]:
    """The columns of identities that at least one row fills."""
    return [
        name
        for name in _IDENTITY_COLUMNS
        if any(getattr(row, name) is not None for row in worklist.studies)
    ]
