"""The real angiogram, whose header lacks much and lies about its spacing, is exported too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from pipeline.convert.dicomstack import read_stack
from pipeline.export.patient_study import TYPE_2
from pipeline.export.stage import export_study
from pipeline.geometry import Volume, save_volume
from pipeline.records.export import ExportRecord
from pipeline.records.findings import Findings, SequenceUsed
from pipeline.records.manifest import StudyManifest
from pipeline.settings import load_settings

from .exported import oblique, small_study


def test_a_segmentation_on_the_real_angiogram(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "tof-study-siemens" / "TOF3D"
    if not source.is_dir():
        pytest.skip("the real angiogram is not at hand")
    folder = small_study(tmp_path, oblique(1)).folder
    links = folder.output.series_links(folder.case, 2)
    links.mkdir(parents=True)
    for number, path in enumerate(sorted(source.iterdir())):
        (links / f"{number:06d}.dcm").symlink_to(path)
    grid = read_stack(links).stack.grid
    series = str(dcmread(links / "000000.dcm").SeriesInstanceUID)
    manifest = StudyManifest.read(folder.manifest)
    entry = manifest.series[0].model_copy(update={"index": 2, "series_instance_uid": series})
    manifest.model_copy(update={"series": (entry,)}).write(folder.manifest)
    used = SequenceUsed(
        series_instance_uid=series, voxel_mm=grid.voxel_mm, registration_residual_mm=0.0
    )
    found = Findings.read(folder.findings)
    found.model_copy(update={"sequences": {"t2": None, "tof": used, "t1c": None}}).write(
        folder.findings
    )
    labels = np.zeros(grid.shape, np.uint8)
    labels[100:140, 120:150, 40:60] = 1
    labels[200:203, 90:91, 7:30] = 5
    save_volume(Volume(labels, grid), folder.segmentation)

    export_study(folder, load_settings())

    record = ExportRecord.read(folder.record("export"))
    assert [place.segment for place in record.read_back] == [1, 5]
    assert max(place.distance_mm for place in record.read_back) < 0.01
    made = dcmread(folder.dicom("segmentation"))
    header = dcmread(links / "000000.dcm")
    for keyword in TYPE_2:
        assert (made.get(keyword) or "") == (header.get(keyword) or "")
    measures = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert float(measures.SpacingBetweenSlices) == pytest.approx(0.7, abs=0.01)
