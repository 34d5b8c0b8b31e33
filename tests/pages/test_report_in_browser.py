"""The report as a reader meets it: nothing leaves the page, everything can be reached."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.records.verdict import Verdict
from pipeline.records.worklist import Worklist

from .accessibility import violations
from .conftest import MARK_LPS, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY = "#viewer-section[data-ready=true]"
VALUE_AT = """([x, y, z]) => {
    const view = window.nvcViewer.planes, volume = view.volumes[0];
    return volume.getValue(...volume.mm2vox([x, y, z]).map(Math.round));
}"""


def assessed(cases: dict[str, Findings]) -> list[Findings]:
    return [found for found in cases.values() if found.status == "assessed"]


def test_every_report_opens_quietly_and_is_accessible_with_the_answers_in_sight(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    for found in cases.values():
        page = watched.open(output.case(found.case).report_html)
        assert violations(page) == [], found.case
        if found.status == "assessed":
            assert out_of_sight(page) == [], found.case

    assert len(watched.requests) == len(cases)
    assert watched.left_the_disk() == []
    assert watched.complaints == []


def out_of_sight(page: Page) -> list[str]:
    """What the first screen does not show of both sides, what was missing and how sure it is."""
    ends = page.evaluate("""() => {
        const wanted = ["#card-left", "#card-right", ".card .verdict", "#missing", "#sure"];
        return wanted.flatMap((one) => [...document.querySelectorAll(one)].map(
            (element) => [one, element.getBoundingClientRect().bottom]));
    }""")
    assert len(ends) >= 6
    return [wanted for wanted, bottom in ends if not 0 < bottom <= 800]


def test_the_viewer_shows_the_study_and_jumps_to_the_finding(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    found = next(one for one in assessed(cases) if one.sides["left"].vessel_contact.point_lps_mm)
    page = watched.open(output.case(found.case).report_html)

    page.locator(".card.side-left a.place").first.click()
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_timeout(300)

    point = np.array(found.sides["left"].vessel_contact.point_lps_mm)
    cross = page.evaluate(
        "[...window.nvcViewer.planes.frac2mm(window.nvcViewer.planes.scene.crosshairPos)]"
    )
    assert np.allclose(np.array(cross[:3]), point * [-1, -1, 1], atol=0.5)
    letters = ("L" if point[0] >= 0 else "R", "P" if point[1] >= 0 else "A")
    shown = page.locator("#viewer-cursor").inner_text()
    assert shown.startswith(f"Cross at {letters[0]} {abs(point[0]):.1f}")
    assert page.evaluate("window.nvcViewer.planes.opts.isRadiologicalConvention") is True
    assert page.evaluate("window.nvcViewer.solid.meshes.length") >= 2
    assert grey_levels(page.locator("#viewer-planes").screenshot()) > 8
    assert watched.left_the_disk() == []
    assert watched.complaints == []


@pytest.mark.skipif("NVC_OUTPUT" in os.environ, reason="needs the invented mark")
def test_the_patients_left_is_left_in_the_viewer(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    """The volume's values by place, and the side of the screen that the place is drawn on."""
    page = watched.open(output.case(assessed(cases)[0].case).report_html)
    page.locator("#viewer").scroll_into_view_if_needed()
    page.wait_for_selector(READY, timeout=60_000)

    left = page.evaluate(VALUE_AT, [-MARK_LPS[0], -MARK_LPS[1], MARK_LPS[2]])
    right = page.evaluate(VALUE_AT, [MARK_LPS[0], -MARK_LPS[1], MARK_LPS[2]])

    assert left == 255
    assert right < 100
    page.evaluate("""() => { const view = window.nvcViewer.planes;
        view.setOpacity(1, 0); view.setCrosshairWidth(0); view.setPan2Dxyzmm([0, 0, 0, 1]); }""")
    page.evaluate(
        """([x, y, z]) => { const view = window.nvcViewer.planes;
        view.scene.crosshairPos = view.mm2frac([x, y, z]); view.drawScene(); }""",
        [0.0, -MARK_LPS[1], MARK_LPS[2]],
    )
    page.wait_for_timeout(300)
    picture = pixels(page.locator("#viewer-planes").screenshot())
    axial = picture[:, : int(0.58 * picture.shape[1])]
    rows, columns = np.nonzero(axial > 250)
    inner = columns[(rows > 20) & (rows < axial.shape[0] - 20)]
    assert len(inner) > 200
    assert np.median(inner) > axial.shape[1] / 2


