"""Stage export: the findings as DICOM objects that go back into the patient's study."""

from pipeline.export.stage import run

__all__ = ["run"]
