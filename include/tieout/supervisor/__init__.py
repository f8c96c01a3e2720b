"""Starts Tieout on one machine and ends it without a trace: PostgreSQL, Airflow, outside world."""
