"""Exceptions: whatever does not agree becomes a case, by one query per code."""
