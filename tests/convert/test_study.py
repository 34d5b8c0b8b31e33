"""Which series of a study are converted, and what is said about those that are not."""

from __future__ import annotations

import gzip
import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread

from pipeline.geometry.volume import load_volume

from ..intake.series_writer import CISS, T1C, TOF, Block, Identity, write_enhanced, write_series

THICK = Block(spacing=(0.5, 0.5, 2.0))


def write_study(source, **series) -> Identity:
    study = Identity()
    for name, (header, block) in series.items():
        write_series(source / name, header, block, identity=study)
    return study


def test_all_sequences(source, run_convert):
    write_study(source, a=(CISS, Block()), b=(TOF, Block(seed=2)), c=(T1C, Block(seed=3)))
    done = run_convert()
    assert done.outcome.state == "done"
    record = done.record
    assert record.reference == "t2"
    assert set(record.volumes) == {"t2", "tof", "t1c"}
    assert record.degraded == ()
    assert record.refused == ()
    tof = record.volumes["tof"]
    assert tof.shape == (14, 12, 24)
    assert tof.voxel_mm == pytest.approx((0.5, 0.6, 0.9), abs=1e-5)
    volume = load_volume(done.folder.output.root / tof.file)
    assert sorted(volume.array.ravel()) == sorted(Block(seed=2).array.ravel())
    written = {path.name for path in done.folder.nifti("t2").parent.iterdir()}
    assert written == {f"{role}{end}" for role in record.volumes for end in (".nii.gz", ".json")}
    assert len(done.outcome.files) == 7


@pytest.mark.parametrize(
    ("series", "reference", "degraded", "codes"),
    [
        ({"a": (CISS, Block())}, "t2", {"no_tof", "no_t1c"}, []),
        ({"a": (TOF, Block())}, "tof", {"no_t2", "no_t1c"}, []),
        (
            {"a": (CISS, THICK), "b": (TOF, Block())},
            "tof",
            {"t2_unusable", "no_t1c"},
            ["too_thick"],
        ),
        ({"a": (CISS, Block()), "b": (TOF, THICK)}, "t2", {"tof_refused", "no_t1c"}, ["too_thick"]),
        ({"a": (CISS, Block()), "c": (T1C, THICK)}, "t2", {"t1c_refused", "no_tof"}, ["too_thick"]),
        ({"a": (CISS, THICK), "b": (CISS, Block())}, "t2", {"no_tof", "no_t1c"}, ["too_thick"]),
    ],
)
def test_reference_and_what_is_missing(source, run_convert, series, reference, degraded, codes):
    write_study(source, **series)
    record = run_convert().record
    assert record.reference == reference
    assert set(record.degraded) == degraded
    assert [refusal.code for refusal in record.refused] == codes


def test_without_t2_and_tof_a_study_is_not_assessable(source, run_convert):
    write_study(source, a=(T1C, Block()), b=(CISS, THICK))
    done = run_convert()
    assert (done.outcome.state, done.outcome.code) == ("not_assessable", "no_t2_and_no_tof")
    assert done.outcome.message == (
        "no usable 3D T2 and no usable time-of-flight series; found: 1 x heavily T2-weighted 3D, "
        "1 x T1 after contrast. heavily T2-weighted 3D refused (slices 2.00 mm apart; at most "
        "1.00 mm can serve)"
    )
    assert list(done.folder.root.rglob("*.nii.gz")) == []


def test_the_next_series_serves_where_the_best_one_does_not_convert(source, run_convert):
    study = Identity()
    fine = write_series(source / "fine", CISS, Block(spacing=(0.4, 0.4, 0.85)), identity=study)
    write_series(source / "other", CISS, Block(spacing=(0.6, 0.6, 0.9)), identity=study)
    for path in fine:
        dataset = dcmread(path)
        dataset.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
        dataset.save_as(path)
        path.write_bytes(path.read_bytes()[:-60])
    done = run_convert()
    assert done.outcome.state == "done"
    assert done.record.volumes["t2"].voxel_mm[2] == pytest.approx(0.9, abs=1e-5)
    assert [refusal.code for refusal in done.record.refused] == ["unreadable_pixels"]
    assert done.record.degraded == ("no_tof", "no_t1c")


