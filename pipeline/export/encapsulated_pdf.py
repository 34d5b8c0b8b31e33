"""The report as an Encapsulated PDF object."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from pipeline.export.equipment import describe_equipment, series_description
from pipeline.export.patient_study import copy_patient_and_study


def pdf_object(
    pdf: bytes, study: Dataset, sources: Sequence[Dataset], *, identified: bool
) -> Dataset:
    """A draft without UIDs of its own. study: header with patient and study.

    sources: objects that the report was made from. identified: the pages name the patient.
    """
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    made.SOPClassUID = EncapsulatedPDFStorage
    copy_patient_and_study(study, made)
    describe_equipment(made, "report", "report")
    made.Modality = "DOC"
    made.ConversionType = "WSD"
    made.InstanceNumber = 1
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES" if identified else "NO"
    made.RecognizableVisualFeatures = "NO"
    made.DocumentTitle = series_description("report")
    made.ConceptNameCodeSequence = []
    made.VerificationFlag = "UNVERIFIED"
    if sources:
        made.SourceInstanceSequence = [_reference(source) for source in sources]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return made


def _reference(source: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return item
