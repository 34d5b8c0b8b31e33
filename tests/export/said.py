"""What the DICOM objects of a study say in numbers, and what its record says for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import ImageDraw
from pydicom import Dataset, dcmread

from pipeline import __version__
from pipeline.paths import CaseFolder
from pipeline.records.base import SIDES, Point
from pipeline.records.findings import Findings
from pipeline.report.pictures import draw_view, recorded_view
from pipeline.report.study_images import study_images
from pipeline.report.texts import load_texts

from .test_measurements import groups_of, numbers_of

Numbers = dict[tuple[str, str, str], float]
"""By side, finding and concept, as the structured report names them."""

_GAP = "Smallest gap, {} limit of the 90 % interval"
_CONTACT = "Contact of a vessel with the facial nerve"
_OF_CONTACT = {
    "Distance": "min_distance_mm",
    _GAP.format("lower"): "distance_interval_mm.0",
    _GAP.format("upper"): "distance_interval_mm.1",
    "Distance from the root exit point along the nerve": "distance_from_rexp_mm",
    "Probability": "probability",
    "Prevalence that the probability assumes": "prevalence_assumed",
}
_LESIONS = {"Mass": "tumour", "Aneurysm": "aneurysm"}
_MEASURED = {
    "Sensitivity measured on generated studies": "sensitivity",
    "Specificity measured on generated studies": "specificity",
}
_POSITION = re.compile(r"([LR]) (\d+\.\d) ([PA]) (\d+\.\d) ([HF]) (\d+\.\d) mm")
_SCALE = re.compile(r"(?:1|2|5|10|20|50) mm")
_LETTERS = re.compile(r"[LRPAHF]{1,3}")


def reported(report: Dataset) -> Numbers:
    """Every number of a structured report."""
    return {
        (side, finding, name): value
        for (side, finding), group in groups_of(report).items()
        for name, (value, _) in numbers_of(group).items()
    }


def recorded(found: Findings) -> Numbers:
    """Every number of the record that a structured report has to say."""
    return dict(_recorded(found))


def _recorded(found: Findings) -> Iterator[tuple[tuple[str, str, str], float]]:
    accuracy = {entry.finding: entry.model_dump() for entry in found.evidence.accuracy}
    for side in SIDES:
        name = side.capitalize()
        contact = found.sides[side].vessel_contact.model_dump()
        for concept, path in _OF_CONTACT.items():
            value = _at(contact, path)
            if value is not None:
                yield (name, _CONTACT, concept), float(value)
        for finding, lesion in _LESIONS.items():
            for concept, field in _MEASURED.items() if lesion in accuracy else ():
                yield (name, finding, concept), float(accuracy[lesion][field])


def _at(place: Any, path: str) -> Any:
    for step in path.split("."):
        if place is None:
            return None
        place = place[int(step)] if step.isdigit() else place[step]
    return place


def assert_report_is_the_record(folder: CaseFolder, found: Findings) -> None:
    """The same numbers, none missing and none added, and no other one in its texts."""
    report = dcmread(folder.dicom("measurements"))
    said, known = reported(report), recorded(found)
    different = set(said) ^ set(known)
    assert not different, sorted(different)
    assert said == pytest.approx(known, rel=1e-6)
    for text in texts_of(report):
        assert not re.search(r"\d", _without(text, found)), text


def texts_of(report: Dataset) -> Iterator[str]:
    """Every free text of a structured report."""
    for item in report.get("ContentSequence", ()):
        if item.ValueType == "TEXT":
            yield str(item.TextValue)
        yield from texts_of(item)


def _without(text: str, found: Findings) -> str:
    """A text without what the record says word by word, and without the product's version."""
    models = [(model.name, model.version, model.sha256[:12]) for model in found.models]
    words = [found.evidence.statement, found.case, *(" ".join(model) for model in models)]
    for known in (*words, __version__):
        text = text.replace(known, " ")
    return text


def assert_pictures_are_the_record(
    folder: CaseFolder, found: Findings, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Every Secondary Capture is, to the pixel, the picture that is drawn of the record now.

    So the texts that the drawing writes are those in its pixels: titles, directions, a round
    scale, and the position of the record. Returns how many pictures were looked at.
    """
    images, titles = study_images(folder), load_texts().picture.image
    for number, wanted in enumerate(found.key_images):
        view = recorded_view(number, wanted)
        with monkeypatch.context() as patched:
            texts = _written(patched)
            picture = draw_view(view, found, images, titles)
        made = dcmread(folder.dicom(f"key_images_{picture.name}"))
        np.testing.assert_array_equal(made.pixel_array, np.asarray(picture.layers.flat()))
        assert not re.search(r"\d", str(made.ImageComments))
        assert_written(texts, wanted.point_lps_mm, set(titles.values()), len(picture.roles))
    return len(found.key_images)


def _written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is drawn from now on."""
    texts: list[str] = []
    draw = ImageDraw.ImageDraw.text

    def noting(self: Any, xy: Any, text: str, *others: Any, **named: Any) -> None:
        texts.append(text)
        draw(self, xy, text, *others, **named)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", noting)
    return texts


def assert_written(texts: list[str], point: Point, titles: set[str], panels: int) -> None:
    """On every panel its title, four directions, one scale, and the position of the record."""
    positions = [match for text in texts if (match := _POSITION.fullmatch(text))]
    assert len(positions) == panels
    for match in positions:
        for axis, (letters, letter) in enumerate(
            zip(("LR", "PA", "HF"), match.groups()[::2], strict=True)
        ):
            size = float(match.groups()[1::2][axis])
            signed = size if letter == letters[0] else -size
            if axis == 2:
                signed = size if letter == "H" else -size
            assert signed == pytest.approx(point[axis], abs=0.0501)
    others = [text for text in texts if not _POSITION.fullmatch(text) and text not in titles]
    assert sum(bool(_SCALE.fullmatch(text)) for text in others) == panels
    letters = [text for text in others if not _SCALE.fullmatch(text)]
    assert len(letters) == 4 * panels
    assert all(_LETTERS.fullmatch(text) for text in letters)
