"""Headers of every vendor and family: habits that mislead, and what intake makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread

from pipeline.geometry import Grid, Volume
from pipeline.intake.classify import classify
from pipeline.intake.rules import load_rules
from pipeline.intake.signals import signals_of
from pipeline.phantom.dicom_acquisition import acquisition, localizer_acquisition, scanner_of
from pipeline.phantom.dicom_header import series_header
from pipeline.phantom.dicom_identity import generated_identity
from pipeline.phantom.dicom_secondary import projection_of
from pipeline.phantom.dicom_series import write_series
from pipeline.phantom.vendors import VENDORS, families_of, vendor_entry

IDENTITY = generated_identity(11)
ROLES = ("t2", "tof", "t1", "t1c")
FAMILIES = [
    (vendor, role, family)
    for vendor in VENDORS
    for role in ROLES
    for family in families_of(vendor, role)
]
DRAWS = 40


def draws(vendor, role, family=None):
    return [
        acquisition(role, vendor, np.random.default_rng([seed, 1]), family) for seed in range(DRAWS)
    ]


def header_of(acquired):
    return series_header(acquired, IDENTITY, 4, IDENTITY.uid("series", 4))


def role_of(acquired):
    return classify(signals_of(header_of(acquired)), load_rules())


def test_each_vendor_has_a_family_for_each_role():
    assert {(vendor, role) for vendor, role, _ in FAMILIES} == {
        (vendor, role) for vendor in VENDORS for role in ROLES
    }


@pytest.mark.parametrize(("vendor", "role", "family"), FAMILIES)
def test_intake_gives_the_role_that_was_written(vendor, role, family):
    for acquired in draws(vendor, role, family):
        verdict = role_of(acquired)
        assert verdict.role == role, f"{acquired.description!r}: {verdict.reason}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_intake_refuses_localizers_and_projections(vendor):
    for seed, angiogram in enumerate(draws(vendor, "tof")):
        rng = np.random.default_rng(seed)
        localizer = localizer_acquisition(scanner_of(vendor, rng), rng)
        assert role_of(localizer).role == "other"
        for view in ("coronal", "sagittal"):
            verdict = role_of(projection_of(angiogram, view))
            assert verdict.role == "other"
            assert "MIP" in verdict.reason


@pytest.mark.parametrize(("vendor", "role", "family"), FAMILIES)
def test_drawn_values_stay_in_the_ranges(vendor, role, family):
    entry = vendor_entry(vendor).families[family]
    for acquired in draws(vendor, role, family):
        assert acquired.vendor == vendor
        assert acquired.family == family
        assert acquired.look == entry.look
        for value, (low, high) in (
            (acquired.tr_ms, entry.tr_ms),
            (acquired.te_ms, entry.te_ms),
            (acquired.flip_deg, entry.flip_deg),
            (acquired.echo_train, entry.echo_train),
        ):
            assert low <= value <= high
        assert acquired.te_ms < acquired.tr_ms
        assert (acquired.ti_ms is None) == (entry.ti_ms is None)
        assert len(acquired.description) <= 64


def test_ciss_is_written_as_spin_echo():
    for acquired in draws("siemens", "t2", "ciss"):
        header = header_of(acquired)
        assert header.ScanningSequence == "SE"
        assert header.SequenceName == "*ci3d1"
        assert header.EchoTrainLength == 1


def test_siemens_names_of_sequences():
    for family, stem in (("space", "*spc"), ("mprage", "*tfl3d1"), ("vibe", "*fl3d1")):
        role = "t2" if family == "space" else "t1c"
        headers = [header_of(drawn) for drawn in draws("siemens", role, family)]
        assert all(header.SequenceName.startswith(stem) for header in headers)
    headers = [header_of(drawn) for drawn in draws("siemens", "tof")]
    assert all(header.SequenceName.startswith("*fl3d1r") for header in headers)


def test_siemens_angiograms_may_give_the_distance_of_the_slabs(tmp_path):
    volume = Volume(np.ones((4, 4, 3), np.float32), Grid((4, 4, 3), np.diag([0.4, 0.4, 0.7, 1.0])))
    spacings = set()
    for number, acquired in enumerate(draws("siemens", "tof")[:12], start=1):
        path = write_series(volume, acquired, IDENTITY, tmp_path / str(number), number)[0]
        image = dcmread(path)
        assert float(image.SliceThickness) == pytest.approx(0.7)
        spacings.add(float(image.SpacingBetweenSlices) > 10.0)
    assert spacings == {True, False}


def test_ge_names_the_examination_and_marks_the_angiogram():
    scanner = scanner_of("ge", np.random.default_rng(1))
    names = set()
    for role in ROLES:
        drawn = acquisition(role, "ge", np.random.default_rng(2), scanner=scanner)
        header = header_of(drawn)
        names.add(header.ProtocolName)
        assert "SequenceName" not in header
        assert header[0x0019, 0x109C].value == drawn.ge_sequence
        assert header[0x0043, 0x102F].value == 0
        assert ("VASCTOF_GEMS" in header.ScanOptions) == (role == "tof")
    assert names == {scanner.exam_protocol}
    exams = {drawn.protocol_name for drawn in draws("ge", "t1")}
    assert any("CONTRAST" in exam for exam in exams)


def test_philips_techniques_and_scale_factors():
    expected = {"bffe": {"B-FFE", "B-TFE"}, "drive": {"TSE"}, "vista": {"TSE"}}
    for family, techniques in expected.items():
        for drawn in draws("philips", "t2", family):
            header = header_of(drawn)
            assert header[0x2001, 0x1020].value in techniques
            assert header[0x2005, 0x100E].value == pytest.approx(drawn.scale_slope)
            assert float(header.RescaleSlope) == drawn.rescale_slope
            assert header.SequenceName == ""
    assert any(drawn.philips_technique == "T1FFE" for drawn in draws("philips", "tof"))


@pytest.mark.parametrize("vendor", VENDORS)
def test_contrast_is_told_somewhere_and_only_after_it(vendor):
    suffixes = [suffix for suffix in vendor_entry(vendor).after_contrast if suffix]
    silent, told = 0, 0
    for drawn in draws(vendor, "t1c"):
        in_description = any(drawn.description.endswith(suffix) for suffix in suffixes)
        assert in_description or drawn.contrast_agent
        silent += not in_description
        told += drawn.contrast_agent is None
    assert silent
    assert told
    for drawn in draws(vendor, "t1"):
        assert drawn.contrast_agent in (None, "", "NONE")


def test_families_can_be_asked_for_by_their_look():
    for vendor in VENDORS:
        for role, look in (("t2", "bssfp"), ("t2", "tse"), ("t1c", "mprage"), ("t1c", "vibe")):
            drawn = acquisition(role, vendor, np.random.default_rng(0), look)
            assert (drawn.look, drawn.vendor) == (look, vendor)


def test_unknown_vendors_and_families_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="vendor 'acme'"):
        acquisition("t2", "acme", rng)
    with pytest.raises(ValueError, match="no family 'fiesta' for the role t2"):
        acquisition("t2", "siemens", rng, "fiesta")
