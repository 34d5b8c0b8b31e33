"""Typed records: the only things that stages hand to one another, one module per subject."""
