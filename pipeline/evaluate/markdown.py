"""The evaluation as a table in the model cards, between two marks that the cards carry."""

from __future__ import annotations

from pathlib import Path

from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.figures import figures, in_words
from pipeline.evaluate.overlap_table import OverlapTable
from pipeline.files import write_text_if_changed

BEGIN = "<!-- evaluation:begin (written by nvc evaluate) -->"
END = "<!-- evaluation:end -->"


def update_model_cards(evaluation: Evaluation, models: Path, source: str) -> list[Path]:
    """Write the table into every `models/*/docs/README.md` that carries the marks.

    source: path of the evaluation's JSON as it is to be cited. Returns the cards that changed.
    """
    block = f"{BEGIN}\n{table(evaluation, source)}\n{END}"
    changed = []
    for card in sorted(models.glob("*/docs/README.md")):
        text = card.read_text(encoding="utf-8")
        if BEGIN not in text or END not in text:
            continue
        before, rest = text.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        if write_text_if_changed(card, before + block + after):
            changed.append(card)
    return changed


def table(evaluation: Evaluation, source: str) -> str:
    """Markdown: what was measured, on how many, with 95 % intervals by patient."""
    versions = ", ".join(evaluation.generator_versions)
    generator = f"generator {versions}; " if versions else ""
    heading = (
        f"Measured on {evaluation.studies} {evaluation.measured_on} "
        f"({generator}program {evaluation.program_version}); figures in `{source}`. "
        "Intervals: 95 %, by patient."
    )
    lines = [f"| {name} | {value} | {count} |" for name, value, count in _rows(evaluation)]
    return "\n".join(
        [
            heading,
            "",
            "| measure | value | sides |",
            "|---|---|---|",
            *lines,
            "",
            *_overlap_lines(evaluation.overlap),
        ]
    )


def _rows(evaluation: Evaluation) -> list[tuple[str, str, int]]:
    rows = [(one.name, in_words(one.score), one.score.count) for one in figures(evaluation)]
    zone = evaluation.root_exit_zone
    rows.append(("sides swapped", str(zone.swapped), zone.sides))
    if zone.slab_misses:
        recognised = f"{zone.slab_misses_recognised} of {zone.slab_misses}"
        rows.append(("root exit zone outside the slab: recognised", recognised, zone.slab_misses))
    return rows


def _overlap_lines(overlap: OverlapTable) -> list[str]:
    """Nerve and arteries within 12 mm of the root exit zone, a line for each group of sides."""
    head = [
        "| sides | CN VII Dice | artery Dice | artery clDice | number |",
        "|---|---|---|---|---|",
    ]
    return head + [
        f"| {name} | {in_words(group.facial_nerve)} | {in_words(group.artery)} | "
        f"{in_words(group.artery_centreline)} | {group.facial_nerve.count} |"
        for name, group in overlap.groups().items()
    ]
