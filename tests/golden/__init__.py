"""Golden files: what a file was read as, kept beside it."""
