"""Intake of whole folders: what comes out, what is written, and what is never written."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from dataclasses import asdict

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid

from pipeline.errors import NothingToReadError
from pipeline.intake import scan
from pipeline.intake.header import read_header
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import walk
from pipeline.paths import case_of

from .series_writer import (
    CISS,
    T1C,
    TOF,
    Block,
    Identity,
    new_dataset,
    write_enhanced,
    write_series,
)

THICK = Block(spacing=(0.5, 0.5, 1.5))
COARSE = Block(spacing=(0.9, 0.9, 0.9))


def test_several_studies_mixed_in_one_folder(source, take_in):
    first, second = Identity(), Identity()
    write_series(source, CISS, identity=first, names="a{}")
    write_series(source, TOF, identity=second, names="b{}.dcm")
    write_series(source / "deep" / "er", T1C, identity=first, names="IM{}")
    taken = take_in()
    assert {study.case for study in taken.intake.studies} == {
        case_of(first.study), case_of(second.study),
    }  # fmt: skip
    assert [entry.role for entry in taken.manifest(first.study).series] == ["t2", "t1c"]
    assert [entry.role for entry in taken.manifest(second.study).series] == ["tof"]
    assert taken.intake.files == 72
    assert taken.intake.quarantined == ()


def test_links_follow_the_slices_and_have_neutral_names(source, take_in):
    order = np.random.default_rng(1).permutation(24)
    write_series(source, CISS, order=order)
    taken = take_in()
    links = sorted(taken.output.series_links(taken.intake.studies[0].case, 0).iterdir())
    assert [link.name for link in links] == [f"{k:06d}.dcm" for k in range(24)]
    numbers = [
        int(dcmread(link, specific_tags=["InstanceNumber"]).InstanceNumber) for link in links
    ]
    assert numbers == list(range(1, 25))
    assert all(link.is_symlink() for link in links)


@pytest.mark.parametrize(
    ("header", "block", "options", "refusal"),
    [
        (CISS, THICK, {}, "too_thick"),
        (TOF, THICK, {}, "too_thick"),
        (CISS, COARSE, {}, "too_coarse"),
        (T1C, COARSE, {}, None),
        (T1C, THICK, {}, None),
        (CISS, Block(shape=(8, 8, 19)), {}, "too_few_slices"),
        (CISS, Block(), {"skip": [7]}, "missing_slices"),
        (CISS, Block(), {"changes": {7: {"PixelSpacing": [0.4, 0.4]}}}, "mixed_size"),
        (CISS, Block(), {"changes": {7: {"ImageOrientationPatient": [0, 1, 0, 1, 0, 0]}}},
         "mixed_orientation"),
        (CISS, Block(), {"order": [*range(24), 5]}, "doubled_slices"),
        (CISS, Block(), {"order": [*range(24)] * 2}, "several_volumes"),
        (CISS, Block(), {"changes": {7: {"ImagePositionPatient": None}}}, "no_position"),
        (TOF | {"SliceThickness": 15}, Block(), {}, "projection"),
        (CISS, Block(), {}, None),
    ],
)  # fmt: skip
def test_geometry_keeps_the_role_and_says_why_a_series_cannot_serve(
    source, take_in, header, block, options, refusal
):
    write_series(source, header, block, **options)
    entry = take_in().only_series()
    assert entry.role != "other"
    assert entry.refusal == refusal
    assert entry.usable == (refusal is None)
    assert ("cannot serve" in entry.reason) == (refusal is not None)


def test_the_finest_of_several_series_comes_first(source, take_in):
    study = Identity()
    for spacing in (0.8, 0.5, 1.4, 0.7):
        block = Block(shape=(8, 8, 44), spacing=(0.5, 0.5, spacing))
        write_series(source, CISS, block, identity=study, names=f"{spacing}-{{}}")
    manifest = take_in().manifest()
    spacings = [entry.reason.split(" slices ")[1].split(" mm")[0] for entry in manifest.series]
    assert spacings == ["0.50", "0.70", "0.80", "1.40"]
    assert [entry.usable for entry in manifest.series] == [True, True, True, False]
    assert manifest.chosen("t2") == manifest.series[0]


def test_a_fine_slab_that_is_too_thin_comes_after_a_whole_one(source, take_in):
    study = Identity()
    write_series(source, CISS, Block(spacing=(0.4, 0.4, 0.4)), identity=study, names="thin{}")
    write_series(source, CISS, Block(spacing=(0.6, 0.6, 0.9)), identity=study, names="whole{}")
    assert "0.90 mm apart" in take_in().manifest().series[0].reason


def test_copies_of_instances_are_dropped(source, take_in):
    paths = write_series(source, CISS)
    (source / "copy").mkdir()
    for path in paths[:5]:
        shutil.copy(path, source / "copy" / path.name)
    entry = take_in().only_series()
    assert entry.instances == 24
    assert entry.usable
    assert "5 copies left out" in entry.reason


def test_a_projection_inside_the_series_does_not_spoil_it(source, take_in):
    study, series = Identity(), generate_uid()
    write_series(source, TOF, identity=study, series=series)
    mip = TOF | {"ImageType": ["ORIGINAL", "PRIMARY", "MIP_SAG"]}
    sagittal = Block((0, 1, 0), (0, 0, -1), shape=(8, 8, 1))
    write_series(source, mip, sagittal, identity=study, series=series, names="mip{}")
    manifest = take_in().manifest()
    assert [(e.role, e.usable, e.instances) for e in manifest.series] == [
        ("tof", True, 24), ("other", False, 1),
    ]  # fmt: skip
    assert {e.series_instance_uid for e in manifest.series} == {series}


def test_multi_frame_object_has_role_and_geometry_of_its_classic_twin(source, take_in):
    block = Block(shape=(10, 9, 30), spacing=(0.5, 0.6, 0.7))
    order = np.random.default_rng(2).permutation(30)
    enhanced = {k: v for k, v in CISS.items() if k != "SeriesDescription"}
    write_enhanced(
        source / "enhanced",
        enhanced | {"SteadyStatePulseSequence": "FREE_PRECESSION", "SeriesNumber": 9},
        block,
        order=order,
    )
    write_series(source / "classic", CISS, block)
    entries = [study.series[0] for study in take_in().intake.studies]
    assert [entry.role for entry in entries] == ["t2", "t2"]
    assert [entry.refusal for entry in entries] == [None, None]
    assert all("30 slices 0.70 mm apart, pixels 0.60 mm" in entry.reason for entry in entries)


def test_zip_is_looked_into(source, take_in, tmp_path):
    paths = write_series(tmp_path / "elsewhere", CISS)
    with zipfile.ZipFile(source / "export.bin", "w") as archive:
        for path in paths:
            archive.write(path, f"../{path.name}")
    taken = take_in()
    assert taken.only_series().usable
    first = taken.identities.cases[taken.intake.studies[0].case].sources[0]
    assert first.endswith("export.bin!../IM0000")
    (source / "export.bin").rename(source / "renamed")
    assert take_in().only_series().usable
    assert len(list(taken.output.extracted.iterdir())) == 1


def test_files_that_cannot_be_used_are_listed_by_number(source, take_in):
    paths = write_series(source, CISS)
    (source / "readme.txt").write_text("hello")
    (source / "empty").write_bytes(b"")
    (source / "garbage.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 300)
    content = paths[3].read_bytes()
    paths[3].write_bytes(content[: len(content) - 100])
    taken = take_in()
    reasons = {
        taken.identities.files[item.file].split("/")[-1]: item.reason
        for item in taken.intake.quarantined
    }
    assert reasons.pop("garbage.dcm").startswith("a DICOM file")
    assert reasons == {
        "readme.txt": "not a DICOM file",
        "empty": "an empty file",
        paths[3].name: "a DICOM image that is cut short",
    }
    assert [item.file for item in taken.intake.quarantined] == [
        "file-000001", "file-000002", "file-000003", "file-000004",
    ]  # fmt: skip
    assert taken.only_series().refusal == "missing_slices"


def test_other_objects_are_series_of_role_other(source, take_in):
    study = Identity()
    write_series(source, TOF, identity=study)
    for number, sop_class in enumerate(("66", "88.33", "104.1", "11.1", "7")):
        uid = f"1.2.840.10008.5.1.4.1.1.{sop_class}"
        header = {"SeriesDescription": "ciss", "SeriesNumber": 10 + number}
        dataset = new_dataset(header, uid, study, generate_uid())
        dataset.save_as(source / f"object{number}", enforce_file_format=True)
    series = take_in().manifest().series
    assert [entry.role for entry in series] == ["tof", *["other"] * 5]
    assert series[1].reason == "not an MR image but: Raw Data Storage"


def test_files_without_preamble_are_read(source, take_in):
    for path in write_series(source, CISS):
        path.write_bytes(path.read_bytes()[132:])
    assert take_in().only_series().usable


def test_dicomdir_is_no_study(source, take_in):
    paths = write_series(source, CISS)
    dataset = dcmread(paths[0], stop_before_pixels=True)
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    dataset.save_as(source / "DICOMDIR")
    assert [item.reason for item in take_in().intake.quarantined] == [
        "a DICOMDIR, an index of other files; these are read themselves"
    ]


def test_nothing_to_read(source, take_in):
    with pytest.raises(NothingToReadError, match="is empty"):
        take_in()
    (source / "a.txt").write_text("hello")
    with pytest.raises(NothingToReadError, match="among the 1 files"):
        take_in()


def test_manifests_are_touched_only_where_a_study_changed(source, take_in):
    first, second = Identity(), Identity()
    write_series(source / "1", CISS, identity=first, skip=[23])
    write_series(source / "2", CISS, identity=second)
    taken = take_in()
    manifests = [taken.output.case(case_of(s.study)).manifest for s in (first, second)]
    for path in manifests:
        os.utime(path, ns=(5, 5))
    assert take_in().intake == taken.intake
    assert [path.stat().st_mtime_ns for path in manifests] == [5, 5]
    before = taken.manifest(first.study).digest
    write_series(source / "1", TOF, identity=first, names="tof{}")
    assert take_in().manifest(first.study).digest != before
    assert manifests[0].stat().st_mtime_ns != 5
    assert manifests[1].stat().st_mtime_ns == 5


def test_a_changed_file_changes_the_digest_and_its_link_stays(source, take_in):
    paths = write_series(source, CISS)
    digest = take_in().manifest().digest
    os.utime(paths[0], ns=(5, 5))
    assert take_in().manifest().digest != digest


def test_studies_that_are_gone_leave_no_manifest_and_no_links(source, take_in):
    first, second = Identity(), Identity()
    write_series(source / "1", CISS, identity=first)
    write_series(source / "2", CISS, identity=second)
    output = take_in().output
    result = output.case(case_of(first.study)).findings
    result.parent.mkdir(parents=True)
    result.write_text("{}")
    shutil.rmtree(source / "1")
    assert len(take_in().intake.studies) == 1
    assert not output.case(case_of(first.study)).manifest.exists()
    assert [path.name for path in output.links.iterdir()] == [case_of(second.study)]
    assert result.exists()


def test_copies_serve_where_links_are_impossible(source, take_in, monkeypatch):
    def no_links(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr("pathlib.Path.symlink_to", no_links)
    write_series(source, CISS)
    taken = take_in()
    links = sorted(taken.output.series_links(taken.intake.studies[0].case, 0).iterdir())
    assert len(links) == 24
    assert not links[0].is_symlink()
    changed = links[0].stat().st_ctime_ns
    take_in()
    assert links[0].stat().st_ctime_ns == changed


def test_private_folder_is_for_its_owner_alone(source, take_in):
    write_series(source, CISS)
    output = take_in().output
    assert stat.S_IMODE(output.private.stat().st_mode) == 0o700
    assert stat.S_IMODE(output.identities.stat().st_mode) == 0o600


def test_names_stay_in_the_private_folder(source, take_in, caplog):
    person = Identity(name="Zwölfender^Ottokar", patient_id="QX-77123", accession="ACC55512")
    header = CISS | {
        "SeriesDescription": "t2_ciss ZWOLFENDER qx-77123",
        "ProtocolName": "ciss Ottokar",
        "ReferringPhysicianName": "Hagelbrecht^Dr",
        "OperatorsName": "Wunderlich",
        "SpecificCharacterSet": "ISO_IR 192",
    }
    write_series(source / "Zwolfender Ottokar 19700101", header, identity=person)
    (source / "Zwolfender.txt").write_text("letter")
    with caplog.at_level("DEBUG"):
        taken = take_in()
    identity = taken.identities.cases[case_of(person.study)]
    assert (identity.patient_name, identity.patient_id) == (person.name, person.patient_id)
    assert (identity.accession_number, identity.study_date) == ("ACC55512", "20240229")
    public = [path for path in taken.output.root.rglob("*") if "private" not in path.parts]
    written = caplog.text + "".join(
        path.name + path.read_text() for path in public if path.is_file()
    )
    for secret in ("zwölf", "zwolf", "ottokar", "77123", "55512", "hagelbrecht", "wunderlich",
                   "20240229", "19700101", str(source).lower()):  # fmt: skip
        assert secret not in written.lower()
    assert taken.only_series().description == "t2_ciss [removed] [removed]-[removed]"


def test_several_processes_give_the_same_as_one(source, monkeypatch):
    write_series(source, CISS)
    (source / "x.txt").write_text("hello")
    entries = walk(source).files
    alone = scan.scan(entries, 1)
    monkeypatch.setattr(scan, "WORTH_PROCESSES", 1)
    together = scan.scan(entries, 2)
    assert len(together) == 25
    assert [asdict(item) for item in together] == [asdict(item) for item in alone]


def test_a_file_that_may_not_be_opened(source, monkeypatch):
    (source / "x").write_text("secret")

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr("pipeline.intake.header.looks_like_dicom", forbidden)
    found = read_header(walk(source).files[0])
    assert isinstance(found, Unusable)
    assert found.reason == "no permission to open the file"
