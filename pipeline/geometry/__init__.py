"""All geometry of the product: frames, grids, volumes and resampling.

Every coordinate inside the program is LPS millimetres (DICOM's frame: +x towards the patient's
left, +y posterior, +z superior). RAS exists only at the NIfTI boundary, in `volume`.
"""

from pipeline.geometry.grid import Grid, side_crop
from pipeline.geometry.resample import resample
from pipeline.geometry.volume import (
    Volume,
    load_volume,
    nifti_bytes,
    placed_in_scanner,
    save_volume,
    to_ras,
)

__all__ = [
    "Grid",
    "Volume",
    "load_volume",
    "nifti_bytes",
    "placed_in_scanner",
    "resample",
    "save_volume",
    "side_crop",
    "to_ras",
]
