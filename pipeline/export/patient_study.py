"""Patient and study modules of the source: copied as they are, empty where it is silent."""

from __future__ import annotations

import copy

from pydicom import Dataset

TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
)  # fmt: skip
"""Always present in an object; without a value where the source has none."""

OPTIONAL = (
    "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence",
    "OtherPatientNames", "PatientBirthTime", "EthnicGroup", "PatientComments",
    "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
    "StudyDescription", "IssuerOfAccessionNumberSequence", "PhysiciansOfRecord",
    "ReferencedStudySequence", "ProcedureCodeSequence",
    "PatientAge", "PatientSize", "PatientWeight", "AdditionalPatientHistory", "MedicalAlerts",
    "Allergies", "PregnancyStatus", "TimezoneOffsetFromUTC",
)  # fmt: skip


def completed(header: Dataset) -> Dataset:
    """A copy of a source header in which every attribute of type 2 at least stands empty."""
    result = copy.copy(header)
    for keyword in TYPE_2:
        if keyword not in result:
            setattr(result, keyword, "")
    return result


def copy_patient_and_study(source: Dataset, target: Dataset) -> None:
    """Write the source's patient and study modules over those of `target`."""
    target.StudyInstanceUID = source.StudyInstanceUID
    for keyword in (*TYPE_2, *OPTIONAL, "SpecificCharacterSet"):
        if keyword in source:
            target[keyword] = copy.deepcopy(source[keyword])
        elif keyword in TYPE_2:
            setattr(target, keyword, "")
