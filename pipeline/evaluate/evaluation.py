"""The evaluation of an output folder against generated truth, as one record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pipeline import __version__
from pipeline.assess.accuracy import ReleasedAccuracy
from pipeline.evaluate.accuracy import measured_accuracy
from pipeline.evaluate.contact import (
    ContactScores,
    DescriptionScores,
    GapScores,
    contact_scores,
    description_scores,
    gap_scores,
)
from pipeline.evaluate.landmarks import LandmarkScores, landmark_scores
from pipeline.evaluate.lesions import LesionScores, lesion_scores
from pipeline.evaluate.overlap import OverlapTable, overlap_table, study_overlaps
from pipeline.evaluate.pairing import StudyPair, paired_studies, side_cases
from pipeline.evaluate.reliability import Reliability, contact_reliability
from pipeline.paths import OutputFolder
from pipeline.records.base import Record
from pipeline.records.findings import MeasuredAccuracy
from pipeline.records.landmarks import ModelUsed


class Evaluation(Record):
    """All scores of generated (synthetic) studies. status: how many studies ended how.

    contact_with_tof, aneurysm_with_tof: the same scores over studies with a TOF.
    accuracy: what reports show beside their answers.
    """

    schema_version: str = "1"
    measured_on: str = "generated (synthetic) studies, not patients"
    program_version: str
    generator_versions: tuple[str, ...]
    models: tuple[ModelUsed, ...]
    studies: int
    status: dict[str, int]
    root_exit_zone: LandmarkScores
    contact: ContactScores
    contact_with_tof: ContactScores
    contact_reliability: Reliability
    gap: GapScores
    description: DescriptionScores
    overlap: OverlapTable
    tumour: LesionScores
    aneurysm: LesionScores
    aneurysm_with_tof: LesionScores
    accuracy: tuple[MeasuredAccuracy, ...]

    def released(self, source: str) -> ReleasedAccuracy:
        """What is released with the models. source: the evaluation's place in the repository."""
        return ReleasedAccuracy(
            measured_on=f"{self.studies} {self.measured_on}",
            source=source,
            models=self.models,
            accuracy=self.accuracy,
        )


def evaluate(data: Path, results: OutputFolder, destination: Path) -> Evaluation:
    """Compare the results with the truth of the studies below `data`; writes JSON.

    Raises UsageError where `data` holds no truth or the results none of its studies.
    """
    pairs = paired_studies(data, results)
    cases = side_cases(pairs)
    inside = [case for case in cases if case.truth.rez_in_slab]
    with_tof = [case for case in inside if "tof" in case.pair.truth.sequences]
    overlaps = [overlap for pair in pairs for overlap in study_overlaps(pair)]
    evaluation = Evaluation(
        program_version=__version__,
        generator_versions=tuple(sorted({pair.truth.generator_version for pair in pairs})),
        models=_models(pairs),
        studies=len(pairs),
        status=_status(pairs),
        root_exit_zone=landmark_scores(cases),
        contact=contact_scores(inside),
        contact_with_tof=contact_scores(with_tof),
        contact_reliability=contact_reliability(inside),
        gap=gap_scores(inside),
        description=description_scores(inside),
        overlap=overlap_table(overlaps),
        tumour=lesion_scores(inside, "tumour"),
        aneurysm=lesion_scores(inside, "aneurysm"),
        aneurysm_with_tof=lesion_scores(with_tof, "aneurysm"),
        accuracy=measured_accuracy(inside),
    )
    evaluation.write(destination)
    return evaluation


def _status(pairs: list[StudyPair]) -> dict[str, int]:
    found = (pair.findings() for pair in pairs)
    return dict(Counter(one.status if one else "missing" for one in found))


def _models(pairs: list[StudyPair]) -> tuple[ModelUsed, ...]:
    """The models named in the findings; several versions of one are all listed."""
    found = (pair.findings() for pair in pairs)
    used = {model.model_dump_json(): model for one in found if one for model in one.models}
    return tuple(used[key] for key in sorted(used))
