"""A hospital in small: a sample study in an archive, and its results sent back into it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import yaml

from pipeline import intake
from pipeline.export.stage import export_study
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.export import ExportRecord
from pipeline.records.findings import SequenceUsed
from pipeline.records.manifest import StudyManifest
from pipeline.records.outcome import Outcome
from pipeline.settings import load_settings

from ..export.exported import write_pages
from ..report.builders import tumour_right
from .orthanc import Orthanc, orthanc

SAMPLE = Path(__file__).resolve().parents[2] / "sample_dicoms" / "schwannoma_right"
SETTINGS = load_settings()


@dataclass(frozen=True)
class Returned:
    """A study that came from an archive, and whose results were sent back into it."""

    archive: Orthanc
    folder: CaseFolder
    source_instances: int

    @property
    def sent(self) -> ExportRecord:
        return ExportRecord.read(self.folder.record("export"))


@contextmanager
def hospital(place: Path, service: Literal["C-STORE", "STOW-RS"]) -> Iterator[Returned]:
    """The sample through storescu, getscu, intake, export and `nvc send` by that service."""
    with orthanc(place / "archive") as archive:
        archive.store(SAMPLE / "dicom")
        (study,) = archive.get("/studies").json()
        uid = archive.get(f"/studies/{study}").json()["MainDicomTags"]["StudyInstanceUID"]
        archive.retrieve(uid, place / "in")
        output = OutputFolder(place / "out")
        (found,) = intake.run(place / "in", output, SETTINGS).studies
        folder = output.case(found.case)
        write_results(folder)
        before = archive.instances()
        peer = archive.dimse_peer if service == "C-STORE" else archive.web_peer
        ended = nvc_send(output, settings_with(place / "s.yaml", peer))
        assert ended.returncode == 0, ended.stderr
        yield Returned(archive, folder, before)


def write_results(folder: CaseFolder) -> None:
    """What the networks would have left, from the sample's truth; then the real export."""
    manifest = StudyManifest.read(folder.manifest)
    series = manifest.chosen("t2")
    assert series is not None
    labels = nib.load(SAMPLE / "truth_labels.nii.gz")
    folder.segmentation.parent.mkdir(parents=True, exist_ok=True)
    nib.save(labels, folder.segmentation)
    used = SequenceUsed(
        series_instance_uid=series.series_instance_uid,
        voxel_mm=tuple(float(edge) for edge in labels.header.get_zooms()[:3]),
        registration_residual_mm=0.0,
    )
    findings = tumour_right().model_copy(
        update={
            "case": folder.case,
            "study_instance_uid": manifest.study_instance_uid,
            "sequences": {"t2": used, "tof": None, "t1c": None},
        }
    )
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
