"""Who the patient is: shown only where the site asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.paths import OutputFolder
from pipeline.records.identities import Identities
from pipeline.settings import Settings


@dataclass(frozen=True)
class Patient:
    """Two identifiers and the study date, as people write them; empty where unknown."""

    name: str
    patient_id: str
    study_date: str


def patients(output: OutputFolder, settings: Settings) -> dict[str, Patient]:
    """Patients by case; empty unless the setting `identify` asks for names."""
    if not settings.identify or not output.identities.exists():
        return {}
    cases = Identities.read(output.identities).cases
    return {
        case: Patient(
            person_name(identity.patient_name), identity.patient_id, date(identity.study_date)
        )
        for case, identity in cases.items()
    }


def person_name(value: str) -> str:
    """A DICOM person name (family^given^middle^prefix^suffix) as "family, given middle"."""
    parts = [part.strip() for part in value.partition("=")[0].split("^")]
    given = " ".join(part for part in parts[1:3] if part)
    return ", ".join(part for part in (parts[0], given) if part)


def date(value: str) -> str:
    """A DICOM date (YYYYMMDD) as YYYY-MM-DD; anything else as it is."""
    if len(value) == 8 and value.isdigit():
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    return value
