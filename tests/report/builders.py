"""Findings of invented studies, and output folders that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder, case_of
from pipeline.records.base import SIDES, Point, Side
from pipeline.records.findings import (
    Aneurysm,
    Assessability,
    Calibres,
    Degraded,
    Evidence,
    Findings,
    Impression,
    KeyImage,
    MeasuredAccuracy,
    OtherVessel,
    ProfilePoint,
    Quality,
    Reason,
    Segment,
    SequenceUsed,
    SideFindings,
    Tumour,
    Vessel,
    VesselContact,
)
from pipeline.records.landmarks import ModelUsed
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import ImageRole, Preparation, PreparedVolume

UID = "1.2.826.0.1.3680043.8.498.1"
CASE = case_of(UID)
SHA = "3f" * 32
IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))

_SIGN: dict[Side, float] = {"left": 1.0, "right": -1.0}
_SEGMENT_ENDS: tuple[tuple[float, Segment], ...] = (
    (1.0, "RExP"),
    (8.3, "AS"),
    (10.7, "RDP_TZ"),
    (99.0, "CP"),
)


def nerve_point(side: Side, along_mm: float) -> Point:
    """A straight nerve from the pons forwards, upwards and outwards."""
    return (_SIGN[side] * (10.0 + 0.8 * along_mm), -20.5 - 0.5 * along_mm, -31.7 + 0.2 * along_mm)


def profile(side: Side, narrowest_mm: float, at_mm: float) -> tuple[ProfilePoint, ...]:
    """A gap that widens to both sides of its narrowest place; unknown at the first point."""
    points = []
    for step in range(40):
        along = 0.5 * step
        gap = narrowest_mm + 0.31 * abs(along - at_mm)
        known = step > 0
        points.append(
            ProfilePoint(
                s_mm=along,
                point_lps_mm=nerve_point(side, along),
                segment=next(name for end, name in _SEGMENT_ENDS if along <= end),
                gap_mm=gap if known else None,
                gap_interval_mm=(max(0.0, gap - 0.27), gap + 0.27) if known else None,
                nearest_vessel="AICA" if known else None,
            )
        )
    return tuple(points)


def touching() -> VesselContact:
    """A contact at the transition zone that indents the nerve; left side's place."""
    return VesselContact(
        answer="yes",
        reasons=(),
        probability=0.934,
        probability_interval=(0.812, 0.997),
        prevalence_assumed=0.5,
        likelihood_ratio=14.2,
        grade="indentation",
        min_distance_mm=0.04,
        distance_interval_mm=(0.0, 0.312),
        segment="RDP_TZ",
        distance_from_rexp_mm=9.42,
        point_lps_mm=nerve_point("left", 9.42),
        contact_length_mm=2.71,
        contact_area_mm2=1.9,
        clock_hour=7.0,
        crossing_angle_deg=82.0,
        csf_cleft_mm=0.02,
        deviation_mm=0.83,
        indentation_fraction=0.267,
        pattern="loop",
        vessel=Vessel(name="AICA", name_probability=None, diameter_mm=1.13),
        other_vessels=(
            OtherVessel(
                vessel=Vessel(name="VA", name_probability=None, diameter_mm=3.4),
                min_distance_mm=1.62,
                segment="AS",
                point_lps_mm=nerve_point("left", 4.0),
            ),
        ),
    )


def clear(side: Side) -> VesselContact:
    """No contact; the nearest vessel is 2.47 mm away."""
    return touching().model_copy(
        update={
            "answer": "no",
            "probability": 0.061,
            "probability_interval": (0.02, 0.14),
            "likelihood_ratio": 0.065,
            "grade": "none",
            "min_distance_mm": 2.47,
            "distance_interval_mm": (2.13, 2.81),
            "segment": "CP",
            "distance_from_rexp_mm": 13.6,
            "point_lps_mm": nerve_point(side, 13.6),
            "contact_length_mm": 0.0,
            "deviation_mm": 0.11,
            "indentation_fraction": 0.03,
            "vessel": Vessel(name="unnamed", name_probability=None, diameter_mm=None),
            "other_vessels": (),
        }
    )


def unanswered_contact(*reasons: Reason) -> VesselContact:
    fields: dict[str, Any] = dict.fromkeys(VesselContact.model_fields)
    return VesselContact(
        **fields | {"answer": "cannot_say", "reasons": reasons, "other_vessels": ()}
    )


def mass(answer: str = "no", *reasons: Reason, **values: Any) -> Tumour:
    fields: dict[str, Any] = dict.fromkeys(Tumour.model_fields)
    known = {"answer": answer, "reasons": reasons, "probability": 0.003}
    return Tumour(**fields | known | values)


