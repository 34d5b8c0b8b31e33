"""Studies of which something is known to be true, beside what an output folder says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluate.known import KnownSide, KnownStudy
from pipeline.paths import CaseFolder
from pipeline.records.base import SIDES, Side
from pipeline.records.findings import Findings, SideFindings


@dataclass(frozen=True)
class StudyPair:
    """What is known of a study, and its folder of results."""

    truth: KnownStudy
    folder: CaseFolder

    @property
    def sequences(self) -> str:
        """The sequences of the study in words, such as "t2+tof"."""
        return "+".join(self.truth.sequences) or "none"

    def findings(self) -> Findings | None:
        """None where the run left none."""
        path = self.folder.findings
        return Findings.read(path) if path.exists() else None


@dataclass(frozen=True)
class SideCase:
    """One side: what is true, and what was found (None where the study was not assessed)."""

    pair: StudyPair
    side: Side
    truth: KnownSide
    other_truth: KnownSide
    found: SideFindings | None

    @property
    def patient(self) -> str:
        return self.pair.folder.case

    @property
    def is_contact(self) -> bool:
        return self.truth.touch == "contact"

    @property
    def is_clear(self) -> bool:
        return self.truth.touch == "clear"


def side_cases(pairs: Sequence[StudyPair]) -> list[SideCase]:
    """Both sides of every study."""
    cases = []
    for pair in pairs:
        findings = pair.findings()
        assessed = findings if findings and findings.status == "assessed" else None
        for side in SIDES:
            other: Side = "right" if side == "left" else "left"
            found = assessed.sides[side] if assessed else None
            truth = pair.truth.sides
            cases.append(SideCase(pair, side, truth[side], truth[other], found))
    return cases
