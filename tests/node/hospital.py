"""A hospital in small: studies in an archive, and their results sent back into it.

The results are drawn, not found: labels stand in for what the networks would have said, all else
(storescu, getscu, intake, export, `nvc send`) is what a site runs.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from pipeline import intake
from pipeline.export.stage import export_study
from pipeline.geometry import Volume, load_volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.export import ExportRecord
from pipeline.records.findings import Findings, SequenceUsed
from pipeline.records.manifest import Intake, StudyManifest
from pipeline.records.outcome import Outcome
from pipeline.settings import load_settings

from ..export.exported import labels_in, turned_over, write_pages
from ..intake.series_writer import CISS, Block, Identity, write_series
from ..report.builders import tumour_right, unassessed
from .orthanc import Orthanc, orthanc

SAMPLE = Path(__file__).resolve().parents[2] / "sample_dicoms" / "schwannoma_right"
SETTINGS = load_settings()


@dataclass(frozen=True)
class Hospital:
    """An archive with a sample study, and what there is to send back into it."""

    archive: Orthanc
    output: OutputFolder
    source_instances: int

    @property
    def folder(self) -> CaseFolder:
        (folder,) = cases_of(self.output)
        return folder

    @property
    def sent(self) -> ExportRecord:
        return ExportRecord.read(self.folder.record("export"))

    def send(self, service: Literal["C-STORE", "STOW-RS"]) -> None:
        """All results, by `nvc send`."""
        peer = self.archive.dimse_peer if service == "C-STORE" else self.archive.web_peer
        settings = settings_with(self.output.root.parent / "settings.yaml", peer)
        ended = nvc_send(self.output, settings)
        assert ended.returncode == 0, ended.stderr


@contextmanager
def hospital(place: Path) -> Iterator[Hospital]:
    """The sample through storescu, getscu, intake and export."""
    with orthanc(place / "archive") as archive:
        archive.store(SAMPLE / "dicom")
        found = Hospital(archive, taken_out(archive, place), archive.instances())
        release(found.folder, drawn(found.folder, load_volume(SAMPLE / "truth_labels.nii.gz")))
        yield found


def small_results(archive: Orthanc, place: Path, studies: int) -> OutputFolder:
    """As many small studies out of an archive, and what there is to send back.

    Every fifth is segmented; the others were not assessable, and have reports alone.
    """
    block = Block(shape=(7, 6, 20))
    for number in range(studies):
        person = Identity(name=f"Person^{number}", patient_id=f"P-{number}")
        write_series(place / "scanner" / str(number), CISS, block, identity=person)
    archive.store(place / "scanner")
    output = taken_out(archive, place)
    for number, folder in enumerate(cases_of(output)):
        if number % 5:
            study = StudyManifest.read(folder.manifest).study_instance_uid
            findings = unassessed("not_assessable", "the slab ends below the nerve", study)
        else:
            labels = turned_over(labels_in(block.shape, number), block.affine)
            findings = drawn(folder, labels)
        release(folder, findings)
    return output


def taken_out(archive: Orthanc, place: Path) -> OutputFolder:
    """All studies of an archive by getscu, into one folder each, and through intake."""
    archive.retrieve_all(place / "in")
    output = OutputFolder(place / "out")
    intake.run(place / "in", output, SETTINGS)
    return output


def cases_of(output: OutputFolder) -> list[CaseFolder]:
    return [output.case(study.case) for study in Intake.read(output.intake).studies]


def drawn(folder: CaseFolder, labels: Volume) -> Findings:
    """What the networks would have found, from drawn labels, which are put into their place."""
    manifest = StudyManifest.read(folder.manifest)
    series = manifest.chosen("t2")
    assert series is not None
    save_volume(labels, folder.segmentation)
    used = SequenceUsed(
        series_instance_uid=series.series_instance_uid,
        voxel_mm=labels.grid.voxel_mm,
        registration_residual_mm=0.0,
    )
    return tumour_right().model_copy(
        update={
            "case": folder.case,
            "study_instance_uid": manifest.study_instance_uid,
            "sequences": {"t2": used, "tof": None, "t1c": None},
        }
    )


def release(folder: CaseFolder, findings: Findings) -> None:
    """Pages, and the objects by the real export."""
    folder.root.mkdir(parents=True, exist_ok=True)
    findings.write(folder.findings)
    write_pages(folder, findings)
    export_study(folder, SETTINGS)
    Outcome(stage="export", state="done", key="k").write(folder.outcome("export"))


def settings_with(path: Path, *peers: dict[str, Any], attempts: int = 2) -> Path:
    send_settings = {"first_wait_s": 0.1, "attempts": attempts, "peers": list(peers)}
    path.write_text(yaml.safe_dump({"send": send_settings}), encoding="utf-8")
    return path


def nvc_send(output: OutputFolder, settings: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        send_command(output, settings), capture_output=True, text=True, check=False
    )


def send_command(output: OutputFolder, settings: Path) -> list[str]:
    command = [sys.executable, "-m", "pipeline.cli", "send", str(output.root)]
    return [*command, "--settings", str(settings)]
