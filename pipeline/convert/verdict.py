"""What the converted volumes of a study allow, and what is missing, in codes and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from pipeline.errors import NotAssessableError
from pipeline.records.findings import Degraded
from pipeline.records.manifest import StudyManifest
from pipeline.records.volumes import ImageRole, Refusal

_NAMES = {
    "t2": "heavily T2-weighted 3D",
    "tof": "time-of-flight angiogram",
    "t1c": "T1 after contrast",
    "t1": "T1 without contrast",
    "other": "other",
}


def reference_of(volumes: Collection[ImageRole]) -> ImageRole | None:
    """The sequence whose grid carries the assessment: T2, else TOF."""
    order: tuple[ImageRole, ...] = ("t2", "tof")
    return next((role for role in order if role in volumes), None)


def degraded_codes(
    volumes: Collection[ImageRole], refused: Sequence[Refusal]
) -> tuple[Degraded, ...]:
    """What a full assessment would have had: absent, refused, or contradicted by their image."""
    absent: dict[ImageRole, Degraded] = {"t2": "no_t2", "tof": "no_tof", "t1c": "no_t1c"}
    unusable: dict[ImageRole, Degraded] = {
        "t2": "t2_unusable", "tof": "tof_refused", "t1c": "t1c_refused",
    }  # fmt: skip
    contradicted: dict[ImageRole, Degraded] = {
        "t2": "t2_contradicted", "tof": "tof_contradicted", "t1c": "t1c_contradicted",
    }  # fmt: skip
    tried = {refusal.role for refusal in refused}
    unlike = {refusal.role for refusal in refused if refusal.code == "image_contradicts_role"}
    return tuple(
        contradicted[role] if role in unlike else unusable[role] if role in tried else absent[role]
        for role in absent
        if role not in volumes
    )


def not_assessable(manifest: StudyManifest, refused: Sequence[Refusal]) -> NotAssessableError:
    """The end of a study without T2 and TOF, with a sentence about what was there."""
    counts = Counter(_NAMES[entry.role] for entry in manifest.series)
    found = ", ".join(f"{count} x {name}" for name, count in counts.items())
    why = "; ".join(_sentence(refusal) for refusal in refused if refusal.role in {"t2", "tof"})
    text = f"no usable 3D T2 and no usable time-of-flight series; found: {found}"
    return NotAssessableError("no_t2_and_no_tof", f"{text}. {why}" if why else text)


def _sentence(refusal: Refusal) -> str:
    why = refusal.message.rpartition("cannot serve: ")[2]
    return f"{_NAMES[refusal.role]} refused ({why})"
