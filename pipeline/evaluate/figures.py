"""The figures of an evaluation by name: what tables show, and what two evaluations compare."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.bootstrap import Score
from pipeline.evaluate.evaluation import Evaluation


@dataclass(frozen=True)
class Figure:
    """less_is_better: as for errors. A figure that is neither good nor bad has None."""

    name: str
    score: Score
    less_is_better: bool | None = False


def figures(evaluation: Evaluation) -> list[Figure]:
    """The figures over all studies, in the order of tables."""
    zone, contact, gap = evaluation.root_exit_zone, evaluation.contact, evaluation.gap
    overlap, description = evaluation.overlap, evaluation.description
    course = evaluation.centreline
    reliability = evaluation.contact_reliability
    return [
        Figure("root exit zone within 2 mm", zone.within_2_mm),
        Figure("root exit zone, median error (mm)", zone.median_error_mm, True),
        Figure("root exit zone, 95th percentile of the error (mm)", zone.p95_error_mm, True),
        *(
            [Figure("nerve centreline, mean error (mm)", course.mean_error_mm, True)]
            if course
            else []
        ),
        Figure("vessel contact: AUC", contact.auc),
        Figure("vessel contact: sensitivity (cannot say is wrong)", contact.sensitivity),
        Figure("vessel contact: specificity (cannot say is wrong)", contact.specificity),
        Figure("vessel contact: sensitivity where answered", contact.sensitivity_answered),
        Figure("vessel contact: specificity where answered", contact.specificity_answered),
        Figure("vessel contact: cannot say", contact.cannot_say, True),
        Figure("vessel contact: calibration error", reliability.expected_calibration_error, True),
        Figure("vessel contact: calibration slope", reliability.slope, None),
        Figure("vessel contact with TOF: AUC", evaluation.contact_with_tof.auc),
        Figure("gap, mean error (mm, true gap under 2 mm)", gap.mean_error_mm, True),
        Figure("gap, coverage of the 90 % interval", gap.interval_coverage, None),
        Figure("grade: kappa", description.grade_kappa),
        Figure("grade: quadratic kappa", description.grade_kappa_quadratic),
        Figure("segment right (contacts)", description.segment_right),
        Figure("vessel named right (contacts)", description.vessel_right),
        Figure("vessel named right where named", description.vessel_right_named),
        Figure("CN VII Dice within 12 mm", overlap.all.facial_nerve),
        Figure("artery Dice within 12 mm", overlap.all.artery),
        Figure("artery clDice within 12 mm", overlap.all.artery_centreline),
        Figure("tumour Dice", overlap.all.tumour),
        Figure("aneurysm Dice", overlap.all.aneurysm),
        Figure("tumour: sensitivity", evaluation.tumour.sensitivity),
        Figure("tumour: specificity", evaluation.tumour.specificity),
        Figure("aneurysm: sensitivity", evaluation.aneurysm.sensitivity),
        Figure("aneurysm: specificity", evaluation.aneurysm.specificity),
        Figure("aneurysm with TOF: sensitivity", evaluation.aneurysm_with_tof.sensitivity),
    ]


def in_words(score: Score) -> str:
    """Value and 95 % interval."""
    if score.value is None:
        return "not measured"
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} ({score.low:.2f} to {score.high:.2f})"