def outpouching(answer: str = "no", *reasons: Reason, **values: Any) -> Aneurysm:
    fields: dict[str, Any] = dict.fromkeys(Aneurysm.model_fields)
    known = {"answer": answer, "reasons": reasons, "probability": 0.004}
    return Aneurysm(**fields | known | values)


def side_findings(side: Side, contact: VesselContact, **values: Any) -> SideFindings:
    known = {
        "assessability": Assessability(status="assessable", reasons=()),
        "rez_lps_mm": nerve_point(side, 5.3),
        "rexp_lps_mm": nerve_point(side, 0.0),
        "rdp_lps_mm": nerve_point(side, 8.8),
        "tz_end_lps_mm": nerve_point(side, 10.7),
        "porus_lps_mm": nerve_point(side, 19.5),
        "profile": profile(
            side, contact.min_distance_mm or 0.0, contact.distance_from_rexp_mm or 0
        ),
        "vessel_contact": contact,
        "tumour": mass(),
        "aneurysm": outpouching(),
    }
    return SideFindings(**known | values)


def empty_side(*reasons: Reason) -> SideFindings:
    """A side of which nothing is known."""
    fields: dict[str, Any] = dict.fromkeys(SideFindings.model_fields)
    said = {
        "assessability": Assessability(status="not_assessable", reasons=reasons),
        "profile": (),
        "vessel_contact": unanswered_contact(*reasons),
        "tumour": mass("cannot_say", *reasons, probability=None),
        "aneurysm": outpouching("cannot_say", *reasons, probability=None),
    }
    return SideFindings(**fields | said)


def contact_images(side: Side, contact: VesselContact) -> tuple[KeyImage, ...]:
    planes = ("axial", "oblique_along_nerve")
    return tuple(
        KeyImage(
            file=f"key_images/{side}_contact_{plane}.png",
            finding="vessel_contact",
            side=side,
            point_lps_mm=contact.point_lps_mm or nerve_point(side, 5.3),
            plane=plane,
        )
        for plane in planes
    )


def lesion_image(side: Side, finding: str, point: Point) -> KeyImage:
    return KeyImage(
        file=f"key_images/{side}_{finding}_axial.png",
        finding=finding,
        side=side,
        point_lps_mm=point,
        plane="axial",
    )


def findings(**values: Any) -> Findings:
    """An assessed study with contact on the left; fields can be replaced."""
    sides: dict[Side, SideFindings] = {
        "left": side_findings("left", touching()),
        "right": side_findings("right", clear("right")),
    }
    known: dict[str, Any] = {
        "case": CASE,
        "study_instance_uid": UID,
        "status": "assessed",
        "reason": None,
        "degraded": ("no_t1c",),
        "sequences": {
            "t2": SequenceUsed(
                series_instance_uid=f"{UID}.1",
                voxel_mm=(0.52, 0.52, 0.61),
                registration_residual_mm=0.0,
            ),
            "tof": SequenceUsed(
                series_instance_uid=f"{UID}.2",
                voxel_mm=(0.43, 0.43, 0.7),
                registration_residual_mm=0.34,
            ),
            "t1c": None,
        },
        "quality": Quality(reference_snr=21.0),
        "affected_side": None,
        "sides": sides,
        "calibres_mm": Calibres(VA_left=3.1, VA_right=2.8, BA=3.4),
        "dolichoectasia": None,
        "side_difference": -2.43,
        "impression": Impression(
            leading="vessel_contact",
            side="left",
            sentence="Vessel contact on the patient's left: AICA, 9 mm from the exit point.",
        ),
        "priority": 2,
        "key_images": tuple(
            image for side in SIDES for image in contact_images(side, sides[side].vessel_contact)
        ),
        "models": (
            ModelUsed(name="rez_localizer", version="0.1.0", sha256=SHA),
            ModelUsed(name="cpa_segmenter", version="0.1.0", sha256="a7" * 32),
        ),
        "evidence": Evidence(
            calibrated_on="generated studies",
            file="models/assessment/calibration.json",
            statement="Probabilities were calibrated on 120 generated studies with 240 sides.",
            accuracy=(
                MeasuredAccuracy(
                    finding="tumour", sensitivity=0.88, specificity=0.97, positives=17, negatives=63
                ),
            ),
        ),
    }
    return Findings(**known | values)


def tumour_right() -> Findings:
    """A mass on the right beside a contact on the left."""
    base = findings()
    centre = (-21.3, -28.4, -30.6)
    found = mass("yes", max_diameter_mm=14.26, volume_mm3=912.4, centroid_lps_mm=centre)
    right = base.sides["right"].model_copy(update={"tumour": found})
    return findings(
        sides={"left": base.sides["left"], "right": right},
        priority=1,
        impression=Impression(
            leading="tumour", side="right", sentence="Possible mass on the patient's right."
        ),
        key_images=(*base.key_images, lesion_image("right", "tumour", centre)),
    )


