"""The real stages, from DICOM files to the worklist, over a study that cannot be assessed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np

from pipeline.geometry import Grid, Volume
from pipeline.paths import OutputFolder
from pipeline.phantom.dicom_identity import generated_identity
from pipeline.phantom.dicom_study import write_study
from pipeline.settings import CONFIGS

from .conftest import REPOSITORY
from .test_run import files_with

NAME = "Mustermann"


def test_a_study_without_t2_and_angiogram_comes_out_with_its_reason(tmp_path: Path) -> None:
    write_plain_t1(tmp_path / f"{NAME}_archive" / NAME)
    output = OutputFolder(tmp_path / "out")
    config = [f"input={tmp_path / f'{NAME}_archive'}", f"output={output.root}"]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config", *config]

    ended = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    for name in ("intake", "worklist", "run"):
        check_schema(name, output.root / f"{name}.json")
    (study,) = json.loads(output.worklist_json.read_text("utf-8"))["studies"]
    check_schema("findings", output.case(study["case"]).findings)
    assert (study["status"], study["priority"]) == ("not_assessable", None)
    assert "T1" in study["reason"]
    assert output.case(study["case"]).report_html.exists()
    assert files_with(NAME, output.root) == []
    assert NAME in output.identities.read_text("utf-8")


def write_plain_t1(folder: Path) -> None:
    """A small T1-weighted series of a patient with a name that must not leave private/."""
    rng = np.random.default_rng(1)
    grid = Grid((40, 40, 24), np.diag([1.0, 1.0, 1.0, 1.0]))
    volume = Volume(rng.uniform(50, 400, grid.shape).astype(np.float32), grid)
    identity = generated_identity(1, patient_name=f"{NAME}^Erika")
    write_study({"t1": volume}, identity, "siemens", 1, folder)


def check_schema(name: str, path: Path) -> None:
    schema = json.loads((CONFIGS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
