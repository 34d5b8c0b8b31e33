"""From single objects to series: by UIDs, by kind of object, each instance once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.geometry.slices import Stack, StackProblem, stack_of
from pipeline.intake.header import Header
from pipeline.intake.rules import Rules


@dataclass(frozen=True)
class SeriesGroup:
    """Objects of one series that are of one kind. duplicates: how many copies were left out."""

    headers: tuple[Header, ...]
    duplicates: int

    @property
    def first(self) -> Header:
        return self.headers[0]

    @property
    def digest(self) -> str:
        """sha256 over UID, size and time stamp of every instance, in any order of files."""
        lines = sorted(
            f"{header.sop_instance_uid} {header.entry.size} {header.entry.modified_ns}\n"
            for header in self.headers
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def stack(self) -> Stack | StackProblem:
        """The volume that all frames of all instances form."""
        if not all(header.frames for header in self.headers):
            return StackProblem("no_position", "the header does not say where the slices lie")
        return stack_of([frame for header in self.headers for frame in header.frames])

    def in_slice_order(self, stack: Stack | StackProblem) -> tuple[Header, ...]:
        """The instances from first to last slice, or as they were found where there is no stack."""
        if isinstance(stack, StackProblem):
            return self.headers
        owners = [header for header in self.headers for _ in header.frames]
        return tuple(dict.fromkeys(owners[index] for index in stack.order))


def grouped(headers: Iterable[Header], rules: Rules) -> dict[str, list[SeriesGroup]]:
    """Series by study UID, in the order of their numbers.

    A series that mixes kinds of objects (multi-frame and raw data, magnitude and phase, slices
    and their projection) is taken apart, so that each part gets its own role and reason.
    """
    studies: dict[str, dict[tuple[str, str, str], list[Header]]] = {}
    for header in headers:
        kind = rules.exclusion(header.common.signals) or ""
        key = (header.common.series_instance_uid, header.common.sop_class_uid, kind)
        studies.setdefault(header.common.study_instance_uid, {}).setdefault(key, []).append(header)
    return {
        uid: [_without_duplicates(series[key]) for key in sorted(series, key=_by_number(series))]
        for uid, series in studies.items()
    }


def _by_number(
    series: Mapping[tuple[str, str, str], list[Header]],
) -> Callable[[tuple[str, str, str]], tuple[int, tuple[str, str, str]]]:
    return lambda key: (min(header.common.series_number for header in series[key]), key)


def _without_duplicates(headers: list[Header]) -> SeriesGroup:
    """Each SOP instance once: the first in the order of the files."""
    unique = {header.sop_instance_uid: header for header in reversed(headers)}
    kept = tuple(header for header in headers if unique[header.sop_instance_uid] is header)
    return SeriesGroup(kept, len(headers) - len(kept))
