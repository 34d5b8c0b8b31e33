"""The PDF: real text, embedded fonts, tagged, two pages, and the numbers of the record."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.geometry import Volume
from pipeline.paths import OutputFolder
from pipeline.report.pdf import write_pdf
from pipeline.report.render import print_html

from .builders import every_status, findings, head_grid, write_case
from .pages import page_of, read_html
from .test_stage import laid_out, spot_volume

pypdf = pytest.importorskip("pypdf")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def written(html: str, path: Path) -> Any:
    write_pdf(lambda scale: html, path)
    return pypdf.PdfReader(path)


def numbers(text: str) -> Counter[str]:
    """Numbers in a text, whatever broke its lines; long runs of digits are left out."""
    whole = re.sub(r"[0-9a-f.]{20,}", " ", text)
    return Counter(NUMBER.findall(whole))


@pytest.mark.parametrize("name", ["contact_left", "tumour_right", "one_side_unknown", "failed"])
def test_the_pdf_says_the_numbers_of_the_record(name: str, tmp_path: Path) -> None:
    html = print_html(page_of(every_status()[name]), 1.0)

    reader = written(html, tmp_path / "report.pdf")

    text = " ".join(page.extract_text() for page in reader.pages)
    text = re.sub(r"\d+ / \d+", " ", text)  # of the pages
    said = read_html(html)
    shown = [number.text.replace("\u00a0", " ") for number in said.numbers]
    flat = re.sub(r"\s+", " ", text)
    for number in shown:
        assert number in flat
    expected = numbers(f"{said.text} {' '.join(shown)}")
    axis = {str(n) for n in range(26)}  # of the plot
    unknown = {n for n in numbers(text) if n not in expected and n not in axis}
    assert unknown == set()


def test_it_is_tagged_searchable_and_brings_its_fonts(tmp_path: Path) -> None:
    found = findings()
    volume: Volume = spot_volume(head_grid())
    folder = write_case(OutputFolder(tmp_path / "out"), found, {"t2": volume, "tof": volume})
    page = laid_out(folder, found)

    write_pdf(lambda scale: print_html(page, scale), tmp_path / "report.pdf")

    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalog
    assert len(reader.pages) == 2
    assert found.impression.sentence.split(",")[0] in reader.pages[0].extract_text()
    for sheet in reader.pages:
        for font in sheet["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
    pictures = [
        element for element in structure(catalog["/StructTreeRoot"]) if element[0] == "/Figure"
    ]
    assert len(pictures) >= 6
    assert all(alternative for _, alternative in pictures)


def structure(element: Any) -> list[tuple[str, str]]:
    """Kind and alternative text of every element of the tag tree."""
    element = element.get_object()
    if not hasattr(element, "get"):
        return []
    kids = element.get("/K", [])
    kids = kids if isinstance(kids, list) else [kids]
    found = [(str(element.get("/S", "")), str(element.get("/Alt", "")))]
    for kid in kids:
        if not isinstance(kid, int):
            found += structure(kid)
    return found
