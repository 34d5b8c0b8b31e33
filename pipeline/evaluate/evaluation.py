"""The evaluation of an output folder against what is known to be true, as one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline import __version__
from pipeline.assess.accuracy import ReleasedAccuracy, ShareRight
from pipeline.bootstrap import Score
from pipeline.evaluate.accuracy import measured_accuracy
from pipeline.evaluate.centreline import CentrelineScores, centreline_scores
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
from pipeline.evaluate.overlap import study_overlaps
from pipeline.evaluate.overlap_table import OverlapTable, overlap_table
from pipeline.evaluate.pairing import StudyPair, side_cases
from pipeline.evaluate.reliability import Reliability, contact_reliability
from pipeline.records.base import Record
from pipeline.records.findings import MeasuredAccuracy
from pipeline.records.landmarks import ModelUsed

ON_GENERATED = "generated (synthetic) studies, not patients"
ON_SITE = "studies of a site, against what its own readers drew and said"


class Evaluation(Record):
    """All scores of a set of studies. status: how many studies ended how.

    generator_versions: of generated studies; empty for a site's own.
    centreline: None in evaluations written before it was measured.
    contact_with_tof, aneurysm_with_tof: the same scores over studies with a TOF.
    accuracy: what reports show beside their answers.
    """

    schema_version: str = "1"
    measured_on: str = ON_GENERATED
    program_version: str
    generator_versions: tuple[str, ...]
    models: tuple[ModelUsed, ...]
    studies: int
    status: dict[str, int]
    root_exit_zone: LandmarkScores
    centreline: CentrelineScores | None = None
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
            segment=_share(self.description.segment_right),
            vessel=_share(self.description.vessel_right_named),
        )


def evaluate(pairs: Sequence[StudyPair], measured_on: str) -> Evaluation:
    """Compare results with what is known, each figure over the sides of which it is known."""
    cases = side_cases(pairs)
    inside = [case for case in cases if case.truth.in_slab]
    with_tof = [case for case in inside if "tof" in case.pair.truth.sequences]
    overlaps = [overlap for pair in pairs for overlap in study_overlaps(pair)]
    versions = {pair.truth.generator_version for pair in pairs}
    return Evaluation(
        measured_on=measured_on,
        program_version=__version__,
        generator_versions=tuple(sorted(version for version in versions if version)),
        models=_models(pairs),
        studies=len(pairs),
        status=_status(pairs),
        root_exit_zone=landmark_scores(cases),
        centreline=centreline_scores(inside),
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


def _share(score: Score) -> ShareRight | None:
    return None if score.value is None else ShareRight(share=score.value, sides=score.count)


def _status(pairs: Sequence[StudyPair]) -> dict[str, int]:
    found = (pair.findings() for pair in pairs)
    return dict(Counter(one.status if one else "missing" for one in found))


def _models(pairs: Sequence[StudyPair]) -> tuple[ModelUsed, ...]:
    """The models named in the findings; several versions of one are all listed."""
    found = (pair.findings() for pair in pairs)
    used = {model.model_dump_json(): model for one in found if one for model in one.models}
    return tuple(used[key] for key in sorted(used))
