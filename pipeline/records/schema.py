"""The JSON Schemas of the public records, generated from their types into `configs/schema/`.

`python -m pipeline.records.schema` writes them; a test holds the committed files to the types.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.files import write_text_atomically
from pipeline.records.base import Record
from pipeline.records.findings import Findings
from pipeline.records.manifest import Intake
from pipeline.records.run import RunRecord
from pipeline.records.worklist import Worklist

PUBLIC_RECORDS: dict[str, type[Record]] = {
    "findings": Findings,
    "worklist": Worklist,
    "intake": Intake,
    "run": RunRecord,
}
"""Records that others may build on, by the name of their schema."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(record: type[Record]) -> dict[str, Any]:
    """The schema of a record as written: every field is there, and no other."""
    return {"$schema": _DIALECT, **record.model_json_schema(mode="serialization")}


def schema_text(record: type[Record]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema_of(record), indent=2) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write one `<name>.schema.json` for every public record; returns their paths."""
    paths = []
    for name, record in PUBLIC_RECORDS.items():
        path = folder / f"{name}.schema.json"
        write_text_atomically(path, schema_text(record))
        paths.append(path)
    return paths


if __name__ == "__main__":
    write_schemas(Path(__file__).resolve().parents[2] / "configs" / "schema")
