"""Studies that readers disagreed with: what is to be labelled, and a gate before training on it.

A verdict says that an answer is wrong, not what each voxel is: it is no truth to train on.
`to_label` reads `to_review.json` and lists what a person has to outline; `labelled_truth` hands out
a study's labels only where somebody has done so. Readers' remarks are free text, which may name a
patient: they stay with the verdicts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

from pipeline.errors import UsageError
from pipeline.geometry import Volume, load_volume
from pipeline.labelled import LabelsRefusedError
from pipeline.labelled.drawn import check_placing
from pipeline.labelled.nifti import read_nifti
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import Side
from pipeline.records.findings import Grade, VesselName
from pipeline.records.verdict import JUDGED, Judged, ReviewedSide, SideVerdict, Verdict
from pipeline.worklist.verdicts import ToReview, findings_checksum

_Kind = TypeVar("_Kind", ToReview, Verdict)


class NotLabelledError(UsageError):
    """A disputed study has no truth to train on yet; the message says what is missing."""


@dataclass(frozen=True)
class Dispute:
    """What one reader said otherwise of one side of a study.

    side: None for what concerns the study as a whole (corrected_side). wrong: findings that the
    reader disagreed with. current: whether the record is still the one that was looked at.
    missing: what stands between the study and training; empty once it is labelled.
    """

    case: str
    reader: str
    side: Side | None
    wrong: tuple[Judged, ...]
    corrected_grade: Grade | None
    corrected_vessel: VesselName | None
    corrected_side: ReviewedSide | None
    current: bool
    missing: str


def to_label(output: OutputFolder, labels: Path) -> list[Dispute]:
    """Every dispute of `to_review.json`, by case. labels: folder of <case>.nii.gz made by hand.

    Raises UsageError where there is no such file, or where it or a verdict cannot be read.
    """
    listed = _read(ToReview, output.to_review, "bring verdicts in with `nvc verdicts` first")
    return [
        dispute
        for case, files in sorted(listed.cases.items())
        for dispute in _disputes(output.case(case), files, labels)
    ]


def labelled_truth(folder: CaseFolder, labels: Path) -> Volume:
    """The labels that a person made of a study, on the grid that they were drawn on, LPS.

    Raises NotLabelledError where they are absent or cannot be used.
    """
    path = labels / f"{folder.case}.nii.gz"
    if not path.exists():
        raise NotLabelledError(f"not labelled: {path.name} is missing")
    try:
        drawn = read_nifti(path)
        check_placing(drawn, load_volume(folder.segmentation), None)
    except LabelsRefusedError as error:
        raise NotLabelledError(f"{path.name}: {error.reason}; {error.remedy}") from None
    return drawn.labels


def disputes_csv(disputes: list[Dispute]) -> str:
    """The list as CSV for the person who labels; findings joined by semicolons."""
    file = io.StringIO()
    writer = csv.DictWriter(file, [f.name for f in fields(Dispute)], lineterminator="\n")
    writer.writeheader()
    for dispute in disputes:
        row = asdict(dispute) | {"wrong": "; ".join(dispute.wrong)}
        row["current"] = "yes" if dispute.current else "no"
        writer.writerow({name: "" if value is None else value for name, value in row.items()})
    return file.getvalue()


def _disputes(folder: CaseFolder, files: tuple[str, ...], labels: Path) -> Iterator[Dispute]:
    missing = _missing(folder, labels)
    for file in files:
        verdict = _read(Verdict, folder.output.root / file, "bring it in again with `nvc verdicts`")
        same = verdict.findings_sha256 == findings_checksum(folder)
        whole = Dispute(
            folder.case, verdict.reader, None, (), None, None, verdict.corrected_side, same, missing
        )
        yield from (
            replace(
                whole,
                side=side,
                wrong=_wrong(said),
                corrected_grade=said.corrected_grade,
                corrected_vessel=said.corrected_vessel,
                corrected_side=None,
            )
            for side, said in sorted(verdict.sides.items())
            if _wrong(said) or said.corrected_grade or said.corrected_vessel
        )
        if verdict.corrected_side is not None:
            yield whole


def _wrong(said: SideVerdict) -> tuple[Judged, ...]:
    return tuple(name for name in JUDGED if getattr(said, name) == "disagree")


def _missing(folder: CaseFolder, labels: Path) -> str:
    try:
        labelled_truth(folder, labels)
    except NotLabelledError as error:
        return str(error)
    return ""


def _read(kind: type[_Kind], path: Path, remedy: str) -> _Kind:
    try:
        return kind.read(path)
    except (OSError, ValueError):
        raise UsageError(f"{path.name} is missing or cannot be read; {remedy}") from None
