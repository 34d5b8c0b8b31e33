"""A site's own studies: what its people drew and said, beside the results of a run over them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import dcmread

from pipeline.convert.quietly import quietly
from pipeline.errors import UsageError
from pipeline.evaluate.known import KnownLesion, KnownSide, KnownStudy, Touch
from pipeline.evaluate.label_truth import SideUnknownError, known_sides
from pipeline.evaluate.pairing import StudyPair
from pipeline.files import write_text_atomically
from pipeline.geometry import Volume, load_volume
from pipeline.labelled import (
    Drawn,
    LabelledStudy,
    LabelsRefusedError,
    SaidOfSide,
    SiteLabels,
    read_site,
)
from pipeline.labelled.drawn import check_placing
from pipeline.labelled.site import RefusedFile
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import SIDES, Record, Side
from pipeline.records.findings import Findings
from pipeline.settings import Settings


class SiteTruth(Record):
    """What stands behind the evaluation of a site. refused: files that could not be used.

    labelled: studies with drawn labels. sides_measured: of these, sides whose gap could be
    measured. sides_judged: sides with a reader's verdict.
    label_voxel_mm: smallest and largest voxel edge of the labels; gaps are known to about half.
    """

    labelled: int
    sides_measured: int
    sides_judged: int
    label_voxel_mm: tuple[float, float] | None
    refused: tuple[RefusedFile, ...]


@dataclass(frozen=True)
class _Known:
    """A study that can be compared. labels: None where nobody drew any that fit."""

    pair: StudyPair
    labels: Volume | None
    measured: int
    judged: int


def site_pairs(
    data: Path, results: OutputFolder, settings: Settings
) -> tuple[list[StudyPair], SiteTruth]:
    """Every study below `data` that has labels or verdicts, with its results, by StudyInstanceUID.

    Which number stands for which file is left in `private/` of the results. Raises UsageError
    where nothing can be compared.
    """
    site = read_site(data)
    _name_files(site, results)
    known = [
        one for study in site.studies.values() if (one := _known(study, site, results, settings))
    ]
    if not known:
        raise UsageError(_nothing(site))
    edges = [edge for one in known if one.labels for edge in one.labels.grid.voxel_mm]
    truth = SiteTruth(
        labelled=sum(one.labels is not None for one in known),
        sides_measured=sum(one.measured for one in known),
        sides_judged=sum(one.judged for one in known),
        label_voxel_mm=(round(min(edges), 3), round(max(edges), 3)) if edges else None,
        refused=tuple(sorted(site.refused, key=lambda one: one.file)),
    )
    return [one.pair for one in known], truth


def _known(
    study: LabelledStudy, site: SiteLabels, results: OutputFolder, settings: Settings
) -> _Known | None:
    """None where neither labels nor verdicts of a study can be used."""
    folder = results.case(study.case)
    if not folder.findings.exists():
        error = LabelsRefusedError("the results hold no such study", "run `nvc run` over it first")
        site.refuse(study.file or "table", study.case, error)
        return None
    sides, labels = dict.fromkeys(SIDES, KnownSide()), None
    if study.read is not None:
        try:
            labels = _placed(study.read(), folder).labels
            sides = _measured(labels, settings)
        except LabelsRefusedError as error:
            labels = None
            site.refuse(study.file or "", study.case, error)
    if labels is None and not study.said:
        return None
    measured = sum(side.gap_mm is not None for side in sides.values())
    for side, said in study.said.items():
        sides[side] = with_verdict(sides[side], said)
    pair = StudyPair(_study(folder, sides, labels), folder)
    return _Known(pair, labels, measured, len(study.said))


def _placed(drawn: Drawn, folder: CaseFolder) -> Drawn:
    """The labels, after they were found to lie in the study."""
    if folder.segmentation.exists():
        check_placing(drawn, load_volume(folder.segmentation), _frame_of_reference(folder))
    return drawn


def _measured(labels: Volume, settings: Settings) -> dict[Side, KnownSide]:
    try:
        return known_sides(labels, settings)
    except SideUnknownError as error:
        raise LabelsRefusedError(
            str(error), "outline the brainstem too, so that the side is known"
        ) from None


def with_verdict(side: KnownSide, said: SaidOfSide) -> KnownSide:
    """What a reader said goes before what labels show.

    A gap that contradicts the reader about contact is not known; nor is its place.
    """
    if said.contact is not None:
        touch: Touch = "contact" if said.contact else "clear"
        agrees = side.touch in {touch, "blurred"}
        side = replace(
            side,
            touch=touch,
            gap_mm=side.gap_mm if agrees else None,
            segment=side.segment if agrees else None,
            contact_point_lps_mm=side.contact_point_lps_mm if agrees else None,
        )
    return replace(
        side,
        grade=said.grade,
        vessel=said.vessel,
        tumour=_lesion(side.tumour, said.tumour),
        aneurysm=_lesion(side.aneurysm, said.aneurysm),
    )


def _lesion(drawn: KnownLesion | None, said: bool | None) -> KnownLesion | None:
    if said is None or (said and drawn is not None):
        return drawn
    return KnownLesion(present=said)


def _study(folder: CaseFolder, sides: dict[Side, KnownSide], labels: Volume | None) -> KnownStudy:
    used = {role: one for role, one in Findings.read(folder.findings).sequences.items() if one}
    reference = used.get("t2") or used.get("tof")
    return KnownStudy(
        sequences=tuple(used),
        voxel_mm=math.prod(reference.voxel_mm) ** (1 / 3) if reference else None,
        sides=sides,
        labels=None if labels is None else lambda: labels,
    )


def _frame_of_reference(folder: CaseFolder) -> str | None:
    """Of the study's reference series, as its exported objects carry it."""
    for name in ("segmentation", "measurements"):
        path = folder.dicom(name)
        if path.exists():
            with quietly():
                header = dcmread(path, stop_before_pixels=True)
            if "FrameOfReferenceUID" in header:
                return str(header.FrameOfReferenceUID)
    return None


def _name_files(site: SiteLabels, results: OutputFolder) -> None:
    results.create_private()
    named = {number: str(path) for number, path in site.files.items()}
    write_text_atomically(results.label_files, json.dumps(named, indent=1) + "\n")


def _nothing(site: SiteLabels) -> str:
    if not site.files:
        return (
            "the folder holds no truth: neither a generated study (truth.json) nor labels (NIfTI, "
            "DICOM SEG) or verdicts (CSV); docs/how-to/acceptance.md says how to name them"
        )
    return "none of the labels and verdicts can be used: " + refusals(site.refused)


def refusals(refused: Sequence[RefusedFile]) -> str:
    """All refusals in words."""
    return "; ".join(f"file {one.file}: {one.reason}; {one.what_to_do}" for one in refused)
