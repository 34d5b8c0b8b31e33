"""The stage: every study gets its page, its PDF and its pictures."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import report
from pipeline.geometry import Grid, Volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import SIDES
from pipeline.records.findings import Findings, KeyImage
from pipeline.records.identities import Identities, Identity
from pipeline.records.labels import Label
from pipeline.records.outcome import Outcome
from pipeline.records.report import ReportRecord
from pipeline.report.drawn import draw
from pipeline.report.page import Page, build_page
from pipeline.report.pdf import MOST_PAGES, fitted
from pipeline.report.render import print_html
from pipeline.report.study_images import study_images
from pipeline.report.wording import load_wording
from pipeline.settings import load_settings

from .builders import (
    IDENTITY,
    UID,
    aneurysm_left,
    contact_images,
    every_status,
    findings,
    head_grid,
    lesion_image,
    touching,
    tumour_right,
    unassessed,
    write_case,
)
from .pages import ReadPage, read_html
from .test_page import stored_value

SPOT = (12.0, -30.0, -32.0)
"""A bright spot on the patient's left."""


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the PDF's libraries; also the quicker one."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)


def spot_volume(grid: Grid, value: int = 1000) -> Volume:
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    near = np.linalg.norm(grid.to_lps(index) - SPOT, axis=-1) < 3.0
    return Volume((value * near).astype(np.int16), grid)


def turned(grid: Grid, order: tuple[int, int, int], flips: tuple[int, int, int]) -> Grid:
    """The same place with its array axes in another order and direction."""
    affine = grid.affine.copy()
    for axis, flip in enumerate(flips):
        if flip < 0:
            affine[:3, 3] += affine[:3, axis] * (grid.shape[axis] - 1)
            affine[:3, axis] *= -1
    affine[:3, :3] = affine[:3, list(order)]
    shape = tuple(grid.shape[axis] for axis in order)
    return Grid((shape[0], shape[1], shape[2]), affine)


def run_one(folder: CaseFolder, **changes: object) -> Outcome:
    settings = load_settings().model_copy(update=changes)
    return report.run(folder.output, [folder.case], settings)[0]


@pytest.mark.parametrize("name", ["contact_left", "not_assessable", "failed"])
def test_every_status_gets_its_pdf(output: OutputFolder, name: str) -> None:
    volume = spot_volume(head_grid())
    folder = write_case(output, every_status()[name], {"t2": volume, "tof": volume})

    assert run_one(folder).state == "done"

    assert folder.report_pdf.read_bytes().startswith(b"%PDF-")
    assert 5_000 < folder.report_pdf.stat().st_size < 2_000_000
    assert ReportRecord.read(folder.record("report")).pdf_missing is None


@pytest.mark.usefixtures("no_pdf")
@pytest.mark.parametrize("name", every_status())
def test_every_status_gets_its_page(output: OutputFolder, name: str) -> None:
    found = every_status()[name]
    volume = spot_volume(head_grid())
    folder = write_case(output, found, {"t2": volume, "tof": volume})

    outcome = run_one(folder)

    assert (outcome.state, outcome.message) == ("done", None)
    assert 5_000 < folder.report_html.stat().st_size < 8_000_000
    page = read_html(folder.report_html.read_text("utf-8"))
    pictured = [image for image in page.images if image["alt"]]
    assert len(pictured) >= max(1, len(found.key_images))
    drawn = {path.stem for path in (folder.root / "key_images").iterdir()}
    listed = {Path(image.file).stem for image in found.key_images}
    assert drawn == (listed | derived(found) or {"overview"})
    with Image.open(folder.thumbnail) as thumbnail:
        assert thumbnail.size in {(194, 96), (96, 96)}
    written = {path for path in outcome.files if path.startswith("studies/")}
    assert {folder.output.relative(folder.report_html), *written} == written
    assert_positions(page, found)


@pytest.mark.usefixtures("no_pdf")
@pytest.mark.parametrize(
    ("order", "flips"),
    [((0, 1, 2), (1, 1, 1)), ((0, 1, 2), (-1, -1, 1)), ((1, 2, 0), (1, -1, -1)),
     ((2, 0, 1), (-1, 1, 1)), ((1, 0, 2), (-1, 1, -1))],
    ids=str,
)  # fmt: skip
def test_the_patients_left_is_on_the_right_of_the_picture(
    output: OutputFolder, order: tuple[int, int, int], flips: tuple[int, int, int]
) -> None:
    point = (SPOT[0] - 8.0, SPOT[1] - 5.0, SPOT[2])
    image = lesion_image("left", "tumour", point)
    volume = spot_volume(turned(head_grid(), order, flips))
    labels = Volume(np.where(volume.array > 0, Label.ARTERY, 0).astype(np.uint8), volume.grid)
    folder = write_case(output, findings(key_images=(image,)), {"t2": volume}, labels)

    assert run_one(folder).state == "done"

    picture = np.asarray(Image.open(folder.root / image.file)).astype(float)
    left_of_patient = (picture.min(axis=2) > 200)[60:380, 60:380]
    rows, columns = np.nonzero(left_of_patient)
    assert np.median(columns) + 60 == pytest.approx(220 + 8 * 11, abs=6)
    assert np.median(rows) + 60 == pytest.approx(220 + 5 * 11, abs=6)
    orange = (picture[..., 0] > 180) & (picture[..., 2] < 120)
    assert np.nonzero(orange)[1].mean() == pytest.approx(220 + 8 * 11, abs=6)


