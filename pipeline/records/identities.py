"""`private/identities.json`: the only place where a case meets a person and a path."""

from __future__ import annotations

from pipeline.records.base import Record


class Identity(Record):
    """Who a case is, as the DICOM headers say; empty where they do not. study_date: YYYYMMDD.

    sources: paths of the study's files.
    """

    study_instance_uid: str
    patient_name: str
    patient_id: str
    accession_number: str
    study_date: str
    sources: tuple[str, ...]


class Identities(Record):
    """cases: identity by case. files: path by number of every file that is named by number."""

    cases: dict[str, Identity]
    files: dict[str, str]
