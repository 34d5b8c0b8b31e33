"""What the Snakefile is told: which stages a given file has run again, and how it is passed on."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pipeline.drive import Request
from pipeline.errors import UsageError
from pipeline.stagekey import STAGES
from pipeline.workflow import Workflow


def workflow(tmp_path: Path, table: str | None = None) -> Workflow:
    config = {"input": tmp_path / "in put", "output": tmp_path / "out"}
    if table is not None:
        (tmp_path / "the sides.csv").write_text(table, encoding="utf-8")
        config["clinical"] = tmp_path / "the sides.csv"
    return Workflow.from_config(config)


def test_another_table_of_sides_concerns_intake_and_assess_alone(tmp_path: Path) -> None:
    runs = [workflow(tmp_path, table) for table in (None, "study,side\n1,left\n")]
    keys = [{stage: run.key(stage) for stage in ("intake", *STAGES)} for run in runs]
    again = workflow(tmp_path, "study,side\n1,right\n")

    assert {stage for stage in keys[0] if keys[0][stage] != keys[1][stage]} == {"intake", "assess"}
    assert again.key("assess") not in {key["assess"] for key in keys}


def test_the_table_goes_to_intake_as_one_word(tmp_path: Path) -> None:
    words = shlex.split(workflow(tmp_path, "study,side\n").source)
    assert words == [str(tmp_path / "in put"), "--clinical", str(tmp_path / "the sides.csv")]


def test_a_table_that_does_not_exist_is_wrong_use(tmp_path: Path, capsys) -> None:
    missing = tmp_path / "missing.csv"
    with pytest.raises(SystemExit) as ended:
        Workflow.from_config({"input": tmp_path, "output": tmp_path, "clinical": missing})
    assert ended.value.code == 2
    assert "clinical file does not exist" in capsys.readouterr().err
    with pytest.raises(UsageError, match="clinical file does not exist"):
        Request.checked(
            tmp_path, tmp_path.parent / "out", None, 1, "workstation",
            retry_failed=False, clinical=missing,
        )  # fmt: skip
