"""Everything that a site's folder says of its studies, by case; what cannot be used, with why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.labelled.drawn import Drawn
from pipeline.labelled.nifti import is_nifti, read_nifti
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.labelled.said import SaidOfSide, read_said
from pipeline.labelled.seg import is_seg, read_seg
from pipeline.records.base import Record, Side


class RefusedFile(Record):
    """file: its number in `private/label_files.json`. case: None where it names no study."""

    file: str
    case: str | None
    reason: str
    what_to_do: str


@dataclass
class LabelledStudy:
    """What is known of one study. read: reads the labels again; None where nobody drew any."""

    case: str
    file: str | None = None
    read: Callable[[], Drawn] | None = None
    said: dict[Side, SaidOfSide] = field(default_factory=dict)


@dataclass
class SiteLabels:
    """files: path by number of every file that was looked at, for `private/` alone."""

    studies: dict[str, LabelledStudy] = field(default_factory=dict)
    refused: list[RefusedFile] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

    def study(self, case: str) -> LabelledStudy:
        return self.studies.setdefault(case, LabelledStudy(case))

    def refuse(self, file: str, case: str | None, error: LabelsRefusedError) -> None:
        self.refused.append(
            RefusedFile(file=file, case=case, reason=error.reason, what_to_do=error.remedy)
        )


def read_site(data: Path) -> SiteLabels:
    """Labels (NIfTI, DICOM SEG) and verdicts (CSV) below a folder; its images are passed over."""
    found = SiteLabels()
    for number, (path, take) in enumerate(_usable(data), start=1):
        name = f"{number:03d}"
        found.files[name] = path
        try:
            take(found, name, path)
        except LabelsRefusedError as error:
            found.refuse(name, None, error)
    return found


Take = Callable[[SiteLabels, str, Path], None]


def _usable(data: Path) -> Iterator[tuple[Path, Take]]:
    for path in sorted(one for one in data.rglob("*") if one.is_file()):
        if is_nifti(path):
            yield path, _take_nifti
        elif path.suffix.casefold() == ".csv":
            yield path, _take_said
        elif is_seg(path):
            yield path, _take_seg


def _take_nifti(found: SiteLabels, name: str, path: Path) -> None:
    _take_drawn(found, name, lambda: read_nifti(path))


def _take_seg(found: SiteLabels, name: str, path: Path) -> None:
    _take_drawn(found, name, lambda: read_seg(path))


def _take_drawn(found: SiteLabels, name: str, read: Callable[[], Drawn]) -> None:
    study = found.study(read().case)
    if study.read is not None:
        error = LabelsRefusedError(
            f"the study has labels in file {study.file} already", "keep one file for each study"
        )
        found.refuse(name, study.case, error)
        return
    study.file, study.read = name, read


def _take_said(found: SiteLabels, name: str, path: Path) -> None:
    for said in read_said(path):
        study = found.study(said.case)
        if said.side in study.said:
            error = LabelsRefusedError(
                f"the {said.side} side has more than one verdict; the first counts",
                "settle it among the readers and keep one line",
            )
            found.refuse(name, said.case, error)
            continue
        study.said[said.side] = said
