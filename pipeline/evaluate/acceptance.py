"""The acceptance test of a site: its own studies evaluated, beside the released figures."""

from __future__ import annotations

from pathlib import Path

from pipeline.evaluate.compare import Comparison, compared
from pipeline.evaluate.evaluation import ON_GENERATED, ON_SITE, Evaluation, evaluate
from pipeline.evaluate.generated import generated_results
from pipeline.evaluate.pairing import StudyPair
from pipeline.evaluate.site import SiteTruth, site_pairs
from pipeline.paths import OutputFolder
from pipeline.records.base import Record
from pipeline.settings import MODELS, Settings

RELEASED = MODELS / "assessment" / "evaluation.json"


class Acceptance(Record):
    """evaluation: as of generated studies, each figure where the site's data can show it."""

    schema_version: str = "1"
    truth: SiteTruth
    comparison: Comparison
    evaluation: Evaluation


def evaluate_generated(data: Path, results: OutputFolder) -> Evaluation:
    """Results against the truth of generated studies. Raises UsageError as `generated_results`."""
    pairs = [StudyPair(one.known(), one.folder) for one in generated_results(data, results)]
    return evaluate(pairs, ON_GENERATED)


def evaluate_site(data: Path, results: OutputFolder, settings: Settings) -> Acceptance:
    """Results against a site's labels and verdicts. Raises UsageError as `site_pairs`."""
    pairs, truth = site_pairs(data, results, settings)
    evaluation = evaluate(pairs, ON_SITE)
    released = Evaluation.read(RELEASED)
    return Acceptance(truth=truth, comparison=compared(evaluation, released), evaluation=evaluation)
