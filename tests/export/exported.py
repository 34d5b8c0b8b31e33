"""A study small enough to be exported in a moment, in any direction, with labels all over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread

from pipeline.export.identifiers import name_by_content
from pipeline.export.segmentation import segmentation_object
from pipeline.export.source import reference_series
from pipeline.geometry import Grid, Volume, load_volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.records.findings import Findings, SequenceUsed
from pipeline.records.manifest import SeriesEntry, StudyManifest

from ..intake.series_writer import CISS, Block, Header, Identity, write_enhanced, write_series
from ..report.builders import tumour_right

STUDY = "1.2.826.0.1.3680043.8.498.77"
SERIES = f"{STUDY}.1"
WHO = Identity(STUDY, "Tester^Tina", "T-77", "A-5")


@dataclass(frozen=True, eq=False)
class Small:
    """A case folder ready for export. expected: labels, shape (columns, rows, slices of block)."""

    folder: CaseFolder
    block: Block
    expected: NDArray[np.uint8]
    findings: Findings


def block_along(row: Any, column: Any, shape: tuple[int, int, int] = (7, 6, 5)) -> Block:
    """A block around the posterior fossa with the given directions."""
    return Block(row, column, shape=shape, spacing=(0.5, 0.6, 0.9), origin=(3.0, -41.0, -38.0))


def labels_in(shape: tuple[int, int, int], seed: int) -> NDArray[np.uint8]:
    """Labels 1 to 7 strewn without symmetry; the aneurysm (8) is absent."""
    values = np.random.default_rng(seed).integers(0, 8, shape).astype(np.uint8)
    values[0, 0, 0] = 7
    return values


def small_study(
    root: Path,
    block: Block,
    *,
    seed: int = 0,
    backwards: bool = False,
    enhanced: bool = False,
    header: Header = CISS,
    expected: NDArray[np.uint8] | None = None,
) -> Small:
    """Source files, manifest, findings and segmentation.nii.gz, as earlier stages leave them.

    The labels are stored turned over as dcm2niix would: rows from bottom to top.
    """
    folder = OutputFolder(root).case(case_of(STUDY))
    links = folder.output.series_links(folder.case, 1)
    order = range(block.shape[2])[:: -1 if backwards else 1]
    if enhanced:
        links.mkdir(parents=True)
        write_enhanced(links / "000000.dcm", header, block, identity=WHO, order=list(order))
    else:
        write_series(links, header, block, identity=WHO, order=order, series=SERIES)
    series = str(dcmread(next(links.iterdir())).SeriesInstanceUID)
    entry = SeriesEntry(
        index=1, series_instance_uid=series, role="t2", reason="", instances=block.shape[2],
        description="", usable=True, digest="d",
    )  # fmt: skip
    manifest = StudyManifest(
        case=folder.case, study_instance_uid=STUDY, series=(entry,), digest="d"
    )
    manifest.write(folder.manifest)
    labels = labels_in(block.shape, seed) if expected is None else expected
    save_volume(turned_over(labels, block.affine), folder.segmentation)
    findings = findings_of(folder, series, block)
    findings.write(folder.findings)
    return Small(folder, block, labels, findings)


def turned_over(labels: NDArray[np.uint8], affine: NDArray[np.float64]) -> Volume:
    """The same voxels with the second axis reversed."""
    turn = np.diag([1.0, -1.0, 1.0, 1.0])
    turn[1, 3] = labels.shape[1] - 1
    return Volume(labels[:, ::-1].copy(), Grid(labels.shape, affine @ turn))


def findings_of(folder: CaseFolder, series: str, block: Block) -> Findings:
    """Contact on the left, a mass on the right."""
    used = SequenceUsed(
        series_instance_uid=series, voxel_mm=block.spacing, registration_residual_mm=0.0
    )
    return tumour_right().model_copy(
        update={
            "case": folder.case,
            "study_instance_uid": STUDY,
            "sequences": {"t2": used, "tof": None, "t1c": None},
        }
    )


def written_segmentation(small: Small) -> Path:
    """The SEG alone, as the export stage makes it: the report takes two thirds of its time."""
    reference = reference_series(small.folder, small.findings)
    assert reference is not None
    labels = load_volume(small.folder.segmentation)
    made = segmentation_object(labels, reference, small.findings, "BINARY")
    name_by_content([made], datetime(2024, 2, 29))
    path = small.folder.dicom("segmentation")
    path.parent.mkdir(parents=True)
    made.save_as(path, enforce_file_format=True)
    return path


def with_pages(small: Small) -> Small:
    """Add a report and the pictures that the findings name."""
    write_pages(small.folder, small.findings)
    return small


def write_pages(folder: CaseFolder, findings: Findings) -> None:
    """A report and pictures of nothing, where the report stage leaves its own."""
    folder.report_pdf.write_bytes(b"%PDF-1.7\n%odd\n%%EOF")
    for number, picture in enumerate(findings.key_images):
        path = folder.root / picture.file
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (number * 20, 90, 200)).save(path)


def oblique(seed: int) -> Block:
    """A block turned at random."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return replace(block_along(tuple(turn[0]), tuple(turn[1])), seed=seed)
