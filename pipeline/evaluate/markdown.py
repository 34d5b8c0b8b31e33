"""The evaluation as a table in the model cards, between two marks that the cards carry."""

from __future__ import annotations

from pathlib import Path

from pipeline.evaluate.bootstrap import Score
from pipeline.evaluate.evaluation import Evaluation
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
    heading = (
        f"Measured on {evaluation.studies} {evaluation.measured_on} "
        f"(generator {', '.join(evaluation.generator_versions)}; program "
        f"{evaluation.program_version}); figures in `{source}`. Intervals: 95 %, by patient."
    )
    lines = [f"| {name} | {value} | {count} |" for name, value, count in _rows(evaluation)]
    return "\n".join([heading, "", "| measure | value | sides |", "|---|---|---|", *lines])


def _rows(evaluation: Evaluation) -> list[tuple[str, str, int]]:
    zone, contact, gap = evaluation.root_exit_zone, evaluation.contact, evaluation.gap
    overlap, description = evaluation.overlap, evaluation.description
    scores: list[tuple[str, Score]] = [
        ("root exit zone within 2 mm", zone.within_2_mm),
        ("root exit zone, median error (mm)", zone.median_error_mm),
        ("vessel contact: AUC", contact.auc),
        ("vessel contact: sensitivity", contact.sensitivity),
        ("vessel contact: specificity", contact.specificity),
        ("vessel contact: sensitivity where answered", contact.sensitivity_answered),
        ("vessel contact: specificity where answered", contact.specificity_answered),
        ("vessel contact: cannot say", contact.cannot_say),
        ("vessel contact with TOF: AUC", evaluation.contact_with_tof.auc),
        ("gap, mean error (mm, true gap under 2 mm)", gap.mean_error_mm),
        ("gap, coverage of the 90 % interval", gap.interval_coverage),
        ("grade: kappa", description.grade_kappa),
        ("grade: quadratic kappa", description.grade_kappa_quadratic),
        ("segment right (contacts)", description.segment_right),
        ("vessel named right (contacts)", description.vessel_right),
        ("CN VII Dice within 12 mm", overlap.all.facial_nerve),
        ("artery Dice within 12 mm", overlap.all.artery),
        ("tumour: sensitivity", evaluation.tumour.sensitivity),
        ("tumour: specificity", evaluation.tumour.specificity),
        ("aneurysm: sensitivity", evaluation.aneurysm.sensitivity),
        ("aneurysm: specificity", evaluation.aneurysm.specificity),
        ("aneurysm with TOF: sensitivity", evaluation.aneurysm_with_tof.sensitivity),
    ]
    for groups in (overlap.by_sequences, overlap.by_voxel_mm):
        for name, group in groups.items():
            scores.append((f"CN VII Dice, {name}", group.facial_nerve))
            scores.append((f"artery Dice, {name}", group.artery))
    rows = [(name, _text(score), score.count) for name, score in scores]
    rows.append(("sides swapped", str(zone.swapped), zone.sides))
    recognised = f"{zone.slab_misses_recognised} of {zone.slab_misses}"
    rows.append(("root exit zone outside the slab: recognised", recognised, zone.slab_misses))
    return rows


def _text(score: Score) -> str:
    if score.value is None:
        return "not measured"
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} ({score.low:.2f} to {score.high:.2f})"
