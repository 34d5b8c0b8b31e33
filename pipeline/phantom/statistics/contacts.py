"""Gap, contact, pattern and lesions of one side."""

from __future__ import annotations

from pipeline.phantom.pattern import TOUCHES_MM, contact_of
from pipeline.phantom.side_truth import true_grade, true_segment
from pipeline.phantom.subject import Subject
from pipeline.records.base import Side


def contact_quantities(subject: Subject, side: Side) -> dict[str, float]:
    """Shares as 0 or 1: of the gap over all sides, of the rest over sides in contact."""
    anatomy, nearest = subject.sides[side], subject.nearest[side]
    nerve = anatomy.nerve
    touches = nearest.gap_mm < TOUCHES_MM
    found = {
        "contact": touches,
        "gap_up_to_1_mm": nearest.gap_mm <= 1.0,
        "gap_above_3_mm": nearest.gap_mm > 3.0,
    }
    if touches:
        contact = contact_of(nerve, subject.vessels)
        segment = true_segment(nearest.s_mm, nerve.detachment_mm, nerve.zone_end_mm)
        attached = nearest.s_mm < nerve.detachment_mm
        grade = true_grade(0.0, attached, anatomy.deviation_mm, anatomy.indentation_fraction)
        found |= {
            "offender_aica": nearest.vessel == "AICA",
            "offender_pica": nearest.vessel == "PICA",
            "offender_vein": nearest.vessel == "vein",
            "vertebral_takes_part": "VA" in {nearest.vessel, *contact.others},
            "pattern_loop": contact.pattern == "loop",
            "pattern_branch": contact.pattern == "branch",
            "pattern_sandwich": contact.pattern == "sandwich",
            "pattern_tandem": contact.pattern == "tandem",
            "segment_attached": segment == "AS",
            "segment_distal": segment == "CP",
            "grade_indentation": grade == "indentation",
        }
    return {name: float(value) for name, value in found.items()}


def lesion_quantities(subject: Subject, side: Side) -> dict[str, float]:
    """Shares of sides with a lesion, of masses by kind, and how far arteries widen."""
    mass, aneurysm = subject.sides[side].mass, subject.aneurysms[side]
    found = {"mass": float(mass is not None), "aneurysm": float(aneurysm is not None)}
    if mass is not None:
        found["schwannoma_of_masses"] = float(mass.kind == "vestibular_schwannoma")
        found["meningioma_of_masses"] = float(mass.kind == "meningioma")
        found["epidermoid_of_masses"] = float(mass.kind == "epidermoid")
    if aneurysm is not None and aneurysm.kind != "saccular":
        radii = aneurysm.tubes[0].radii
        found["fusiform_widening"] = float(2.0 * radii.max() / (radii[0] + radii[-1]))
    return found
