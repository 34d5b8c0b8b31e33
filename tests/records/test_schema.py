"""The committed schemas are those of the records, and what is written validates."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from pipeline.records.manifest import Intake, IntakeSeries, IntakeStudy, QuarantinedFile
from pipeline.records.schema import PUBLIC_RECORDS, schema_of, schema_text
from pipeline.records.worklist import Worklist, WorklistRow
from pipeline.settings import CONFIGS

from ..report.builders import every_status, findings


@pytest.mark.parametrize("name", PUBLIC_RECORDS)
def test_the_committed_schema_is_that_of_the_record(name: str) -> None:
    committed = (CONFIGS / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")

    assert committed == schema_text(PUBLIC_RECORDS[name]), "run python -m pipeline.records.schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


@pytest.mark.parametrize("name", PUBLIC_RECORDS)
def test_every_field_is_required_and_no_other_allowed(name: str) -> None:
    for part in objects_of(schema_of(PUBLIC_RECORDS[name])):
        assert part["additionalProperties"] is False
        assert set(part.get("required", ())) == set(part["properties"])


@pytest.mark.parametrize("name", every_status())
def test_findings_validate(name: str) -> None:
    validate("findings", every_status()[name].model_dump_json())


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record["sides"].pop("right"),
        lambda record: record["sides"].update(middle=record["sides"]["left"]),
        lambda record: record.update(status="fine"),
        lambda record: record.update(extra=1),
        lambda record: record["sides"]["left"]["vessel_contact"].pop("probability"),
        lambda record: record["sides"]["left"]["vessel_contact"].update(reasons=["because"]),
        lambda record: record["sides"]["left"].update(rez_lps_mm=[1.0, 2.0]),
    ],
    ids=["side missing", "third side", "status", "extra", "missing", "reason", "point"],
)
def test_wrong_findings_do_not_validate(damage: Any) -> None:
    record = findings().model_dump(mode="json")
    damage(record)

    with pytest.raises(jsonschema.ValidationError):
        validate("findings", json.dumps(record))


def test_intake_and_worklist_validate() -> None:
    series = IntakeSeries(
        series_instance_uid="1.2.3", role="t2", reason="CISS", instances=60, description="t2 ciss"
    )
    study = IntakeStudy(case="0" * 12, study_instance_uid="1.2", series=(series,))
    unread = QuarantinedFile(file="7", reason="not DICOM")
    row = WorklistRow(
        case="0" * 12,
        study_instance_uid="1.2",
        status="assessed",
        reason=None,
        priority=2,
        leading="vessel_contact",
        side="left",
        degraded=("no_tof",),
        sentence="Contact.",
        report_html="studies/0/report.html",
        report_pdf=None,
    )

    validate("intake", Intake(files=2, quarantined=(unread,), studies=(study,)).model_dump_json())
    validate("worklist", Worklist(studies=(row,)).model_dump_json())


def validate(name: str, text: str) -> None:
    schema = json.loads((CONFIGS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def objects_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The record and every record inside it."""
    return [part for part in (schema, *schema.get("$defs", {}).values()) if "properties" in part]
