"""Generated studies exported as if from a site: labelled by hand, judged in a table, evaluated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from pipeline.bootstrap import Score
from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.evaluate import Acceptance, evaluate_site
from pipeline.evaluate.compare import compared
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.known import KnownSide
from pipeline.evaluate.site import with_verdict
from pipeline.geometry import Volume, load_volume, save_volume
from pipeline.labelled import SaidOfSide
from pipeline.measure.course import evenly
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.phantom.truth import Truth
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import ProfilePoint, SideFindings
from pipeline.records.labels import Label
from pipeline.settings import MODELS, REPOSITORY, Settings, load_settings

from ..labelled.segs import headers_on, write_seg
from ..workflow.labelled_images import turned
from .outputs import measured_contact, side_findings, write_findings

SAMPLES = REPOSITORY / "sample_dicoms"
ORDER = [Label.TUMOUR, Label.FACIAL_NERVE_CISTERNAL, Label.BRAINSTEM, Label.ARTERY,
         Label.VEIN, Label.FACIAL_NERVE_REZ]  # fmt: skip
PATIENT = "Mustermann"


@dataclass(frozen=True)
class Sample:
    """A generated study, as a hospital would have it: images, and what its people know of them."""

    name: str

    @property
    def truth(self) -> Truth:
        return Truth.read(SAMPLES / self.name / "truth.json")

    @property
    def labels(self) -> Volume:
        return load_volume(SAMPLES / self.name / "truth_labels.nii.gz")

    def seg(self, path: Path, **changes: str) -> None:
        """The labels as another tool would write them into the archive."""
        headers = headers_on(SAMPLES / self.name / "dicom", self.labels.grid)
        for header in headers:
            header.PatientName = f"{PATIENT}^Erika"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_seg(path, self.labels, headers, ORDER, **changes)  # type: ignore[arg-type]

    def found(self, output: OutputFolder, answers: dict[Side, tuple[str, float]]) -> CaseFolder:
        """What a run left: places 1 mm off, the segmentation one voxel, gaps 0.1 mm."""
        truth, labels = self.truth, self.labels
        moved = Volume(np.roll(labels.array, 1, axis=0), labels.grid)
        sides = {side: self._side(side, *answers[side]) for side in SIDES}
        return write_findings(output, truth, sides, segmentation=moved)

    def _side(self, side: Side, answer: str, probability: float) -> SideFindings:
        true = self.truth.sides[side]
        x, y, z = true.rez_lps_mm
        contact = measured_contact(answer, probability, true.gap_mm + 0.1, 0.3)
        found = side_findings((x, y, z + 1.0), vessel_contact=contact, profile=self._profile(side))
        if true.tumour is None:
            return found
        flag = {"answer": "yes", "centroid_lps_mm": true.tumour.centroid_lps_mm}
        return found.model_copy(update={"tumour": found.tumour.model_copy(update=flag)})

    def _profile(self, side: Side) -> tuple[ProfilePoint, ...]:
        """The true course, 0.4 mm too far up."""
        course = evenly(np.array(self.truth.sides[side].nerve_centreline_lps_mm), 0.5)
        return tuple(
            ProfilePoint(
                s_mm=0.5 * number,
                point_lps_mm=(float(x), float(y), float(z) + 0.4),
                segment="AS",
                gap_mm=None,
                gap_interval_mm=None,
                nearest_vessel=None,
            )
            for number, (x, y, z) in enumerate(course)
        )


DRAWN, STORED, JUDGED = (
    Sample(name) for name in ("contact_left", "schwannoma_right", "contact_neither")
)


@dataclass(frozen=True)
class Site:
    """A site's folder and its results."""

    data: Path
    results: OutputFolder


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Of the product, but smaller crops."""
    settings = load_settings()
    segment = settings.segment.model_copy(update={"crop_size_mm": 36.0})
    return settings.model_copy(update={"segment": segment})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One study with NIfTI labels, one with a SEG, one with verdicts and a SEG that does not fit.

    Beside them labels of a study that was never run, and a file that names no study.
    """
    root = tmp_path_factory.mktemp("site")
    data, results = root / f"{PATIENT}_labels", OutputFolder(root / "out")
    data.mkdir()
    uid = DRAWN.truth.study_instance_uid
    save_volume(turned(DRAWN.labels, (2, 0, 1), (False, True, True)), data / f"{uid}.nii.gz")
    STORED.seg(data / PATIENT / "drawn.dcm")
    JUDGED.seg(data / PATIENT / "elsewhere.dcm", frame_of_reference="1.2.3")
    save_volume(DRAWN.labels, data / "1.2.840.1.nii.gz")
    (data / f"{PATIENT}.nii.gz").write_bytes(b"")
    case = case_of(JUDGED.truth.study_instance_uid)
    (data / "readers.csv").write_text(
        "case,side,contact,grade,vessel,tumour,aneurysm\n"
        f"{case},left,yes,contact,AICA,no,\n"
        f"{case},right,no,,,no,\n",
        encoding="utf-8",
    )
    DRAWN.found(results, {"left": ("yes", 0.9), "right": ("no", 0.2)})
    STORED.found(results, {"left": ("no", 0.1), "right": ("no", 0.1)})
    folder = JUDGED.found(results, {"left": ("no", 0.3), "right": ("cannot_say", 0.4)})
    JUDGED.seg(folder.dicom("segmentation"))
    return Site(data, results)


