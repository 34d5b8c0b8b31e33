"""The evidence in its order: what was flagged first, each place beside the other side's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.assess.key_images import key_images
from pipeline.paths import OutputFolder
from pipeline.records.findings import Findings
from pipeline.report.figures import Figures
from pipeline.report.nerve_course import mirrored_place
from pipeline.report.paper import paper_rows, picture_height_mm
from pipeline.report.pictures import pictures, view_plane
from pipeline.report.plates import Plate, plates
from pipeline.report.study_images import study_images
from pipeline.report.texts import load_texts

from .builders import (
    aneurysm_left,
    findings,
    head_grid,
    nerve_point,
    one_side_unknown,
    outpouching,
    tumour_right,
    write_case,
)
from .test_stage import laid_out, spot_volume

PLANES = ["axial", "oblique_along_nerve", "perpendicular_to_nerve"]


def made_plates(tmp_path: Path, found: Findings) -> list[Plate]:
    folder = write_case(OutputFolder(tmp_path / "out"), found, {"t2": spot_volume(head_grid())})
    images, titles = study_images(folder), load_texts().picture.image
    return plates(found, pictures(found, images, titles), images, titles)


def figures_of(tmp_path: Path, found: Findings) -> Figures:
    folder = write_case(OutputFolder(tmp_path / "out"), found, {"t2": spot_volume(head_grid())})
    return laid_out(folder, found).figures


def order(shown: Sequence[Plate]) -> list[tuple[str, str, str]]:
    return [(plate.finding, plate.side, plate.plane) for plate in shown]


def with_left_aneurysm(found: Findings, answer: str) -> Findings:
    """The same study with an aneurysm on the left that was answered so."""
    lesion = outpouching(answer, max_diameter_mm=4.0, centroid_lps_mm=(14.2, -33.1, -40.2))  # type: ignore[arg-type]
    left = found.sides["left"].model_copy(update={"aneurysm": lesion})
    images = (*found.key_images, aneurysm_left().key_images[-1])
    sides = {**found.sides, "left": left}
    return found.model_copy(update={"sides": sides, "key_images": images})


def test_what_was_flagged_stands_before_the_narrowest_places(tmp_path: Path) -> None:
    nerves = [("vessel_contact", side, plane) for side in ("right", "left") for plane in PLANES]

    assert order(made_plates(tmp_path, tumour_right())) == [("tumour", "right", "axial"), *nerves]


@pytest.mark.parametrize(("answer", "at"), [("yes", 0), ("cannot_say", -1), ("no", None)])
def test_what_could_not_be_answered_stands_last_and_what_is_absent_nowhere(
    tmp_path: Path, answer: str, at: int | None
) -> None:
    shown = order(made_plates(tmp_path, with_left_aneurysm(findings(), answer)))

    lesion = ("aneurysm", "left", "axial")
    assert (lesion in shown) == (at is not None)
    if at is not None:
        assert shown[at] == lesion


def test_a_mass_stands_beside_its_mirror_image_at_the_same_scale(tmp_path: Path) -> None:
    found = tumour_right()
    plate = made_plates(tmp_path, found)[0]
    own, other = plate.pictures["right"], plate.pictures["left"]
    assert own is not None
    assert other is not None
    assert own.view is not None
    assert other.view is not None

    assert other.view.mirrored
    place = np.array(own.view.place.point_lps_mm)
    np.testing.assert_allclose(other.view.place.point_lps_mm, place * [-1, 1, 1], atol=1e-6)
    wide = [view_plane(view, found).size_mm for view in (own.view, other.view)]
    assert wide[0] == wide[1] > 14.26


def test_a_place_is_mirrored_between_the_root_exit_zones_or_not_at_all() -> None:
    place = mirrored_place(findings(), "left", nerve_point("left", 3.0))
    assert place is not None

    np.testing.assert_allclose(place.point_lps_mm, nerve_point("right", 3.0), atol=1e-6)
    assert place.source == ""
    assert mirrored_place(one_side_unknown(), "left", nerve_point("left", 3.0)) is None


def test_on_paper_each_side_is_shown_at_its_own_narrowest_place(tmp_path: Path) -> None:
    rows = paper_rows(figures_of(tmp_path, tumour_right()), load_texts().picture)

    names = [tuple(figure and figure.name for figure in row.figures) for row in rows]
    assert names == [
        ("right_tumour_axial", "left_mirrored_tumour_axial"),
        ("right_contact_axial", "left_contact_axial"),
        ("right_contact_oblique_along_nerve", "left_contact_oblique_along_nerve"),
        ("right_contact_perpendicular_to_nerve", "left_contact_perpendicular_to_nerve"),
        ("right_nerve_unrolled", "left_nerve_unrolled"),
    ]
    assert [row.anchors for row in rows[:3]] == [
        ("tumour-right", ""),
        ("place-right", "place-left"),
        ("", ""),
    ]


def test_on_paper_a_root_exit_zone_is_not_called_the_narrowest_place(tmp_path: Path) -> None:
    base = one_side_unknown()
    place = base.sides["left"].rez_lps_mm
    assert place is not None
    side = base.sides["right"].model_copy(update={"rez_lps_mm": (-place[0], *place[1:])})
    sides = {**base.sides, "right": side}
    shown = base.model_copy(update={"sides": sides, "key_images": key_images(sides)})
    words = load_texts().picture
    rows = paper_rows(figures_of(tmp_path, shown), words)

    axial, *others = rows
    right, left = axial.figures
    assert right is not None
    assert left is not None
    assert (axial.heading, axial.captioned) == (words.plane["axial"], True)
    assert (right.caption, left.caption) == (
        words.finding["overview"],
        words.finding["vessel_contact"],
    )
    assert not any(row.captioned for row in others)


def test_more_rows_make_lower_pictures() -> None:
    heights = [picture_height_mm(rows) for rows in (0, 4, 6, 8)]

    assert heights == sorted(heights, reverse=True)
    assert all(rows * height <= 190 for rows, height in zip((0, 4, 6, 8), heights, strict=True))
