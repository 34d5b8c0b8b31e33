"""Whether networks give one answer however they are computed: labels, probabilities, grades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import load_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import SIDES, Record
from pipeline.records.findings import Findings, Grade, SideFindings
from pipeline.records.labels import Label
from pipeline.stage import read_outcome


class DeviceFigures(Record):
    """One way to compute, against the reference on the same studies.

    device: as named in records; None, as all figures, where it was not at hand.
    seconds_per_study: mean of stage segment. lowest_label_dice: of each label's voxels in all
    studies together, the lowest. largest_probability_difference: over findings and sides.
    grades_changed: sides whose grade is another.
    """

    way: str
    device: str | None = None
    seconds_per_study: float | None = None
    lowest_label_dice: float | None = None
    largest_probability_difference: float | None = None
    grades_changed: int | None = None


class DeviceTable(Record):
    """The first row is the reference."""

    schema_version: str = "1"
    measured_on: str = "generated (synthetic) studies, not patients"
    studies: int
    rows: tuple[DeviceFigures, ...]


def device_figures(
    way: str, device: str, found: OutputFolder, reference: OutputFolder, cases: Sequence[str]
) -> DeviceFigures:
    """Figures of a way whose results are in `found`; all cases must be assessed in both."""
    pairs = [(found.case(case), reference.case(case)) for case in cases]
    answers = [(Findings.read(a.findings), Findings.read(b.findings)) for a, b in pairs]
    sides = [(a.sides[side], b.sides[side]) for a, b in answers for side in SIDES]
    return DeviceFigures(
        way=way,
        device=device,
        seconds_per_study=round(float(np.mean([_seconds(a) for a, _ in pairs])), 2),
        lowest_label_dice=round(_lowest_dice(pairs), 4),
        largest_probability_difference=round(max(_difference(a, b) for a, b in sides), 4),
        grades_changed=sum(_grade(a) != _grade(b) for a, b in sides),
    )


def _seconds(folder: CaseFolder) -> float:
    outcome = read_outcome(folder, "segment")
    return outcome.seconds if outcome else float("nan")


def _lowest_dice(pairs: Sequence[tuple[CaseFolder, CaseFolder]]) -> float:
    common, sizes = np.zeros(len(Label)), np.zeros(len(Label))
    for folders in pairs:
        a, b = (np.asarray(load_volume(f.segmentation).array).astype(int) for f in folders)
        common += _counts(a[a == b])
        sizes += _counts(a) + _counts(b)
    seen = sizes > 0
    return float((2 * common[seen] / sizes[seen]).min())


def _counts(labels: NDArray[np.int_]) -> NDArray[np.float64]:
    return np.bincount(labels.ravel(), minlength=len(Label)).astype(np.float64)


def _difference(found: SideFindings, reference: SideFindings) -> float:
    """The largest difference of a side's probabilities; 1 where only one of them has an answer."""
    pairs = zip(_probabilities(found), _probabilities(reference), strict=True)
    return max(
        0.0 if a is b is None else 1.0 if a is None or b is None else abs(a - b) for a, b in pairs
    )


def _probabilities(side: SideFindings) -> tuple[float | None, float | None, float | None]:
    return side.vessel_contact.probability, side.tumour.probability, side.aneurysm.probability


def _grade(side: SideFindings) -> Grade | None:
    return side.vessel_contact.grade
