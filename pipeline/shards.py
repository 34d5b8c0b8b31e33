"""Shards: the fixed groups of studies that one job of a stage works on.

Nine starts of Python for each study would cost a third of the work, and a network is loaded once
for a whole shard. Shards are worked on side by side, so they are filled evenly: a batch ends when
its largest shard does. A study stays in its shard for life, so that a new study changes one shard
only.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.paths import OutputFolder
from pipeline.records.base import Record

Shards = dict[str, tuple[str, ...]]
"""Cases by name of the shard."""


class Shard(Record):
    """The cases of one shard. attempt: raised to have recorded failures tried again."""

    cases: tuple[str, ...]
    attempt: int = 1


def update_shards(output: OutputFolder, cases: Sequence[str], size: int, cores: int = 1) -> Shards:
    """Write the shard files for `cases`; only those whose studies changed are touched."""
    before = read_shards(output)
    after = assigned(before, cases, size, cores)
    for name in before.keys() - after.keys():
        output.shard(name).unlink()
    for name, members in after.items():
        if members != before.get(name):
            Shard(cases=members, attempt=_attempt(output, name)).write(output.shard(name))
    return after


def assigned(before: Shards, cases: Sequence[str], size: int, cores: int = 1) -> Shards:
    """Every case in exactly one shard of at most `size`, with a shard for every core.

    Known cases stay where they were; each new one goes where there are fewest.
    """
    present = set(cases)
    kept = {name: tuple(c for c in members if c in present) for name, members in before.items()}
    known = {case for members in kept.values() for case in members}
    result = {name: members for name, members in kept.items() if members}
    for name in _new_names(result, max(-(-len(present) // size), min(len(present), cores))):
        result[name] = ()
    for case in (c for c in cases if c not in known):
        name = min(result, key=lambda name: (len(result[name]), name))
        result[name] = (*result[name], case)
    return {name: members for name, members in result.items() if members}


def read_shards(output: OutputFolder) -> Shards:
    """The shards of an output folder, by name; none before intake has run."""
    files = sorted(output.shards.glob("*.json"))
    return {path.stem: Shard.read(path).cases for path in files}


def try_again(output: OutputFolder, cases: Sequence[str]) -> None:
    """Mark the shards of `cases` so that the next run works on them again."""
    wanted = set(cases)
    for name, members in read_shards(output).items():
        if wanted & set(members):
            again = Shard(cases=members, attempt=_attempt(output, name) + 1)
            again.write(output.shard(name))


def _attempt(output: OutputFolder, name: str) -> int:
    path = output.shard(name)
    return Shard.read(path).attempt if path.exists() else 1


def _new_names(taken: Shards, wanted: int) -> list[str]:
    """Names for as many more shards as there must be."""
    last = max((int(name) for name in taken), default=0)
    return [f"{last + number:03d}" for number in range(1, 1 + max(0, wanted - len(taken)))]
