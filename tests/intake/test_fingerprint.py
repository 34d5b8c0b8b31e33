"""The fingerprint changes with every change of the input, and with nothing else."""

from __future__ import annotations

import os

from pipeline.intake.fingerprint import fingerprint


def test_changes_with_names_contents_and_times(tmp_path):
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "x"
    file.write_text("1")
    seen = [fingerprint(tmp_path)]
    file.write_text("12")
    seen.append(fingerprint(tmp_path))
    os.utime(file, ns=(5, 5))
    seen.append(fingerprint(tmp_path))
    file.rename(tmp_path / "a" / "y")
    seen.append(fingerprint(tmp_path))
    (tmp_path / "b").write_text("")
    seen.append(fingerprint(tmp_path))
    assert len(set(seen)) == len(seen)
    assert fingerprint(tmp_path) == seen[-1]


def test_does_not_depend_on_where_the_folder_lies(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("1")
        os.utime(tmp_path / name / "x", ns=(5, 5))
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")


def test_links_in_a_circle_come_to_an_end(tmp_path):
    (tmp_path / "x").write_text("1")
    before = fingerprint(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    assert fingerprint(tmp_path) == before


def test_names_that_are_no_text(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("1")
    assert len(fingerprint(tmp_path)) == 64
