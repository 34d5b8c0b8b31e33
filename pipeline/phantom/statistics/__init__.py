"""Generated subjects measured against a table of human anatomy."""

from pipeline.phantom.statistics.measured import Measured, measure_subject
from pipeline.phantom.statistics.report import AnatomyReport, anatomy_report, markdown

__all__ = ["AnatomyReport", "Measured", "anatomy_report", "markdown", "measure_subject"]
