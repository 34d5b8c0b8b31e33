"""The schemas of the output files, made from the records by `python -m pipeline.schemas`."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.files import write_text_if_changed
from pipeline.records.base import Record
from pipeline.records.findings import Findings
from pipeline.records.manifest import Intake
from pipeline.records.run import RunRecord
from pipeline.records.worklist import Worklist
from pipeline.settings import CONFIGS

RECORDS: dict[str, type[Record]] = {
    "findings": Findings,
    "intake": Intake,
    "run": RunRecord,
    "worklist": Worklist,
}
"""The record behind each JSON file of the output folder."""


def schema_text(name: str) -> str:
    """The JSON schema of an output file; every field is required, null where unknown."""
    schema = RECORDS[name].model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def schema_path(name: str) -> Path:
    """Where the schema of an output file is kept."""
    return CONFIGS / "schema" / f"{name}.schema.json"


def main() -> None:
    """Write all schemas that differ from the records."""
    for name in RECORDS:
        write_text_if_changed(schema_path(name), schema_text(name))


if __name__ == "__main__":
    main()
