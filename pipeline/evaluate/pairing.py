"""Generated studies with their truth, beside what an output folder says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.phantom.truth import SideTruth, Truth
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Findings, SideFindings

CONTACT_BELOW_MM = 0.05
CLEAR_FROM_MM = 0.3
"""True gaps in between are a stratum of their own: no image tells them from contact."""


@dataclass(frozen=True)
class StudyPair:
    """A study's truth and its folder of results. labels: truth on the reference grid."""

    truth: Truth
    labels: Path
    folder: CaseFolder

    @property
    def sequences(self) -> str:
        """The sequences of the study in words, such as "t2+tof"."""
        return "+".join(self.truth.sequences)

    @property
    def voxel_mm(self) -> float:
        """Edge of the cube with the volume of the reference's voxel."""
        a, b, c = self.truth.voxel_mm
        return float((a * b * c) ** (1 / 3))

    def findings(self) -> Findings | None:
        """None where the run left none."""
        path = self.folder.findings
        return Findings.read(path) if path.exists() else None


@dataclass(frozen=True)
class SideCase:
    """One side: what is true, and what was found (None where the study was not assessed)."""

    pair: StudyPair
    side: Side
    truth: SideTruth
    other_truth: SideTruth
    found: SideFindings | None

    @property
    def patient(self) -> str:
        return self.pair.folder.case

    @property
    def is_contact(self) -> bool:
        return self.truth.gap_mm < CONTACT_BELOW_MM

    @property
    def is_clear(self) -> bool:
        return self.truth.gap_mm >= CLEAR_FROM_MM


def paired_studies(data: Path, results: OutputFolder) -> list[StudyPair]:
    """Every `truth.json` below `data`, with the case that it belongs to.

    Raises UsageError where there is no truth, or none of its studies is in the results.
    """
    files = sorted(data.rglob("truth.json"))
    if not files:
        raise UsageError(f"no truth.json below {data}; generate studies with `nvc phantom`")
    pairs = [_pair(file, results) for file in files]
    if not any(pair.folder.root.exists() or pair.folder.work.exists() for pair in pairs):
        raise UsageError(f"the output folder {results.root} holds none of the studies of {data}")
    return pairs


def side_cases(pairs: list[StudyPair]) -> list[SideCase]:
    """Both sides of every study."""
    cases = []
    for pair in pairs:
        findings = pair.findings()
        assessed = findings if findings and findings.status == "assessed" else None
        for side in SIDES:
            other: Side = "right" if side == "left" else "left"
            found = assessed.sides[side] if assessed else None
            truth = pair.truth.sides
            cases.append(SideCase(pair, side, truth[side], truth[other], found))
    return cases


def _pair(file: Path, results: OutputFolder) -> StudyPair:
    truth = Truth.read(file)
    folder = results.case(case_of(truth.study_instance_uid))
    return StudyPair(truth, file.with_name("truth_labels.nii.gz"), folder)
