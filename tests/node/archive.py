"""A stand-in for a hospital's archive, and an output folder with something to send to it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from pipeline.paths import OutputFolder, case_of
from pipeline.records.export import ExportedObject, ExportRecord
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.records.outcome import Outcome


class Archive:
    """Counts what is stored. failures: so many stores end with status 0xA700 first."""

    def __init__(self, delay_s: float = 0.0, failures: int = 0, refuses: str = "") -> None:
        self.stored: Counter[str] = Counter()
        self.delay_s = delay_s
        self.failures = failures
        self.refuses = refuses
        self.port = 0
        self._lock = threading.Lock()

    def store(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        with self._lock:
            if uid == self.refuses:
                return 0xC000
            if self.failures:
                self.failures -= 1
                return 0xA700
            self.stored[uid] += 1
        time.sleep(self.delay_s)
        return 0x0000

    def find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        if str(event.identifier.SOPInstanceUID) in self.stored:
            yield 0xFF00, event.identifier

    @contextmanager
    def running(self) -> Iterator[Archive]:
        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context(EncapsulatedPDFStorage, ExplicitVRLittleEndian)
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        handlers = [(evt.EVT_C_STORE, self.store), (evt.EVT_C_FIND, self.find)]
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None
        self.port = server.socket.getsockname()[1]
        try:
            yield self
        finally:
            server.shutdown()


def output_with(root: Path, studies: int, objects: int) -> OutputFolder:
    """An output folder whose studies have released objects."""
    output = OutputFolder(root)
    uids = [f"1.2.3.{number}" for number in range(1, studies + 1)]
    for uid in uids:
        _study(output, uid, objects)
    intake = Intake(
        files=0,
        quarantined=(),
        studies=tuple(
            IntakeStudy(case=case_of(uid), study_instance_uid=uid, series=()) for uid in uids
        ),
    )
    intake.write(output.intake)
    return output


def _study(output: OutputFolder, uid: str, objects: int) -> None:
    folder = output.case(case_of(uid))
    made = []
    for number in range(objects):
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = EncapsulatedPDFStorage
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid, f"{uid}.7"
        dataset.SOPInstanceUID = f"{uid}.7.{number + 1}"
        path = folder.dicom(f"report_{number}")
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        made.append(
            ExportedObject(
                kind="report",
                file=path.relative_to(folder.root).as_posix(),
                sop_class_uid=EncapsulatedPDFStorage,
                sop_instance_uid=dataset.SOPInstanceUID,
                series_instance_uid=dataset.SeriesInstanceUID,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
        )
    ExportRecord(
        case=folder.case, study_instance_uid=uid, objects=tuple(made), left_out=(), read_back=()
    ).write(folder.record("export"))
    Outcome(stage="export", state="done", key="k").write(folder.outcome("export"))


def settings_file(path: Path, port: int, **send: Any) -> Path:
    """Settings with this archive as the only peer."""
    peer = {
        "name": "pacs", "protocol": "dimse", "ae_title": "ARCHIVE", "host": "127.0.0.1",
        "port": port, "tls": False,
    }  # fmt: skip
    values = {"first_wait_s": 0.05, "timeout_s": 20.0, "peers": [peer], **send}
    path.write_text(yaml.safe_dump({"send": values}), encoding="utf-8")
    return path
