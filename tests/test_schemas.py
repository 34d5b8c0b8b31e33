"""The committed schemas are those of the records, and they refuse what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake, IntakeStudy
from pipeline.runrecord import write_run_record
from pipeline.schemas import RECORDS, schema_path, schema_text
from pipeline.settings import load_settings


@pytest.mark.parametrize("name", RECORDS)
def test_the_committed_schema_is_that_of_the_record(name: str) -> None:
    committed = schema_path(name).read_text(encoding="utf-8")

    assert committed == schema_text(name), "run: python -m pipeline.schemas"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_is_required_and_no_other_is_allowed(name: str) -> None:
    schema = json.loads(schema_text(name))
    objects = [schema, *schema.get("$defs", {}).values()]

    for described in objects:
        if "properties" in described:
            assert set(described["required"]) == set(described["properties"])
            assert described["additionalProperties"] is False


def test_intake_and_run_record_validate_and_a_changed_one_does_not(tmp_path: Path) -> None:
    output = OutputFolder(tmp_path)
    study = IntakeStudy(case="0123456789ab", study_instance_uid="1.2", series=())
    Intake(files=1, quarantined=(), studies=(study,)).write(output.intake)
    write_run_record(output, load_settings())

    for name, path in {"intake": output.intake, "run": output.run}.items():
        schema = json.loads(schema_path(name).read_text(encoding="utf-8"))
        written = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(written, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**written, "patient": "x"}, schema)
        del written["schema_version"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(written, schema)
