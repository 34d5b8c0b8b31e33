"""What the page hands to its viewer: images, labels, surfaces and the places to jump to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.geometry import to_ras
from pipeline.records.base import Point, Side
from pipeline.records.findings import Findings
from pipeline.records.labels import Label
from pipeline.report.palette import STROKES
from pipeline.report.pictures import StudyImages
from pipeline.report.plates import sides_in_order
from pipeline.report.surfaces import surfaces
from pipeline.report.text_part import JumpName
from pipeline.report.texts import ReportTexts
from pipeline.report.viewer_volumes import crops


@dataclass(frozen=True)
class Jump:
    """A place that the viewer can go to. name: what it is called, with its side."""

    name: str
    side: Side
    point_lps_mm: Point


@dataclass(frozen=True)
class Viewer:
    """data: JSON for the page's program, safe inside a script element."""

    data: str
    jumps: tuple[Jump, ...]
    images: tuple[tuple[str, str], ...]
    """Role and name of every image that can be shown."""


def viewer(findings: Findings, images: StudyImages, texts: ReportTexts) -> Viewer | None:
    """None for a study without images or without a place to look at."""
    made = crops(findings, images)
    if made is None:
        return None
    bodies = list(surfaces(images.labels, made.grid)) if images.labels else []
    data = {
        "images": {role: _base64(file) for role, file in made.images.items()},
        "labels": _base64(made.labels) if made.labels else None,
        "colours": [list(_rgb(label)) for label in Label],
        "surfaces": [
            {"rgb": _rgb(body.label), "opacity": _opacity(body.label), "mz3": _base64(body.mz3)}
            for body in bodies
        ],
        "start": _start(findings),
    }
    return Viewer(
        data=script_json(data),
        jumps=tuple(_jumps(findings, texts)),
        images=tuple((role, texts.sequence.name[role]) for role in made.images),
    )


def script_json(data: Any) -> str:
    """JSON that cannot end the script element which it stands in."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def ras_text(point: Point) -> str:
    """A place for the viewer: RAS millimetres, joined by commas."""
    return ",".join(f"{value:.2f}" for value in to_ras(point))


def _start(findings: Findings) -> list[float] | None:
    """Where the viewer opens: at what was flagged, else at the first narrowest place."""
    sides = [findings.sides[side] for side in sides_in_order(findings)]
    flagged = [
        lesion.centroid_lps_mm
        for found in sides
        for lesion in (found.tumour, found.aneurysm)
        if lesion.answer == "yes"
    ]
    nerves = [found.vessel_contact.point_lps_mm or found.rez_lps_mm for found in sides]
    first = next((point for point in (*flagged, *nerves) if point is not None), None)
    return None if first is None else [round(float(value), 2) for value in to_ras(first)]


def _jumps(findings: Findings, texts: ReportTexts) -> Iterator[Jump]:
    for side in sides_in_order(findings):
        found, words = findings.sides[side], texts.viewer
        places: dict[JumpName, Point | None] = {
            "narrowest": found.vessel_contact.point_lps_mm,
            "exit": found.rexp_lps_mm,
            "porus": found.porus_lps_mm,
            "tumour": found.tumour.centroid_lps_mm if found.tumour.answer != "no" else None,
            "aneurysm": found.aneurysm.centroid_lps_mm if found.aneurysm.answer != "no" else None,
        }
        for name, point in places.items():
            if point is not None:
                yield Jump(words.jump[name].format(side=texts.side.short[side]), side, point)


def _rgb(label: Label) -> tuple[int, int, int]:
    if label is Label.OTHER:
        return (0, 0, 0)
    colour = STROKES[label].colour
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def _opacity(label: Label) -> float:
    """The brainstem is see-through, so that what lies on it can be seen."""
    return 0.35 if label is Label.BRAINSTEM else 1.0


def _base64(file: bytes) -> str:
    return base64.b64encode(file).decode("ascii")
