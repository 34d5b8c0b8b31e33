"""An old and a new segmenter on the same held-out crops, and whether the new one may take over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.bootstrap import Score, scored
from pipeline.records.base import Record
from pipeline.records.labels import Label
from pipeline.train.own import patient_of
from pipeline.train.segmenter import load_crop

JUDGED = tuple(label for label in Label if label != Label.OTHER)


class LabelContest(Record):
    """Mean Dice of one label over crops, with 95 % intervals by patient; gain: new less old.

    Dice is 1 where a crop has no such label and none was found.
    """

    label: str
    old: Score
    new: Score
    gain: Score


class Contest(Record):
    """gain: of the mean over all labels. better: whether the new network may take over."""

    schema_version: str = "1"
    patients: int
    crops: int
    gain: Score
    labels: tuple[LabelContest, ...]
    better: bool
    reason: str


@dataclass(frozen=True, eq=False)
class _Crop:
    """Dice (8,) of one crop by both networks, in the order of JUDGED."""

    patient: str
    old: NDArray[np.float64]
    new: NDArray[np.float64]


def contest(files: Sequence[Path], old: torch.nn.Module, new: torch.nn.Module) -> Contest:
    """Both networks on every crop with all its sequences."""
    crops = [_crop(path, old.eval(), new.eval()) for path in files]
    gain = _score(crops, lambda crop: float((crop.new - crop.old).mean()))
    labels = tuple(_label_contest(crops, n) for n in range(len(JUDGED)))
    better, reason = _verdict(gain, labels)
    return Contest(
        patients=len({crop.patient for crop in crops}),
        crops=len(crops),
        gain=gain,
        labels=labels,
        better=better,
        reason=reason,
    )


def dice_of_labels(found: NDArray[np.int64], true: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Dice (8,) of every label but 0; 1 where it occurs in neither."""
    pairs = [(found == label, true == label) for label in JUDGED]
    sizes = np.array([a.sum() + b.sum() for a, b in pairs], dtype=np.float64)
    common = np.array([(a & b).sum() for a, b in pairs], dtype=np.float64)
    return np.where(sizes > 0, 2 * common / np.maximum(sizes, 1), 1.0)


def _crop(path: Path, old: torch.nn.Module, new: torch.nn.Module) -> _Crop:
    crop = load_crop(path)
    images = np.where(crop.present[:, None, None, None], crop.images, 0).astype(np.float32)
    batch = torch.from_numpy(images)[None]
    with torch.inference_mode():
        found = [network(batch)[0].argmax(dim=0).numpy() for network in (old, new)]
    before, after = (dice_of_labels(one, crop.labels) for one in found)
    return _Crop(patient_of(path), before, after)


def _label_contest(crops: Sequence[_Crop], index: int) -> LabelContest:
    return LabelContest(
        label=JUDGED[index].name,
        old=_score(crops, lambda crop: float(crop.old[index])),
        new=_score(crops, lambda crop: float(crop.new[index])),
        gain=_score(crops, lambda crop: float(crop.new[index] - crop.old[index])),
    )


def _score(crops: Sequence[_Crop], value: Callable[[_Crop], float]) -> Score:
    return scored(
        crops, lambda some: float(np.mean([value(one) for one in some])), lambda one: one.patient
    )


def _verdict(gain: Score, labels: Sequence[LabelContest]) -> tuple[bool, str]:
    """Better on the whole, and on no label surely worse."""
    worse = [one.label for one in labels if one.gain.high is not None and one.gain.high < 0]
    if gain.value is None or gain.value <= 0:
        return False, "on the whole the new network is not better than the old one"
    if worse:
        return False, f"the new network is worse on {', '.join(worse)}"
    return True, "the new network is better on the whole, and surely worse on no label"
