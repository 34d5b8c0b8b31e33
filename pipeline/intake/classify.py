"""From the signals of a header to a role, with a sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.intake.rules import Evidence, Rules, Target
from pipeline.intake.signals import Signals
from pipeline.records.base import Role

NAMES: dict[Role, str] = {
    "t2": "heavily T2-weighted 3D",
    "tof": "3D time-of-flight angiogram",
    "t1c": "3D T1 after contrast",
    "t1": "3D T1 without contrast",
}


@dataclass(frozen=True)
class Verdict:
    """role and why; `reason` is a sentence without a full stop."""

    role: Role
    reason: str


def classify(signals: Signals, rules: Rules) -> Verdict:
    """The role that a header speaks for. Geometry is judged elsewhere."""
    excluded = rules.exclusion(signals)
    if excluded is not None:
        return Verdict("other", excluded)
    evidence = rules.evidence_in(signals)
    points = _points(evidence)
    ranked = sorted(points, key=lambda role: -points[role])
    best = ranked[0] if ranked else None
    if best is None or points[best] < rules.needed_points:
        return Verdict(
            "other", "not a sequence that this assessment uses, as far as the header says"
        )
    if len(ranked) > 1 and points[ranked[1]] >= points[best]:
        return Verdict("other", _contradiction(evidence, ranked[:2]))
    if best == "other":
        return Verdict("other", f"not used in this assessment: {_because(evidence['other'][:1])}")
    return _with_role(best, evidence, rules)


def _with_role(best: Target, evidence: Mapping[Target, list[Evidence]], rules: Rules) -> Verdict:
    reasons = [*evidence[best]]
    role: Role = "t2" if best == "t2" else "tof" if best == "tof" else "t1"
    if role == "t1":
        contrast = evidence.get("contrast", [])
        if sum(rule.points for rule in contrast) >= rules.needed_contrast_points:
            role = "t1c"
            reasons += contrast
    return Verdict(role, f"{NAMES[role]}: {_because(reasons)}")


def _points(evidence: Mapping[Target, list[Evidence]]) -> dict[Target, float]:
    return {
        role: sum(rule.points for rule in rules)
        for role, rules in evidence.items()
        if role != "contrast"
    }


def _because(rules: Sequence[Evidence]) -> str:
    """What speaks for a role, strongest first, each said once."""
    strongest = sorted((rule for rule in rules if rule.points > 0), key=lambda rule: -rule.points)
    return ", ".join(dict.fromkeys(rule.because for rule in strongest))


def _contradiction(evidence: Mapping[Target, list[Evidence]], roles: Sequence[Target]) -> str:
    sides = " against ".join(_because(evidence[role][:2]) for role in roles)
    return f"the header contradicts itself: {sides}"