@pytest.mark.usefixtures("no_pdf")
def test_tof_stands_beside_t2_where_the_registration_puts_it(output: OutputFolder) -> None:
    grid, shift = head_grid(), np.array([4.0, -3.0, 2.0])
    to_volume = tuple((*row[:3], s) for row, s in zip(IDENTITY, (*shift, 1.0), strict=True))
    moved = np.eye(4)
    moved[:3, 3] = shift
    t2 = spot_volume(grid)
    tof = Volume(t2.array, grid.moved(moved))
    image = lesion_image("left", "aneurysm", SPOT)
    found = findings(key_images=(image,))
    folder = write_case(output, found, {"t2": t2, "tof": tof}, to_volume={"tof": to_volume})

    assert run_one(folder).state == "done"

    picture = np.asarray(Image.open(folder.root / image.file).convert("L"))
    assert picture.shape == (440, 886)
    inner = (slice(130, 310), slice(130, 310))
    difference = picture[:, :440][inner].astype(int) - picture[:, 446:][inner]
    assert np.abs(difference).max() <= 2


@pytest.mark.usefixtures("no_pdf")
def test_without_the_pdf_libraries_the_run_goes_on_and_says_so(output: OutputFolder) -> None:
    folder = write_case(output, findings())

    outcome = run_one(folder)

    assert outcome.state == "done"
    assert folder.report_html.exists()
    assert not folder.report_pdf.exists()
    missing = ReportRecord.read(folder.record("report")).pdf_missing
    assert missing is not None
    assert "pango" in missing


def test_the_fullest_report_fits_on_two_pages(output: OutputFolder) -> None:
    """Eight pictures, contact with further vessels on both sides, everything missing."""
    base = tumour_right()
    both = {
        side: base.sides[side].model_copy(
            update={
                "vessel_contact": touching(),
                "tumour": base.sides["right"].tumour,
                "aneurysm": aneurysm_left().sides["left"].aneurysm,
                "assessability": aneurysm_left("no_tof").sides["right"].assessability,
            }
        )
        for side in ("left", "right")
    }
    images = [
        *(image for side in both for image in contact_images(side, touching())),
        *(lesion_image(side, name, SPOT) for side in both for name in ("tumour", "aneurysm")),
    ]
    found = base.model_copy(
        update={
            "sides": both,
            "key_images": tuple(images),
            "degraded": ("no_t2", "tof_refused", "t1c_refused", "resolution_below_validated"),
        }
    )
    volume = spot_volume(head_grid())
    folder = write_case(output, found, {"t2": volume, "tof": volume})

    document, _ = fitted(partial(print_html, laid_out(folder, found)))

    assert len(document.pages) == MOST_PAGES


def derived(found: Findings) -> set[str]:
    """Pictures of the narrowest place that the report adds to the record's key images."""
    return {
        name
        for side in SIDES
        if found.sides[side].profile
        for name in (f"{side}_contact_perpendicular_to_nerve", f"{side}_nerve_unrolled")
    }


def assert_positions(page: ReadPage, found: Findings) -> None:
    """Every picture says where its middle is, in the directions of the patient."""
    shown = [number for number in page.numbers if "point_lps_mm" in number.source]
    assert len(shown) >= 3 * len(found.key_images)
    for number in shown:
        value = stored_value(found, number.source)
        letters = ("LR", "PA", "HF")[int(number.source[-1])]
        assert number.text == f"{letters[int(value < 0)]}\u00a0{abs(value):.1f}\u00a0mm"


def laid_out(folder: CaseFolder, found: Findings) -> Page:
    wording = load_wording()
    figures = draw(found, study_images(folder), wording.texts).figures(wording.texts)
    return build_page(found, figures, None, wording)


@pytest.mark.usefixtures("no_pdf")
def test_a_study_without_findings_fails_alone(output: OutputFolder) -> None:
    lost = write_case(output, unassessed("failed", "lost", uid="1.2.3"))
    lost.findings.unlink()
    kept = write_case(output, findings())

    outcomes = report.run(output, [lost.case, kept.case], load_settings())

    assert [outcome.state for outcome in outcomes] == ["failed", "done"]
    assert outcomes[0].code == "no_findings"
    assert not outcomes[0].deterministic


@pytest.mark.usefixtures("no_pdf")
def test_names_stand_on_the_page_only_where_the_site_asks(output: OutputFolder) -> None:
    folder = write_case(output, findings())
    identity = Identity(
        study_instance_uid=UID,
        patient_name="Muster^Erika",
        patient_id="PID-77",
        accession_number="A1",
        study_date="20240506",
        sources=(),
    )
    output.create_private()
    Identities(cases={folder.case: identity}, files={}).write(output.identities)

    run_one(folder)
    assert "Muster" not in folder.report_html.read_text("utf-8")

    run_one(folder, identify=True)
    text = read_html(folder.report_html.read_text("utf-8")).text
    assert all(said in text for said in ("Muster, Erika", "PID-77", "2024-05-06"))


@pytest.mark.usefixtures("no_pdf")
def test_old_pictures_go_when_the_findings_change(output: OutputFolder) -> None:
    volume = spot_volume(head_grid())
    folder = write_case(output, findings(), {"t2": volume})
    run_one(folder)
    first: KeyImage = findings().key_images[0]
    assert (folder.root / first.file).exists()

    write_case(output, findings(key_images=findings().key_images[1:]), {"t2": volume})
    ending = json.loads(folder.outcome("assess").read_text("utf-8"))
    folder.outcome("assess").write_text(json.dumps(ending | {"key": "new"}), "utf-8")
    run_one(folder)

    assert not (folder.root / first.file).exists()
    assert (folder.root / findings().key_images[1].file).exists()
