"""UIDs that follow from what an object says: the same content, the same UID, and no other."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from pydicom import Dataset, dcmwrite
from pydicom.uid import UID

DRAFT = "2.25.1"
"""Series and instance UID of an object whose content is not complete yet."""

_TIMES = (
    "InstanceCreationDate", "InstanceCreationTime", "ContentDate", "ContentTime",
    "SeriesDate", "SeriesTime", "DateOfSecondaryCapture", "TimeOfSecondaryCapture",
    "ContributionDateTime",
)  # fmt: skip


def derived_uid(*parts: str) -> UID:
    """A UID of the 2.25 root (UUID) from the sha256 of `parts`."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return UID(f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}")


def name_by_content(series: Sequence[Dataset], made: datetime) -> None:
    """Give the drafts of one series their UIDs and the time of their content.

    Times take no part in the UIDs, so that a rerun with the same result names it alike.
    """
    digests = [_content_digest(draft) for draft in series]
    series_uid = derived_uid("series", *digests)
    for draft, digest in zip(series, digests, strict=True):
        draft.SeriesInstanceUID = series_uid
        draft.SOPInstanceUID = derived_uid("instance", series_uid, digest)
        draft.file_meta.MediaStorageSOPInstanceUID = draft.SOPInstanceUID
        draft.ContentDate = made.strftime("%Y%m%d")
        draft.ContentTime = made.strftime("%H%M%S")


def _content_digest(draft: Dataset) -> str:
    for holder in (draft, *draft.get("ContributingEquipmentSequence", ())):
        for keyword in _TIMES:
            if keyword in holder:
                delattr(holder, keyword)
    content = BytesIO()
    dcmwrite(content, draft)
    return hashlib.sha256(content.getvalue()).hexdigest()
