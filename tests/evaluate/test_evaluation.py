"""Scores of a hand-made output folder whose right answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from pipeline.assess.accuracy import ShareRight
from pipeline.errors import UsageError
from pipeline.evaluate import evaluate_generated, table, update_model_cards
from pipeline.evaluate.agreement import area_under_curve, kappa
from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.markdown import BEGIN, END
from pipeline.paths import OutputFolder
from pipeline.records.findings import Assessability, Vessel

from ..assess.simulated import lesion_truth
from .outputs import (
    REZ,
    contact,
    measured_contact,
    side_findings,
    side_truth,
    write_findings,
    write_truth,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def evaluation(folder: Path) -> Evaluation:
    """Four studies.

    1: left contact found (gap error 0.1, covered, nerve one voxel off) and named, right clear, said
        no.
    2: left contact missed (said no, gap 0.8, not covered), right clear, cannot say; REZ 3 mm off.
    3: sides swapped; left gap of 0.2 mm (blurred); tumour right found, aneurysm left missed.
    4: slab misses both root exit zones: refused.
    """
    data, output = folder / "data", OutputFolder(folder / "out")
    _first(data, output)
    _second(data, output)
    _third(data, output)
    outside = {s: side_truth(s, rez_in_slab=False) for s in REZ}
    truth = write_truth(data, 4, outside)
    empty = Assessability(status="not_assessable", reasons=("outside_slab",))
    refused = {s: side_findings(None, assessability=empty) for s in REZ}
    write_findings(output, truth, refused, status="not_assessable")
    result = evaluate_generated(data, output)
    result.write(folder / "evaluation.json")
    return result


def _first(data: Path, output: OutputFolder) -> None:
    truth = write_truth(data, 1, {"left": side_truth("left", 0.0), "right": side_truth("right")})
    aica = Vessel(name="AICA", name_probability=0.8, diameter_mm=0.8)
    write_findings(
        output,
        truth,
        {
            "left": side_findings(
                REZ["left"], vessel_contact=measured_contact("yes", 0.9, 0.1, 0.2, vessel=aica)
            ),
            "right": side_findings(
                REZ["right"], vessel_contact=measured_contact("no", 0.2, 2.0, 0.2)
            ),
        },
        nerve_shift=1,
    )


def _second(data: Path, output: OutputFolder) -> None:
    sides = {"left": side_truth("left", 0.0), "right": side_truth("right", 0.5)}
    truth = write_truth(data, 2, sides, sequences=("t2",))  # type: ignore[arg-type]
    off = {side: (x, y + 3.0, z) for side, (x, y, z) in REZ.items()}
    write_findings(
        output,
        truth,
        {
            "left": side_findings(
                off["left"], vessel_contact=measured_contact("no", 0.3, 0.8, 0.3, segment="CP")
            ),
            "right": side_findings(off["right"], vessel_contact=contact("cannot_say", None)),
        },
    )


def _third(data: Path, output: OutputFolder) -> None:
    sides = {
        "left": side_truth("left", 0.2, aneurysm=lesion_truth(max_diameter_mm=2.5)),
        "right": side_truth("right", 1.5, tumour=lesion_truth(centroid_lps_mm=(-15.0, 0.0, 0.0))),
    }
    truth = write_truth(data, 3, sides)  # type: ignore[arg-type]
    found = side_findings(REZ["left"])
    flagged = found.tumour.model_copy(
        update={"answer": "yes", "centroid_lps_mm": (-14.0, 1.0, 0.0), "volume_mm3": 300.0}
    )
    write_findings(
        output,
        truth,
        {
            "left": side_findings(
                REZ["right"], vessel_contact=measured_contact("yes", 0.6, 0.1, 0.2)
            ),
            "right": side_findings(REZ["left"], tumour=flagged),
        },
    )


def test_reliability_and_the_use_of_abstaining(evaluation: Evaluation) -> None:
    """Contacts were given 0.9 and 0.3, clear sides 0.2 and 0.1 (one more has no probability)."""
    found = evaluation.contact_reliability
    assert found.expected_calibration_error.value == pytest.approx((0.1 + 0.7 + 2 * 0.15) / 4)
    parts = [part for part in found.curve if part.share_in_contact.count]
    assert [(part.low, part.share_in_contact.value) for part in parts] == [
        (0.1, 0.0),
        (0.25, 1.0),
        (0.9, 1.0),
    ]
    assert parts[0].mean_probability == pytest.approx(0.15)
    wrong = {point.coverage: point.wrong for point in found.risk_coverage}
    assert (wrong[1.0].value, wrong[1.0].count) == (0.25, 4)
    assert (wrong[0.5].value, wrong[0.5].count) == (0.0, 2)
    assert found.wrong_if_all_answered.value == found.wrong_of_answered.value == 0.25
    assert found.answered.value == 1.0


def test_root_exit_zones(evaluation: Evaluation) -> None:
    zone = evaluation.root_exit_zone
    assert (zone.sides, zone.located, zone.swapped) == (6, 6, 2)
    assert zone.within_2_mm.value == pytest.approx(2 / 6, abs=1e-3)
    assert zone.median_error_mm.value == pytest.approx(3.0)
    assert (zone.slab_misses, zone.slab_misses_recognised) == (2, 2)


def test_contact(evaluation: Evaluation) -> None:
    scores = evaluation.contact
    assert (scores.contacts, scores.clear) == (2, 3)
    # contacts 0.9, 0.3 against clear 0.2, 0.5 (none given), 0.1: five of six pairs in order
    assert scores.auc.value == pytest.approx(5 / 6, abs=1e-3)
    assert scores.sensitivity.value == pytest.approx(0.5)
    assert scores.specificity.value == pytest.approx(2 / 3, abs=1e-3)
    assert scores.specificity_answered.value == pytest.approx(1.0)
    assert scores.cannot_say.value == pytest.approx(0.2)
    assert scores.blurred_answers == {"yes": 1, "no": 0, "cannot_say": 0}
    assert evaluation.contact_with_tof.contacts == 1


def test_gap_and_interval(evaluation: Evaluation) -> None:
    gap = evaluation.gap  # true 0, 0, 0.2; found 0.1, 0.8, 0.1 (the true gap of 2.0 is no part)
    assert gap.mean_error_mm.count == 3
    assert gap.mean_error_mm.value == pytest.approx(1 / 3, abs=1e-3)
    assert gap.bias_mm.value == pytest.approx((0.1 + 0.8 - 0.1) / 3, abs=1e-3)
    assert gap.interval_coverage.value == pytest.approx(2 / 3, abs=1e-3)


def test_grade_segment_and_place(evaluation: Evaluation) -> None:
    description = evaluation.description
    assert description.confusion["contact"] == {
        "none": 0,
        "near": 1,
        "contact": 1,
        "deviation": 0,
        "indentation": 0,
    }
    assert description.segment_right.value == pytest.approx(0.5)
    assert (description.vessel_right.value, description.vessel_right.count) == (0.5, 2)
    named = description.vessel_right_named
    assert (named.value, named.count) == (1.0, 1)  # the other contact was left unnamed
    assert description.contact_point_error_mm.value == pytest.approx(1.0)
    released = evaluation.released("evaluation.json")
    assert released.segment == ShareRight(share=0.5, sides=2)
    assert released.vessel == ShareRight(share=1.0, sides=1)


def test_overlap(evaluation: Evaluation) -> None:
    overlap = evaluation.overlap
    assert overlap.all.facial_nerve.count == 6
    assert overlap.all.facial_nerve.value == pytest.approx((2 * 0.9 + 4 * 1.0) / 6, abs=1e-3)
    assert overlap.all.artery.value == 1.0
    assert set(overlap.by_sequences) == {"t2", "t2+tof"}
    assert overlap.by_sequences["t2"].facial_nerve.value == 1.0
    assert set(overlap.by_voxel_mm) == {"0.5-0.6"}
    assert sum(group.facial_nerve.count for group in overlap.by_vessel_mm.values()) == 6
    assert overlap.by_grade["contact"].facial_nerve.count == 2
    assert overlap.all.artery_centreline.value == 1.0


def test_lesions(evaluation: Evaluation) -> None:
    assert evaluation.tumour.lesions == 1
    assert evaluation.tumour.sensitivity.value == 1.0
    assert evaluation.tumour.specificity.value == 1.0
    assert evaluation.aneurysm.sensitivity.value == 0.0
    assert evaluation.aneurysm.sensitivity_from_3_mm.count == 0
    assert evaluation.aneurysm.specificity.value == 1.0


def test_accuracy_as_reports_show_it(evaluation: Evaluation) -> None:
    rows = {row.finding: row for row in evaluation.accuracy}
    contact, tumour, aneurysm = (rows[n] for n in ("vessel_contact", "tumour", "aneurysm"))
    # the blurred side of study 3 was said yes and counts for neither
    assert (contact.positives, contact.negatives) == (2, 3)
    assert (contact.sensitivity, contact.specificity) == (0.5, 1.0)
    assert (tumour.positives, tumour.negatives) == (1, 5)
    assert (tumour.sensitivity, tumour.specificity) == (1.0, 1.0)
    assert (aneurysm.sensitivity, aneurysm.specificity) == (0.0, 1.0)
    released = evaluation.released("where/evaluation.json")
    assert (released.source, released.accuracy) == ("where/evaluation.json", evaluation.accuracy)
    assert "synthetic" in released.measured_on


def test_written_as_json_and_table(evaluation: Evaluation, folder: Path) -> None:
    assert Evaluation.read(folder / "evaluation.json") == evaluation
    content = json.loads((folder / "evaluation.json").read_text())
    assert "synthetic" in content["measured_on"]
    assert content["status"] == {"assessed": 3, "not_assessable": 1}
    text = table(evaluation, "evaluation.json")
    assert "| sides swapped | 2 | 6 |" in text
    assert (
        "\n| t2 | 1.00 (1.00 to 1.00) | 1.00 (1.00 to 1.00) | 1.00 (1.00 to 1.00) | 2 |\n" in text
    )
    assert "synthetic" in text


def test_model_cards_keep_what_stands_around_the_table(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    marked = tmp_path / "models" / "a" / "docs" / "README.md"
    plain = tmp_path / "models" / "b" / "docs" / "README.md"
    for card, text in ((marked, f"before\n{BEGIN}\nold\n{END}\nafter\n"), (plain, "no mark\n")):
        card.parent.mkdir(parents=True)
        card.write_text(text, encoding="utf-8")
    assert update_model_cards(evaluation, tmp_path / "models", "x.json") == [marked]
    text = marked.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\nMeasured on 4")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert plain.read_text(encoding="utf-8") == "no mark\n"
    assert update_model_cards(evaluation, tmp_path / "models", "x.json") == []


def test_a_missing_study_counts_against_the_product(tmp_path: Path) -> None:
    data, output = tmp_path / "data", OutputFolder(tmp_path / "out")
    _first(data, output)
    write_truth(data, 9, {side: side_truth(side, 0.0) for side in REZ})
    result = evaluate_generated(data, output)
    assert result.status == {"assessed": 1, "missing": 1}
    assert result.root_exit_zone.within_2_mm.value == 0.5
    assert result.contact.sensitivity.value == pytest.approx(1 / 3, abs=1e-3)
    assert result.overlap.all.facial_nerve.value == pytest.approx(0.45, abs=1e-3)


def test_wrong_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no truth\.json"):
        evaluate_generated(tmp_path, OutputFolder(tmp_path / "out"))
    write_truth(tmp_path / "data", 1, {side: side_truth(side) for side in REZ})
    with pytest.raises(UsageError, match="none of the studies"):
        evaluate_generated(tmp_path / "data", OutputFolder(tmp_path / "out"))


def test_agreement_with_a_reference_implementation() -> None:
    rng = np.random.default_rng(1)
    present = rng.random(60) < 0.4
    scores = np.round(present + rng.normal(0, 1, 60), 1)  # with ties
    assert area_under_curve(list(present), list(scores)) == pytest.approx(
        roc_auc_score(present, scores)
    )
    first, second = rng.integers(0, 5, 60), rng.integers(0, 5, 60)
    for quadratic, weights in ((False, None), (True, "quadratic")):
        assert kappa(list(first), list(second), 5, quadratic=quadratic) == pytest.approx(
            cohen_kappa_score(first, second, labels=range(5), weights=weights)
        )
    assert area_under_curve([True, True], [0.1, 0.2]) is None
    assert kappa([1, 1], [1, 1], 5) is None
