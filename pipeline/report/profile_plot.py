"""The gap along the nerve as a drawing: lines and areas in plot coordinates, no styling.

Both sides are drawn on the same scales, so that they can be compared at a glance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.records.base import SIDES, Side
from pipeline.records.findings import ProfilePoint, Segment, SideFindings
from pipeline.report.viewer import ras_text

WIDTH, HEIGHT = 900.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 14.0, 14.0, 106.0
"""Margins around the plotting area, in the drawing's own units."""
_LEAST_GAP_MM, _LARGEST_GAP_MM = 2.0, 4.0
"""The gap scale ends within these; what is farther away concerns nobody."""
_STEP_ALONG_MM = 5.0


@dataclass(frozen=True)
class Scale:
    """From mm along the nerve and mm of gap to drawing coordinates."""

    length_mm: float
    gap_mm: float

    def x(self, along_mm: float) -> float:
        """Horizontal place of a distance from the root exit point."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * along_mm / self.length_mm, 1)

    def y(self, gap_mm: float) -> float:
        """Vertical place of a gap; larger ones end at the top of the scale."""
        share = min(gap_mm, self.gap_mm) / self.gap_mm
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)

    def ticks_along(self) -> list[float]:
        """Distances to be labelled, in mm."""
        count = int(self.length_mm / _STEP_ALONG_MM)
        return [_STEP_ALONG_MM * n for n in range(count + 1)]

    def ticks_gap(self) -> list[float]:
        """Gaps to be labelled, in mm."""
        return [float(n) for n in range(int(self.gap_mm) + 1)]


@dataclass(frozen=True)
class Stretch:
    """A segment of the nerve between two places along it (drawing coordinates)."""

    segment: Segment
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class ProfilePlot:
    """One side. lines, bands: SVG point lists, one for each unbroken piece of the profile."""

    side: Side
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    narrowest: tuple[float, float] | None
    place: str
    """Where the viewer goes to from the narrowest place, empty where there is none."""


def common_scale(sides: Mapping[Side, SideFindings]) -> Scale | None:
    """A scale for both sides; None where no gap was measured on either."""
    points = [point for side in SIDES for point in sides[side].profile if point.gap_mm is not None]
    if not points:
        return None
    longest = max(point.s_mm for side in SIDES for point in sides[side].profile)
    length = _STEP_ALONG_MM * max(1, math.ceil(longest / _STEP_ALONG_MM))
    widest = math.ceil(max(point.gap_mm or 0.0 for point in points))
    return Scale(length, min(max(float(widest), _LEAST_GAP_MM), _LARGEST_GAP_MM))


def profile_plot(side: Side, found: SideFindings, scale: Scale) -> ProfilePlot | None:
    """The drawing of one side; None where its gap was not measured."""
    pieces = list(_measured_pieces(found.profile))
    if not pieces:
        return None
    contact = found.vessel_contact
    narrowest = None
    if contact.min_distance_mm is not None and contact.distance_from_rexp_mm is not None:
        narrowest = (scale.x(contact.distance_from_rexp_mm), scale.y(contact.min_distance_mm))
    return ProfilePlot(
        side=side,
        lines=tuple(_line(piece, scale) for piece in pieces),
        bands=tuple(band for band in (_band(piece, scale) for piece in pieces) if band),
        stretches=tuple(_stretches(found.profile, scale)),
        narrowest=narrowest,
        place=ras_text(contact.point_lps_mm) if contact.point_lps_mm else "",
    )


def _measured_pieces(profile: Sequence[ProfilePoint]) -> Iterator[list[ProfilePoint]]:
    for measured, points in groupby(profile, lambda point: point.gap_mm is not None):
        if measured:
            yield list(points)


def _line(points: Sequence[ProfilePoint], scale: Scale) -> str:
    return _svg(((point.s_mm, point.gap_mm or 0.0) for point in points), scale)


def _band(points: Sequence[ProfilePoint], scale: Scale) -> str:
    known = [(p.s_mm, p.gap_interval_mm) for p in points if p.gap_interval_mm is not None]
    upper = [(along, interval[1]) for along, interval in known]
    lower = [(along, interval[0]) for along, interval in reversed(known)]
    return _svg((*upper, *lower), scale)


def _svg(places: Iterable[tuple[float, float]], scale: Scale) -> str:
    return " ".join(f"{scale.x(along)},{scale.y(gap)}" for along, gap in places)


def _stretches(profile: Sequence[ProfilePoint], scale: Scale) -> Iterator[Stretch]:
    """Segments from their first point to the first one of the next segment."""
    runs = [(name, list(points)) for name, points in groupby(profile, lambda p: p.segment)]
    for number, (name, points) in enumerate(runs):
        following = runs[number + 1][1] if number + 1 < len(runs) else points[-1:]
        yield Stretch(name, scale.x(points[0].s_mm), scale.x(following[0].s_mm))
