"""The real stages and networks, from DICOM files to the worklist, with a run killed half-way."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np

from pipeline.evaluate import Acceptance
from pipeline.geometry import Grid, Volume, save_volume
from pipeline.paths import CaseFolder, OutputFolder
from pipeline.phantom.dicom_identity import StudyIdentity, generated_identity
from pipeline.phantom.dicom_study import write_study
from pipeline.records.worklist import Worklist
from pipeline.settings import CONFIGS

from .conftest import REPOSITORY, kill_group, wait_until
from .small_study import SMALL_STUDY_SEED, small_study

NAME = "Mustermann"
WHOLE = generated_identity(SMALL_STUDY_SEED, patient_name=f"{NAME}^Erika")
PLAIN = generated_identity(1, patient_name=f"{NAME}^Maximiliane")


def test_a_killed_run_is_continued_and_its_output_is_valid_and_anonymous(tmp_path: Path) -> None:
    archive, output = tmp_path / f"{NAME}_archive", OutputFolder(tmp_path / "out")
    write_study({"t2": small_study().volumes["t2"]}, WHOLE, "siemens", 1, archive / NAME)
    write_study({"t1": plain_t1()}, PLAIN, "siemens", 1, archive / NAME)
    settings = tmp_path / "quick.yaml"
    settings.write_text("segment: {test_time_variants: 1}", encoding="utf-8")
    command = [sys.executable, "-m", "pipeline.cli", "run", str(archive), str(output.root)]
    command += ["--settings", str(settings)]

    killed_run = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, start_new_session=True
    )
    wait_until(lambda: any(output.root.glob("studies/*/nifti/t2.nii.gz")))
    wait_until(lambda: len(ended_stages(output)) >= 3)
    kill_group(killed_run)
    before = ended_stages(output)
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    after = ended_stages(output)
    assert {path: after[path] for path in before} == before
    check_worklist(output)
    ended_too = check_acceptance(output, tmp_path)
    for identity in (WHOLE, PLAIN):
        for word in words_of(identity):
            assert files_holding(word, output.root) == []
            assert word not in ended.stdout + ended.stderr + ended_too
    assert NAME in output.identities.read_text("utf-8")


def check_worklist(output: OutputFolder) -> None:
    """Every record validates; one study is assessed, the other says why it cannot be."""
    for name in ("intake", "worklist", "run"):
        check_schema(name, output.root / f"{name}.json")
    studies = Worklist.read(output.worklist_json).studies
    for study in studies:
        check_schema("findings", output.case(study.case).findings)
        assert output.case(study.case).report_html.exists()
    assert [study.status for study in studies] == ["not_assessable", "assessed"]
    assert studies[0].priority is None
    assert studies[0].reason is not None
    assert "T1" in studies[0].reason


def check_acceptance(output: OutputFolder, folder: Path) -> str:
    """What a hospital does with its labels and readers after the run; returns what was said."""
    labels, destination = folder / f"{NAME}_labels", folder / "out" / "acceptance.json"
    labels.mkdir()
    uid = small_study().truth.study_instance_uid
    save_volume(small_study().labels, labels / f"{uid}.nii.gz")
    table = f"study_instance_uid,side,contact,tumour\n{uid},left,yes,no\n{uid},right,no,yes\n"
    (labels / "readers.csv").write_text(table, encoding="utf-8")
    command = ["evaluate", str(output.root), str(destination), "--data", str(labels)]
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *command],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    accepted = Acceptance.read(destination)
    assert accepted.truth.refused == ()
    assert (accepted.truth.labelled, accepted.truth.sides_judged) == (1, 2)
    found = accepted.evaluation
    assert found.status == {"assessed": 1}
    assert (found.contact.contacts, found.contact.clear) == (1, 1)
    assert found.root_exit_zone.swapped == 0
    assert (found.overlap.all.facial_nerve.value or 0.0) > 0.3
    assert found.tumour.sensitivity.value == 1.0
    return ended.stdout + ended.stderr


def plain_t1() -> Volume:
    """What no assessment can be made of."""
    rng = np.random.default_rng(1)
    grid = Grid((40, 40, 24), np.diag([1.0, 1.0, 1.0, 1.0]))
    return Volume(rng.uniform(50, 400, grid.shape).astype(np.float32), grid)


def words_of(identity: StudyIdentity) -> list[str]:
    """What must not leave private/, as it may be written."""
    birth, started = identity.birth_date, identity.started
    dates = [f"{day:%Y%m%d}" for day in (birth, started)] + [f"{birth:%Y-%m-%d}"]
    names = [*identity.patient_name.split("^"), NAME.lower(), NAME.upper()]
    return [*names, identity.patient_id, identity.accession_number, *dates]


def files_holding(word: str, root: Path) -> list[str]:
    """Files with a word in their name or in what they hold, unpacked.

    private/ and the DICOM objects, which go back into the patient's study, may hold it.
    """
    return [
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if not {"private", "dicom"} & set(path.relative_to(root).parts)
        if word in path.name or any(word.encode() in content for content in contents(path))
    ]


def contents(path: Path) -> Iterator[bytes]:
    if not path.is_file():
        return
    yield path.read_bytes()
    if path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())


def ended_stages(output: OutputFolder) -> dict[Path, int]:
    """Every recorded end of a stage, with the time of its writing."""
    cases = (CaseFolder(output, path.name) for path in output.root.glob("work/*"))
    paths = (path for case in cases for path in case.work.glob("*.outcome.json"))
    return {path: path.stat().st_mtime_ns for path in paths}


def check_schema(name: str, path: Path) -> None:
    schema = json.loads((CONFIGS / "schema" / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
