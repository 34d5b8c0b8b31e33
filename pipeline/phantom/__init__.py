"""Generated anatomy with exact truth, and the studies a scanner would deliver of it."""
