"""Headers as scanners write them, with their traps, and the role that each must get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from pipeline.intake.classify import classify
from pipeline.intake.rules import load_rules
from pipeline.intake.signals import signals_of
from pipeline.phantom.dicom_acquisition import (
    Acquisition,
    acquisition,
    localizer_acquisition,
    scanner_of,
)

KEYWORDS = {
    "maker": "Manufacturer", "text": "SeriesDescription", "protocol": "ProtocolName",
    "name": "SequenceName", "seq": "ScanningSequence", "variant": "SequenceVariant",
    "options": "ScanOptions", "dim": "MRAcquisitionType", "type": "ImageType",
    "tr": "RepetitionTime", "te": "EchoTime", "ti": "InversionTime", "fa": "FlipAngle",
    "etl": "EchoTrainLength", "agent": "ContrastBolusAgent", "steady": "SteadyStatePulseSequence",
    "tof": "TimeOfFlightContrast", "contrast": "AcquisitionContrast", "pulse": "PulseSequenceName",
    "sop": "SOPClassUID",
}  # fmt: skip
ORIGINAL = r"ORIGINAL\PRIMARY\M\ND"


def dataset_of(values: dict[str, Any]) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = MRImageStorage
    dataset.ImageType = ORIGINAL.split("\\")
    dataset.MRAcquisitionType = "3D"
    for key, value in values.items():
        if key == "ge_sequence":
            dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x9C, "LO", value)
        elif key == "technique":
            block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
            block.add_new(0x20, "LO", value)
        else:
            text = isinstance(value, str) and "\\" in value
            setattr(dataset, KEYWORDS[key], value.split("\\") if text else value)
    return dataset


def header(**values: Any) -> dict[str, Any]:
    return values


def role_of(values: dict[str, Any]) -> str:
    return classify(signals_of(dataset_of(values)), load_rules()).role


SIEMENS = {"maker": "SIEMENS"}
GE = {"maker": "GE MEDICAL SYSTEMS", "type": r"ORIGINAL\PRIMARY\OTHER"}
PHILIPS = {"maker": "Philips Medical Systems", "type": r"ORIGINAL\PRIMARY\M_FFE\M\FFE"}
CANON = {"maker": "CANON_MEC", "type": r"ORIGINAL\PRIMARY"}
HITACHI = {"maker": "Hitachi Medical Corporation"}
MPRAGE = {"seq": r"GR\IR", "tr": 2000, "te": 2.3, "ti": 900, "fa": 8}

CASES: list[tuple[str, str, dict[str, Any]]] = [
    # heavily T2-weighted
    ("CISS tagged as spin echo", "t2", SIEMENS | header(
        text="t2_ciss3d_tra_iso_0.7", name="*ci3d1", seq="SE", variant="SK", tr=12.3, te=5.9,
        fa=50)),
    ("CISS with a meaningless description", "t2", SIEMENS | header(
        text="tra 0.5", name="*ci3d1", seq="SE", tr=6, te=2.7, fa=50)),
    ("3D TrueFISP tagged as spin echo", "t2", SIEMENS | header(
        text="trufi3d_tra", name="*tfi3d1", seq="SE", tr=6, te=2.9, fa=60)),
    ("SPACE with restore pulse", "t2", SIEMENS | header(
        text="t2_space_tra_0.5", name="*spcR_282ns", seq="SE", tr=1400, te=185, fa=120, etl=90)),
    ("SPACE of an XA scanner", "t2", {"maker": "Siemens Healthineers"} | header(
        text="t2_spc_iso", name="*spc3d1_214ns", seq="SE", tr=1300, te=170, fa=120)),
    ("CISS after contrast stays t2", "t2", SIEMENS | header(
        text="t2_ciss_KM", name="*ci3d1", seq="SE", tr=6, te=2.7, fa=50, agent="Gadovist")),
    ("CISS whose protocol was copied from TOF", "t2", SIEMENS | header(
        text="t2_ciss_tra", protocol="tof_3d", name="*ci3d1", seq="SE", tr=6, te=2.7, fa=50)),
    ("FIESTA-C", "t2", GE | header(
        text="Ax FIESTA-C IAC", seq="GR", variant="SS", options=r"FAST_GEMS\MP_GEMS", tr=5.6,
        te=2.1, fa=50, ge_sequence="fiesta")),
    ("FIESTA, examination named with contrast", "t2", GE | header(
        text="AX 3D FIESTA", protocol="IAC W WO CONTRAST TOF", seq="GR", variant="SS", tr=6, te=2.4,
        fa=55)),
    ("FIESTA by sequence and timing alone", "t2", GE | header(
        text="Ax thin", seq="GR", variant="SS", tr=6, te=2.4, fa=55, ge_sequence="3dfiesta")),
    ("CUBE T2", "t2", GE | header(
        text="AX T2 CUBE", seq="SE", options="FSA_GEMS", tr=2000, te=160, fa=90, etl=120,
        ge_sequence="CUBE")),
    ("Philips DRIVE is a turbo spin echo", "t2", PHILIPS | header(
        text="T2W_DRIVE_3D", seq="SE", variant="SK", tr=1500, te=200, fa=90, etl=60,
        technique="TSE", type=r"ORIGINAL\PRIMARY\M_SE\M\SE")),
    ("Philips bFFE", "t2", PHILIPS | header(
        text="sB-FFE 3D", seq="GR", variant="SS", tr=6, te=3, fa=45, technique="B-FFE")),
    ("Philips VISTA", "t2", PHILIPS | header(
        text="3D_VISTA_T2", seq="SE", tr=2000, te=220, fa=90, etl=100, technique="TSE")),
    ("Philips enhanced balanced", "t2", PHILIPS | header(
        text="3D nerves", steady="FREE_PRECESSION", sop=EnhancedMRImageStorage, tr=6, te=3, fa=45)),
    ("Canon MPV", "t2", CANON | header(text="MPV T2 3D", seq="SE", tr=2500, te=230, fa=90, etl=90)),
    ("Canon FASE 3D", "t2", CANON | header(text="FASE3D IAC", seq="SE", tr=2500, te=250, fa=90)),
    ("Hitachi PBSG", "t2", HITACHI | header(text="3D PBSG", seq="GR", tr=8, te=4, fa=60)),
    ("anonymised CISS without sequence name", "t2", header(text="CISS", tr=6, te=2.7, fa=50)),
    ("accented description", "t2", SIEMENS | header(
        text="T2 CISS fosse postérieure", name="*ci3d1", seq="SE", tr=6, te=2.7, fa=50)),
    # time of flight
    ("TOF with ramp", "tof", SIEMENS | header(
        text="TOF3D", name="*fl3d1r_t50", seq="GR", variant=r"SP\OSP", tr=27, te=7, fa=25)),
    ("TOF named like susceptibility imaging", "tof", SIEMENS | header(
        text="tof_fl3d_tra", name="*fl3d1r", seq="GR", tr=21, te=3.4, fa=18)),
    ("TOF by GE option", "tof", GE | header(
        text="COW", seq="GR", variant="SS", options=r"FAST_GEMS\VASCTOF_GEMS\MP_GEMS", tr=25,
        te=2.9,
        fa=20)),
    ("Philips TOF called T1FFE", "tof", PHILIPS | header(
        text="s3DI_MC_HR", seq="GR", tr=23, te=3.5, fa=18, technique="T1FFE")),
    ("Philips inflow after contrast stays tof", "tof", PHILIPS | header(
        text="3D inflow", seq="GR", tr=23, te=3.5, fa=18, technique="FFE", agent="Dotarem")),
    ("enhanced TOF", "tof", {"maker": "Siemens Healthineers"} | header(
        text="angio", tof="YES", pulse="*fl3d1r_tm", sop=EnhancedMRImageStorage, tr=21, te=3.4,
        fa=18)),
    ("Canon TOF", "tof", CANON | header(text="3D TOF", seq="GR", tr=22, te=5, fa=18)),
    # T1
    ("MPRAGE", "t1", SIEMENS | MPRAGE | header(text="t1_mprage_sag", name="*tfl3d1_16ns")),
    ("MPRAGE called mpr", "t1", SIEMENS | MPRAGE | header(text="t1_mpr_tra_iso", name="*tfl3d1")),
    ("MPRAGE with agent", "t1c", SIEMENS | MPRAGE | header(
        text="t1_mprage", name="*tfl3d1", agent="Gadovist")),
    ("agent NONE is none", "t1", SIEMENS | MPRAGE | header(
        text="t1_mprage", name="*tfl3d1", agent="NONE")),
    ("agent 0 is none", "t1", SIEMENS | MPRAGE | header(
        text="t1_mprage", name="*tfl3d1", agent="0")),
    ("+C in the description", "t1c", GE | header(
        text="AX T1 BRAVO +C", seq="GR", tr=8, te=3, ti=450, fa=12, ge_sequence="BRAVO")),
    ("GE examination named with contrast", "t1", GE | header(
        text="AX T1 BRAVO", protocol="BRAIN W CONTRAST +C POST GAD", seq="GR", tr=8, te=3, ti=450,
        fa=12, ge_sequence="BRAVO")),
    ("posterior fossa is not post contrast", "t1", SIEMENS | MPRAGE | header(
        text="T1 mprage post fossa", name="*tfl3d1")),
    ("Canon's GDC is no gadolinium", "t1", CANON | header(
        text="T1 3D GDC", seq="GR", tr=8, te=3, fa=12)),
    ("before contrast though the agent is filled in", "t1", SIEMENS | MPRAGE | header(
        text="t1_mprage pre KM", name="*tfl3d1", agent="Gadovist")),
    ("VIBE", "t1c", SIEMENS | header(
        text="t1_vibe_tra_post_gd", name="*fl3d1_ns", seq="GR", tr=6, te=2.4, fa=12)),
    ("THRIVE", "t1c", PHILIPS | header(
        text="eTHRIVE Gd", seq="GR", tr=6, te=2.2, fa=12, technique="T1TFE")),
    ("T1 SPACE", "t1c", SIEMENS | header(
        text="t1_space_tra KM", name="*spc_200ns", seq="SE", tr=600, te=11, fa=120, etl=40)),
    # others
    ("FLAIR-SPACE", "other", SIEMENS | header(
        text="t2_space_dark-fluid_sag", name="*spcir_242ns", seq=r"SE\IR", tr=5000, te=388,
        ti=1800)),
    ("FLAIR-SPACE that says SPACE only", "other", SIEMENS | header(
        text="t2_space_sag", name="*spcir_242ns", seq=r"SE\IR", tr=5000, te=388, ti=1800)),
    ("CUBE FLAIR", "other", GE | header(
        text="SAG CUBE FLAIR", seq=r"SE\IR", tr=6000, te=130, ti=1700, ge_sequence="CUBE")),
    ("SWI sharing the name of TOF", "other", SIEMENS | header(
        text="swi3d", name="*swi3d1r", seq="GR", tr=27, te=20, fa=15)),
    ("long echo with the name of TOF", "other", SIEMENS | header(
        text="tra", name="*fl3d1r", seq="GR", tr=27, te=20, fa=15)),
    ("TOF MIP as original", "other", SIEMENS | header(
        text="TOF3D_MIP_COR", name="*fl3d1r_t50", seq="GR", tr=27, te=7, fa=25,
        type=r"ORIGINAL\PRIMARY\MIP_COR\NORM\DIS2D")),
    ("TOF MIP told by its description alone", "other", SIEMENS | header(
        text="TOF_3D_multi-slab SHORT_MIP_SAG", name="*fl3d1r_t70", seq="GR", tr=22, te=3.4,
        fa=18)),
    ("Philips projection", "other", PHILIPS | header(
        text="s3DI_MC_HR", seq="GR", tr=23, te=3.5, fa=18,
        type=r"ORIGINAL\PRIMARY\PROJECTION IMAGE\M\FFE")),
    ("derived reformation", "other", SIEMENS | header(
        text="t2_ciss_cor", name="*ci3d1", tr=6, te=2.7, fa=50, type=r"DERIVED\SECONDARY\MPR")),
    ("CISS reformation told by its description alone", "other", SIEMENS | header(
        text="t2_ciss_cor MPR", name="*ci3d1", tr=6, te=2.7, fa=50)),
    ("phase image", "other", SIEMENS | header(
        text="TOF3D", name="*fl3d1r_t50", tr=27, te=7, fa=25, type=r"ORIGINAL\PRIMARY\P\ND")),
    ("2D T2", "other", SIEMENS | header(
        text="t2_tse_tra", name="*tse2d1_15", seq="SE", tr=5000, te=100, dim="2D", etl=15)),
    ("2D TOF", "other", GE | header(
        text="2D TOF", seq="GR", options="VASCTOF_GEMS", tr=25, te=5, fa=60, dim="2D")),
    ("localizer in 3D", "other", SIEMENS | header(
        text="AAHead_Scout", name="*fl3d1_ns", tr=3, te=1.4)),
    ("ADC map", "other", SIEMENS | header(
        text="DIFFUSION_ADC", name="*ep_b0_1000", seq="EP",
        type=r"DERIVED\PRIMARY\DIFFUSION\ADC\NORM")),
    ("RESOLVE", "other", SIEMENS | header(text="tra", name="*re_b1000", seq="EP", tr=5000, te=60)),
    ("TOF of the neck", "other", SIEMENS | header(
        text="TOF carotid", name="*fl3d1r_t70", seq="GR", tr=22, te=3.4, fa=18)),
    ("contrast-enhanced angiogram", "other", SIEMENS | header(
        text="CE-MRA twist", name="*fl3d_ce", seq="GR", tr=3, te=1.1, fa=25, agent="Gadovist")),
    ("phase-contrast venogram", "other", GE | header(
        text="3D PC MRV", seq="GR", tr=20, te=5, fa=15)),
    ("GE inflow inversion recovery", "other", GE | header(
        text="IFIR", seq="GR", options="IFLOW_GEMS", tr=5, te=2.4, fa=60)),
    ("T2 SPACE of the spine", "other", SIEMENS | header(
        text="t2_space_sag c-spine", name="*spc_200ns", seq="SE", tr=1500, te=150)),
    ("CT", "other", header(text="CISS TOF", sop="1.2.840.10008.5.1.4.1.1.2")),
    ("raw data", "other", PHILIPS | header(text="T2W_DRIVE", sop="1.2.840.10008.5.1.4.1.1.66")),
    ("description says TOF, header says MPRAGE", "t1", SIEMENS | MPRAGE | header(
        text="TOF", name="*tfl3d1_16ns")),
    ("description says CISS, header says MPRAGE", "t1", SIEMENS | MPRAGE | header(
        text="ciss", name="*tfl3d1_16ns")),
    ("nothing to go by", "other", header(text="Series 4")),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "values"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_role(expected, values):
    assert role_of(values) == expected


def test_reasons_name_what_spoke_for_the_role_and_not_the_raw_texts():
    values = CASES[0][2] | {"text": "t2_ciss_MUSTERMANN"}
    verdict = classify(signals_of(dataset_of(values)), load_rules())
    assert verdict.reason.startswith("heavily T2-weighted 3D: Siemens CISS sequence, described as")
    assert "MUSTERMANN" not in verdict.reason


def test_ge_protocol_name_is_not_even_a_signal():
    signals = signals_of(dataset_of(GE | {"text": "AX", "protocol": "CISS TOF +C"}))
    assert signals["words"] == "AX"


def test_contradicting_header_gets_no_role():
    values = header(tof="YES", steady="FREE_PRECESSION")
    verdict = classify(signals_of(dataset_of(values)), load_rules())
    assert verdict.role == "other"
    assert verdict.reason.startswith("the header contradicts itself")


def generated_header(drawn: Acquisition) -> dict[str, Any]:
    values = {
        "maker": drawn.scanner.manufacturer, "text": drawn.description,
        "protocol": drawn.protocol_name, "name": drawn.sequence_name,
        "seq": drawn.scanning_sequence, "variant": drawn.sequence_variant,
        "options": drawn.scan_options, "dim": drawn.acquisition_type, "type": drawn.image_type,
        "tr": drawn.tr_ms, "te": drawn.te_ms, "ti": drawn.ti_ms, "fa": drawn.flip_deg,
        "etl": drawn.echo_train, "agent": drawn.contrast_agent, "ge_sequence": drawn.ge_sequence,
        "technique": drawn.philips_technique,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value is not None}


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips"])
def test_headers_of_generated_studies(vendor):
    """Hundreds of drawn combinations of names, options, timings and contrast entries."""
    rng = np.random.default_rng(5)
    wrong = []
    for role in ("t2", "tof", "t1", "t1c") * 80:
        values = generated_header(acquisition(role, vendor, rng))
        if role_of(values) != role:
            wrong.append((role, role_of(values), values))
    for _ in range(20):
        values = generated_header(localizer_acquisition(scanner_of(vendor, rng), rng))
        if role_of(values) != "other":
            wrong.append(("other", role_of(values), values))
    assert wrong == []
