"""Results on their way to other DICOM nodes: C-STORE and STOW-RS, each object once."""
