"""The worklist as a table on the terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.report.texts import ReportTexts, load_texts
from pipeline.worklist.page import counts
from pipeline.worklist.rows import needs_a_human_first

_STYLES = {1: "bold red", 2: "bold yellow", 3: "yellow", 4: "green"}


def worklist_table(worklist: Worklist) -> Table:
    """Every study with priority, finding, side and sentence; the counts stand below."""
    texts = load_texts()
    words = texts.worklist
    caption = f"{counts(worklist, texts)}\n{texts.research_use}"
    table = Table(title=words.title, caption=caption, caption_justify="left", title_justify="left")
    for name in ("case", "priority", "finding", "side", "sentence"):
        table.add_column(words.column[name], no_wrap=name == "case", overflow="fold")
    for number, row in enumerate(worklist.studies):
        table.add_row(*_cells(row, texts), end_section=_ends_group(worklist, number))
    return table


def _cells(row: WorklistRow, texts: ReportTexts) -> list[Text]:
    """Texts, not markup: what stands in brackets in a reason is no style."""
    words = texts.worklist
    if needs_a_human_first(row):
        first, style, sentence = texts.status[row.status], "bold magenta", row.reason or ""
    else:
        first, style = str(row.priority), _STYLES.get(row.priority or 0, "")
        sentence = _with_missing(row, texts)
    side = words.side[row.side] if row.side else ""
    return [
        Text(row.case),
        Text(first, style=style),
        Text(words.finding[row.leading] if row.priority else ""),
        Text(side),
        Text(sentence),
    ]


def _with_missing(row: WorklistRow, texts: ReportTexts) -> str:
    known = texts.worklist.degraded
    missing = ", ".join(text for code, text in known.items() if code in row.degraded)
    return f"{row.sentence} ({missing})" if missing else row.sentence


def _ends_group(worklist: Worklist, number: int) -> bool:
    rows = worklist.studies
    if number + 1 == len(rows):
        return False
    return needs_a_human_first(rows[number]) and not needs_a_human_first(rows[number + 1])
