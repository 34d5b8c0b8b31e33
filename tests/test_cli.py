"""The command line: light to start, and clear about what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import __version__
from pipeline.errors import (
    BusyError,
    NothingToReadError,
    NvcError,
    StudyFailedError,
    UsageError,
    exit_code,
)
from pipeline.stagekey import STAGES

HEAVY = ("torch", "monai", "matplotlib", "SimpleITK", "snakemake", "scipy", "numpy", "openvino")


def nvc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_loads_no_heavy_library() -> None:
    code = f"import sys, pipeline.cli; print([n for n in {HEAVY} if n in sys.modules])"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "[]"


def test_the_installed_command_knows_its_version_and_its_stages() -> None:
    command = Path(sys.executable).parent / "nvc"
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    listing = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)

    assert version.stdout.strip() == f"nvc-triage {__version__}"
    assert {"run", "intake", *STAGES, "worklist"} <= set(listing.stdout.split())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("a"), 2),
        (BusyError("a"), 2),
        (NothingToReadError("a"), 3),
        (NvcError("a"), 1),
        (StudyFailedError("a", "b"), 1),
    ],
)
def test_every_error_has_its_exit_code(error: NvcError, code: int) -> None:
    assert exit_code(error) == code


def test_folders_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()

    missing = nvc("run", tmp_path / "nowhere", tmp_path / "out")
    inside = nvc("run", source, source / "out")
    around = nvc("run", source, tmp_path)

    assert (missing.returncode, inside.returncode, around.returncode) == (2, 2, 2)
    assert "not a folder that exists" in missing.stderr
    assert "must not lie inside the input" in inside.stderr
    assert "must not lie inside the output" in around.stderr
    assert not (tmp_path / "out").exists()
    assert not (source / "out").exists()


def test_an_unknown_profile_and_a_missing_settings_file_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()

    profile = nvc("run", source, tmp_path / "out", "--profile", "cloud")
    settings = nvc("run", source, tmp_path / "out", "--settings", tmp_path / "none.yaml")

    assert (profile.returncode, settings.returncode) == (2, 2)
    assert "known: workstation, gpu, slurm" in profile.stderr
    assert "none.yaml cannot be read" in settings.stderr


def test_a_stage_before_intake_says_what_to_do(tmp_path: Path) -> None:
    ended = nvc("convert", "--output", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.strip() == "nvc: no intake.json in the output folder; run nvc intake first"


def test_a_full_or_closed_disk_is_told_without_a_traceback(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the output folder should be", encoding="utf-8")

    ended = nvc("convert", "--output", blocked / "out")

    assert ended.returncode == 1
    assert "Not a directory" in ended.stderr
    assert "Traceback" not in ended.stderr
