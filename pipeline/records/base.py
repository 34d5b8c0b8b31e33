"""The base of every record that a stage writes: frozen, strict about names, JSON on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from pipeline.files import write_text_atomically

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
Role = Literal["t2", "tof", "t1c", "t1", "other"]
Point = tuple[float, float, float]
"""A point in LPS millimetres."""
Matrix = tuple[tuple[float, float, float, float], ...]
"""A 4x4 matrix by rows."""


class Record(BaseModel):
    """A frozen value object; unknown fields are an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,  # every field is always written
    )

    def write(self, path: Path) -> None:
        write_text_atomically(path, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
