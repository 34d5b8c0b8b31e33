"""The table of sentences (configs/sentences.yaml), checked against the closed lists."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from pipeline.records.findings import Grade, Reason, Segment, VesselName
from pipeline.settings import CONFIGS

SENTENCES_FILE = CONFIGS / "sentences.yaml"
FindingName = Literal["vessel_contact", "tumour", "aneurysm"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImpressionSentences(_Part):
    """Sentences of the impression, with their placeholders in braces."""

    vessel_contact: str
    vessel_contact_both: str
    vessel_contact_also: str
    tumour: str
    aneurysm: str
    dolichoectasia: str
    none_seen: str
    no_contact: str
    no_contact_both: str
    cannot_say: str
    unanswered: str
    unanswered_both: str
    not_assessable: str
    failed: str


class EvidenceSentences(_Part):
    """What the probabilities rest on."""

    assessed: str
    segment: str
    vessel: str
    unassessed: str
    unassessed_on: str


class Sentences(_Part):
    """Every text that goes into findings."""

    impression: ImpressionSentences
    contact: str
    vessel: dict[VesselName, str]
    place: dict[Segment, str]
    grade: dict[Grade, str]
    finding: dict[FindingName, str]
    reason: dict[Reason, str]
    reason_by_finding: dict[FindingName, dict[Reason, str]]
    evidence: EvidenceSentences

    def reason_text(self, reason: Reason, finding: FindingName) -> str:
        """A reason in words, as it applies to a finding."""
        return self.reason_by_finding.get(finding, {}).get(reason, self.reason[reason])


@cache
def load_sentences(path: Path = SENTENCES_FILE) -> Sentences:
    """The table; pydantic's ValidationError where a text is missing or a name is unknown."""
    return Sentences.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
