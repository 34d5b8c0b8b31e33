"""All objects of one study, with their final UIDs, and what had to be left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydicom import Dataset

from pipeline.errors import StudyFailedError
from pipeline.export.encapsulated_pdf import pdf_object
from pipeline.export.identifiers import name_by_content
from pipeline.export.key_images import key_image_object
from pipeline.export.laterality import one_sided_segments
from pipeline.export.measurements import measurements_object
from pipeline.export.segmentation import SegmentationImpossibleError, segmentation_object
from pipeline.export.source import ReferenceSeries, any_header, reference_series
from pipeline.geometry import Volume, load_volume
from pipeline.paths import CaseFolder
from pipeline.records.export import LeftOut, ObjectKind
from pipeline.records.findings import Findings
from pipeline.settings import ExportSettings

Named = tuple[ObjectKind, str, Dataset]
"""Kind, name of the file without suffix, and the object."""


@dataclass
class StudyObjects:
    """objects: in the order in which they refer to one another."""

    objects: list[Named] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def study_objects(
    folder: CaseFolder, findings: Findings, settings: ExportSettings, *, identified: bool
) -> StudyObjects:
    """Build everything that the case's files allow. identified: the pages name the patient."""
    made = StudyObjects()
    if findings.status == "failed":
        made.left_out = [
            LeftOut(kind=kind, reason="the study failed; nothing was found out")
            for kind in ("segmentation", "measurements", "report", "key_image")
        ]
        return made
    at = datetime.fromtimestamp(folder.findings.stat().st_mtime)
    reference = reference_series(folder, findings)
    headers = reference.datasets if reference else _some_header(folder)
    labels = load_volume(folder.segmentation) if folder.segmentation.exists() else None
    segmentation = _segmentation(labels, findings, reference, settings, made)
    if segmentation is not None:
        _add(made, "segmentation", [("segmentation", segmentation)], at)
    one_sided = one_sided_segments(labels, findings) if labels is not None else {}
    report = measurements_object(findings, headers, segmentation, reference, one_sided)
    _add(made, "measurements", [("measurements", report)], at)
    _add_pdf(folder, headers, made, at, identified=identified)
    _add_key_images(folder, findings, headers[0], made, at)
    return made


def _segmentation(
    labels: Volume | None,
    findings: Findings,
    reference: ReferenceSeries | None,
    settings: ExportSettings,
    made: StudyObjects,
) -> Dataset | None:
    if reference is None or labels is None:
        made.left_out.append(LeftOut(kind="segmentation", reason="the study was not segmented"))
        return None
    try:
        return segmentation_object(labels, reference, findings, settings.segmentation_type)
    except SegmentationImpossibleError as impossible:
        made.left_out.append(LeftOut(kind="segmentation", reason=str(impossible)))
        return None


def _add_pdf(
    folder: CaseFolder,
    headers: list[Dataset],
    made: StudyObjects,
    at: datetime,
    *,
    identified: bool,
) -> None:
    if not folder.report_pdf.exists():
        made.left_out.append(LeftOut(kind="report", reason="there is no report.pdf"))
        return
    draft = pdf_object(folder.report_pdf.read_bytes(), headers[0], headers, identified=identified)
    _add(made, "report", [("report", draft)], at)


def _add_key_images(
    folder: CaseFolder, findings: Findings, study: Dataset, made: StudyObjects, at: datetime
) -> None:
    present = [folder.root / picture.file for picture in findings.key_images]
    present = [path for path in present if path.exists()]
    absent = len(findings.key_images) - len(present)
    if absent:
        reason = f"{absent} of {len(findings.key_images)} pictures are not there"
        made.left_out.append(LeftOut(kind="key_image", reason=reason))
    drafts = [
        (f"key_images_{path.stem}", key_image_object(path, number, study))
        for number, path in enumerate(present, start=1)
    ]
    _add(made, "key_image", drafts, at)


def _add(
    made: StudyObjects, kind: ObjectKind, series: list[tuple[str, Dataset]], at: datetime
) -> None:
    """Name the drafts of one series and take them in."""
    name_by_content([draft for _, draft in series], at)
    made.objects += [(kind, name, draft) for name, draft in series]


def _some_header(folder: CaseFolder) -> list[Dataset]:
    header = any_header(folder)
    if header is None:
        raise StudyFailedError(
            "source_unreadable", "no file of the study is at hand; run intake again",
            deterministic=False,
        )  # fmt: skip
    return [header]
