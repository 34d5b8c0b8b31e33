"""Codes of anatomy, findings and measurements (clinical codes verified in PS3.16 or SNOMED CT).

What has no verified code carries one of the project's own scheme, 99NVC, with its meaning.
"""

from __future__ import annotations

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept
from pydicom.sr.coding import Code

SCHEME = "99NVC"


def private(value: str, meaning: str) -> CodedConcept:
    """A code of the project's own scheme."""
    return CodedConcept(value, SCHEME, meaning)


def sct(value: str, meaning: str) -> CodedConcept:
    """A code of SNOMED CT."""
    return CodedConcept(value, "SCT", meaning)


def dcm(value: str, meaning: str) -> CodedConcept:
    """A code of DICOM's own terminology (PS3.16, annex D)."""
    return CodedConcept(value, "DCM", meaning)


def coding_schemes() -> list[CodingSchemeIdentificationItem]:
    """The private scheme, as objects declare it."""
    return [
        CodingSchemeIdentificationItem(
            designator=SCHEME,
            name="nvc-triage: neurovascular contact of the facial nerve",
            version="1",
            responsible_organization="nvc-triage",
        )
    ]


MR_BRAIN = private("MR-BRAIN", "MR of the brain")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")

BRAINSTEM = sct("119238007", "Brain Stem")
FACIAL_NERVE = sct("56052001", "Facial nerve")
FACIAL_NERVE_ROOT = sct("280186008", "Root of facial nerve")
VESTIBULOCOCHLEAR_NERVE = sct("8598002", "Vestibulocochlear nerve")
ARTERY = sct("51114001", "Artery")
VEIN = sct("29092000", "Vein")
MASS = sct("4147007", "Mass")
ANEURYSM = sct("85659009", "Aneurysm")
VERTEBRAL_ARTERY = sct("85234005", "Vertebral artery")
BASILAR_ARTERY = sct("59011009", "Basilar artery")
CEREBELLOPONTINE_ANGLE = private("CPA", "Cerebellopontine angle")
VESSEL_CONTACT = private("VESSEL-CONTACT", "Contact of a vessel with the facial nerve")

ANATOMICAL_STRUCTURE = sct("91723000", "Anatomical Structure")
MORPHOLOGICALLY_ABNORMAL = sct("49755003", "Morphologically Abnormal Structure")

SIDE = {"left": sct("7771000", "Left"), "right": sct("24028007", "Right")}

PRESENCE = dcm("121052", "Presence of property")
ANSWER = {
    "yes": sct("52101004", "Present"),
    "no": sct("272519000", "Absent"),
    "cannot_say": sct("82334004", "Indeterminate"),
}

GRADE = private("GRADE", "Grade of contact")
GRADES = {
    "none": private("GRADE-NONE", "No contact, gap above 1.0 mm"),
    "near": private("GRADE-NEAR", "Near, gap up to 1.0 mm"),
    "contact": private("GRADE-CONTACT", "Contact, no deformity measured"),
    "deviation": private("GRADE-DEVIATION", "Contact with deviation of the nerve"),
    "indentation": private("GRADE-INDENTATION", "Contact with indentation of the nerve"),
}

NERVE_SEGMENT = private("NERVE-SEGMENT", "Segment of the facial nerve")
NERVE_SEGMENTS = {
    "RExP": private("SEG-REXP", "Root exit point"),
    "AS": private("SEG-AS", "Attached segment"),
    "RDP_TZ": private("SEG-RDP-TZ", "Root detachment point and transition zone"),
    "CP": private("SEG-CP", "Cisternal portion"),
}

VESSEL = private("VESSEL", "Vessel nearest to the nerve")
VESSELS = {
    "VA": VERTEBRAL_ARTERY,
    "BA": BASILAR_ARTERY,
    "AICA": private("AICA", "Anterior inferior cerebellar artery"),
    "PICA": private("PICA", "Posterior inferior cerebellar artery"),
    "SCA": private("SCA", "Superior cerebellar artery"),
    "vein": VEIN,
    "unnamed": private("VESSEL-UNNAMED", "Vessel that could not be identified"),
}

MILLIMETRE = Code("mm", "UCUM", "millimeter")
RATIO = Code("1", "UCUM", "no units")

DISTANCE = dcm("121206", "Distance")
MINIMUM = sct("255605001", "Minimum")
PROBABILITY = dcm("122157", "Probability")
FROM_EXIT_POINT = private("FROM-REXP", "Distance from the root exit point along the nerve")
GAP_LOWER = private("GAP-LOWER", "Smallest gap, lower limit of the 90 % interval")
GAP_UPPER = private("GAP-UPPER", "Smallest gap, upper limit of the 90 % interval")
PREVALENCE = private("PREVALENCE", "Prevalence that the probability assumes")
SENSITIVITY = private("SENSITIVITY", "Sensitivity measured on generated studies")
SPECIFICITY = private("SPECIFICITY", "Specificity measured on generated studies")
