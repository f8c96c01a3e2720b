"""Vendor orders out; answers, shipments and tracking in."""
