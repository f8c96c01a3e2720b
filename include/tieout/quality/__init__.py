"""Quality: Great Expectations on the tables, with results that can stop the flows they guard."""
