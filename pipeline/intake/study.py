"""One study: its manifest, with a role and a reason for every series."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.geometry.slices import Stack, StackProblem
from pipeline.intake.acceptance import Refused, preference, refusal
from pipeline.intake.classify import classify
from pipeline.intake.group import SeriesGroup
from pipeline.intake.header import Header
from pipeline.intake.redact import redacted
from pipeline.intake.rules import Rules
from pipeline.paths import case_of
from pipeline.records.base import Role
from pipeline.records.identities import Identity
from pipeline.records.manifest import SeriesEntry, StudyManifest
from pipeline.settings import ConvertSettings

_ROLES: tuple[Role, ...] = ("t2", "tof", "t1c", "t1", "other")


@dataclass(frozen=True)
class Study:
    """A manifest, whose it is, and the instances in slice order of every series with a role."""

    manifest: StudyManifest
    identity: Identity
    instances: dict[int, tuple[Header, ...]]


@dataclass(frozen=True)
class _Judged:
    entry: SeriesEntry
    preference: tuple[float, ...]
    instances: tuple[Header, ...]


def study_of(groups: Sequence[SeriesGroup], limits: ConvertSettings, rules: Rules) -> Study:
    """Everything about the study that `groups` make up."""
    headers = [header for group in groups for header in group.headers]
    secrets = {text for header in headers for text in header.common.person.values()}
    judged = [_judge(i, group, secrets, limits, rules) for i, group in enumerate(groups)]
    judged.sort(key=_place)
    entries = tuple(j.entry for j in judged)
    uid = groups[0].first.common.study_instance_uid
    manifest = StudyManifest(
        case=case_of(uid), study_instance_uid=uid, series=entries, digest=_digest(entries)
    )
    with_role = {j.entry.index: j.instances for j in judged if j.entry.role != "other"}
    return Study(manifest, _identity(uid, headers), with_role)


def _place(judged: _Judged) -> tuple[object, ...]:
    """Sorts by role, within it those that can serve first and the best of them first of all."""
    entry = judged.entry
    return (_ROLES.index(entry.role), not entry.usable, judged.preference, entry.index)


def _judge(
    index: int, group: SeriesGroup, secrets: set[str], limits: ConvertSettings, rules: Rules
) -> _Judged:
    signals = group.first.common.signals
    verdict = classify(signals, rules)
    stack = group.stack()
    refused = None if verdict.role == "other" else refusal(verdict.role, stack, limits, rules)
    entry = SeriesEntry(
        index=index,
        series_instance_uid=group.first.common.series_instance_uid,
        role=verdict.role,
        reason="; ".join((verdict.reason, *_remarks(group, stack, refused))),
        instances=len(group.headers),
        description=redacted(str(signals.get("description", "")), secrets),
        usable=verdict.role != "other" and refused is None,
        digest=group.digest,
        refusal=refused.code if refused else None,
    )
    return _Judged(entry, preference(stack, rules), group.in_slice_order(stack))


def _remarks(group: SeriesGroup, stack: Stack | StackProblem, refused: Refused | None) -> list[str]:
    """What the reason says beside the role: size, copies, and why the series cannot serve."""
    remarks = []
    if isinstance(stack, Stack):
        count, spacing = stack.grid.shape[2], stack.slice_spacing_mm
        remarks.append(f"{count} slices {spacing:.2f} mm apart, pixels {stack.in_plane_mm:.2f} mm")
    if group.duplicates:
        remarks.append(f"{group.duplicates} copies left out")
    if refused:
        remarks.append(f"cannot serve: {refused.message}")
    return remarks


def _digest(entries: Sequence[SeriesEntry]) -> str:
    text = "\n".join(entry.model_dump_json() for entry in entries)
    return hashlib.sha256(text.encode()).hexdigest()


def _identity(uid: str, headers: Sequence[Header]) -> Identity:
    return Identity(
        study_instance_uid=uid,
        patient_name=_first(headers, "PatientName"),
        patient_id=_first(headers, "PatientID"),
        accession_number=_first(headers, "AccessionNumber"),
        study_date=_first(headers, "StudyDate"),
        sources=tuple(sorted(header.entry.shown for header in headers)),
    )


def _first(headers: Sequence[Header], keyword: str) -> str:
    return next((h.common.person[keyword] for h in headers if keyword in h.common.person), "")
