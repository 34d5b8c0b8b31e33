"""Whose study a generated one pretends to be: plainly nobody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from pydicom.uid import UID, generate_uid

from pipeline.phantom.study import study_uid

GENERATED = (
    "Generated image of no person, made by nvc-triage to train and test software. "
    "Not for diagnosis."
)


@dataclass(frozen=True)
class StudyIdentity:
    """Patient and study of generated series; every other UID is derived from the study's."""

    study_instance_uid: str
    patient_name: str
    patient_id: str
    birth_date: date
    sex: str
    accession_number: str
    study_id: str
    started: datetime
    description: str = "Brain MRI, generated"

    @property
    def age(self) -> str:
        """PatientAge on the day of the study."""
        return f"{(self.started.date() - self.birth_date).days // 365:03d}Y"

    @property
    def frame_of_reference_uid(self) -> UID:
        """One for the study: the patient stays on the table."""
        return self.uid("frame of reference")

    def uid(self, *parts: str | int) -> UID:
        """The UID of a part of the study; the same words give the same UID."""
        words = [self.study_instance_uid, *(str(part) for part in parts)]
        return generate_uid(entropy_srcs=["\n".join(words)])


def generated_identity(
    seed: int, *, study_instance_uid: str | None = None, patient_name: str = "PHANTOM^NVC"
) -> StudyIdentity:
    """The identity of the study with that seed, the same whenever it is asked for.

    study_instance_uid: by default the one that the generator gives to the seed.
    """
    rng = np.random.default_rng([59, seed])
    day = date(2015, 1, 1) + timedelta(days=int(rng.integers(3650)))
    opened = time(int(rng.integers(7, 19)), int(rng.integers(60)), int(rng.integers(60)))
    return StudyIdentity(
        study_instance_uid=study_instance_uid or study_uid(seed),
        patient_name=patient_name,
        patient_id=f"NVC-PHANTOM-{seed:06d}",
        birth_date=day - timedelta(days=int(rng.integers(25 * 365, 85 * 365))),
        sex=("F", "M")[int(rng.integers(2))],
        accession_number=f"GEN{seed:08d}",
        study_id=str(seed),
        started=datetime.combine(day, opened),
    )