@pytest.fixture(scope="module")
def accepted(site: Site, settings: Settings) -> Acceptance:
    return evaluate_site(site.data, site.results, settings)


def test_studies_are_paired_by_their_uid_alone(accepted: Acceptance) -> None:
    assert accepted.evaluation.status == {"assessed": 3}
    truth = accepted.truth
    assert (truth.labelled, truth.sides_measured, truth.sides_judged) == (2, 4, 2)
    assert accepted.truth.label_voxel_mm == pytest.approx((0.6, 0.8), abs=1e-3)
    assert not accepted.evaluation.generator_versions


def test_what_the_labels_show(accepted: Acceptance) -> None:
    found = accepted.evaluation
    assert found.root_exit_zone.sides == 4
    assert found.root_exit_zone.swapped == 0
    assert found.root_exit_zone.median_error_mm.value == pytest.approx(1.0, abs=0.35)
    assert found.centreline is not None
    assert found.centreline.mean_error_mm.value == pytest.approx(0.4, abs=0.15)
    assert found.centreline.mean_error_mm.count == 4
    assert found.overlap.all.facial_nerve.count == 4
    assert 0.3 < (found.overlap.all.facial_nerve.value or 0.0) < 0.9
    assert set(found.overlap.by_sequences) == {"t2+tof", "t2+tof+t1c"}
    # true gaps below 2 mm: 0 and 1.74 mm
    assert found.gap.mean_error_mm.count == 2
    assert found.gap.mean_error_mm.value == pytest.approx(0.1, abs=0.1)
    assert found.description.segment_right.count == 1


def test_what_the_readers_said(accepted: Acceptance) -> None:
    """Contacts: drawn on the left of one (found), said of another (missed). Four sides clear."""
    contact = accepted.evaluation.contact
    assert (contact.contacts, contact.clear) == (2, 4)
    assert contact.sensitivity.value == 0.5
    assert contact.specificity.value == 0.75
    assert contact.cannot_say.value == pytest.approx(1 / 6, abs=1e-3)
    assert contact.auc.value == pytest.approx(7 / 8)
    # only the table gives grade and vessel
    assert accepted.evaluation.description.grade_kappa.count == 1
    assert accepted.evaluation.description.vessel_right.count == 1


def test_what_is_not_drawn_is_absent_only_where_a_reader_said_so(accepted: Acceptance) -> None:
    tumour, aneurysm = accepted.evaluation.tumour, accepted.evaluation.aneurysm
    assert (tumour.lesions, tumour.sensitivity.value) == (1, 1.0)
    assert (tumour.specificity.value, tumour.specificity.count) == (1.0, 2)
    assert (aneurysm.lesions, aneurysm.sensitivity.value) == (0, None)
    assert aneurysm.specificity.count == 0


