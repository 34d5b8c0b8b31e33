"""Generated studies with their truth, beside the folder of results that they belong to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.evaluate.known import KnownLesion, KnownSide, KnownStudy, touch_of
from pipeline.geometry import load_volume
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.phantom.folder import TRUTH, TRUTH_LABELS
from pipeline.phantom.truth import LesionTruth, SideTruth, Truth


@dataclass(frozen=True)
class GeneratedResult:
    """labels: file of the true labels on the reference grid."""

    truth: Truth
    labels: Path
    folder: CaseFolder

    def known(self) -> KnownStudy:
        """All of the truth that is compared with results."""
        return KnownStudy(
            sequences=self.truth.sequences,
            voxel_mm=math.prod(self.truth.voxel_mm) ** (1 / 3),
            sides={side: _known_side(true) for side, true in self.truth.sides.items()},
            labels=partial(load_volume, self.labels),
            generator_version=self.truth.generator_version,
        )


def holds_generated(data: Path) -> bool:
    """Whether there is a generated study below a folder."""
    return next(data.rglob(TRUTH), None) is not None


def generated_results(data: Path, results: OutputFolder) -> list[GeneratedResult]:
    """Every generated study below `data`, with the case that it belongs to.

    Raises UsageError where there is none, or none of them is in the results.
    """
    files = sorted(data.rglob(TRUTH))
    if not files:
        raise UsageError(f"no {TRUTH} below {data}; generate studies with `nvc phantom`")
    found = [_result(file, results) for file in files]
    if not any(one.folder.root.exists() or one.folder.work.exists() for one in found):
        raise UsageError(f"the output folder {results.root} holds none of the studies of {data}")
    return found


def _result(file: Path, results: OutputFolder) -> GeneratedResult:
    truth = Truth.read(file)
    folder = results.case(case_of(truth.study_instance_uid))
    return GeneratedResult(truth, file.with_name(TRUTH_LABELS), folder)


def _known_side(true: SideTruth) -> KnownSide:
    return KnownSide(
        in_slab=true.rez_in_slab,
        rez_lps_mm=true.rez_lps_mm,
        centreline_lps_mm=true.nerve_centreline_lps_mm,
        touch=touch_of(true.gap_mm),
        gap_mm=true.gap_mm,
        grade=true.grade,
        segment=true.segment,
        contact_point_lps_mm=true.contact_point_lps_mm,
        vessel=true.vessel,
        vessel_diameter_mm=true.vessel_diameter_mm,
        tumour=_known_lesion(true.tumour),
        aneurysm=_known_lesion(true.aneurysm),
    )


def _known_lesion(true: LesionTruth | None) -> KnownLesion:
    if true is None:
        return KnownLesion(present=False)
    return KnownLesion(True, true.centroid_lps_mm, true.max_diameter_mm)