def test_keys_move_the_cross_as_the_picture_lies(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    page = watched.open(output.case(assessed(cases)[0].case).report_html)
    page.locator("#viewer").scroll_into_view_if_needed()
    page.wait_for_selector(READY, timeout=60_000)
    place = "[...window.nvcViewer.planes.frac2mm(window.nvcViewer.planes.scene.crosshairPos)]"

    before = page.evaluate(place)
    page.locator("#viewer-planes").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("PageUp")
    after = page.evaluate(place)

    assert after[0] > before[0]  # to the screen's left is the patient's right: RAS +x
    assert after[1] > before[1]
    assert after[2] > before[2]


def test_without_webgl_the_pictures_remain_and_it_is_said(
    browser: object, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    context = browser.new_context()  # type: ignore[attr-defined]
    page = context.new_page()
    page.add_init_script(
        "HTMLCanvasElement.prototype.getContext = new Proxy("
        "HTMLCanvasElement.prototype.getContext, {apply: (f, canvas, [kind, ...rest]) =>"
        " kind === 'webgl2' ? null : Reflect.apply(f, canvas, [kind, ...rest])});"
    )
    page.goto(output.case(assessed(cases)[0].case).report_html.resolve().as_uri())

    assert page.locator("#viewer-unavailable").is_visible()
    assert page.locator("#viewer-body").is_hidden()
    assert page.locator(".plate, .shot img").count() >= 4
    page.locator(".card.side-left a.place").first.click()
    assert page.url.endswith("#place-left")
    context.close()


def test_outlines_can_be_switched_off(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings]
) -> None:
    page = watched.open(output.case(assessed(cases)[0].case).report_html)
    outlines = page.locator(".shown-pictures .outlines").first

    assert outlines.is_visible()
    page.locator("#outlines").uncheck()
    assert not outlines.is_visible()


def test_a_verdict_is_saved_and_brought_into_the_worklist(
    watched: Watched, output: OutputFolder, cases: dict[str, Findings], tmp_path: Path
) -> None:
    found = assessed(cases)[0]
    page = watched.open(output.case(found.case).report_html)
    form = page.locator("#verdict-form")

    form.locator("button[type=submit]").click()
    assert "initials" in page.locator("#verdict-status").inner_text()
    form.locator("[name=reader]").fill("AB")
    form.locator("[name='left.vessel_contact'][value=disagree]").check()
    form.locator("[name='right.vessel_contact'][value=agree]").check()
    form.locator("[name='left.corrected_grade']").select_option("near")
    form.locator("[name=comment]").fill("A loop beside it, not on it.")
    with page.expect_download() as download:
        form.locator("button[type=submit]").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)

    verdict = Verdict.read(saved)
    assert (verdict.case, verdict.reader) == (found.case, "AB")
    assert verdict.sides["left"].corrected_grade == "near"
    damaged = tmp_path / "damaged.json"
    damaged.write_text(saved.read_text("utf-8").replace('"AB"', '"../x"'), encoding="utf-8")
    result = CliRunner().invoke(app, ["verdicts", str(output.root), str(saved), str(damaged)])

    assert result.exit_code == 1  # the damaged one was refused, the other one kept
    listed = Worklist.read(output.worklist_json)
    row = next(row for row in listed.studies if row.case == found.case)
    assert (row.review, row.reviewed_by) == ("disagrees", ("AB",))
    contact = listed.agreement[0]
    assert (contact.finding, contact.agree, contact.disagree) == ("vessel_contact", 1, 1)
    assert found.case in json.loads(output.to_review.read_text("utf-8"))["cases"]
    page = watched.open(output.worklist_html)
    assert "disagreed (AB)" in page.locator(f"tr[data-case='{found.case}']").inner_text()
    assert page.locator("table.agreement").is_visible()


def grey_levels(png: bytes) -> int:
    return len(np.unique(pixels(png)))


def pixels(png: bytes) -> np.ndarray:
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))
