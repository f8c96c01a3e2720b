"""The web pages inside Airflow: what was set aside, what is wrong, and what people decide."""
