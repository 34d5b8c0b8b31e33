"""Every number in structured report and Secondary Capture is the one in findings.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.export.stage import export_study
from pipeline.records.findings import Findings
from pipeline.report.stage import write_report
from pipeline.report.wording import load_wording
from pipeline.settings import load_settings

from ..report.builders import aneurysm_left, findings, head_grid, one_side_unknown, write_case
from ..report.test_stage import spot_volume
from .exported import Small, oblique, small_study
from .said import assert_pictures_are_the_record, assert_report_is_the_record


def drawn_and_exported(root: Path, found: Findings | None = None) -> tuple[Small, Findings]:
    """A study with its pictures and its DICOM objects. found: another record for it."""
    small = small_study(root, oblique(3))
    used = {
        name: getattr(small.findings, name) for name in ("case", "study_instance_uid", "sequences")
    }
    record = small.findings if found is None else found.model_copy(update=used)
    folder = write_case(small.folder.output, record, {"t2": spot_volume(head_grid())})
    write_report(folder, {}, load_wording())
    export_study(folder, load_settings())
    return small, record


@pytest.mark.parametrize(
    "found", [None, findings(), aneurysm_left("no_tof"), one_side_unknown()],
    ids=["tumour", "contact", "aneurysm", "one_side"],
)  # fmt: skip
def test_every_number_of_the_objects_is_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Findings | None
) -> None:
    small, record = drawn_and_exported(tmp_path, found)

    assert_report_is_the_record(small.folder, record)
    assert assert_pictures_are_the_record(small.folder, record, monkeypatch) >= 2


def moved(found: Findings) -> Findings:
    first = found.key_images[0]
    x, y, z = first.point_lps_mm
    elsewhere = first.model_copy(update={"point_lps_mm": (-x, y, z)})
    return found.model_copy(update={"key_images": (elsewhere, *found.key_images[1:])})


def narrower(found: Findings) -> Findings:
    left: Any = found.sides["left"]
    contact = left.vessel_contact.model_copy(update={"min_distance_mm": 0.05})
    sides = {**found.sides, "left": left.model_copy(update={"vessel_contact": contact})}
    return found.model_copy(update={"sides": sides})


def test_a_difference_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, record = drawn_and_exported(tmp_path)

    with pytest.raises(AssertionError):
        assert_report_is_the_record(small.folder, narrower(record))
    with pytest.raises(AssertionError):
        assert_pictures_are_the_record(small.folder, moved(record), monkeypatch)