def aneurysm_left(*degraded: Degraded) -> Findings:
    """An aneurysm on the left; on the right it cannot be said."""
    base = findings()
    centre = (14.2, -33.1, -40.2)
    left = base.sides["left"].model_copy(
        update={"aneurysm": outpouching("yes", max_diameter_mm=4.87, centroid_lps_mm=centre)}
    )
    right = base.sides["right"].model_copy(
        update={
            "aneurysm": outpouching("cannot_say", "no_tof"),
            "assessability": Assessability(status="degraded", reasons=("no_tof",)),
        }
    )
    return findings(
        sides={"left": left, "right": right},
        priority=1,
        degraded=degraded,
        impression=Impression(
            leading="aneurysm",
            side="left",
            sentence="Possible aneurysm on the patient's left.",
        ),
        key_images=(*base.key_images, lesion_image("left", "aneurysm", centre)),
    )


def one_side_unknown() -> Findings:
    """The right side lies outside the images."""
    base = findings()
    return findings(
        sides={"left": base.sides["left"], "right": empty_side("outside_slab")},
        degraded=("no_tof", "one_side_only"),
        side_difference=None,
        key_images=base.key_images[:2],
    )


def unassessed(status: str, reason: str, uid: str = UID) -> Findings:
    """A study without an assessment."""
    code: Reason = "study_not_assessable" if status == "not_assessable" else "study_failed"
    return findings(
        case=case_of(uid),
        study_instance_uid=uid,
        status=status,
        reason=reason,
        degraded=(),
        sequences=dict.fromkeys(("t2", "tof", "t1c")),
        sides={side: empty_side(code) for side in SIDES},
        side_difference=None,
        priority=None,
        key_images=(),
        models=(),
        impression=Impression(leading="cannot_say", side=None, sentence=f"No result: {reason}"),
        evidence=Evidence(calibrated_on="nothing", file="none", statement="No probability given."),
    )


def every_status() -> dict[str, Findings]:
    return {
        "contact_left": findings(),
        "tumour_right": tumour_right(),
        "aneurysm_left": aneurysm_left("no_tof"),
        "one_side_unknown": one_side_unknown(),
        "not_assessable": unassessed("not_assessable", "slices thicker than 1 mm"),
        "failed": unassessed("failed", "the registration did not converge"),
    }


def head_grid(spacing_mm: float = 1.0) -> Grid:
    """A slab around both nerves of `nerve_point`, axes along LPS."""
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = (-45.0, -60.0, -45.0)
    counts = [round(extent / spacing_mm) for extent in (90, 70, 30)]
    return Grid((counts[0], counts[1], counts[2]), affine)


def write_case(
    output: OutputFolder,
    found: Findings,
    volumes: Mapping[ImageRole, Volume] | None = None,
    labels: Volume | None = None,
    to_volume: Mapping[ImageRole, tuple[tuple[float, ...], ...]] | None = None,
) -> CaseFolder:
    """A case as the stages up to assess leave it."""
    folder = output.case(found.case)
    folder.root.mkdir(parents=True, exist_ok=True)
    found.write(folder.findings)
    state = "done" if found.status == "assessed" else found.status
    ending = Outcome(stage="assess", state=state, key="k", message=found.reason)
    ending.write(folder.outcome("assess"))
    if labels is not None:
        save_volume(labels, folder.segmentation)
    for role, volume in (volumes or {}).items():
        save_volume(volume, folder.nifti(role))
    if volumes and found.status == "assessed":
        _preparation(folder, volumes, to_volume or {}).write(folder.record("prepare"))
    return folder


def _preparation(
    folder: CaseFolder,
    volumes: Mapping[ImageRole, Volume],
    to_volume: Mapping[ImageRole, tuple[tuple[float, ...], ...]],
) -> Preparation:
    return Preparation(
        case=folder.case,
        reference=next(iter(volumes)),
        volumes={
            role: PreparedVolume(
                role=role,
                series_instance_uid=f"{UID}.{number}",
                file=folder.output.relative(folder.nifti(role)),
                voxel_mm=volume.grid.voxel_mm,
                reference_to_volume_lps=to_volume.get(role, IDENTITY),
                residual_mm=0.0,
                intensity_low=0.0,
                intensity_high=float(volume.array.max()) or 1.0,
            )
            for number, (role, volume) in enumerate(volumes.items())
        },
        refused=(),
        degraded=(),
    )
