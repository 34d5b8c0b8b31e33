"""The eight segments of the SEG object: what each is, in codes, and in what colour."""

from __future__ import annotations

from dataclasses import dataclass

from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
from highdicom.sr import CodedConcept

from pipeline.export import coding
from pipeline.export.equipment import MANUFACTURER, algorithm_version
from pipeline.export.identifiers import derived_uid
from pipeline.records.findings import Findings
from pipeline.records.labels import Label


@dataclass(frozen=True)
class SegmentCoding:
    """title: for people. region: where it lies, if its type does not say it. rgb: 0 to 255."""

    title: str
    category: CodedConcept
    type: CodedConcept
    rgb: tuple[int, int, int]
    region: CodedConcept | None = None


_STRUCTURE, _ABNORMAL = coding.ANATOMICAL_STRUCTURE, coding.MORPHOLOGICALLY_ABNORMAL
SEGMENTS = {
    Label.BRAINSTEM: SegmentCoding("Brainstem", _STRUCTURE, coding.BRAINSTEM, (196, 170, 140)),
    Label.FACIAL_NERVE_REZ: SegmentCoding(
        "Facial nerve, root exit zone", _STRUCTURE, coding.FACIAL_NERVE_ROOT, (255, 215, 0)
    ),
    Label.FACIAL_NERVE_CISTERNAL: SegmentCoding(
        "Facial nerve, cisternal part", _STRUCTURE, coding.FACIAL_NERVE, (240, 240, 90)
    ),
    Label.VESTIBULOCOCHLEAR_NERVE: SegmentCoding(
        "Vestibulocochlear nerve", _STRUCTURE, coding.VESTIBULOCOCHLEAR_NERVE, (90, 200, 120)
    ),
    Label.ARTERY: SegmentCoding("Arteries", _STRUCTURE, coding.ARTERY, (220, 50, 47)),
    Label.VEIN: SegmentCoding("Veins", _STRUCTURE, coding.VEIN, (70, 110, 220)),
    Label.TUMOUR: SegmentCoding(
        "Outlined as mass", _ABNORMAL, coding.MASS, (170, 90, 200), coding.CEREBELLOPONTINE_ANGLE
    ),
    Label.ANEURYSM: SegmentCoding(
        "Outlined as aneurysm", _ABNORMAL, coding.ANEURYSM, (255, 120, 40)
    ),
}
"""In the order of their numbers."""


def segment_descriptions(findings: Findings) -> list[SegmentDescription]:
    """All segments, whether or not the study has a voxel of them."""
    algorithm = AlgorithmIdentificationSequence(
        name=MANUFACTURER,
        family=coding.ARTIFICIAL_INTELLIGENCE,
        version=algorithm_version(findings)[:64],
        source=MANUFACTURER,
        parameters={model.name: f"{model.version} {model.sha256}" for model in findings.models},
    )
    return [
        SegmentDescription(
            segment_number=int(label),
            segment_label=segment.title,
            segmented_property_category=segment.category,
            segmented_property_type=segment.type,
            algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=algorithm,
            tracking_uid=derived_uid("segment", findings.study_instance_uid, str(int(label))),
            tracking_id=f"{findings.case} {segment.title}",
            anatomic_regions=[segment.region] if segment.region else None,
            display_color=CIELabColor.from_rgb(*segment.rgb),
        )
        for label, segment in SEGMENTS.items()
    ]
