"""Reading the volumes of a study for its pictures."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import Volume, load_volume
from pipeline.paths import CaseFolder
from pipeline.prepare.intensity import intensity_range
from pipeline.records.volumes import IMAGE_ROLES, ImageRole, Preparation, PreparedVolume
from pipeline.report.pictures import SourceImage, StudyImages


def study_images(folder: CaseFolder) -> StudyImages:
    """Every image of the study and its labels.

    A study that was not prepared is shown as it was converted, if it was.
    """
    if folder.record("prepare").exists():
        return _prepared(folder)
    return _converted(folder)


def _prepared(folder: CaseFolder) -> StudyImages:
    preparation = Preparation.read(folder.record("prepare"))
    images: dict[ImageRole, SourceImage] = {
        role: _prepared_image(folder, preparation.volumes[role])
        for role in IMAGE_ROLES
        if role in preparation.volumes
    }
    labels = load_volume(folder.segmentation) if folder.segmentation.exists() else None
    return StudyImages(images, labels)


def _prepared_image(folder: CaseFolder, prepared: PreparedVolume) -> SourceImage:
    return SourceImage(
        load_volume(folder.output.root / prepared.file),
        prepared.intensity_low,
        prepared.intensity_high,
        np.array(prepared.reference_to_volume_lps),
    )


def _converted(folder: CaseFolder) -> StudyImages:
    """The first converted volume, for an overview."""
    for role in IMAGE_ROLES:
        path = folder.nifti(role)
        if path.exists():
            return StudyImages({role: _plain_image(load_volume(path))}, None)
    return StudyImages({}, None)


def _plain_image(volume: Volume) -> SourceImage:
    low, high = intensity_range(volume.array)
    return SourceImage(volume, low, high, np.eye(4))
