"""How studies arrive: in two goes, spread over folders, doubled, with names in any alphabet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from pipeline.paths import case_of

from .series_writer import CISS, TOF, Identity, write_series

NAMES = {
    "utf_8": ("ISO_IR 192", "Łukasiewicz^Żaneta"),
    "latin_1": ("ISO_IR 100", "Grünwäldchen^Jürgen"),
    "kanji": (["", "ISO 2022 IR 87"], "Yamadasan^Tarou=山田山^太郎丸=やまださん^たろうまる"),
    "kanji_jis": (
        ["ISO 2022 IR 13", "ISO 2022 IR 87"],
        "ﾔﾏﾀﾞｻﾝ^ﾀﾛｳ=山田山^太郎丸=やまださん^たろうまる",
    ),
    "hangul": (["", "ISO 2022 IR 149"], "Hongsan^Gildong=洪洪洪^吉洞吉=홍홍홍^길동길"),
    "chinese": ("GB18030", "Wangsan^XiaoDong=王王王^小东东"),
}
"""Specific Character Set, and a name that it can hold; words of three letters and more."""


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_read_in_its_alphabet_and_stays_private(source, take_in, kind):
    character_set, name = NAMES[kind]
    words = [word for group in name.split("=") for word in group.split("^")]
    header = CISS | {
        "SpecificCharacterSet": character_set, "ProtocolName": f"ciss {words[0]}",
        "SeriesDescription": f"t2_ciss {words[-2]} {words[-1]}",
    }  # fmt: skip
    write_series(source, header, identity=Identity(name=name))
    taken = take_in()

    (identity,) = taken.identities.cases.values()
    assert identity.patient_name == name
    assert taken.only_series().description == "t2_ciss [removed] [removed]"
    assert taken.only_series().role == "t2"
    public = [path for path in taken.output.root.rglob("*")
              if path.is_file() and "private" not in path.parts]  # fmt: skip
    text = "".join(path.read_text(encoding="utf-8") for path in public)
    written = text + text.encode("ascii", "ignore").decode("unicode_escape", "ignore")
    assert public
    for word in words:
        assert word not in written


def test_a_second_go_brings_the_rest_of_a_series(source, take_in, tmp_path):
    """The manifest is written anew, and with it every later stage does its work again."""
    study = Identity()
    files = write_series(tmp_path / "scanner", CISS, identity=study)
    for path in files[:12]:
        shutil.copy(path, source / path.name)
    first = take_in()
    assert first.only_series().refusal == "too_few_slices"
    before = first.manifest().digest

    (source / "later").mkdir()
    for path in files[12:]:
        shutil.copy(path, source / "later" / path.name)
    second = take_in()

    entry = second.only_series()
    assert (entry.instances, entry.usable) == (24, True)
    assert second.manifest().digest != before
    assert len(links(second)) == 24


def test_a_second_go_brings_another_series(source, take_in):
    study = Identity()
    write_series(source / "first", CISS, identity=study)
    before = take_in().manifest().digest
    write_series(source / "second", TOF, identity=study)
    second = take_in()

    assert [entry.role for entry in second.manifest().series] == ["t2", "tof"]
    assert second.manifest().digest != before
    assert [case.case for case in second.intake.studies] == [case_of(study.study)]


def test_one_series_in_two_folders_under_the_same_names(source, take_in):
    """As from two discs: every file of the second has the name of one of the first."""
    study, series = Identity(), generate_uid()
    write_series(source / "disc1", CISS, identity=study, series=series, skip=range(12, 24))
    written = write_series(
        source / "disc2", CISS, identity=study, series=series, order=range(12, 24)
    )
    taken = take_in()

    assert {path.name for path in written} == {f"IM{k:04d}" for k in range(12)}
    entry = taken.only_series()
    assert (entry.instances, entry.usable) == (24, True)
    assert "copies" not in entry.reason
    assert len({link.resolve() for link in links(taken)}) == 24


def test_two_series_in_one_folder(source, take_in):
    study = Identity()
    write_series(source, CISS, identity=study, names="IM{:04d}")
    write_series(source, TOF, identity=study, names="IM1{:04d}")
    entries = take_in().manifest().series

    assert [(entry.role, entry.instances, entry.usable) for entry in entries] == [
        ("t2", 24, True), ("tof", 24, True),
    ]  # fmt: skip


def test_a_whole_series_twice_is_one_series(source, take_in):
    for path in write_series(source / "one", CISS):
        shutil.copy(path, source / f"copy of {path.name}")
    entry = take_in().only_series()

    assert (entry.instances, entry.usable) == (24, True)
    assert "24 copies left out" in entry.reason


def links(taken) -> list[Path]:
    return list(taken.output.series_links(taken.intake.studies[0].case, 0).iterdir())
