"""What intake found: one manifest per study, and `intake.json` over all of them."""

from __future__ import annotations

from typing import Literal

from pipeline.records.base import Record, Role

SeriesRefusal = Literal[
    "no_position",
    "mixed_size",
    "mixed_orientation",
    "tilted",
    "several_volumes",
    "doubled_slices",
    "missing_slices",
    "uneven_spacing",
    "too_few_slices",
    "projection",
    "too_thick",
    "too_coarse",
    "unreadable_pixels",
    "conversion_failed",
    "geometry_disagrees",
    "pixels_disagree",
    "image_contradicts_role",
]
"""Why a series cannot serve in its role: closed list. The last five are found by conversion."""


class SeriesEntry(Record):
    """One series of a study.

    index: number of the series within the case; names its folder of links.
    role: what it can serve as. reason: why it has that role, or why it was refused (role other).
    usable: whether conversion should try it; at most one series per role is chosen.
    digest: sha256 over the instances (UID, size, time stamp), changes when slices come or go.
    refusal: why a series that has a role is not usable, None where it is.
    """

    index: int
    series_instance_uid: str
    role: Role
    reason: str
    instances: int
    description: str
    usable: bool
    digest: str
    refusal: SeriesRefusal | None = None


class StudyManifest(Record):
    """The series of one study by role, the best first; digest changes when any series does.

    A series appears more than once where it mixes kinds of objects (images, raw data, phase).
    """

    schema_version: str = "1"
    case: str
    study_instance_uid: str
    series: tuple[SeriesEntry, ...]
    digest: str

    def chosen(self, role: Role) -> SeriesEntry | None:
        """The usable series of a role, best first, None where there is none."""
        return next(iter(self.candidates(role)), None)

    def candidates(self, role: Role) -> tuple[SeriesEntry, ...]:
        """All usable series of a role, best first."""
        return tuple(entry for entry in self.series if entry.role == role and entry.usable)


class QuarantinedFile(Record):
    """A file that could not be used. `file` is its number in private/identities.json."""

    file: str
    reason: str
    what_to_do: str = ""


class IntakeSeries(Record):
    """refusal: why the series cannot serve although it has a role, None where it can."""

    series_instance_uid: str
    role: Role
    reason: str
    instances: int
    description: str
    refusal: SeriesRefusal | None = None


class IntakeStudy(Record):
    case: str
    study_instance_uid: str
    series: tuple[IntakeSeries, ...]


class Intake(Record):
    """`intake.json`, the public summary of what was found."""

    schema_version: str = "1"
    files: int
    quarantined: tuple[QuarantinedFile, ...]
    studies: tuple[IntakeStudy, ...]
