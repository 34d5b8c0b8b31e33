"""nvc-triage: neurovascular contact of the facial nerve, from DICOM to a page for the surgeon."""

__version__ = "0.1.0"
