"""Shards: every study in exactly one, for life."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.paths import OutputFolder
from pipeline.shards import Shard, assigned, read_shards, try_again, update_shards

Cases = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True)


@given(st.lists(Cases, min_size=1, max_size=5), st.integers(1, 4))
def test_every_study_is_in_one_shard_and_stays_there(batches: list[list[str]], size: int) -> None:
    shards: dict[str, tuple[str, ...]] = {}
    for cases in batches:
        before = {case: name for name, members in shards.items() for case in members}
        shards = assigned(shards, cases, size)
        after = {case: name for name, members in shards.items() for case in members}

        assert sorted(case for members in shards.values() for case in members) == sorted(cases)
        assert all(after[case] == before[case] for case in cases if case in before)
        assert all(0 < len(members) <= size for members in shards.values())


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 8))
def test_a_batch_is_shared_out_evenly_with_work_for_every_core(
    count: int, size: int, cores: int
) -> None:
    shards = assigned({}, [f"case{number}" for number in range(count)], size, cores)

    sizes = [len(members) for members in shards.values()]
    assert len(sizes) == max(-(-count // size), min(count, cores))
    assert max(sizes) - min(sizes) <= 1


@pytest.fixture
def output(tmp_path: Path) -> OutputFolder:
    folder = OutputFolder(tmp_path)
    update_shards(folder, ["a", "b", "c"], size=2)
    return folder


def test_only_the_shard_of_a_new_study_is_written(output: OutputFolder) -> None:
    before = {name: output.shard(name).stat().st_mtime_ns for name in ("001", "002")}

    update_shards(output, ["a", "b", "c", "d"], size=2)

    assert read_shards(output) == {"001": ("a", "c"), "002": ("b", "d")}
    assert output.shard("001").stat().st_mtime_ns == before["001"]
    assert output.shard("002").stat().st_mtime_ns > before["002"]


def test_an_empty_shard_is_removed_and_its_name_used_again_only_for_others(
    output: OutputFolder,
) -> None:
    update_shards(output, ["a", "c"], size=2)
    assert read_shards(output) == {"001": ("a", "c")}

    update_shards(output, ["a", "c", "e"], size=2)
    assert read_shards(output)["002"] == ("e",)


def test_trying_again_changes_the_shard_file_and_lasts(output: OutputFolder) -> None:
    try_again(output, ["b"])

    assert Shard.read(output.shard("001")).attempt == 1
    assert Shard.read(output.shard("002")) == Shard(cases=("b",), attempt=2)
    update_shards(output, ["a", "b", "c", "d"], size=2)
    assert Shard.read(output.shard("002")) == Shard(cases=("b", "d"), attempt=2)