def test_what_cannot_be_used_is_named_by_number_with_reason_and_remedy(
    accepted: Acceptance, site: Site
) -> None:
    files = json.loads(site.results.label_files.read_text(encoding="utf-8"))
    refused = {Path(files[one.file]).name: one for one in accepted.truth.refused}
    assert set(refused) == {"elsewhere.dcm", "1.2.840.1.nii.gz", f"{PATIENT}.nii.gz"}
    assert "frame of reference" in refused["elsewhere.dcm"].reason
    assert "no such study" in refused["1.2.840.1.nii.gz"].reason
    assert all(one.what_to_do for one in refused.values())
    assert site.results.private.stat().st_mode & 0o077 == 0


def test_no_name_and_no_path_leaves_private(accepted: Acceptance, site: Site) -> None:
    written = accepted.model_dump_json()
    with_patient = dcmread(site.data / PATIENT / "drawn.dcm", stop_before_pixels=True)
    assert PATIENT in str(with_patient.PatientName)
    for word in (PATIENT, str(site.data), "readers.csv", "drawn.dcm"):
        assert word not in written


def test_few_sides_say_nothing(accepted: Acceptance) -> None:
    assert all(row.verdict in {"too_few", "not_measured"} for row in accepted.comparison.figures)
    assert "No figure rests on enough sides" in " ".join(accepted.comparison.sentences)


def test_the_command_tells_figures_and_refusals(tmp_path: Path, site: Site) -> None:
    data, destination = tmp_path / "table", tmp_path / "acceptance.json"
    data.mkdir()
    (data / "a.csv").write_text((site.data / "readers.csv").read_text(), encoding="utf-8")
    (data / f"{PATIENT}.nii").write_bytes(b"")
    command = ["evaluate", str(site.results.root), str(destination), "--data", str(data)]
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 0, ended.output
    assert (
        "vessel contact: sensitivity (cannot say is wrong): 0.00 (0.00 to 0.97), 1 sides"
        in ended.output
    )
    assert "not used: file 001: its name is neither a StudyInstanceUID" in ended.output
    assert PATIENT not in ended.output
    assert Acceptance.read(destination).evaluation.studies == 1
    published = CliRunner().invoke(app, [*command, "--publish"])
    assert isinstance(published.exception, UsageError)


def test_a_folder_with_nothing_to_compare_is_refused(tmp_path: Path, site: Site) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no truth"):
        evaluate_site(tmp_path / "empty", site.results, load_settings())
    (tmp_path / "empty" / "a.nii").write_bytes(b"")
    with pytest.raises(UsageError, match="none of the labels and verdicts can be used: file 001"):
        evaluate_site(tmp_path / "empty", site.results, load_settings())


def test_a_reader_goes_before_the_labels() -> None:
    drawn = KnownSide(touch="contact", gap_mm=0.0, segment="AS", contact_point_lps_mm=(0, 0, 0))
    said = SaidOfSide("0123456789ab", "left", False, None, None, None, None)
    side = with_verdict(drawn, said)
    assert (side.touch, side.gap_mm, side.segment) == ("clear", None, None)
    blurred = with_verdict(KnownSide(touch="blurred", gap_mm=0.1), said)
    assert (blurred.touch, blurred.gap_mm) == ("clear", 0.1)


def test_figures_beside_the_released_ones() -> None:
    released = Evaluation.read(MODELS / "assessment" / "evaluation.json")
    same = compared(released, released)
    assert {row.verdict for row in same.figures} <= {"compatible", "too_few", "not_measured"}
    assert "are compatible with the released ones" in same.sentences[1]

    def with_auc(low: float, value: float, high: float) -> Evaluation:
        auc = Score(value=value, low=low, high=high, count=40)
        return released.model_copy(
            update={
                "contact": released.contact.model_copy(update={"auc": auc}),
                "models": (),
            }
        )

    worse = compared(with_auc(0.4, 0.5, 0.6), released)
    better = compared(with_auc(0.97, 0.98, 0.99), released)
    for outcome, word in ((worse, "worse"), (better, "better")):
        (row,) = [row for row in outcome.figures if row.verdict == word]
        assert row.figure == "vessel contact: AUC"
        assert "these are not:" in outcome.sentences[1]
        assert outcome.sentences[2].endswith(f"released: {word}.")
        assert "cannot be expected to agree" in outcome.sentences[-1]
