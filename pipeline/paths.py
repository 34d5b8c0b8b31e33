"""Where every file of an output folder lives. No other module builds such a path.

Only the case (a hash of the study's UID) appears in a path; identities and source paths stay
under `private/`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


def case_of(study_instance_uid: str) -> str:
    """The pseudonymous case of a study: first 12 hex digits of sha256 of its UID."""
    return hashlib.sha256(study_instance_uid.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class OutputFolder:
    """An output folder (`OUT` of the documentation)."""

    root: Path

    @property
    def intake(self) -> Path:
        return self.root / "intake.json"

    @property
    def run(self) -> Path:
        return self.root / "run.json"

    @property
    def worklist_json(self) -> Path:
        return self.root / "worklist.json"

    @property
    def worklist_csv(self) -> Path:
        return self.root / "worklist.csv"

    @property
    def worklist_html(self) -> Path:
        return self.root / "worklist.html"

    @property
    def run_html(self) -> Path:
        """`run` for people."""
        return self.root / "run.html"

    @property
    def verdicts(self) -> Path:
        """What readers said, one file for each verdict."""
        return self.root / "verdicts"

    @property
    def to_review(self) -> Path:
        """The cases that a reader disagreed with, for training."""
        return self.root / "to_review.json"

    @property
    def private(self) -> Path:
        """The only folder (mode 0700) with source paths and identities."""
        return self.root / "private"

    @property
    def identities(self) -> Path:
        return self.private / "identities.json"

    @property
    def work(self) -> Path:
        """Intermediate results; may be deleted once the run has ended."""
        return self.root / "work"

    @property
    def shards(self) -> Path:
        return self.work / "shards"

    def shard(self, name: str) -> Path:
        """The list of the cases that one job of a stage works on."""
        return self.shards / f"{name}.json"

    def stamp(self, stage: str, shard: str) -> Path:
        """Tells that a stage has been over a shard, and with what results."""
        return self.work / "stamps" / f"{stage}-{shard}.json"

    def log(self, job: str) -> Path:
        return self.work / "logs" / f"{job}.log"

    def benchmark(self, job: str) -> Path:
        """Time and memory of a job, as measured by Snakemake."""
        return self.work / "benchmarks" / f"{job}.tsv"

    def create_private(self) -> Path:
        """Make `private/`, readable by its owner alone, and return it."""
        self.private.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.private.chmod(0o700)
        return self.private

    @property
    def ledger(self) -> Path:
        """What was sent to whom."""
        return self.private / "sent.sqlite"

    @property
    def training_patients(self) -> Path:
        """Which number stands for which patient in training."""
        return self.private / "training_patients.json"

    @property
    def label_files(self) -> Path:
        """Which number stands for which file of a site's labels and verdicts."""
        return self.private / "label_files.json"

    @property
    def extracted(self) -> Path:
        """What was unpacked from archives in the input."""
        return self.private / "extracted"

    @property
    def links(self) -> Path:
        """Folder of the links to source files, by case."""
        return self.private / "links"

    def series_links(self, case: str, index: int) -> Path:
        """Folder of neutral links to the source files of a series."""
        return self.links / case / f"{index:03d}"

    def case(self, case: str) -> CaseFolder:
        return CaseFolder(self, case)

    def relative(self, path: Path) -> str:
        """`path` as written into records: relative to the output folder, with slashes."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class CaseFolder:
    """The files of one study."""

    output: OutputFolder
    case: str

    @property
    def root(self) -> Path:
        return self.output.root / "studies" / self.case

    @property
    def findings(self) -> Path:
        return self.root / "findings.json"

    @property
    def report_html(self) -> Path:
        return self.root / "report.html"

    @property
    def report_pdf(self) -> Path:
        return self.root / "report.pdf"

    @property
    def segmentation(self) -> Path:
        return self.root / "segmentation.nii.gz"

    def nifti(self, role: str) -> Path:
        return self.root / "nifti" / f"{role}.nii.gz"

    def dicom(self, name: str) -> Path:
        """An exported DICOM object."""
        return self.root / "dicom" / f"{name}.dcm"

    @property
    def thumbnail(self) -> Path:
        """The small picture of the worklist."""
        return self.root / "thumbnail.jpg"

    def key_image(self, name: str) -> Path:
        return self.root / "key_images" / f"{name}.png"

    @property
    def work(self) -> Path:
        return self.output.work / self.case

    @property
    def manifest(self) -> Path:
        return self.work / "manifest.json"

    @property
    def clinical(self) -> Path:
        """What the referral says, where it was given."""
        return self.work / "clinical.json"

    def record(self, stage: str) -> Path:
        """The typed record that a stage leaves for later ones."""
        return self.work / f"{stage}.json"

    def outcome(self, stage: str) -> Path:
        """How a stage ended for this study."""
        return self.work / f"{stage}.outcome.json"

    def side_probabilities(self, side: str) -> Path:
        return self.work / f"probabilities_{side}.npz"