def test_a_second_run_keeps_the_result_and_a_new_slice_redoes_it(source, run_convert):
    study = Identity()
    write_series(source, CISS, Block(shape=(8, 8, 25)), identity=study, skip=[24], series="1.2.9")
    first = run_convert()
    stamp = first.folder.nifti("t2").stat().st_mtime_ns
    assert run_convert().folder.nifti("t2").stat().st_mtime_ns == stamp
    shutil.rmtree(source)
    write_series(source, CISS, Block(shape=(8, 8, 25)), identity=study, series="1.2.9")
    assert run_convert().record.volumes["t2"].shape == (8, 8, 25)


def test_volumes_of_a_role_that_is_gone_are_removed(source, run_convert):
    write_study(source, a=(CISS, Block()), b=(TOF, Block()))
    assert run_convert().folder.nifti("tof").exists()
    shutil.rmtree(source / "b")
    done = run_convert()
    assert done.record.degraded == ("no_tof", "no_t1c")
    assert not done.folder.nifti("tof").exists()


def test_classic_and_multi_frame_twins_convert_alike(source, run_convert, tmp_path):
    block = Block((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), spacing=(0.5, 0.5, 0.8))
    write_series(source, CISS, block)
    classic = load_volume(run_convert().folder.nifti("t2"))
    shutil.rmtree(source)
    source.mkdir()
    header = CISS | {"SteadyStatePulseSequence": "FREE_PRECESSION"}
    write_enhanced(source / "object", header, block, order=list(range(24))[::-1])
    enhanced = load_volume(run_convert().folder.nifti("t2"))
    np.testing.assert_allclose(enhanced.grid.affine, classic.grid.affine, atol=1e-4)
    assert (enhanced.array == classic.array).all()


@pytest.mark.parametrize(
    "syntax",
    ["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"],
    ids=["RLE", "JPEG-LS", "JPEG 2000"],
)
def test_compressed_series_give_the_same_pixels(source, run_convert, syntax):
    block = Block(shape=(64, 64, 20))
    for path in write_series(source, CISS, block):
        dataset = dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    volume = load_volume(run_convert().folder.nifti("t2"))
    assert (np.sort(volume.array.ravel()) == np.sort(block.array.ravel())).all()


def test_nothing_that_identifies_leaves_with_the_volumes(source, run_convert, caplog):
    person = Identity(name="Zwölfender^Ottokar", patient_id="QX77123", accession="ACC55512")
    header = CISS | {
        "SpecificCharacterSet": "ISO_IR 192", "SeriesDescription": "t2_ciss ZWOLFENDER",
        "ProtocolName": "ciss Ottokar", "ImageComments": "Zwölfender QX77123",
        "InstitutionName": "Kreiskrankenhaus", "StationName": "AWP1234", "StudyID": "S991",
        "DeviceSerialNumber": "88812", "PatientBirthDate": "19700101",
        "PatientComments": "Ottokar", "RequestedProcedureDescription": "ACC55512",
        "PatientWeight": "88.5",
    }  # fmt: skip
    write_series(source / "Zwolfender", header, identity=person)
    with caplog.at_level("DEBUG"):
        done = run_convert()
    assert done.outcome.state == "done"
    root = done.folder.output.root
    public = [p for p in root.rglob("*") if p.is_file() and "private" not in p.parts]
    contents = {p: gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()
                for p in public}  # fmt: skip
    assert any(path.suffix == ".gz" for path in public)
    secrets = (
        "zwolf", "zwölf", "ottokar", "77123", "55512", "kreisk", "awp1234", "88812", "19700101",
        "20240229", "121315", "12:13", "s991", str(source).lower(),
    )  # fmt: skip
    for secret in secrets:
        for path, content in contents.items():
            assert secret.encode() not in content.lower(), path.name
        assert secret not in caplog.text.lower()
    sidecar = json.loads((done.folder.nifti("t2").parent / "t2.json").read_text())
    assert sidecar["EchoTime"] == pytest.approx(0.0027)
    assert not {"AcquisitionTime", "SeriesDescription", "ProtocolName"} & set(sidecar)


def test_header_of_the_volume_has_no_free_text(source, run_convert):
    write_series(source, CISS)
    header = nib.load(run_convert().folder.nifti("t2")).header
    for name in ("descrip", "aux_file", "db_name", "intent_name"):
        assert bytes(header[name]).strip(b"\0") == b""
    assert header.get_xyzt_units()[0] == "mm"
    assert int(header["sform_code"]) == 1
