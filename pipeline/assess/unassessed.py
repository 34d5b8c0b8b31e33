"""Findings of a study that was not assessed: its status, its reason, and nothing else."""

from __future__ import annotations

from pipeline.assess.calibration import CALIBRATION_FILE
from pipeline.assess.contact import unanswered_contact
from pipeline.assess.lesions import unanswered_aneurysm, unanswered_tumour
from pipeline.assess.sentences import Sentences
from pipeline.records.base import SIDES
from pipeline.records.findings import (
    Assessability,
    Calibres,
    Evidence,
    Findings,
    Impression,
    Quality,
    Reason,
    SideFindings,
    Status,
)
from pipeline.records.outcome import Outcome
from pipeline.records.volumes import IMAGE_ROLES


def unassessed_findings(
    case: str, study_instance_uid: str, outcome: Outcome, sentences: Sentences
) -> Findings:
    """From how the study ended; `outcome` is one whose state is not "done"."""
    status: Status = "not_assessable" if outcome.state == "not_assessable" else "failed"
    code: Reason = "study_not_assessable" if status == "not_assessable" else "study_failed"
    reason = outcome.message or outcome.code or sentences.reason[code]
    pattern = sentences.impression.failed
    if status == "not_assessable":
        pattern = sentences.impression.not_assessable
    return Findings(
        case=case,
        study_instance_uid=study_instance_uid,
        status=status,
        reason=reason,
        degraded=(),
        sequences=dict.fromkeys(IMAGE_ROLES),
        quality=Quality(reference_snr=None),
        affected_side=None,
        sides={side: _empty_side(code) for side in SIDES},
        calibres_mm=Calibres(VA_left=None, VA_right=None, BA=None),
        dolichoectasia=None,
        side_difference=None,
        impression=Impression(
            leading="cannot_say", side=None, sentence=pattern.format(reason=reason)
        ),
        priority=None,
        key_images=(),
        models=(),
        evidence=Evidence(
            calibrated_on=sentences.evidence.unassessed_on,
            file=CALIBRATION_FILE,
            statement=sentences.evidence.unassessed,
        ),
    )


def _empty_side(reason: Reason) -> SideFindings:
    return SideFindings(
        assessability=Assessability(status="not_assessable", reasons=(reason,)),
        rez_lps_mm=None,
        rexp_lps_mm=None,
        rdp_lps_mm=None,
        tz_end_lps_mm=None,
        porus_lps_mm=None,
        profile=(),
        vessel_contact=unanswered_contact((reason,)),
        tumour=unanswered_tumour((reason,)),
        aneurysm=unanswered_aneurysm((reason,)),
    )
