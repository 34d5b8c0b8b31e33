"""What the viewer is given: the right places, the right sides, small enough."""

from __future__ import annotations

import base64
import gzip
import json
import struct

import numpy as np
import pytest

from pipeline.geometry import Volume
from pipeline.records.labels import Label
from pipeline.report import render, viewer_volumes
from pipeline.report.pictures import SourceImage, StudyImages
from pipeline.report.surfaces import surfaces
from pipeline.report.texts import load_texts
from pipeline.report.viewer import ras_text, script_json, viewer
from pipeline.report.viewer_volumes import crops

from .builders import findings, head_grid, unassessed

SPOT = np.array([14.0, -30.0, -32.0])
"""On the patient's left."""


def images() -> StudyImages:
    grid = head_grid()
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    near = np.linalg.norm(grid.to_lps(index) - SPOT, axis=-1) < 3.0
    source = SourceImage(Volume((1000 * near).astype(np.int16), grid), 0.0, 1000.0, np.eye(4))
    labels = Volume((near * Label.ARTERY).astype(np.uint8), grid)
    return StudyImages({"t2": source}, labels)


def nifti(file: bytes) -> tuple[np.ndarray, np.ndarray]:
    import nibabel as nib

    image = nib.Nifti1Image.from_bytes(gzip.decompress(file))
    return np.asarray(image.dataobj), image.affine


def test_a_bright_place_on_the_left_has_a_negative_x_in_the_viewers_frame() -> None:
    made = crops(findings(), images())
    assert made is not None
    array, affine = nifti(made.images["t2"])

    assert array.dtype == np.uint8
    middle = affine @ [*np.argwhere(array > 200).mean(axis=0), 1.0]
    np.testing.assert_allclose(middle[:3], SPOT * [-1, -1, 1], atol=0.6)
    assert made.labels is not None
    labels, affine = nifti(made.labels)
    middle = affine @ [*np.argwhere(labels == Label.ARTERY).mean(axis=0), 1.0]
    np.testing.assert_allclose(middle[:3], SPOT * [-1, -1, 1], atol=0.6)


def test_a_surface_encloses_its_label_where_it_is() -> None:
    made = crops(findings(), images())
    assert made is not None
    body = next(surfaces(images().labels, made.grid))

    content = gzip.decompress(body.mz3)
    magic, attributes, faces, vertices, skip = struct.unpack("<HHIII", content[:16])
    assert (magic, attributes, skip) == (0x5A4D, 3, 0)
    points = np.frombuffer(content[16 + 12 * faces :], "<f4").reshape(vertices, 3)
    np.testing.assert_allclose(points.mean(axis=0), SPOT * [-1, -1, 1], atol=0.6)
    assert np.linalg.norm(points - points.mean(axis=0), axis=1).mean() == pytest.approx(3, abs=0.6)


def test_large_studies_are_made_coarser_until_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer_volumes, "MOST_BYTES", 10)

    made = crops(findings(), images())

    assert made is not None
    assert made.grid.voxel_mm[0] == viewer_volumes.SPACINGS_MM[-1]


def test_the_data_hold_every_label_and_a_place_to_start_from() -> None:
    look = viewer(findings(), images(), load_texts())
    assert look is not None
    data = json.loads(look.data)

    assert len(data["colours"]) == len(Label)
    assert set(data["images"]) == {"t2"}
    assert gzip.decompress(base64.b64decode(data["images"]["t2"]))
    point = findings().sides["left"].vessel_contact.point_lps_mm
    assert point is not None
    np.testing.assert_allclose(data["start"], np.array(point) * [-1, -1, 1], atol=0.01)
    assert {jump.side for jump in look.jumps} == {"left", "right"}
    assert not any("mass" in jump.name for jump in look.jumps)


def test_a_study_without_places_has_no_viewer() -> None:
    assert viewer(unassessed("failed", "no"), images(), load_texts()) is None
    assert viewer(findings(), StudyImages({}, None), load_texts()) is None


def test_nothing_in_the_data_can_end_the_script() -> None:
    assert "<" not in script_json({"name": "</script><script>"})
    assert ras_text((1.0, -2.0, 3.0)) == "-1.00,2.00,3.00"


def test_another_program_than_the_released_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "niivue.umd.js").write_text("alert(1)", encoding="utf-8")
    sums = (render._ASSETS / "SHA256SUMS").read_text("ascii")
    (folder / "SHA256SUMS").write_text(sums, encoding="ascii")
    monkeypatch.setattr(render, "_ASSETS", folder)
    render.viewer_program.cache_clear()

    with pytest.raises(render.ChangedAssetError):
        render.viewer_program()
    render.viewer_program.cache_clear()
