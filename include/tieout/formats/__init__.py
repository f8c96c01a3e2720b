"""Partners' files: bytes <-> canonical rows by a YAML spec; a damaged file is never half read."""
