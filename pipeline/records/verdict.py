"""A reader's verdict on a study, as the report page saves it and `nvc verdicts` brings it in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.records.base import SIDES, Record, Side
from pipeline.records.findings import Grade, VesselName

Opinion = Literal["agree", "disagree", "unsure"]
ReviewedSide = Literal["left", "right", "both", "neither"]
Judged = Literal["vessel_contact", "tumour", "aneurysm"]
JUDGED: tuple[Judged, ...] = ("vessel_contact", "tumour", "aneurysm")

Initials = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,8}$")]
Case = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Checksum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class SideVerdict(Record):
    """One side. Opinions are None where the reader said nothing; corrections likewise."""

    vessel_contact: Opinion | None
    tumour: Opinion | None
    aneurysm: Opinion | None
    corrected_grade: Grade | None
    corrected_vessel: VesselName | None


class Verdict(Record):
    """What a reader said. findings_sha256: checksum of the record that was looked at.

    corrected_side: of the leading finding, None where it is as reported. written: UTC.
    """

    schema_version: Literal["1.0"] = "1.0"
    case: Case
    study_instance_uid: str
    findings_sha256: Checksum
    reader: Initials
    written: Moment
    sides: Annotated[dict[Side, SideVerdict], Field(json_schema_extra={"required": list(SIDES)})]
    corrected_side: ReviewedSide | None
    comment: Annotated[str, StringConstraints(max_length=4000)]

    def opinions(self, finding: Judged) -> tuple[Opinion, ...]:
        """What was said about a finding, of both sides together."""
        said = (getattr(self.sides[side], finding) for side in SIDES if side in self.sides)
        return tuple(opinion for opinion in said if opinion is not None)

    @property
    def disagrees(self) -> bool:
        """Whether anything is other than reported."""
        corrected = any(
            side.corrected_grade or side.corrected_vessel for side in self.sides.values()
        )
        opinions = [opinion for finding in JUDGED for opinion in self.opinions(finding)]
        return corrected or self.corrected_side is not None or "disagree" in opinions
