"""What every slice stands on; imports nothing else of Tieout."""
