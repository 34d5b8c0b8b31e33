"""What people of a site drew and said of its own studies: labels in files, verdicts in tables."""

from pipeline.labelled.drawn import Drawn
from pipeline.labelled.refused import LabelsRefusedError
from pipeline.labelled.said import SaidOfSide
from pipeline.labelled.site import LabelledStudy, SiteLabels, read_site

__all__ = ["Drawn", "LabelledStudy", "LabelsRefusedError", "SaidOfSide", "SiteLabels", "read_site"]
