"""Tieout: ties out online sales, from the order to the cash in the bank."""
